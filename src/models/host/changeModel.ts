import { realpath, unlink } from "node:fs/promises";
import path from "node:path";
import * as vscode from "vscode";
import type { ModelLifecycle } from "../../engine/backend";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";
import type { Logger } from "../../platform/core/logger";
import { toStorageError } from "../../platform/node/storageError";
import { type NameProblem, nameProblem } from "../core/modelFileName";
import { isOurs, type StoredModel } from "../core/storedModel";
import type { ModelStore } from "../node/modelStore";
import { renameParts } from "../node/renameModel";
import type { ModelRoles } from "./modelRoles";

export interface ChangeDeps {
  readonly store: ModelStore;
  readonly lifecycle: ModelLifecycle;
  readonly roles: ModelRoles;
  /** What is remembered of a file by its name goes with it, or with the file. @param to undefined: it is gone. */
  readonly moved: (from: string, to: string | undefined) => Promise<void>;
  readonly log: Logger;
}

/**
 * Gives a model's files another name, all parts together; what it is used for it goes on to be used for.
 * @param base without ending and numbers.
 * @throws PaddockError model/not-ours, model/in-use, model/name-taken, storage/*; then nothing has changed.
 */
export async function renameModel(model: StoredModel, base: string, deps: ChangeDeps): Promise<string> {
  const { store, lifecycle, roles, moved, log } = deps;
  if (!isOurs(model)) {
    throw new PaddockError("model/not-ours", `${model.name} lies where others count on its name.`, {
      remedy: "Only models in Paddock's own and your extra folders can be renamed.",
    });
  }
  const { status } = lifecycle.state(model.id);
  if (status !== "unloaded" && status !== "failed") {
    throw new PaddockError("model/in-use", `${model.name} is loaded.`, { remedy: "Unload it, then rename it." });
  }
  const problem = nameProblem(base);
  if (problem !== undefined) throw new PaddockError("model/name-taken", nameWords(problem));
  const renamed = await renameParts(model.parts, base);
  for (const [index, part] of model.parts.entries()) await moved(part, renamed[index]);
  const [file = model.path] = renamed;
  log.info(`Renamed ${model.path} to ${file}.`);
  await roles.renamed([model.path, ...model.parts], file);
  await store.refresh();
  return file;
}

export async function askForName(model: StoredModel): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t("Rename {0}", model.name),
    prompt:
      model.parts.length > 1
        ? vscode.l10n.t("All {0} parts get the new name.", model.parts.length)
        : vscode.l10n.t("The file's new name, without “.gguf”."),
    value: model.name,
    validateInput: (value) => {
      const problem = nameProblem(value.trim());
      return problem === undefined ? undefined : nameWords(problem);
    },
  });
}

function nameWords(problem: NameProblem): string {
  switch (problem) {
    case "empty":
      return vscode.l10n.t("A name has at least one character.");
    case "sign":
      return vscode.l10n.t('A name has none of \\ / : * ? " < > | and nothing that cannot be seen.');
    case "hidden":
      return vscode.l10n.t(
        "A name does not begin with a dot, a dash, a tilde or a space, nor end with a dot or a space.",
      );
    case "device":
      return vscode.l10n.t("Windows keeps this name for a device.");
    case "long":
      return vscode.l10n.t("This name is too long for some file systems.");
    case "part":
      return vscode.l10n.t("This name looks like one part of a split model.");
  }
}

/** What deleting a model takes away. */
export interface Deletion {
  /** Files with data. */
  readonly files: readonly string[];
  /** Links to them, worthless afterwards. */
  readonly links: readonly string[];
}

/**
 * The files that hold a model's data, and the links that lead to them. In Hugging Face's cache a model's name is a link
 * to the data, which the links of other revisions share.
 * @throws PaddockError model/not-ours for what another program must delete itself.
 */
export async function deletionOf(model: StoredModel): Promise<Deletion> {
  const { place, parts, alsoAt, name } = model;
  if (place.kind === "bundled") {
    throw new PaddockError("model/not-ours", `${name} is a part of Paddock.`, {
      remedy: "It goes when the extension is uninstalled.",
    });
  }
  if (place.kind === "ollama") {
    throw new PaddockError("model/not-ours", `Ollama looks after ${name}, and would miss its data.`, {
      remedy: `Delete it with: ollama rm ${name}`,
    });
  }
  if (place.kind !== "hugging-face") return { files: parts, links: [] };
  const files = new Set<string>();
  const links = new Set<string>();
  for (const part of [...parts, ...alsoAt]) {
    // Names that others gave the same data, outside the cache, are theirs.
    if (!part.startsWith(place.folder + path.sep)) continue;
    const real = await realpath(part).catch(() => undefined);
    if (real === undefined || real !== part) links.add(part);
    // Data that lies somewhere else is somebody else's.
    if (real?.startsWith((await realpath(place.folder)) + path.sep) === true) files.add(real);
  }
  return { files: [...files], links: [...links].filter((link) => !files.has(link)) };
}

/** Asks, since gigabytes that have to be downloaded again are a loss. @returns false when the person would rather not. */
export async function agreesToDelete(model: StoredModel, deps: Pick<ChangeDeps, "lifecycle">): Promise<boolean> {
  const isLoaded = deps.lifecycle.state(model.id).status !== "unloaded";
  const detail = [
    model.parts.length > 1
      ? vscode.l10n.t("All {0} parts, {1}, go to the trash.", model.parts.length, formatBytes(model.sizeBytes))
      : vscode.l10n.t("{0}, {1}, goes to the trash.", model.path, formatBytes(model.sizeBytes)),
    ...(model.place.kind === "hugging-face"
      ? [vscode.l10n.t("It lies in Hugging Face's cache: other programs that use it will download it again.")]
      : []),
    ...(model.place.kind === "lm-studio"
      ? [vscode.l10n.t("It is one of LM Studio's models, which will not have it any more.")]
      : []),
    ...(isLoaded ? [vscode.l10n.t("It is loaded and leaves memory first.")] : []),
  ];
  const del = vscode.l10n.t("Move to Trash");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Delete {0}?", model.name),
    { modal: true, detail: detail.join("\n\n") },
    del,
  );
  return picked === del;
}

/** Asked where the system has no trash for these files. */
async function agreesToLose(model: StoredModel): Promise<boolean> {
  const del = vscode.l10n.t("Delete for Good");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("There is no trash for {0}. Delete it for good?", model.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "There is no way back: {0} would have to be downloaded again.",
        formatBytes(model.sizeBytes),
      ),
    },
    del,
  );
  return picked === del;
}

/**
 * Deletes a model's files: unloads it first, and leaves what it was used for to others.
 * @param mayLose asked where a file can't go to the trash; by default the person.
 * @throws PaddockError model/not-ours, storage/*; what was deleted before stays deleted.
 */
export async function deleteModel(
  model: StoredModel,
  deps: ChangeDeps,
  mayLose: (model: StoredModel) => Promise<boolean> = agreesToLose,
): Promise<boolean> {
  const { store, lifecycle, roles, moved, log } = deps;
  const { files, links } = await deletionOf(model);
  await lifecycle.unload(model.id);
  let useTrash = true;
  try {
    for (const file of files) {
      if (useTrash && (await toTrash(file))) continue;
      if (useTrash && !(await mayLose(model))) return false;
      useTrash = false;
      await unlink(file);
    }
    for (const link of links) await unlink(link);
    for (const part of model.parts) await moved(part, undefined);
    await roles.deleted([model.path, ...model.parts, ...model.alsoAt]);
  } catch (error) {
    throw toStorageError(error);
  } finally {
    await store.refresh();
  }
  log.info(`Deleted ${[...files, ...links].join(", ")}${useTrash ? " (to the trash)" : ""}.`);
  return true;
}

/** @returns false where there is no trash. @throws what else keeps the file from going. */
async function toTrash(file: string): Promise<boolean> {
  try {
    await vscode.workspace.fs.delete(vscode.Uri.file(file), { useTrash: true });
    return true;
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === "NoPermissions") throw error;
    return false;
  }
}
