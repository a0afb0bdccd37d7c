import path from "node:path";
import * as vscode from "vscode";
import type { ModelId, ModelLifecycle } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import type { KnownModel, ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import { isThere } from "../node/isThere";
import { type ModelPurpose, pickOtherModel } from "./pickOtherModel";

export interface ActiveModelDependencies {
  readonly registry: ModelRegistry;
  readonly store: ModelStore;
  readonly settings: SettingsService;
  readonly lifecycle: ModelLifecycle;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
  /** Whether a model is used for something besides the chat, and stays loaded when the chat has another. */
  readonly isUsedElsewhere: (model: ModelId) => boolean;
}

/**
 * The model that answers next. It follows the setting paddock.model, but only once the new model has loaded: until then,
 * and when it cannot be loaded, the one that works stays.
 */
export class ActiveModelService implements Disposable {
  private model: KnownModel;
  private missing: string | undefined;
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
      this.missing = settings.current.model;
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
        if (now === undefined || this.missing !== undefined) void this.settle();
        if (now === undefined || this.isSame(now)) return;
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

  get known(): KnownModel {
    return this.model;
  }

  /** What the setting asks for, where its file is gone or it names nothing and the starter stands in for it. */
  get standsInFor(): string | undefined {
    return this.missing;
  }

  /** Notices that the model's file is gone, and that it is there again. */
  async settle(): Promise<void> {
    const { settings, registry, lifecycle } = this.deps;
    const setting = settings.current.model;
    if (this.missing !== undefined) {
      if (this.missing !== setting) return;
      if (!path.isAbsolute(setting)) {
        // A server that was added again, or an extension that has come up; nothing has to be loaded for it.
        const back = registry.known(setting as ModelId);
        if (back?.elsewhere === undefined) return;
        this.model = back;
        this.missing = undefined;
        this.changed.fire();
        return;
      }
      if (await isThere(registry.fromSetting(setting).path)) await this.follow(setting);
      return;
    }
    const { model } = this;
    if (model.elsewhere !== undefined) {
      if (registry.known(model.id) === undefined) this.standIn(model);
      return;
    }
    if (model.bundled || (await isThere(model.path))) return;
    // What is in memory needs its file no more.
    const { status } = lifecycle.state(model.id);
    if (model !== this.model || status === "ready" || status === "loading") return;
    this.standIn(model);
  }

  /** The starter answers from now on, and the person is told. */
  private standIn(model: KnownModel): void {
    const { registry, log } = this.deps;
    const { starter } = registry;
    this.fallBack(registry.settingOf(model));
    const words = vscode.l10n.t(
      "{0} is not there any more. {1} answers until it is back or you choose another model.",
      model.displayName,
      starter.displayName,
    );
    log.warn(words);
    void vscode.window.showWarningMessage(words);
  }

  /** The starter answers from now on. @param missing what it stands in for; nothing where the person wants it so. */
  fallBack(missing?: string): void {
    this.model = this.deps.registry.starter;
    this.missing = missing;
    this.changed.fire();
  }

  /** The model's file has another name now; nothing is loaded for that. */
  renamed(setting: string): void {
    this.model = this.deps.registry.fromSetting(setting);
    this.changed.fire();
  }

  nameOf(id: string): string {
    return this.deps.registry.known(id as ModelId)?.displayName ?? id;
  }

  chooseOther(purpose: ModelPurpose = "answer"): Promise<ModelId | undefined> {
    return pickOtherModel(this.deps.registry, this.deps.store, this.model.id, purpose);
  }

  /** Loads the model that `setting` names, with progress and cancel, and makes it the setting when it is ready. */
  async switchTo(setting: string): Promise<void> {
    const { registry, settings } = this.deps;
    const model = registry.fromSetting(setting);
    const ready = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title:
          model.elsewhere === undefined
            ? vscode.l10n.t("Loading {0}", model.displayName)
            : vscode.l10n.t("Looking for {0}", model.displayName),
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

  private isSame({ displayName, elsewhere }: KnownModel): boolean {
    return displayName === this.model.displayName && elsewhere?.destination === this.model.elsewhere?.destination;
  }

  private async follow(setting: string): Promise<void> {
    try {
      await this.change(this.deps.registry.fromSetting(setting), new AbortController(), () => undefined);
    } catch (error) {
      if (error instanceof PaddockError && error.code === "model/missing") this.missing = setting;
      this.deps.report(error);
      this.changed.fire();
    }
  }

  /** @returns false when a later switch took over. */
  private async change(
    model: KnownModel,
    abort: AbortController,
    report: (increment: number) => void,
  ): Promise<boolean> {
    this.switching?.abort();
    if (model.id === this.model.id) {
      this.missing = undefined;
      return true;
    }
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
      await lifecycle.prepare(model.id, abort.signal);
    } finally {
      watch.dispose();
      if (this.switching === abort) this.switching = undefined;
    }
    if (abort.signal.aborted) return false;
    const before = this.model;
    this.model = model;
    this.missing = undefined;
    log.info(`The model is now ${model.id} (${model.displayName}).`);
    this.changed.fire();
    // One that is in the middle of an answer goes when it is idle.
    const old = lifecycle.state(before.id);
    if (!this.deps.isUsedElsewhere(before.id) && !(old.status === "ready" && old.busy))
      await lifecycle.unload(before.id);
    return true;
  }
}
