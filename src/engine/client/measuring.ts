import { rm } from "node:fs/promises";
import path from "node:path";
import type { Disposable } from "../../platform/core/disposables";
import { cancelled, toPaddockError } from "../../platform/core/errors";
import {
  type DivergenceRequest,
  type DivergenceResult,
  type GeneratedText,
  type GpuMemory,
  type Kernel,
  type KernelOptions,
  type MachineProbe,
  type MeasureOptions,
  type Measuring,
  type MemoryEstimate,
  type MemoryOptions,
  type SessionOptions,
  type SpeedOptions,
  type SpeedResult,
  type SpeedSession,
  type TextRequest,
} from "../measuring";
import { type EngineInfo, PROTOCOL_VERSION } from "../protocol";
import { contextTuning, type EngineTuning, modelTuning } from "../tuning";
import { type EngineProcess, withWatchdog } from "./engineProcess";
import { Estimator } from "./estimator";
import { measuringError } from "./measuringError";
import { MeasuringTurn } from "./measuringTurn";
import { PredictionsFolder, predictionsBytes } from "./predictionsFolder";
import { probeMachine, type TimeKernels } from "./probeMachine";
import type { Scheduler } from "./scheduler";
import { type SessionParts, type SessionSource, speedSession } from "./speedSession";
import { type EngineSettings, threadLimit } from "./supervisor";
import { writeTexts } from "./writeTexts";

const HELLO_MS = 60_000;
const LOAD_SILENCE_MS = 120_000;
const CONTEXT_MS = 120_000;
const UNLOAD_MS = 60_000;
const ESTIMATE_MS = 60_000;
/** Of texts that are written to compare their speed; their prompts are short. Tokens. */
const TEXT_CONTEXT = 2048;
/** Of the whole of a measurement, what loading the model counts in its progress. */
const LOAD_SHARE = 0.2;

export interface ProcessMeasuringOptions {
  /** @param poolThreads absent: one. */
  readonly launch: (poolThreads?: number) => EngineProcess;
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

interface Loaded extends SessionParts {
  readonly job: string;
  readonly context: string;
}

interface LoadedWith {
  /** Tokens; 0: as many as a comparison needs. */
  readonly contextSize: number;
  readonly tuning?: EngineTuning;
}

/** Of a series: the process of the measurement before, which has no model. */
interface Kept {
  engine: EngineProcess | undefined;
}

/** Measures in engine processes of its own, each of which ends with its measurement. */
export class ProcessMeasuring implements Measuring, Disposable {
  private readonly engines = new Set<EngineProcess>();
  private readonly closing = new AbortController();
  private readonly estimator: Estimator;
  private readonly predictions: PredictionsFolder;

  constructor(private readonly options: ProcessMeasuringOptions) {
    this.predictions = new PredictionsFolder(options.folder);
    this.estimator = new Estimator({ launch: () => this.launch(), hello: (engine) => this.hello(engine) });
  }

  engine(signal: AbortSignal): Promise<EngineInfo> {
    return this.estimate(signal, (_, info) => Promise.resolve(info));
  }

  gpuMemory(signal: AbortSignal): Promise<GpuMemory> {
    return this.estimate(signal, (engine) =>
      withWatchdog(ESTIMATE_MS, "tell its GPU", () => engine.peer.request("gpuMemory", {})),
    );
  }

  async estimateMemory(file: string, { contextSize, gpuLayers, signal }: MemoryOptions): Promise<MemoryEstimate> {
    await this.checked(file, signal, "estimate");
    return this.estimate(signal, (engine) =>
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
      { contextSize },
      { signal, onProgress },
      ({ engine, job, context }, call) =>
        engine.peer.request("measureSpeed", { job, context, promptTokens, generatedTokens, depth, repetitions }, call),
      kept,
    );
  }

  openSession<T>(
    file: string,
    { tuning, contextSize, signal }: SessionOptions,
    work: (session: SpeedSession) => Promise<T>,
  ): Promise<T> {
    const either = AbortSignal.any([signal, this.closing.signal]);
    return this.withModel(file, { contextSize, tuning }, { signal, onProgress: undefined }, (loaded, _, again) =>
      work(speedSession(loaded, { ...again, signal: either })),
    );
  }

  timeKernels(kernels: readonly Kernel[], options: KernelOptions): Promise<readonly (readonly number[])[]> {
    return this.withKernels(options, (time) => time(kernels, options.budget));
  }

  probe(signal: AbortSignal): Promise<MachineProbe> {
    return this.withKernels({ signal }, probeMachine);
  }

  generate(file: string, { signal, ...request }: TextRequest): Promise<readonly GeneratedText[]> {
    const how = { contextSize: TEXT_CONTEXT, tuning: request.tuning };
    return this.withModel(file, how, { signal, onProgress: undefined }, (loaded, _, { turn }) =>
      writeTexts(loaded, turn, request),
    );
  }

  async divergence(request: DivergenceRequest, { signal, onProgress }: MeasureOptions): Promise<DivergenceResult> {
    const { reference, candidate, candidateTuning, text, positions } = request;
    const half =
      (from: number) =>
      (fraction: number): void =>
        onProgress?.(from + fraction / 2);
    const folder = await this.predictions.make();
    const file = path.join(folder, "predictions");
    try {
      await this.withModel(
        reference,
        { contextSize: 0 },
        { signal, onProgress: half(0) },
        async ({ engine, model, job, context }, call) => {
          await this.predictions.assertRoom(predictionsBytes(model.vocabularySize, positions));
          return engine.peer.request("writePredictions", { job, context, text, positions, file }, call);
        },
      );
      return await this.withModel(
        candidate,
        { contextSize: 0, ...(candidateTuning === undefined ? {} : { tuning: candidateTuning }) },
        { signal, onProgress: half(0.5) },
        ({ engine, job, context }, call) =>
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

  private async withModel<T>(
    file: string,
    how: LoadedWith,
    { signal: wanted, onProgress }: { readonly signal: AbortSignal; readonly onProgress: MeasureOptions["onProgress"] },
    work: (
      loaded: Loaded,
      call: { readonly onProgress: (progress: { readonly fraction: number }) => void },
      again: Pick<SessionSource, "turn" | "reload">,
    ) => Promise<T>,
    kept?: Kept,
  ): Promise<T> {
    const signal = AbortSignal.any([wanted, this.closing.signal]);
    await this.checked(file, signal, "load");
    const { poolThreads } = how.tuning ?? {};
    return this.inTurn(signal, poolThreads, kept, async ({ engine, turn, relaunch }) => {
      const load = async (own: EngineProcess, onFraction?: (fraction: number) => void): Promise<Loaded> => ({
        ...(await this.load(own, file, how, onFraction)),
        ...{ engine: own, job: turn.job },
      });
      const found = await work(
        await load(engine, (fraction) => onProgress?.(LOAD_SHARE * fraction)),
        { onProgress: ({ fraction }) => onProgress?.(LOAD_SHARE + (1 - LOAD_SHARE) * fraction) },
        { turn, reload: async () => load(await relaunch()) },
      );
      if (kept !== undefined) {
        await withWatchdog(UNLOAD_MS, "unload", () => engine.peer.request("unloadModel", {}));
        kept.engine = engine;
      }
      return found;
    });
  }

  /** Times kernels in a process without a model. */
  private withKernels<T>(
    { threads, signal: wanted }: Pick<KernelOptions, "threads" | "signal">,
    work: (time: TimeKernels, threads: number) => Promise<T>,
  ): Promise<T> {
    const signal = AbortSignal.any([wanted, this.closing.signal]);
    return this.inTurn(signal, undefined, undefined, async ({ engine, turn }) => {
      const info = await this.hello(engine);
      const used = threads ?? info.threads;
      const time: TimeKernels = async (kernels, budget) => {
        turn.holdIfPaused();
        const request = { job: turn.job, kernels: [...kernels], threads: used, budget };
        return (await engine.peer.request("timeKernels", request)).samples;
      };
      return work(time, used);
    });
  }

  /** With a process of its own, or the one that was kept, when nobody has anything more urgent. */
  private inTurn<T>(
    signal: AbortSignal,
    poolThreads: number | undefined,
    kept: Kept | undefined,
    work: (given: {
      readonly engine: EngineProcess;
      readonly turn: MeasuringTurn;
      /** A new process in the place of the one that is gone. */
      readonly relaunch: () => Promise<EngineProcess>;
    }) => Promise<T>,
  ): Promise<T> {
    const turn = new MeasuringTurn();
    return this.options.scheduler.run({ priority: "measuring" }, signal, turn, async () => {
      let own = kept?.engine ?? this.launch(poolThreads);
      if (kept !== undefined) kept.engine = undefined;
      turn.use(own);
      const relaunch = async (): Promise<EngineProcess> => {
        await own.gone;
        signal.throwIfAborted();
        turn.use((own = this.launch(poolThreads)));
        return own;
      };
      // The process has nothing to lose: it is ended rather than asked to stop.
      const onAbort = (): void => own.dispose();
      signal.addEventListener("abort", onAbort, { once: true });
      try {
        signal.throwIfAborted();
        return await work({ engine: own, turn, relaunch });
      } catch (error) {
        if (signal.aborted) throw cancelled();
        throw measuringError(error, "measured");
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
    { contextSize, tuning = {} }: LoadedWith,
    onFraction?: (fraction: number) => void,
  ): Promise<Pick<Loaded, "info" | "model" | "contextInfo" | "context">> {
    const { gpuLayers, threads } = this.options.settings();
    const info = await this.hello(engine, tuning);
    const model = await withWatchdog(LOAD_SILENCE_MS, "load", (alive) =>
      engine.peer.request(
        "loadModel",
        { path: file, ...(gpuLayers === null ? {} : { gpuLayers }), ...modelTuning(tuning) },
        {
          onProgress: ({ fraction }) => {
            alive();
            onFraction?.(fraction);
          },
        },
      ),
    );
    const context = "measuring";
    const contextInfo = await withWatchdog(CONTEXT_MS, "context", () =>
      engine.peer.request("createContext", {
        context,
        ...(contextSize === 0 ? {} : { contextSize }),
        ...(threads > 0 ? { threads } : {}),
        ...contextTuning(tuning),
      }),
    );
    return { info, model, contextInfo, context };
  }

  private hello(engine: EngineProcess, tuning: EngineTuning = {}): Promise<EngineInfo> {
    const settings = this.options.settings();
    return withWatchdog(HELLO_MS, "start", () =>
      engine.peer.request("hello", {
        protocolVersion: PROTOCOL_VERSION,
        gpu: settings.gpu,
        ...threadLimit(settings, tuning),
      }),
    );
  }

  private launch(poolThreads?: number): EngineProcess {
    const engine = this.options.launch(poolThreads);
    this.engines.add(engine);
    void engine.gone.then(() => this.engines.delete(engine));
    return engine;
  }

  private estimate<T>(signal: AbortSignal, work: (engine: EngineProcess, info: EngineInfo) => Promise<T>): Promise<T> {
    return this.estimator.use(AbortSignal.any([signal, this.closing.signal]), work);
  }
}
