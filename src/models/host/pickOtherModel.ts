import * as vscode from "vscode";
import type { ModelId } from "../../engine/backend";
import { plainLabel } from "../../platform/host/plainLabel";
import { fitsRoleElsewhere } from "../core/roles";
import type { ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import { elsewhereWords } from "./elsewhereItems";

/** What a model is asked for: a question of the chat once more, or an action. */
export type ModelPurpose = "answer" | "action";

/** Asks for a model for one use; the one that answers otherwise stays. @returns undefined when none was chosen. */
export async function pickOtherModel(
  registry: ModelRegistry,
  store: ModelStore,
  current: ModelId,
  purpose: ModelPurpose,
): Promise<ModelId | undefined> {
  const items = async (): Promise<(vscode.QuickPickItem & { readonly id?: ModelId })[]> => {
    await Promise.all([store.ready(), registry.lookElsewhere()]);
    const here = registry.list().map((model) => ({
      label: plainLabel(model.displayName),
      description: model.id === current ? vscode.l10n.t("the model you use now") : "",
      detail: model.note ?? (model.bundled ? "" : model.path),
      id: model.id,
    }));
    const elsewhere = registry.elsewhere().flatMap(({ models }) =>
      models
        .filter((model) => fitsRoleElsewhere("chat", model))
        .map((model) => ({
          label: `$(globe) ${plainLabel(model.displayName)}`,
          description: [
            ...(model.id === current ? [vscode.l10n.t("the model you use now")] : []),
            plainLabel(elsewhereWords(model.destination)),
          ].join(" · "),
          detail: "",
          id: model.id,
        })),
    );
    const known = [...here, ...elsewhere];
    return [
      ...known.filter(({ id }) => id !== current),
      ...known.filter(({ id }) => id === current),
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      { label: `$(folder-opened) ${vscode.l10n.t("Choose a .gguf file…")}` },
    ];
  };
  const picked = await vscode.window.showQuickPick<vscode.QuickPickItem & { readonly id?: ModelId }>(items(), {
    title:
      purpose === "answer"
        ? vscode.l10n.t("Retry with Another Model")
        : vscode.l10n.t("Repeat the Action with Another Model"),
    placeHolder:
      purpose === "answer"
        ? vscode.l10n.t("It is told the conversation up to here and answers once; the model you use stays the same")
        : vscode.l10n.t("It does this once; the model you use stays the same"),
  });
  if (picked === undefined) return undefined;
  if (picked.id !== undefined) return picked.id;
  const file = await askForModelFile();
  return file === undefined ? undefined : registry.fromSetting(file).id;
}

/** @returns the full path of the file that the person chose. */
export async function askForModelFile(): Promise<string | undefined> {
  const [file] =
    (await vscode.window.showOpenDialog({
      title: vscode.l10n.t("Choose a model file"),
      openLabel: vscode.l10n.t("Use This Model"),
      canSelectMany: false,
      filters: { [vscode.l10n.t("GGUF models")]: ["gguf"], [vscode.l10n.t("All files")]: ["*"] },
    })) ?? [];
  return file?.fsPath;
}
