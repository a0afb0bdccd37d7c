import { randomUUID } from "node:crypto";
import { PaddockError, isCancellation, toPaddockError } from "../../platform/core/errors";
import { type Disposable, toDisposable } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type {
  ChatRequest,
  CompleteRequest,
  EmbeddedBackend,
  Feature,
  FillInMiddleRequest,
  JobOptions,
  LoadedModel,
  ModelId,
  ModelLifecycle,
  ModelResolver,
  ModelState,
  ModelStateChange,
  StateOptions,
  TimingSink,
} from "../backend";
import type { GenerationProgress, GenerationResult, PromptMessage, Tool } from "../protocol";
import type { Turns } from "../turns";
import { EngineProcess } from "./engineProcess";
import { contextOf } from "./featureContext";
import { Scheduler } from "./scheduler";
import { type EngineSettings, openContext, type Running, Supervisor } from "./supervisor";

/** An engine that was told to stop looks up at the next slice or token, about 100 ms; this long means that it hangs. */
const CANCEL_MS = 15_000;

export interface EmbeddedEngineOptions {
  /** The bundled engine, dist/engine.mjs. */
  readonly enginePath: string;
  readonly models: ModelResolver;
  readonly timings: TimingSink;
  readonly settings: () => EngineSettings;
  readonly log: Logger;
  readonly execPath?: string;
  /** Whom to ask before computing, so that windows do not slow each other; absent: nobody. */
  readonly turns?: Turns;
}

type Where = { readonly model: ModelId; readonly signal: AbortSignal };

/** llama.cpp in processes of its own, one for each loaded model, behind the two tiers of the backend interface. */
export class EmbeddedEngine implements EmbeddedBackend, ModelLifecycle {
  private readonly supervisors = new Map<ModelId, Supervisor>();
  private readonly scheduler: Scheduler;
  private readonly states = new Emitter<ModelStateChange>((error) =>
    this.options.log.error("A state listener failed", error),
  );
  readonly onDidChangeState = this.states.event;
  private readonly leaving = new Set<(model: ModelId) => Promise<void>>();

  constructor(private readonly options: EmbeddedEngineOptions) {
    this.scheduler = new Scheduler(options.turns);
  }

  // --- lifecycle ---

  state(model: ModelId): ModelState {
    return this.supervisors.get(model)?.state ?? { status: "unloaded" };
  }

  async load(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    const supervisor = this.supervisor(model);
    await supervisor.load(signal);
    return loadedOf(supervisor);
  }

  async unload(model: ModelId): Promise<void> {
    await this.saidGoodbye(model);
    await this.supervisors.get(model)?.unload();
  }

  async restart(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    const supervisor = this.supervisor(model);
    await this.saidGoodbye(model);
    await supervisor.restart(signal);
    return loadedOf(supervisor);
  }

  beforeUnload(listener: (model: ModelId) => Promise<void>): Disposable {
    this.leaving.add(listener);
    return toDisposable(() => this.leaving.delete(listener));
  }

  /** Models that have an engine now. */
  loadedModels(): ModelId[] {
    return [...this.supervisors].filter(([, { state }]) => state.status !== "unloaded").map(([model]) => model);
  }

  /** Ends every engine; nothing is left running when it resolves. */
  async close(): Promise<void> {
    await Promise.all([...this.supervisors.values()].map((supervisor) => supervisor.close()));
    this.states.dispose();
  }

  // --- portable tier ---

  async capabilities(model: ModelId, signal: AbortSignal): Promise<LoadedModel["info"]["can"]> {
    return (await this.load(model, signal)).info.can;
  }

  chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    return this.generate(options, (running, fields, call) =>
      running.engine.peer.request(
        "chat",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          messages: [...request.messages],
          ...(request.continueLast === undefined ? {} : { continueLast: request.continueLast }),
          ...(request.reasoningBudget === undefined ? {} : { reasoningBudget: request.reasoningBudget }),
          ...(request.tools === undefined ? {} : { tools: [...request.tools] }),
          ...(request.schema === undefined ? {} : { schema: { ...request.schema } }),
        },
        call,
      ),
    );
  }

  complete(request: CompleteRequest, options: JobOptions): Promise<GenerationResult> {
    return this.generate(options, (running, fields, call) =>
      running.engine.peer.request(
        "complete",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          prompt: request.prompt,
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
          ...(request.schema === undefined ? {} : { schema: { ...request.schema } }),
        },
        call,
      ),
    );
  }

  fillInMiddle(request: FillInMiddleRequest, options: JobOptions): Promise<GenerationResult> {
    return this.generate(options, (running, fields, call) =>
      running.engine.peer.request(
        "fillInMiddle",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          prefix: request.prefix,
          suffix: request.suffix,
          ...(request.files === undefined ? {} : { files: [...request.files] }),
          ...(request.repository === undefined ? {} : { repository: request.repository }),
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
        },
        call,
      ),
    );
  }

  embed(inputs: readonly string[], options: JobOptions): Promise<{ vectors: number[][]; tokens: number }> {
    return this.scheduled(options, (running, job) =>
      running.engine.peer.request("embed", { job, inputs: [...inputs] }, { signal: options.signal }),
    );
  }

  async countTokens(texts: readonly string[], where: Where): Promise<number[]> {
    return (
      await this.light(where, ({ engine }) =>
        engine.peer.request("countTokens", { of: "texts", texts: [...texts] }, where),
      )
    ).counts;
  }

  async countMessageTokens(
    messages: readonly PromptMessage[],
    options: Where & { readonly tools?: readonly Tool[] },
  ): Promise<number> {
    const { counts } = await this.light(options, ({ engine }) =>
      engine.peer.request(
        "countTokens",
        {
          of: "messages",
          messages: [...messages],
          ...(options.tools === undefined ? {} : { tools: [...options.tools] }),
        },
        { signal: options.signal },
      ),
    );
    return counts[0] ?? 0;
  }

  // --- embedded-only tier ---

  async tokenize(text: string, options: Where & { readonly special: boolean }): Promise<number[]> {
    const { special, signal } = options;
    return (await this.light(options, ({ engine }) => engine.peer.request("tokenize", { text, special }, { signal })))
      .tokens;
  }

  detokenize(
    tokens: readonly number[],
    options: Where & { readonly special: boolean },
  ): Promise<{ text: string; pieces: string[] }> {
    const { special, signal } = options;
    return this.light(options, ({ engine }) =>
      engine.peer.request("detokenize", { tokens: [...tokens], special }, { signal }),
    );
  }

  async probabilities(
    request: { tokens: readonly number[]; from: number; top: number },
    options: JobOptions,
  ): Promise<{ actual: number | null; top: { token: number; probability: number }[] }[]> {
    const { positions } = await this.scheduled(options, async (running, job) => {
      const context = await this.context(running, options.feature);
      const { from, top } = request;
      return running.engine.peer.request(
        "probabilities",
        {
          job,
          context,
          tokens: [...request.tokens],
          from,
          top,
          ...(options.session === undefined ? {} : { session: options.session }),
        },
        { signal: options.signal },
      );
    });
    return positions;
  }

  saveState(path: string, options: StateOptions): Promise<{ tokens: number; bytes: number; identityKey: string }> {
    const { session, signal } = options;
    return this.withState(options, ({ engine }, job) =>
      engine.peer.request("saveState", { job, context: "main", session, path }, { signal }),
    );
  }

  loadState(
    path: string,
    options: StateOptions & { readonly identityKey: string },
  ): Promise<{ tokens: number; loaded: boolean }> {
    const { session, identityKey, signal } = options;
    return this.withState(options, ({ engine }, job) =>
      engine.peer.request("loadState", { job, context: "main", session, path, identityKey }, { signal }),
    );
  }

  // --- how jobs run ---

  private async generate(
    options: JobOptions,
    call: (
      running: Running,
      fields: { job: string; context: string; waited_ms: number; session?: string },
      call: { signal: AbortSignal; onProgress: (progress: GenerationProgress) => void },
    ) => Promise<GenerationResult>,
  ): Promise<GenerationResult> {
    let answered = false;
    const attempt = (): Promise<GenerationResult> =>
      this.scheduled(options, async (running, job, waited) => {
        const context = await this.context(running, options.feature);
        const since = performance.now();
        await options.before?.();
        // It is part of what a person waits for.
        const waited_ms = waited + performance.now() - since;
        return call(
          running,
          { job, waited_ms, context, ...(options.session === undefined ? {} : { session: options.session }) },
          {
            signal: options.signal,
            onProgress: (progress) => {
              answered ||= progress.predicted_n > 0;
              options.onProgress?.(progress);
            },
          },
        );
      });
    const result = await attempt().catch((error: unknown) => {
      // An engine that was dying when the question came has answered nothing of it: the next one can, unseen.
      const lost = error instanceof PaddockError && error.code === "engine/crashed" && !answered;
      if (!lost || options.signal.aborted) throw error;
      this.options.log.warn("The engine crashed before it answered; asking the next one.");
      return attempt();
    });
    const { stopReason, timings, machine } = result;
    this.options.timings.record({
      at: Date.now(),
      model: options.model,
      feature: options.feature,
      stopReason,
      timings,
      machine,
    });
    return result;
  }

  /** What a model that is ready and idle holds in memory may be saved before it goes. */
  private async saidGoodbye(model: ModelId): Promise<void> {
    const { state } = this.supervisors.get(model) ?? {};
    if (state?.status !== "ready" || state.busy) return;
    await Promise.allSettled([...this.leaving].map((listener) => listener(model)));
  }

  /** Loads the model if need be, waits for a slot, runs, and ends an engine that does not answer a cancel. */
  private async scheduled<T>(
    options: JobOptions,
    work: (running: Running, job: string, waited_ms: number) => Promise<T>,
  ): Promise<T> {
    const { model, priority, signal } = options;
    const supervisor = this.supervisor(model);
    const running = await supervisor.load(signal);
    const job = randomUUID();
    const control = {
      pause: () => running.engine.peer.notify("pause", { job }),
      resume: () => running.engine.peer.notify("resume", { job }),
    };
    const since = performance.now();
    return this.scheduler.run(priority, signal, control, () =>
      this.counted(supervisor, async () => {
        let watchdog: ReturnType<typeof setTimeout> | undefined;
        const onAbort = (): void => {
          watchdog = setTimeout(() => supervisor.hung(running), CANCEL_MS);
        };
        signal.addEventListener("abort", onAbort, { once: true });
        try {
          return await work(running, job, performance.now() - since);
        } finally {
          signal.removeEventListener("abort", onAbort);
          clearTimeout(watchdog);
        }
      }),
    );
  }

  /** Not counted as a job: keeping state keeps no model from being idle. */
  private withState<T>(
    { model, signal, priority }: StateOptions,
    work: (running: Running, job: string) => Promise<T>,
  ): Promise<T> {
    const job = randomUUID();
    const tell = (what: "pause" | "resume"): void => {
      this.supervisors.get(model)?.ready?.engine.peer.notify(what, { job });
    };
    const run = async (): Promise<T> => {
      const running = this.supervisors.get(model)?.ready;
      if (running === undefined) throw new PaddockError("model/not-loaded", "No model is loaded.");
      return named(() => work(running, job));
    };
    if (priority === undefined) return run();
    return this.scheduler.run(priority, signal, { pause: () => tell("pause"), resume: () => tell("resume") }, run);
  }

  /** What costs next to nothing skips the queue. */
  private async light<T>({ model, signal }: Where, work: (running: Running) => Promise<T>): Promise<T> {
    const supervisor = this.supervisor(model);
    const running = await supervisor.load(signal);
    return this.counted(supervisor, () => work(running));
  }

  private async counted<T>(supervisor: Supervisor, work: () => Promise<T>): Promise<T> {
    const end = supervisor.beginJob();
    try {
      return await named(work);
    } finally {
      end();
    }
  }

  /** Features of different priority never share a KV cache, or a paused job would hold what another waits for. */
  private async context(running: Running, feature: Feature): Promise<string> {
    const [name, options] = contextOf(feature, this.options.settings());
    if (!running.contexts.has(name)) await openContext(running, name, options);
    else await running.contexts.get(name);
    return name;
  }

  private supervisor(model: ModelId): Supervisor {
    const known = this.supervisors.get(model);
    if (known !== undefined) return known;
    const { models, enginePath, log, settings, execPath } = this.options;
    const supervisor = new Supervisor({
      resolve: (signal) => models.resolve(model, signal),
      launch: () => new EngineProcess({ enginePath, log, ...(execPath === undefined ? {} : { execPath }) }),
      settings,
      log,
      onState: (state) => this.states.fire({ model, state }),
    });
    this.supervisors.set(model, supervisor);
    return supervisor;
  }
}

/** An engine that is gone in the middle of its work has crashed. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (isCancellation(error)) throw error;
    const known = toPaddockError(error);
    if (known.code !== "disconnected") throw known;
    throw new PaddockError("engine/crashed", "The engine crashed.", { detail: known.message });
  }
}

function loadedOf({ state }: Supervisor): LoadedModel {
  if (state.status === "ready") return state.loaded;
  throw state.status === "failed" ? state.error : new PaddockError("engine/crashed", "The engine crashed.");
}
