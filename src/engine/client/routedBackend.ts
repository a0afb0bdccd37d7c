import { type Disposable, toDisposable } from "../../platform/core/disposables";
import { Emitter, type Event } from "../../platform/core/event";
import type {
  ChatRequest,
  CompleteRequest,
  FillInMiddleRequest,
  JobOptions,
  ModelId,
  PortableBackend,
} from "../backend";
import type { GenerationResult, ModelInfo, PromptMessage, Tool } from "../protocol";

/** Where the models of some ids are asked that do not run in our own engine. */
export interface BackendRoute {
  owns(model: ModelId): boolean;
  readonly backend: PortableBackend;
  /** Where text goes that such a model is asked, for people; undefined: it stays on this machine. */
  destination(model: ModelId): string | undefined;
  /** Tokens of a prompt and its answer together, as far as it is known now; undefined: nobody has said. */
  contextSize?(model: ModelId): number | undefined;
  /**
   * Reaches the model and learns its limits; nothing of the person's is sent.
   * @throws PaddockError where it is not there.
   */
  prepare?(model: ModelId, signal: AbortSignal): Promise<void>;
  /** It works on something of this window's. */
  isBusy?(model: ModelId): boolean;
  /** Something of the above is another for a model. */
  readonly onDidChange?: Event<ModelId>;
}

/** Our own engine for all models but those that a route owns; the first such route is asked. */
export class RoutedBackend implements PortableBackend {
  private readonly routes: BackendRoute[] = [];
  private readonly changed = new Emitter<void>();
  /** There is another route, or one less. */
  readonly onDidChangeRoutes = this.changed.event;

  constructor(private readonly embedded: PortableBackend) {}

  /** @returns takes the route away again; requests on their way are not touched. */
  add(route: BackendRoute): Disposable {
    this.routes.push(route);
    this.changed.fire();
    return toDisposable(() => {
      this.routes.splice(this.routes.indexOf(route), 1);
      this.changed.fire();
    });
  }

  all(): readonly BackendRoute[] {
    return this.routes;
  }

  /** undefined: our own engine. */
  routeOf(model: ModelId): BackendRoute | undefined {
    return this.routes.find((route) => route.owns(model));
  }

  /** Where text goes that the model is asked, for people; undefined: it stays on this machine. */
  destination(model: ModelId): string | undefined {
    return this.routeOf(model)?.destination(model);
  }

  capabilities(model: ModelId, signal: AbortSignal): Promise<ModelInfo["can"]> {
    return this.of(model).capabilities(model, signal);
  }

  chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    return this.of(options.model).chat(request, options);
  }

  complete(request: CompleteRequest, options: JobOptions): Promise<GenerationResult> {
    return this.of(options.model).complete(request, options);
  }

  fillInMiddle(request: FillInMiddleRequest, options: JobOptions): Promise<GenerationResult> {
    return this.of(options.model).fillInMiddle(request, options);
  }

  embed(inputs: readonly string[], options: JobOptions): Promise<{ vectors: number[][]; tokens: number }> {
    return this.of(options.model).embed(inputs, options);
  }

  countTokens(texts: readonly string[], options: Pick<JobOptions, "model" | "signal">): Promise<number[]> {
    return this.of(options.model).countTokens(texts, options);
  }

  countMessageTokens(
    messages: readonly PromptMessage[],
    options: Pick<JobOptions, "model" | "signal"> & { readonly tools?: readonly Tool[] },
  ): Promise<number> {
    return this.of(options.model).countMessageTokens(messages, options);
  }

  private of(model: ModelId): PortableBackend {
    return this.routeOf(model)?.backend ?? this.embedded;
  }
}
