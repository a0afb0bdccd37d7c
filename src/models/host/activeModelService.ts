import * as vscode from "vscode";
import type { ModelId, ModelLifecycle } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import type { KnownModel, ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import { pickOtherModel } from "./pickOtherModel";

export interface ActiveModelDependencies {
  readonly registry: ModelRegistry;
  readonly store: ModelStore;
  readonly settings: SettingsService;
  readonly lifecycle: ModelLifecycle;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
}

/**
 * The model that answers next. It follows the setting paddock.model, but only once the new model has loaded: until then,
 * and when it cannot be loaded, the one that works stays.
 */
export class ActiveModelService implements Disposable {
  private model: KnownModel;
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly subscriptions = new DisposableStore();
  private switching: AbortController | undefined;

  constructor(private readonly deps: ActiveModelDependencies) {
    const { registry, settings, report } = deps;
    try {
      this.model = registry.fromSetting(settings.current.model);
    } catch (error) {
      this.model = registry.starter;
      report(error);
    }
    this.subscriptions.add(
      settings.onDidChange(({ settings: now, changed }) => {
        if (changed.has("model")) void this.follow(now.model);
      }),
    );
    this.subscriptions.add(
      registry.onDidChange(() => {
        const now = registry.known(this.model.id);
        if (now === undefined || now.displayName === this.model.displayName) return;
        this.model = now;
        this.changed.fire();
      }),
    );
  }

  current(): { readonly id: ModelId; readonly displayName: string; readonly note?: string } {
    const { id, displayName, note } = this.model;
    return {
      id,
      displayName,
      ...(note === undefined ? {} : { note: vscode.l10n.t(/* from media/models/manifest.json */ note) }),
    };
  }

  nameOf(id: string): string {
    return this.deps.registry.known(id as ModelId)?.displayName ?? id;
  }

  chooseOther(): Promise<ModelId | undefined> {
    return pickOtherModel(this.deps.registry, this.deps.store, this.model.id);
  }

  /** Loads the model that `setting` names, with progress and cancel, and makes it the setting when it is ready. */
  async switchTo(setting: string): Promise<void> {
    const { registry, settings } = this.deps;
    const model = registry.fromSetting(setting);
    const ready = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t("Loading {0}", model.displayName),
        cancellable: true,
      },
      (progress, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        return this.change(model, abort, (percent) => progress.report({ increment: percent }));
      },
    );
    if (ready) await settings.setModel(setting);
  }

  dispose(): void {
    this.switching?.abort();
    this.subscriptions.dispose();
    this.changed.dispose();
  }

  private async follow(setting: string): Promise<void> {
    try {
      await this.change(this.deps.registry.fromSetting(setting), new AbortController(), () => undefined);
    } catch (error) {
      this.deps.report(error);
    }
  }

  /** @returns false when a later switch took over. */
  private async change(
    model: KnownModel,
    abort: AbortController,
    report: (increment: number) => void,
  ): Promise<boolean> {
    this.switching?.abort();
    if (model.id === this.model.id) return true;
    this.switching = abort;
    const { lifecycle, log } = this.deps;
    let percent = 0;
    const watch = lifecycle.onDidChangeState(({ model: id, state }) => {
      if (id !== model.id || state.status !== "loading") return;
      const now = Math.floor(state.fraction * 100);
      report(now - percent);
      percent = now;
    });
    try {
      await lifecycle.load(model.id, abort.signal);
    } finally {
      watch.dispose();
      if (this.switching === abort) this.switching = undefined;
    }
    if (abort.signal.aborted) return false;
    const before = this.model;
    this.model = model;
    log.info(`The model is now ${model.id} (${model.displayName}).`);
    this.changed.fire();
    // One that is in the middle of an answer goes when it is idle.
    const old = lifecycle.state(before.id);
    if (!(old.status === "ready" && old.busy)) await lifecycle.unload(before.id);
    return true;
  }
}
