import type { ModelLifecycle } from "./engine/backend";
import { clampedContextSize, mainContextSize } from "./engine/contextDefaults";
import type { ModelsRoom } from "./models/host/models";
import type { KnownModel, ModelRegistry } from "./models/node/modelRegistry";
import type { LocalModel } from "./native/core/modelCard";
import type { LocalModels } from "./native/host/modelProvider";
import { type Disposable, DisposableStore } from "./platform/core/disposables";
import { Emitter } from "./platform/core/event";
import type { SettingsService } from "./platform/host/settingsService";

export interface LocalModelListDeps {
  readonly registry: ModelRegistry;
  readonly models: ModelsRoom;
  readonly lifecycle: Pick<ModelLifecycle, "state" | "onDidChangeState">;
  readonly settings: SettingsService;
}

/** The models on this machine with the limits they have now, for whoever chooses by them. */
export class LocalModelList implements LocalModels, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  readonly onDidChange = this.changes.event;

  constructor(private readonly deps: LocalModelListDeps) {
    const { registry, models, lifecycle, settings } = deps;
    const changed = (): void => this.changes.fire();
    this.subscriptions.add(registry.onDidChange(changed));
    this.subscriptions.add(
      models.store.onDidChange(() => {
        if (!models.store.isScanning) changed();
      }),
    );
    this.subscriptions.add(
      lifecycle.onDidChangeState(({ state }) => {
        // Loaded, a model has the context that there was memory for.
        if (state.status === "ready" && !state.busy) changed();
      }),
    );
    this.subscriptions.add(
      settings.onDidChange((change) => {
        if (change.changed.has("engine.contextSize") || change.changed.has("chat.maxTokens")) changed();
      }),
    );
  }

  async list(): Promise<readonly LocalModel[]> {
    const { registry, models } = this.deps;
    await models.store.ready();
    return registry.list().flatMap((model) => this.describe(model));
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  /** Nothing for a file that can't be used. */
  private describe(model: KnownModel): LocalModel[] {
    const { models, lifecycle, settings } = this.deps;
    const stored = models.store.find(model.id);
    if (stored?.content.usable !== true) return [];
    const { facts } = stored.content;
    const state = lifecycle.state(model.id);
    const trained = facts.trainContextSize;
    const wanted = mainContextSize(settings.current["engine.contextSize"], trained);
    return [
      {
        id: model.id,
        displayName: model.displayName,
        ...(model.note === undefined ? {} : { note: model.note }),
        architecture: facts.architecture,
        quantization: facts.quantization,
        sizeBytes: stored.sizeBytes,
        contextSize:
          state.status === "ready"
            ? state.loaded.context.contextSize
            : trained === 0
              ? wanted
              : clampedContextSize(wanted, trained),
        tools: state.status === "ready" ? state.loaded.info.can.tools : facts.tools,
      },
    ];
  }
}
