import * as vscode from "vscode";
import type { ModelId, ModelLifecycle } from "../../engine/backend";
import { formatBytes } from "../../platform/core/format";
import { plainLabel } from "../../platform/host/plainLabel";
import { fitsRoleElsewhere } from "../core/roles";
import type { KnownModel, ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import type { ActiveModelService } from "./activeModelService";
import { elsewhereWords } from "./elsewhereItems";
import { askForModelFile } from "./pickOtherModel";
import { givenModel } from "./storeCommands";

interface ModelItem extends vscode.QuickPickItem {
  /** The value of paddock.model that chooses it; undefined opens the file dialog. */
  readonly setting?: string;
  /** The command that leads to models which are not there yet. */
  readonly leadsTo?: string;
}

export interface PickModelDeps {
  readonly registry: ModelRegistry;
  readonly store: ModelStore;
  readonly active: ActiveModelService;
  readonly lifecycle: ModelLifecycle;
}

/** Models on this machine, and a way to any other file. */
export async function pickModel({ registry, store, active, lifecycle }: PickModelDeps): Promise<void> {
  const items = async (): Promise<ModelItem[]> => {
    await Promise.all([store.ready(), registry.lookElsewhere()]);
    const current = active.current().id;
    return [
      ...registry.list().map((model): ModelItem => ({
        label: `${model.id === current ? "$(check) " : ""}${plainLabel(model.displayName)}`,
        description: descriptionOf(model, store, lifecycle),
        detail: model.note ?? (model.bundled ? "" : model.path),
        setting: registry.settingOf(model),
      })),
      ...registry.elsewhere().flatMap(({ name, models }): ModelItem[] => [
        { label: plainLabel(name), kind: vscode.QuickPickItemKind.Separator },
        ...models
          .filter((model) => fitsRoleElsewhere("chat", model))
          .map((model) => ({
            label: `${model.id === current ? "$(check) " : ""}$(globe) ${plainLabel(model.displayName)}`,
            description: plainLabel(elsewhereWords(model.destination)),
            setting: model.id,
          })),
      ]),
      { label: "", kind: vscode.QuickPickItemKind.Separator },
      {
        label: `$(folder-opened) ${vscode.l10n.t("Choose a .gguf file…")}`,
        description: vscode.l10n.t("any model that llama.cpp runs"),
      },
      { label: `$(cloud-download) ${vscode.l10n.t("Find and download a model…")}`, leadsTo: "paddock.findModel" },
      {
        label: `$(server) ${vscode.l10n.t("Add a server…")}`,
        description: vscode.l10n.t("text then goes there"),
        leadsTo: "paddock.addServer",
      },
    ];
  };
  const picked = await vscode.window.showQuickPick(items(), {
    title: vscode.l10n.t("Switch Model"),
    placeHolder: vscode.l10n.t("The model you have stays until the new one is ready"),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  if (picked.leadsTo !== undefined) await vscode.commands.executeCommand(picked.leadsTo);
  else if (picked.setting === undefined) await pickModelFile(active);
  else await active.switchTo(picked.setting);
}

function descriptionOf(model: KnownModel, store: ModelStore, lifecycle: ModelLifecycle): string {
  const state = lifecycle.state(model.id);
  const stored = store.find(model.id);
  const quantization = stored?.content.usable === true ? stored.content.facts.quantization : undefined;
  return [
    model.bundled ? vscode.l10n.t("comes with Paddock") : undefined,
    stored === undefined ? undefined : formatBytes(stored.sizeBytes),
    quantization,
    state.status === "ready" ? vscode.l10n.t("loaded") : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

export async function pickModelFile(active: ActiveModelService): Promise<void> {
  const file = await askForModelFile();
  if (file !== undefined) await active.switchTo(file);
}

/** Loading, unloading and restarting: the model of an item of the view, else the one that answers. */
export function engineCommands(
  active: ActiveModelService,
  store: ModelStore,
  lifecycle: ModelLifecycle,
): Readonly<Record<string, (given?: unknown) => unknown>> {
  const meant = (given: unknown): { readonly id: ModelId; readonly name: string } => {
    const model = givenModel(given, store);
    return model ?? { id: active.current().id, name: active.current().displayName };
  };
  const whileLoading = (
    given: unknown,
    work: (id: ModelId, signal: AbortSignal) => Promise<unknown>,
  ): Thenable<unknown> => {
    const { id, name } = meant(given);
    return vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: vscode.l10n.t("Paddock: loading {0}", name) },
      () => work(id, new AbortController().signal),
    );
  };
  return {
    loadModel: (given) => whileLoading(given, (id, signal) => lifecycle.prepare(id, signal)),
    unloadModel: (given) => lifecycle.unload(meant(given).id),
    restartEngine: (given) => whileLoading(given, (id, signal) => lifecycle.restart(id, signal)),
  };
}
