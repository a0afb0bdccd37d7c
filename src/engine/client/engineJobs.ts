import { randomUUID } from "node:crypto";
import { PaddockError, isCancellation, toPaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { JobOptions, ModelId, ModelResolver, ModelStateChange, StateOptions, TimingSink } from "../backend";
import type { GenerationResult } from "../protocol";
import type { EngineTuning } from "../tuning";
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
  /** How a model was found to run best on this machine, asked whenever one is loaded; absent: nobody has looked. */
  readonly tuningOf?: (model: ModelId) => EngineTuning;
  /** Whom to ask before computing, so that windows do not slow each other; absent: nobody. */
  readonly turns?: Turns;
}

type Generated = Pick<GenerationResult, "stopReason" | "timings" | "machine">;
type ProgressOptions<P> = Omit<JobOptions, "onProgress"> & { readonly onProgress?: (progress: P) => void };

/** How jobs run: a supervisor for each model, the scheduler above them, and what becomes of an engine that dies or hangs. */
export class EngineJobs {
  private readonly supervisors = new Map<ModelId, Supervisor>();
  readonly scheduler: Scheduler;
  private readonly states = new Emitter<ModelStateChange>((error) =>
    this.options.log.error("A state listener failed", error),
  );
  readonly onDidChangeState = this.states.event;

  constructor(private readonly options: EmbeddedEngineOptions) {
    this.scheduler = new Scheduler(options.turns);
  }

  /** The supervisor of a model that was asked for before. */
  known(model: ModelId): Supervisor | undefined {
    return this.supervisors.get(model);
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

  /**
   * A generation in the model's context for the feature, asked once more where the engine died before it began.
   * @param begun whether there is something of the answer in the progress.
   */
  async generate<P, R extends Generated>(
    options: ProgressOptions<P>,
    begun: (progress: P) => boolean,
    call: (
      running: Running,
      fields: { job: string; context: string; waited_ms: number; session?: string },
      call: { signal: AbortSignal; onProgress: (progress: P) => void },
    ) => Promise<R>,
  ): Promise<R> {
    let answered = false;
    const attempt = (): Promise<R> =>
      this.scheduled(options, async (running, job, waited) => {
        const context = await this.context(running, options);
        const since = performance.now();
        await options.before?.();
        // All of it is what a person waits for.
        const now = performance.now();
        const waited_ms = options.askedAt === undefined ? waited + now - since : now - options.askedAt;
        return call(
          running,
          { job, waited_ms, context, ...(options.session === undefined ? {} : { session: options.session }) },
          {
            signal: options.signal,
            onProgress: (progress) => {
              answered ||= begun(progress);
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

  /** Loads the model if need be, waits for a slot, runs, and ends an engine that does not answer a cancel. */
  async scheduled<T>(
    options: ProgressOptions<never>,
    work: (running: Running, job: string, waited_ms: number) => Promise<T>,
  ): Promise<T> {
    const { model, priority, urgent, signal } = options;
    const supervisor = this.supervisor(model);
    const running = await supervisor.load(signal);
    const job = randomUUID();
    const control = {
      pause: () => running.engine.peer.notify("pause", { job }),
      resume: () => running.engine.peer.notify("resume", { job }),
    };
    const since = performance.now();
    return this.scheduler.run({ priority, urgent }, signal, control, () =>
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
  withState<T>(
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
    return this.scheduler.run({ priority }, signal, { pause: () => tell("pause"), resume: () => tell("resume") }, run);
  }

  /** What costs next to nothing skips the queue. */
  async light<T>(
    { model, signal }: Pick<JobOptions, "model" | "signal">,
    work: (running: Running) => Promise<T>,
  ): Promise<T> {
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
  async context(running: Running, { model, feature }: Pick<JobOptions, "model" | "feature">): Promise<string> {
    const { models, settings } = this.options;
    const [name, options] = contextOf(feature, settings(), models.adapters?.(model, feature) ?? [], running.tuning);
    if (!running.contexts.has(name)) {
      // Of a feature whose adapters have changed: nobody asks for the old context again, and it holds a KV cache.
      const old = [...running.contexts.keys()].filter((other) => other.startsWith(`${feature} `));
      for (const context of old) {
        running.contexts.delete(context);
        await running.engine.peer.request("closeContext", { context });
      }
      await openContext(running, name, options);
    } else await running.contexts.get(name);
    return name;
  }

  /** @param poolThreads absent: one. */
  launch(poolThreads?: number): EngineProcess {
    const { enginePath, log, execPath } = this.options;
    return new EngineProcess({
      enginePath,
      log,
      ...(execPath === undefined ? {} : { execPath }),
      ...(poolThreads === undefined ? {} : { poolThreads }),
    });
  }

  supervisor(model: ModelId): Supervisor {
    const known = this.supervisors.get(model);
    if (known !== undefined) return known;
    const { models, log, settings, tuningOf } = this.options;
    const supervisor = new Supervisor({
      resolve: (signal) => models.resolve(model, signal),
      launch: (poolThreads) => this.launch(poolThreads),
      tuning: () => tuningOf?.(model) ?? {},
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
