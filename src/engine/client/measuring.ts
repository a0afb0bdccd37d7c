import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rm, statfs } from "node:fs/promises";
import path from "node:path";
import type { Disposable } from "../../platform/core/disposables";
import { PaddockError, cancelled, isCancellation, toPaddockError } from "../../platform/core/errors";
import { toStorageError } from "../../platform/node/storageError";
import { chunksFor, COMPARED_PER_CHUNK } from "../divergence";
import {
  type DivergenceRequest,
  type DivergenceResult,
  type GpuMemory,
  type MeasureOptions,
  type Measuring,
  type MemoryEstimate,
  type MemoryOptions,
  positionBytes,
  type SpeedOptions,
  type SpeedResult,
} from "../measuring";
import { type EngineInfo, type ModelInfo, PROTOCOL_VERSION } from "../protocol";
import { type EngineProcess, withWatchdog } from "./engineProcess";
import type { Scheduler } from "./scheduler";
import type { EngineSettings } from "./supervisor";

const HELLO_MS = 60_000;
const LOAD_SILENCE_MS = 120_000;
const CONTEXT_MS = 120_000;
const UNLOAD_MS = 60_000;
const ESTIMATE_MS = 60_000;
/** Estimates come in bursts, one for each file of a folder; they share a process until none has come for this long. */
const ESTIMATOR_IDLE_MS = 3_000;
/** Of the whole of a measurement, what loading the model counts in its progress. */
const LOAD_SHARE = 0.2;
const FOLDER_PREFIX = "predictions-";

export interface ProcessMeasuringOptions {
  readonly launch: () => EngineProcess;
  readonly scheduler: Scheduler;
  readonly settings: () => EngineSettings;
  /**
   * Refuses what is no sound model file, before any engine opens it, and where it is to be loaded what memory has no
   * room for. @throws PaddockError model/*
   */
  readonly check: (file: string, signal: AbortSignal, purpose: "estimate" | "load") => Promise<unknown>;
  /** Where a reference's predictions lie while they are compared. */
  readonly folder: string;
}

interface Loaded {
  readonly engine: EngineProcess;
  readonly info: EngineInfo;
  readonly model: ModelInfo;
  readonly job: string;
  readonly context: string;
}

/** The process that estimates share. */
interface Estimator {
  readonly engine: EngineProcess;
  readonly ready: Promise<EngineInfo>;
  users: number;
  idle?: NodeJS.Timeout;
}

/** Of a series: the process of the measurement before, which has no model. */
interface Kept {
  engine: EngineProcess | undefined;
}

/** Measures in engine processes of its own, each of which ends with its measurement. */
export class ProcessMeasuring implements Measuring, Disposable {
  private readonly engines = new Set<EngineProcess>();
  private readonly closing = new AbortController();
  private estimator: Estimator | undefined;
  private swept: Promise<void> | undefined;

  constructor(private readonly options: ProcessMeasuringOptions) {}

  engine(signal: AbortSignal): Promise<EngineInfo> {
    return this.withEstimator(signal, (_, info) => Promise.resolve(info));
  }

  gpuMemory(signal: AbortSignal): Promise<GpuMemory> {
    return this.withEstimator(signal, (engine) =>
      withWatchdog(ESTIMATE_MS, "tell its GPU", () => engine.peer.request("gpuMemory", {})),
    );
  }

  async estimateMemory(file: string, { contextSize, gpuLayers, signal }: MemoryOptions): Promise<MemoryEstimate> {
    await this.checked(file, signal, "estimate");
    return this.withEstimator(signal, (engine) =>
      withWatchdog(ESTIMATE_MS, "estimate memory", () =>
        engine.peer.request("estimateMemory", { path: file, contextSize, gpuLayers }),
      ),
    );
  }

  measureSpeed(file: string, options: SpeedOptions): Promise<SpeedResult> {
    return this.speedOf(file, options);
  }

  async measureSpeeds<T>(work: (measureSpeed: Measuring["measureSpeed"]) => Promise<T>): Promise<T> {
    const kept: Kept = { engine: undefined };
    try {
      return await work((file, options) => this.speedOf(file, options, kept));
    } finally {
      kept.engine?.dispose();
      await kept.engine?.gone;
    }
  }

  private speedOf(file: string, options: SpeedOptions, kept?: Kept): Promise<SpeedResult> {
    const { promptTokens, generatedTokens, depth, repetitions, onProgress, signal } = options;
    const contextSize = depth + Math.max(promptTokens, generatedTokens) + 1;
    return this.withModel(
      file,
      contextSize,
      { signal, onProgress },
      ({ engine, job, context }, call) =>
        engine.peer.request("measureSpeed", { job, context, promptTokens, generatedTokens, depth, repetitions }, call),
      kept,
    );
  }

  async divergence(request: DivergenceRequest, { signal, onProgress }: MeasureOptions): Promise<DivergenceResult> {
    const { reference, candidate, text, positions } = request;
    const half =
      (from: number) =>
      (fraction: number): void =>
        onProgress?.(from + fraction / 2);
    await (this.swept ??= this.sweep());
    const folder = await this.ownFolder();
    const file = path.join(folder, "predictions");
    try {
      await this.withModel(
        reference,
        0,
        { signal, onProgress: half(0) },
        async ({ engine, model, job, context }, call) => {
          await this.assertRoom(predictionsBytes(model.vocabularySize, positions));
          return engine.peer.request("writePredictions", { job, context, text, positions, file }, call);
        },
      );
      return await this.withModel(candidate, 0, { signal, onProgress: half(0.5) }, ({ engine, job, context }, call) =>
        engine.peer.request("comparePredictions", { job, context, text, file }, call),
      );
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** Ends what is being measured, and its processes. */
  async close(): Promise<void> {
    this.closing.abort(cancelled());
    const engines = [...this.engines];
    for (const engine of engines) engine.dispose();
    await Promise.all(engines.map(({ gone }) => gone));
  }

  dispose(): void {
    void this.close();
  }

  /** @param contextSize tokens; 0: as many as a comparison needs. */
  private async withModel<T>(
    file: string,
    contextSize: number,
    { signal: wanted, onProgress }: { readonly signal: AbortSignal; readonly onProgress: MeasureOptions["onProgress"] },
    work: (
      loaded: Loaded,
      call: { readonly onProgress: (progress: { readonly fraction: number }) => void },
    ) => Promise<T>,
    kept?: Kept,
  ): Promise<T> {
    const signal = AbortSignal.any([wanted, this.closing.signal]);
    await this.checked(file, signal, "load");
    const job = randomUUID();
    let engine: EngineProcess | undefined;
    const control = {
      pause: () => engine?.peer.notify("pause", { job }),
      resume: () => engine?.peer.notify("resume", { job }),
    };
    return this.options.scheduler.run({ priority: "measuring" }, signal, control, async () => {
      const own = (engine = kept?.engine ?? this.launch());
      if (kept !== undefined) kept.engine = undefined;
      // The process has nothing to lose: it is ended rather than asked to stop.
      const onAbort = (): void => own.dispose();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        signal.throwIfAborted();
        const loaded = await this.load(own, file, contextSize, job, (fraction) => onProgress?.(LOAD_SHARE * fraction));
        const found = await work(loaded, {
          onProgress: ({ fraction }) => onProgress?.(LOAD_SHARE + (1 - LOAD_SHARE) * fraction),
        });
        if (kept !== undefined) {
          await withWatchdog(UNLOAD_MS, "unload", () => own.peer.request("unloadModel", {}));
          kept.engine = own;
        }
        return found;
      } catch (error) {
        if (signal.aborted) throw cancelled();
        throw named(error, "measured");
      } finally {
        signal.removeEventListener("abort", onAbort);
        if (kept?.engine !== own) {
          own.dispose();
          await own.gone;
        }
      }
    });
  }

  private async checked(file: string, signal: AbortSignal, purpose: "estimate" | "load"): Promise<void> {
    if (signal.aborted) throw cancelled();
    try {
      await this.options.check(file, signal, purpose);
    } catch (error) {
      throw toPaddockError(error);
    }
  }

  private async load(
    engine: EngineProcess,
    file: string,
    contextSize: number,
    job: string,
    onFraction: (fraction: number) => void,
  ): Promise<Loaded> {
    const { gpuLayers, threads } = this.options.settings();
    const info = await this.hello(engine);
    const model = await withWatchdog(LOAD_SILENCE_MS, "load", (alive) =>
      engine.peer.request(
        "loadModel",
        { path: file, ...(gpuLayers === null ? {} : { gpuLayers }) },
        {
          onProgress: ({ fraction }) => {
            alive();
            onFraction(fraction);
          },
        },
      ),
    );
    const context = "measuring";
    await withWatchdog(CONTEXT_MS, "context", () =>
      engine.peer.request("createContext", {
        context,
        ...(contextSize === 0 ? {} : { contextSize }),
        ...(threads > 0 ? { threads } : {}),
      }),
    );
    return { engine, info, model, job, context };
  }

  private hello(engine: EngineProcess): Promise<EngineInfo> {
    const { gpu, threads } = this.options.settings();
    return withWatchdog(HELLO_MS, "start", () =>
      engine.peer.request("hello", {
        protocolVersion: PROTOCOL_VERSION,
        gpu,
        ...(threads > 0 ? { maxThreads: threads } : {}),
      }),
    );
  }

  private launch(): EngineProcess {
    const engine = this.options.launch();
    this.engines.add(engine);
    void engine.gone.then(() => this.engines.delete(engine));
    return engine;
  }

  private async withEstimator<T>(
    signal: AbortSignal,
    work: (engine: EngineProcess, info: EngineInfo) => Promise<T>,
  ): Promise<T> {
    const either = AbortSignal.any([signal, this.closing.signal]);
    either.throwIfAborted();
    const estimator = (this.estimator ??= this.startEstimator());
    clearTimeout(estimator.idle);
    estimator.users++;
    try {
      return await abortable(
        either,
        estimator.ready.then((info) => work(estimator.engine, info)),
      );
    } catch (error) {
      if (either.aborted) throw cancelled();
      const known = named(error, "estimated the memory of");
      if (known.code.startsWith("engine/")) this.endEstimator(estimator);
      throw known;
    } finally {
      estimator.users--;
      if (estimator.users === 0 && this.estimator === estimator)
        estimator.idle = setTimeout(() => this.endEstimator(estimator), ESTIMATOR_IDLE_MS);
    }
  }

  private startEstimator(): Estimator {
    const engine = this.launch();
    return { engine, ready: this.hello(engine), users: 0 };
  }

  private endEstimator(estimator: Estimator): void {
    clearTimeout(estimator.idle);
    if (this.estimator === estimator) this.estimator = undefined;
    estimator.engine.dispose();
  }

  private async ownFolder(): Promise<string> {
    try {
      await mkdir(this.options.folder, { recursive: true });
      return await mkdtemp(path.join(this.options.folder, `${FOLDER_PREFIX}${process.pid}-`));
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** Leftovers of windows that were killed in the middle of a comparison. */
  private async sweep(): Promise<void> {
    const names = await readdir(this.options.folder).catch(() => []);
    for (const name of names) {
      const pid = Number(new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1]);
      if (Number.isInteger(pid) && !isAlive(pid))
        await rm(path.join(this.options.folder, name), { recursive: true, force: true });
    }
  }

  private async assertRoom(needed: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.options.folder);
    if (bavail * bsize >= needed) return;
    throw new PaddockError(
      "storage/full",
      `Comparing these models needs ${Math.ceil(needed / 2 ** 20).toLocaleString("en")} MiB on the disk for a while, and there is less.`,
      { remedy: "Free some disk space, or compare fewer positions." },
    );
  }
}

/** What the reference's predictions take on the disk while a divergence is measured, bytes. */
export function predictionsBytes(vocabularySize: number, positions: number): number {
  return chunksFor(positions) * COMPARED_PER_CHUNK * positionBytes(vocabularySize);
}

function named(error: unknown, what: string): PaddockError {
  if (isCancellation(error)) return cancelled();
  const known = toPaddockError(error);
  if (known.code !== "disconnected") return known;
  return new PaddockError("engine/crashed", `The engine crashed while it ${what} this model.`, {
    remedy: "The file may be damaged or memory too short. See the log for the engine's last words.",
    detail: known.message,
  });
}

function abortable<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = (): void => reject(cancelled());
    signal.addEventListener("abort", leave, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
