import path from "node:path";
import type * as vscode from "vscode";
import type { ModelId, ModelResolver } from "./engine/backend";
import type { EngineTuning } from "./engine/tuning";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { machineKey } from "./picker/node/thisMachine";
import { type Disposable, DisposableStore } from "./platform/core/disposables";
import { Emitter } from "./platform/core/event";
import type { Logger } from "./platform/core/logger";
import { TuningStore } from "./speed/node/tuningStore";

export interface TuningsDeps {
  readonly storage: vscode.Uri;
  readonly registry: ModelRegistry;
  /** What the engine computes on: a tuning for the CPU says nothing of a GPU. */
  readonly backend: () => string;
  readonly log: Logger;
}

/**
 * The tunings that models load with. A tuning belongs to a file's content, which has to be looked at, while the engine
 * asks by a model's id: so it is looked up whenever a file is resolved, which is before each load.
 */
export class ModelTunings implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly known = new Map<ModelId, { readonly file: string; readonly tuning: EngineTuning }>();
  private readonly changed = new Emitter<ModelId>();
  /** A model that was loaded should be loaded anew. */
  readonly onDidChange = this.changed.event;

  private constructor(
    readonly store: TuningStore,
    private readonly registry: ModelRegistry,
  ) {
    this.subscriptions.add(store.onDidChange(() => void this.compare()));
  }

  static async open({ storage, registry, backend, log }: TuningsDeps): Promise<ModelTunings> {
    const file = path.join(storage.fsPath, "tunings.json");
    const store = new TuningStore({ file, machine: () => machineKey(backend()), log });
    await store.load();
    return new ModelTunings(store, registry);
  }

  /** As of when the model was last resolved. */
  readonly of = (model: ModelId): EngineTuning => this.known.get(model)?.tuning ?? {};

  readonly resolver: ModelResolver = {
    resolve: async (model, signal) => {
      const resolved = await this.registry.resolve(model, signal);
      this.known.set(model, { file: resolved.path, tuning: await this.store.ofFile(resolved.path) });
      return resolved;
    },
    adapters: (model, feature) => this.registry.adapters(model, feature),
  };

  dispose(): void {
    this.subscriptions.dispose();
    this.changed.dispose();
  }

  private async compare(): Promise<void> {
    for (const [model, { file, tuning }] of this.known) {
      const now = await this.store.ofFile(file);
      if (JSON.stringify(now) === JSON.stringify(tuning)) continue;
      this.known.set(model, { file, tuning: now });
      this.changed.fire(model);
    }
  }
}
