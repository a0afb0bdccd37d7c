import { type ErrorCode, PaddockError, cancelled, isCancellation, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { LoadedModel, ModelState } from "../backend";
import { mainContextSize, mainSequences } from "../contextDefaults";
import {
  type ContextInfo,
  type ContextOptions,
  type EngineInfo,
  type GpuChoice,
  type ModelInfo,
  PROTOCOL_VERSION,
} from "../protocol";
import { contextTuning, type EngineTuning, modelTuning } from "../tuning";
import { CrashBudget } from "./crashBudget";
import { type EngineExit, type EngineProcess, withWatchdog } from "./engineProcess";

/** Starting Node, the binding and a GPU driver takes a second or two; a minute means it hangs. */
const HELLO_MS = 60_000;
/** A load reports progress as it reads; this long without any means that it hangs. */
const LOAD_SILENCE_MS = 120_000;
const CONTEXT_MS = 120_000;
/** A crash in the middle of a load is blamed on the file when it happens twice in a row. */
const LOAD_CRASHES = 2;

export interface EngineSettings {
  readonly gpu: GpuChoice;
  /** null: as many as fit. */
  readonly gpuLayers: number | null;
  /** 0: the number of physical cores. */
  readonly threads: number;
  /** 0: what the model was trained for, up to 8,192. */
  readonly contextSize: number;
  /** 0: never. */
  readonly idleUnloadMinutes: number;
}

export interface SupervisorOptions {
  /** Where the model's file is, checked. @throws PaddockError model/* */
  readonly resolve: (signal: AbortSignal) => Promise<{ readonly path: string }>;
  /** @param poolThreads absent: one. */
  readonly launch: (poolThreads?: number) => EngineProcess;
  /** How the model was found to run best here, asked whenever it is loaded; absent: as the settings say. */
  readonly tuning?: () => EngineTuning;
  readonly settings: () => EngineSettings;
  readonly log: Logger;
  readonly onState: (state: ModelState) => void;
}

/** A running engine with its model; `contexts` are made on first use. */
export interface Running {
  readonly engine: EngineProcess;
  readonly info: EngineInfo;
  readonly model: ModelInfo;
  /** What it was loaded with, and its contexts are made with. */
  readonly tuning: EngineTuning;
  readonly contexts: Map<string, Promise<ContextInfo>>;
}

/** Keeps one model's engine process alive: loads it, brings it back after a crash, gives up when that is hopeless. */
export class Supervisor {
  private current: ModelState = { status: "unloaded" };
  private running: Running | undefined;
  private loading: { readonly promise: Promise<Running>; readonly abort: AbortController; waiters: number } | undefined;
  private readonly budget = new CrashBudget();
  private restartTimer: ReturnType<typeof setTimeout> | undefined;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private jobs = 0;
  /** Set after a failure on the GPU: why the CPU is used instead. */
  private cpuBecause: string | undefined;
  private closed = false;
  private onGpu = false;
  private loadedMemory = { rssBytes: 0, vramBytes: 0 };
  private main: ContextInfo | undefined;

  constructor(private readonly options: SupervisorOptions) {}

  get state(): ModelState {
    return this.current;
  }

  /** The engine, where it has its model and lives. */
  get ready(): Running | undefined {
    return this.running?.engine.lost === true ? undefined : this.running;
  }

  /** Resolves when the model is ready; joins a load that is under way. The load ends when its last waiter has gone. */
  async load(signal: AbortSignal): Promise<Running> {
    signal.throwIfAborted();
    if (this.closed) throw new PaddockError("engine/stopped", "Paddock is closing.");
    // Its pipe breaks a moment before its exit is told.
    if (this.running?.engine.lost === true) await this.running.engine.gone;
    if (this.running !== undefined) return this.running;
    if (this.current.status === "failed" && this.current.error.code === "engine/stopped") throw this.current.error;
    // What everybody has left is on its way out, and takes nobody along.
    if (this.loading?.abort.signal.aborted === true) {
      await this.loading.promise.catch(() => undefined);
      return this.load(signal);
    }
    const loading = (this.loading ??= this.begin());
    loading.waiters++;
    return new Promise<Running>((resolve, reject) => {
      const leave = (): void => {
        loading.waiters--;
        if (loading.waiters === 0) loading.abort.abort(cancelled());
        reject(cancelled());
      };
      signal.addEventListener("abort", leave, { once: true });
      loading.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  /** Counts a job for the busy mark and the idle clock; call the result when it ends. */
  beginJob(): () => void {
    this.jobs++;
    clearTimeout(this.idleTimer);
    this.refresh();
    let done = false;
    return () => {
      if (done) return;
      done = true;
      this.jobs--;
      this.refresh();
      this.armIdle();
    };
  }

  async unload(): Promise<void> {
    clearTimeout(this.restartTimer);
    clearTimeout(this.idleTimer);
    this.loading?.abort.abort(cancelled());
    const { running } = this;
    this.running = undefined;
    this.set({ status: "unloaded" });
    await running?.engine.stop();
  }

  /** Forgets the crashes and starts anew. */
  async restart(signal: AbortSignal): Promise<Running> {
    await this.unload();
    this.budget.forget();
    this.cpuBecause = undefined;
    return this.load(signal);
  }

  async close(): Promise<void> {
    this.closed = true;
    await this.unload();
  }

  /** The engine does not answer any more: end it, which counts as a crash. */
  hung(running: Running): void {
    this.options.log.error("The engine did not answer and is ended.");
    running.engine.kill();
  }

  private begin(): NonNullable<Supervisor["loading"]> {
    clearTimeout(this.restartTimer);
    const abort = new AbortController();
    if (this.current.status !== "restarting") this.set({ status: "loading", fraction: 0 });
    const loading = {
      abort,
      waiters: 0,
      promise: this.start(abort.signal).then(
        (running) => {
          this.loading = undefined;
          this.running = running;
          running.engine.onExit((exit) => this.exited(running, exit));
          return running;
        },
        (error: unknown) => {
          this.loading = undefined;
          const known = toPaddockError(error, "engine/crashed");
          this.set(isCancellation(known) ? { status: "unloaded" } : { status: "failed", error: known });
          throw known;
        },
      ),
    };
    // A load that nobody waits for any more (a restart by itself) reports through the state alone.
    loading.promise.catch(() => undefined);
    return loading;
  }

  private async start(signal: AbortSignal): Promise<Running> {
    const { path } = await this.options.resolve(signal);
    let tuning = this.options.tuning?.() ?? {};
    let crashes = 0;
    for (;;) {
      try {
        return await this.attempt(path, signal, tuning);
      } catch (error) {
        signal.throwIfAborted();
        const known = toPaddockError(error);
        const crashed = known.code === "disconnected" || known.code === "engine/unresponsive";
        // What was measured once may not fit any more; a model that answers slower is better than none.
        if (Object.keys(tuning).length > 0 && (crashed || canBeOfTuning(known.code))) {
          this.options.log.warn(`Loading without the model's tuning, with which it failed. ${known.message}`);
          tuning = {};
          continue;
        }
        if (
          this.onGpu &&
          this.cpuBecause === undefined &&
          (crashed || known.code === "model/too-large" || known.code === "context/too-large")
        ) {
          this.cpuBecause = crashed ? "the engine crashed on the GPU" : "it does not fit on the GPU";
          this.options.log.warn(`Falling back to the CPU: ${this.cpuBecause}. ${known.message}`);
          continue;
        }
        if (!crashed) throw known;
        if (++crashes >= LOAD_CRASHES) {
          throw new PaddockError("model/damaged", "The engine crashed twice while it loaded this model.", {
            remedy: "The file may be damaged or memory too short: download it again, or choose a smaller one.",
            detail: known.message,
          });
        }
        this.options.log.warn("The engine ended while loading; trying once more.");
      }
    }
  }

  private async attempt(path: string, signal: AbortSignal, tuning: EngineTuning): Promise<Running> {
    const settings = this.options.settings();
    const engine = this.options.launch(tuning.poolThreads);
    const onAbort = (): void => engine.dispose();
    signal.addEventListener("abort", onAbort, { once: true });
    this.onGpu = false;
    try {
      const hello = await withWatchdog(HELLO_MS, "start", () =>
        engine.peer.request("hello", {
          protocolVersion: PROTOCOL_VERSION,
          gpu: this.cpuBecause === undefined ? settings.gpu : "cpu",
          ...threadLimit(settings, tuning),
        }),
      );
      this.onGpu = hello.backend !== "cpu";
      const model = await withWatchdog(LOAD_SILENCE_MS, "load", (alive) =>
        engine.peer.request(
          "loadModel",
          { path, ...(settings.gpuLayers === null ? {} : { gpuLayers: settings.gpuLayers }), ...modelTuning(tuning) },
          {
            onProgress: ({ fraction }) => {
              alive();
              this.set({ status: "loading", fraction });
            },
          },
        ),
      );
      const info =
        this.cpuBecause === undefined
          ? hello
          : { ...hello, backendReason: `The CPU is used because ${this.cpuBecause}.` };
      const running: Running = { engine, info, model, tuning, contexts: new Map() };
      const context = await openContext(running, "main", mainContext(model, settings, tuning));
      const { rssBytes, vramBytes } = await engine.peer.request("stats", {});
      signal.throwIfAborted();
      this.loadedMemory = { rssBytes, vramBytes };
      this.main = context;
      this.setReady(running);
      this.armIdle();
      return running;
    } catch (error) {
      engine.dispose();
      throw error;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  private exited(running: Running, exit: EngineExit): void {
    if (this.running !== running) return;
    this.running = undefined;
    if (exit.expected || this.closed) {
      this.set({ status: "unloaded" });
      return;
    }
    const reason =
      exit.signal === null ? `it ended with code ${exit.code ?? "unknown"}` : `it was ended by ${exit.signal}`;
    this.options.log.error(`The engine is gone: ${reason}.`);
    const verdict = this.budget.crashed(performance.now());
    if (!verdict.restart) {
      this.set({
        status: "failed",
        error: new PaddockError(
          "engine/stopped",
          "The engine crashed five times within three minutes and was not started again.",
          {
            remedy: "See the log for the reason, then restart the engine. Setting paddock.engine.gpu to cpu may help.",
            detail: reason,
          },
        ),
      });
      return;
    }
    this.set({ status: "restarting", attempt: verdict.attempt, reason });
    this.restartTimer = setTimeout(() => {
      if (this.loading === undefined && this.running === undefined && !this.closed) this.loading = this.begin();
    }, verdict.delayMs);
  }

  private armIdle(): void {
    clearTimeout(this.idleTimer);
    const minutes = this.options.settings().idleUnloadMinutes;
    if (minutes <= 0 || this.jobs > 0 || this.running === undefined) return;
    this.idleTimer = setTimeout(() => {
      if (this.jobs > 0) return;
      this.options.log.info(`Unloaded after ${minutes} idle minutes.`);
      void this.unload();
    }, minutes * 60_000);
  }

  private refresh(): void {
    if (this.running !== undefined) this.setReady(this.running);
  }

  private setReady({ info, model }: Running): void {
    if (this.main === undefined) return;
    const loaded: LoadedModel = { info: model, engine: info, context: this.main, ...this.loadedMemory };
    this.set({ status: "ready", loaded, busy: this.jobs > 0 });
  }

  private set(state: ModelState): void {
    // While it comes back, what a person sees is that it comes back, not the steps of a load.
    if (state.status === "loading" && this.current.status === "restarting") return;
    this.current = state;
    this.options.onState(state);
  }
}

/** A context of this name, made on first use. A failure is not remembered. */
export async function openContext(
  running: Running,
  name: string,
  options: Omit<ContextOptions, "context">,
): Promise<ContextInfo> {
  const known = running.contexts.get(name);
  if (known !== undefined) return known;
  const opening = withWatchdog(CONTEXT_MS, "context", () =>
    running.engine.peer.request("createContext", { context: name, ...options }),
  );
  running.contexts.set(name, opening);
  opening.catch(() => running.contexts.delete(name));
  return opening;
}

export function mainContext(
  model: ModelInfo,
  settings: EngineSettings,
  tuning: EngineTuning,
): Omit<ContextOptions, "context"> {
  return {
    contextSize: mainContextSize(settings.contextSize, model.trainContextSize),
    sequences: mainSequences(model.parameters),
    ...(settings.threads > 0 ? { threads: settings.threads } : {}),
    ...contextTuning(tuning),
  };
}

/** The most threads that the engine's contexts may have. */
export function threadLimit(
  { threads }: Pick<EngineSettings, "threads">,
  tuning: EngineTuning,
): { readonly maxThreads?: number } {
  const most = tuning.threads ?? threads;
  return most > 0 ? { maxThreads: most } : {};
}

function canBeOfTuning(code: ErrorCode): boolean {
  return code === "unsupported" || code === "model/too-large" || code === "context/too-large";
}
