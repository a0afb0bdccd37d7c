import * as vscode from "vscode";
import type { ModelLifecycle } from "../../engine/backend";
import { formatBytes } from "../../platform/core/format";
import type { ModelRegistry } from "../node/modelRegistry";
import type { ActiveModelService } from "./activeModelService";
import { askForModelFile } from "./pickOtherModel";

interface ModelItem extends vscode.QuickPickItem {
  /** The value of paddock.model that chooses it; undefined opens the file dialog. */
  readonly setting?: string;
}

/** Models Paddock knows, and a way to the person's own files. */
export async function pickModel(
  registry: ModelRegistry,
  active: ActiveModelService,
  lifecycle: ModelLifecycle,
): Promise<void> {
  const current = active.current().id;
  const items: ModelItem[] = registry.list().map((model) => {
    const state = lifecycle.state(model.id);
    const size =
      state.status === "ready" ? ` · ${formatBytes(state.loaded.info.sizeBytes)} · ${state.loaded.info.fileType}` : "";
    return {
      label: `${model.id === current ? "$(check) " : ""}${model.displayName.replaceAll("$(", "$ (")}`,
      description: `${model.bundled ? vscode.l10n.t("comes with Paddock") : ""}${size}`,
      detail: model.note ?? (model.bundled ? "" : model.path),
      setting: model.id === registry.starter.id ? "" : model.bundled ? model.id : model.path,
    };
  });
  items.push(
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    {
      label: `$(folder-opened) ${vscode.l10n.t("Choose a .gguf file…")}`,
      description: vscode.l10n.t("any model that llama.cpp runs"),
    },
  );
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Switch Model"),
    placeHolder: vscode.l10n.t("The model you have stays until the new one is ready"),
    matchOnDescription: true,
  });
  if (picked === undefined) return;
  if (picked.setting === undefined) await pickModelFile(active);
  else await active.switchTo(picked.setting);
}

export async function pickModelFile(active: ActiveModelService): Promise<void> {
  const file = await askForModelFile();
  if (file !== undefined) await active.switchTo(file);
}
