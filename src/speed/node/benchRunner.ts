import { randomUUID } from "node:crypto";
import os from "node:os";
import path from "node:path";
import type { SessionOptions, SpeedSession } from "../../engine/measuring";
import { isCancellation, type PaddockError, toPaddockError } from "../../platform/core/errors";
import { formatParameters } from "../../platform/core/format";
import type { BenchMachine, BenchModel, BenchParameters, BenchResult, BenchTest } from "../core/benchmark";
import { type BenchPlan, contextSizeFor, type PlannedSetup, type PlannedTest } from "../core/benchPlan";
import { ProgressOf } from "../core/benchProgress";
import type { BenchEvent, BenchFailure, BenchOutcome } from "../core/benchRun";
import { seriesKey, versionKey } from "../core/resultKeys";
import { doubtsOf } from "../core/statistics";
import type { StartLoad } from "./cpuLoad";

export interface BenchRunOptions {
  /** Loads a model with one way of computing, for as long as the work with it takes. */
  readonly openSession: <T>(
    file: string,
    options: SessionOptions,
    work: (session: SpeedSession) => Promise<T>,
  ) => Promise<T>;
  readonly busyCores: StartLoad;
  readonly signal: AbortSignal;
  readonly onEvent: (event: BenchEvent) => void;
  /** Bytes of a model, where they are known; the time that is left is estimated with them. */
  readonly sizeOf?: (file: string) => number | undefined;
  /** ms since 1970. */
  readonly now?: () => number;
}

/**
 * Runs a plan's tests one after the other and tells of each repetition. Whatever ends it, what was measured is in the
 * outcome, and what is missing is a plan to go on with: a cancel ends it within a prompt slice, an engine that is gone
 * or a full disk ends it with the error, and a model that cannot be loaded costs only its own tests.
 */
export async function runBenchmark(plan: BenchPlan, options: BenchRunOptions): Promise<BenchOutcome> {
  return new BenchRun(plan, options).run();
}

/** These are about one model or one way of computing; any other error would meet the next setup, too. */
const OF_A_SETUP = /^(model|context|adapter)\/|^unsupported$/;

class BenchRun {
  private readonly progress: ProgressOf;
  private readonly results = new Map<PlannedTest, BenchResult>();
  private readonly over = new Set<PlannedTest>();
  private readonly failures: BenchFailure[] = [];
  private readonly now: () => number;
  private readonly plan: BenchPlan;

  constructor(
    plan: BenchPlan,
    private readonly options: BenchRunOptions,
  ) {
    // One list of tests may be shared by many setups: what happens to a test is kept by the test itself.
    this.plan = { setups: plan.setups.map((setup) => ({ ...setup, tests: setup.tests.map((test) => ({ ...test })) })) };
    this.progress = new ProgressOf(this.plan, options.sizeOf);
    this.now = options.now ?? Date.now;
  }

  async run(): Promise<BenchOutcome> {
    const { signal } = this.options;
    for (const setup of this.plan.setups) {
      try {
        signal.throwIfAborted();
        await this.runSetup(setup);
      } catch (error) {
        if (signal.aborted || isCancellation(error)) return this.outcome("cancelled");
        const known = toPaddockError(error);
        if (!OF_A_SETUP.test(known.code)) return this.outcome("failed", known);
        this.fail(setup, undefined, known);
      }
    }
    return this.outcome("done");
  }

  private async runSetup(setup: PlannedSetup): Promise<void> {
    const { openSession, signal } = this.options;
    const { file, tuning, tests } = setup;
    const since = this.now();
    this.tell({ kind: "loading", setup });
    await openSession(file, { tuning, contextSize: contextSizeFor(tests), signal }, async (session) => {
      this.progress.loaded(setup, (this.now() - since) / 1000);
      for (const test of tests) {
        signal.throwIfAborted();
        try {
          await this.runTest(setup, test, session);
        } catch (error) {
          const known = toPaddockError(error);
          if (signal.aborted || !OF_A_SETUP.test(known.code)) throw error;
          this.fail(setup, test, known);
        }
      }
    });
  }

  private async runTest(setup: PlannedSetup, test: PlannedTest, session: SpeedSession): Promise<void> {
    const wanted = setup.repetitions;
    const start = this.now();
    const identity = {
      machine: machineOf(session),
      model: modelOf(setup.file, session),
      parameters: parametersOf(setup, session),
      test: plainTest(test),
    };
    const fresh: BenchResult = {
      ...{ id: randomUUID(), at: start, from: "here" },
      ...identity,
      ...{ samplesNs: [], doubts: [] },
    };
    const begun = test.before !== undefined && isSame(test.before, fresh) ? test.before : fresh;
    const resultOf = (samples: readonly number[], pausedMs: number, busyCores: number | undefined): BenchResult => {
      const samplesNs = [...begun.samplesNs, ...samples];
      const { threads } = identity.parameters;
      const since = { pausedMs: pausedMs + pausedOf(begun), busyCores: Math.max(busyCores ?? 0, busyOf(begun)) };
      return { ...begun, samplesNs, doubts: doubtsOf({ test, samplesNs, wanted, threads, ...since }) };
    };
    let made: readonly number[] = [];
    let pausedMs = 0;
    let isBegun = false;
    const note = (samplesNs: readonly number[], paused: number): void => {
      pausedMs = paused;
      for (const ns of samplesNs.slice(made.length)) {
        if (!isBegun) this.progress.began(setup, test, (this.now() - start) / 1000 - ns / 1e9);
        isBegun = true;
        this.progress.repeated(setup, test, ns / 1e9);
      }
      if (samplesNs.length <= made.length) return;
      made = [...samplesNs];
      const result = resultOf(made, pausedMs, undefined);
      this.results.set(test, result);
      this.tell({ kind: "repetition", result, wanted });
    };

    this.tell({ kind: "measuring", setup, test: identity.test });
    const endLoad = await this.options.busyCores(session.engine.pid);
    let busyCores: number | undefined;
    try {
      const repetitions = Math.max(1, wanted - begun.samplesNs.length);
      const all = await session.measure({ ...identity.test, repetitions, onRepetition: note });
      note(all.samplesNs, all.pausedMs);
      this.over.add(test);
    } finally {
      busyCores = await endLoad();
      if (made.length > 0) {
        const result = resultOf(made, pausedMs, busyCores);
        this.results.set(test, result);
        this.tell({ kind: "result", result });
      }
    }
  }

  private fail(setup: PlannedSetup, test: PlannedTest | undefined, error: PaddockError): void {
    for (const one of test === undefined ? setup.tests : [test]) this.over.add(one);
    this.progress.skipped(setup, test);
    const { file, tuning } = setup;
    const failure: BenchFailure = { file, tuning, test: test === undefined ? undefined : plainTest(test), error };
    this.failures.push(failure);
    this.tell({ kind: "failed", ...failure });
  }

  private outcome(ended: BenchOutcome["ended"], error?: PaddockError): BenchOutcome {
    return {
      ended,
      ...(error === undefined ? {} : { error }),
      results: this.plan.setups.flatMap(({ tests }) =>
        tests.flatMap((test) => this.results.get(test) ?? test.before ?? []),
      ),
      failures: this.failures,
      missing: this.missing(),
    };
  }

  private missing(): BenchPlan {
    const setups = this.plan.setups.map((setup) => {
      const tests = setup.tests.filter((test) => !this.over.has(test));
      return { ...setup, tests: tests.map((test) => ({ ...test, ...beforeOf(this.results.get(test)) })) };
    });
    return { setups: setups.filter(({ tests }) => tests.length > 0) };
  }

  private tell(event: DistributiveOmit<BenchEvent, "progress">): void {
    this.options.onEvent({ ...event, progress: this.progress.now() });
  }
}

type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

/** Repetitions of another version, or of settings that were changed meanwhile, are not of the same test. */
function isSame(before: BenchResult, now: BenchResult): boolean {
  return seriesKey(before) === seriesKey(now) && versionKey(before.machine) === versionKey(now.machine);
}

function pausedOf({ doubts }: BenchResult): number {
  return doubts.reduce((sum, doubt) => sum + (doubt.kind === "paused" ? doubt.ms : 0), 0);
}

function busyOf({ doubts }: BenchResult): number {
  return doubts.reduce((most, doubt) => Math.max(most, doubt.kind === "busy" ? doubt.cores : 0), 0);
}

function beforeOf(before: BenchResult | undefined): Pick<PlannedTest, "before"> {
  return before === undefined ? {} : { before };
}

function plainTest({ promptTokens, generatedTokens, depth }: BenchTest): BenchTest {
  return { promptTokens, generatedTokens, depth };
}

/** llama.cpp's own names, so that results from here and from llama-bench files stand together. */
const backendNames: Readonly<Record<string, string>> = { cpu: "CPU", metal: "MTL", vulkan: "Vulkan", cuda: "CUDA" };

export function machineOf({ engine }: Pick<SpeedSession, "engine">): BenchMachine {
  return {
    cpu: os.cpus()[0]?.model.trim() ?? "",
    gpu: engine.backend === "cpu" ? "" : engine.devices.join(", "),
    backend: backendNames[engine.backend] ?? engine.backend,
    llamaCppVersion: engine.llamaCppVersion,
    bindingVersion: engine.bindingVersion,
  };
}

function modelOf(file: string, { model }: SpeedSession): BenchModel {
  const { architecture, parameters, fileType, sizeBytes, modelHash } = model;
  return {
    fileName: path.basename(file),
    type: `${architecture} ${formatParameters(parameters)} ${fileType}`,
    sizeBytes,
    parameters,
    hash: modelHash,
  };
}

function parametersOf({ tuning }: PlannedSetup, { model, context }: SpeedSession): BenchParameters {
  const mmap = model.mapped;
  const besides = {
    ...(tuning.useMlock === true ? { load_mode: mmap ? "mmap+mlock" : "mlock" } : {}),
    ...(tuning.poolThreads !== undefined && tuning.poolThreads > 1 ? { pool_threads: String(tuning.poolThreads) } : {}),
  };
  return {
    threads: context.threads,
    batchSize: context.batchSize,
    microBatchSize: context.batchSize,
    flashAttention: context.flashAttention,
    kvCacheKeyType: context.identity.kvCacheKeyType.toLowerCase(),
    kvCacheValueType: context.identity.kvCacheValueType.toLowerCase(),
    gpuLayers: model.gpuLayers,
    useMmap: mmap,
    ...(Object.keys(besides).length === 0 ? {} : { besides }),
  };
}
