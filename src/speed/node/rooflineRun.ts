import path from "node:path";
import { type MachineProbe, type SpeedSession, type TokenOverhead, WARM_UP_TOKENS } from "../../engine/measuring";
import type { ContextInfo, EngineInfo, ModelInfo } from "../../engine/protocol";
import { type EngineTuning, kvCacheTypes } from "../../engine/tuning";
import { fileProblem } from "../../gguf/core/fileProblem";
import { modelShape } from "../../gguf/core/modelShape";
import { openModel } from "../../gguf/node/modelFiles";
import { PaddockError } from "../../platform/core/errors";
import type { BenchTest } from "../core/benchmark";
import { type KernelPlan, type ModelContents, planKernels, SMALL_FAR_BYTES, usual } from "../core/kernelParts";
import {
  type Explanation,
  explain,
  type Measured,
  predictedParts,
  rooflineModel,
  type TimePart,
} from "../core/roofline";
import { mean } from "../core/statistics";
import type { OpenSession } from "./openSession";

export interface RooflineNeeds {
  readonly openSession: OpenSession;
  readonly probe: (signal: AbortSignal) => Promise<MachineProbe>;
}

export interface RooflineRequest {
  /** The model's first file. */
  readonly file: string;
  readonly tuning: EngineTuning;
  /** Each of pp or of tg. */
  readonly tests: readonly BenchTest[];
  /** Of each test, and of each of its parts behind it: at least so many, and more of tests that take little time. */
  readonly rounds: Rounds;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface Rounds {
  readonly least: number;
  readonly most: number;
  /** What the test itself should take in all rounds together, unless those are the most. */
  readonly seconds: number;
}

export interface RooflineReport {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly context: ContextInfo;
  readonly probe: MachineProbe;
  /** In the order of the tests. */
  readonly explanations: readonly Explanation[];
}

/** Of the whole, what the probe counts in the progress. */
const PROBED = 0.1;
/**
 * For each kernel in each round at least and at most, seconds; else as long as the test took. What runs for a shorter time
 * has more of the moments in which caches and cores warm up: in half the time the parts of a token took 7% longer.
 */
const KERNEL_SECONDS = [0.2, 2] as const;

/**
 * Measures a model, what its machine can do, and what each of its parts takes alone, and explains the one by the others.
 * @throws PaddockError model/*, context/*, engine/*; cancelled.
 */
export async function measureRoofline(request: RooflineRequest, needs: RooflineNeeds): Promise<RooflineReport> {
  const { file, tuning, tests, rounds, signal, onProgress } = request;
  const contents = await contentsOf(file, signal);
  const probe = await needs.probe(signal);
  onProgress?.(PROBED);
  const lengths = tests.map(({ promptTokens, generatedTokens, depth }) => depth + promptTokens + generatedTokens);
  return needs.openSession(file, { tuning, contextSize: Math.max(...lengths) + 1, signal }, async (session) => {
    const { engine, model, context } = session;
    const timings = tests.map((test) => new TestTiming(test, contents, context));
    for (const [index, timing] of timings.entries()) {
      for (let done = 0; done < 1;) {
        await timing.round(session);
        done = timing.done(rounds);
        onProgress?.(PROBED + ((1 - PROBED) * (index + done)) / timings.length);
      }
    }
    const overhead = await session.overhead(0);
    const roofline = rooflineModel(contents.tensors, contents.shape, context.identity);
    const explanations = timings.map((timing) => {
      const parts = timing.parts(overhead) ?? predictedParts(timing.test, roofline, { probe, overhead });
      return explain(timing.measured(), roofline, { probe, parts });
    });
    return { engine, model, context, probe, explanations };
  });
}

/**
 * A test and its parts, which take turns: how fast memory is changes within seconds where a machine is shared, and would
 * change between the one and the other.
 */
class TestTiming {
  private readonly seconds: number[] = [];
  /** Undefined where the parts can't be timed alone: another kind of layers, or a type without kernels here. */
  private plan: KernelPlan | undefined;
  /** By kernel, seconds of a run in the mean of each round. */
  private rounds: number[][] = [];
  /** The same with less memory. */
  private smallPlan: KernelPlan | undefined;

  constructor(
    readonly test: BenchTest,
    contents: ModelContents,
    { flashAttention, batchSize, identity }: ContextInfo,
  ) {
    const kvCacheKeyType = kvCacheTypes.find((type) => type === identity.kvCacheKeyType);
    const kvCacheValueType = kvCacheTypes.find((type) => type === identity.kvCacheValueType);
    if (kvCacheKeyType === undefined || kvCacheValueType === undefined) return;
    const context = { kvCacheKeyType, kvCacheValueType, flashAttention, batchSize };
    this.plan = planKernels(test, contents, context);
    this.smallPlan = planKernels(test, contents, context, SMALL_FAR_BYTES);
  }

  async round(session: SpeedSession): Promise<void> {
    const { samplesNs } = await session.measure({ ...this.test, repetitions: 1 });
    this.seconds.push(...samplesNs.map((ns) => ns / 1e9));
    if (this.plan === undefined) return;
    const [least, most] = KERNEL_SECONDS;
    const warmUp = this.warmUpSeconds(mean(samplesNs) / 1e9);
    const budget = warmUp + Math.min(most, Math.max(least, mean(samplesNs) / 1e9));
    try {
      const samples = await session.timeKernels(this.plan.kernels, budget);
      for (const [index, runs] of samples.entries()) (this.rounds[index] ??= []).push(mean(afterWarmUp(runs, warmUp)));
    } catch (error) {
      const code = error instanceof PaddockError ? error.code : undefined;
      if (code !== "unsupported" && code !== "model/too-large") throw error;
      // Less memory from the next round on; where that is not there either, parts are predicted.
      this.plan = code === "unsupported" ? undefined : this.smallPlan;
      this.smallPlan = undefined;
      this.rounds = [];
    }
  }

  /** What a round of the test spends on warming up before it is timed; a kernel is run once before, as a prompt is. */
  private warmUpSeconds(testSeconds: number): number {
    const { promptTokens, generatedTokens } = this.test;
    return promptTokens > 0 ? 0 : (testSeconds / generatedTokens) * Math.min(generatedTokens, WARM_UP_TOKENS);
  }

  /** What of the rounds is done, 0 to 1. */
  done({ least, most, seconds }: Rounds): number {
    const { length } = this.seconds;
    const spent = this.seconds.reduce((sum, one) => sum + one, 0);
    return Math.min(1, length / least, Math.max(length / most, spent / seconds));
  }

  measured(): Measured {
    return { test: this.test, seconds: usual(this.seconds) };
  }

  /** Undefined where they could not be timed. */
  parts(overhead: TokenOverhead): TimePart[] | undefined {
    return this.rounds.length === 0 ? undefined : this.plan?.parts(this.rounds, overhead);
  }
}

/** The runs that began after so many seconds; the last where none did. */
function afterWarmUp(runs: readonly number[], seconds: number): readonly number[] {
  let spent = 0;
  const first = runs.findIndex((run) => {
    const isWarm = spent >= seconds;
    spent += run;
    return isWarm;
  });
  return runs.slice(first);
}

/** @throws PaddockError model/*, for parts that are missing too. */
async function contentsOf(file: string, signal: AbortSignal): Promise<ModelContents> {
  const { files, missing } = await openModel(file, signal);
  if (missing.length > 0) {
    throw new PaddockError("model/missing", `Parts of this model are missing: ${missing.join(", ")}.`, {
      remedy: "Download the model again, or put all its parts in one folder.",
    });
  }
  const headers = files.map(({ header }) => header);
  try {
    return { tensors: headers.flatMap(({ tensors }) => tensors), shape: modelShape(headers) };
  } catch (error) {
    throw fileProblem(error, path.basename(file));
  }
}
