import { PaddockError } from "../../platform/core/errors";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { LoadedModel, ModelId, ModelLifecycle, ModelState, ModelStateChange } from "../backend";
import type { BackendRoute, RoutedBackend } from "./routedBackend";

/** The life of our own engine's models, and what little there is to tell of those that run elsewhere. */
export class RoutedLifecycle implements ModelLifecycle, Disposable {
  private readonly subscriptions = new DisposableStore();
  private following = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<ModelStateChange>());
  readonly onDidChangeState = this.changes.event;

  constructor(
    private readonly engine: ModelLifecycle,
    private readonly routed: RoutedBackend,
  ) {
    this.subscriptions.add(engine.onDidChangeState((change) => this.changes.fire(change)));
    this.subscriptions.add(routed.onDidChangeRoutes(() => this.follow()));
    this.follow();
  }

  state(model: ModelId): ModelState {
    const route = this.routed.routeOf(model);
    return route === undefined ? this.engine.state(model) : stateOf(route, model);
  }

  load(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    return this.routed.routeOf(model) === undefined ? this.engine.load(model, signal) : Promise.reject(notHere());
  }

  prepare(model: ModelId, signal: AbortSignal): Promise<void> {
    const route = this.routed.routeOf(model);
    if (route === undefined) return this.engine.prepare(model, signal);
    return route.prepare?.(model, signal) ?? Promise.resolve();
  }

  async unload(model: ModelId): Promise<void> {
    if (this.routed.routeOf(model) === undefined) await this.engine.unload(model);
  }

  restart(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    return this.routed.routeOf(model) === undefined ? this.engine.restart(model, signal) : Promise.reject(notHere());
  }

  beforeUnload(listener: (model: ModelId) => Promise<void>): Disposable {
    return this.engine.beforeUnload(listener);
  }

  dispose(): void {
    this.following.dispose();
    this.subscriptions.dispose();
  }

  private follow(): void {
    this.following.dispose();
    this.following = new DisposableStore();
    for (const route of this.routed.all()) {
      const changed = route.onDidChange?.((model) => this.changes.fire({ model, state: stateOf(route, model) }));
      if (changed !== undefined) this.following.add(changed);
    }
  }
}

function stateOf(route: BackendRoute, model: ModelId): ModelState {
  return {
    status: "elsewhere",
    destination: route.destination(model),
    contextSize: route.contextSize?.(model),
    busy: route.isBusy?.(model) ?? false,
  };
}

function notHere(): PaddockError {
  return new PaddockError("unsupported", "This model runs elsewhere: nothing of it is loaded here.", {
    remedy: "Choose a model on this machine for it.",
  });
}
