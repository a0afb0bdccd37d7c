import * as vscode from "vscode";
import { modelShape } from "../../gguf/core/modelShape";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { formatBytes, formatParameters } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import type { Repository } from "../core/hub";
import { runnableModels, type RemoteModel } from "../core/hubFiles";
import { memoryForModels } from "../node/ggufPreflight";
import type { HubClient } from "../node/hubClient";
import { readModels, type RemoteHeaders } from "../node/repositoryModels";

interface FileItem extends vscode.QuickPickItem {
  readonly model: RemoteModel;
}

/** Headers come in bursts. */
const NEWS_MS = 100;

/**
 * Asks which of a repository's models; their headers are read meanwhile, and say what each of them is.
 * @param quantization the one to begin at.
 * @param canCompare offers to compare them first.
 * @returns undefined when nothing was chosen.
 * @throws PaddockError hub/not-found where there is none to choose.
 */
export async function pickRemoteModel(
  hub: HubClient,
  repository: Repository,
  quantization: string | undefined,
  canCompare: boolean,
): Promise<RemoteModel | "compare" | undefined> {
  const models = runnableModels(repository.files);
  if (models.length === 0) {
    throw new PaddockError("hub/not-found", `${repository.id} has no GGUF files.`, {
      remedy: "Look for a repository whose name ends in GGUF.",
    });
  }
  const picker = vscode.window.createQuickPick<FileItem>();
  const abort = new AbortController();
  const read = new Map<RemoteModel, RemoteHeaders>();
  let news: ReturnType<typeof setTimeout> | undefined;
  const update = (): void => {
    const [active] = picker.activeItems;
    picker.items = models.map((model) => fileItem(model, read.get(model)));
    const at = picker.items.find(({ model }) =>
      active === undefined ? model.quantization === quantization?.toUpperCase() : model === active.model,
    );
    if (at !== undefined) picker.activeItems = [at];
  };
  try {
    picker.title = plainLabel(repository.id);
    picker.placeholder = vscode.l10n.t("Which file? Bits per weight are counted in the files' own headers.");
    picker.matchOnDescription = true;
    picker.keepScrollPosition = true;
    // It comes after a wait for the hub: the editor may be about to give the keyboard back to what had it before.
    picker.ignoreFocusOut = true;
    picker.busy = true;
    if (canCompare) {
      const tooltip = vscode.l10n.t("Compare speed, memory and quality on this machine");
      picker.buttons = [{ iconPath: new vscode.ThemeIcon("graph-scatter"), tooltip }];
    }
    update();
    picker.show();
    void readModels(hub, repository, models, abort.signal, (model, headers) => {
      read.set(model, headers);
      news ??= setTimeout(() => {
        news = undefined;
        update();
      }, NEWS_MS);
    }).then(
      () => (picker.busy = false),
      () => undefined,
    );
    return await new Promise<RemoteModel | "compare" | undefined>((resolve) => {
      picker.onDidAccept(() => {
        const model = picker.selectedItems[0]?.model;
        if (model?.missingParts === 0) resolve(model);
      });
      picker.onDidTriggerButton(() => resolve("compare"));
      picker.onDidHide(() => resolve(undefined));
    });
  } finally {
    clearTimeout(news);
    abort.abort();
    picker.dispose();
  }
}

function fileItem(model: RemoteModel, headers: RemoteHeaders | undefined): FileItem {
  const { files, name, quantization, sizeBytes, missingParts } = model;
  const parts = [formatBytes(sizeBytes)];
  if (headers instanceof Error) parts.push(plainLabel(headers.message));
  else if (headers !== undefined) parts.push(...shapeWords(headers));
  parts.push(
    missingParts > 0
      ? vscode.l10n.t("{0} of its parts are missing", missingParts)
      : sizeBytes > memoryForModels()
        ? vscode.l10n.t("too large for this machine's memory")
        : vscode.l10n.t("its weights fit this machine's memory"),
  );
  return {
    label: plainLabel(quantization ?? name.split("/").at(-1) ?? name),
    description: parts.join(" · "),
    detail: files.length > 1 ? vscode.l10n.t("{0}, {1} parts", plainLabel(name), files.length) : plainLabel(name),
    model,
  };
}

function shapeWords(headers: Parameters<typeof modelShape>[0]): string[] {
  try {
    const { bitsPerWeight, parameters } = modelShape(headers);
    return [
      vscode.l10n.t("{0} bits per weight", bitsPerWeight.toFixed(2)),
      vscode.l10n.t("{0} parameters", formatParameters(parameters)),
    ];
  } catch (error) {
    return [plainLabel(toPaddockError(error).message)];
  }
}
