import path from "node:path";
import type { Kernel, KernelOptions, MachineProbe, TokenOverhead } from "../../engine/measuring";
import type { ContextInfo, EngineInfo, ModelInfo } from "../../engine/protocol";
import { type EngineTuning, kvCacheTypes } from "../../engine/tuning";
import { fileProblem } from "../../gguf/core/fileProblem";
import { modelShape } from "../../gguf/core/modelShape";
import { openModel } from "../../gguf/node/modelFiles";
import { PaddockError } from "../../platform/core/errors";
import type { BenchTest } from "../core/benchmark";
import { type ModelContents, planKernels } from "../core/kernelParts";
import {
  type Explanation,
  explain,
  type Measured,
  predictedParts,
  rooflineModel,
  type TimePart,
} from "../core/roofline";
import type { OpenSession } from "./openSession";

export interface RooflineNeeds {
  readonly openSession: OpenSession;
  readonly probe: (signal: AbortSignal) => Promise<MachineProbe>;
  readonly timeKernels: (kernels: readonly Kernel[], options: KernelOptions) => Promise<readonly (readonly number[])[]>;
}

export interface RooflineRequest {
  /** The model's first file. */
  readonly file: string;
  readonly tuning: EngineTuning;
  /** Each of pp or of tg. */
  readonly tests: readonly BenchTest[];
  readonly repetitions: number;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}

export interface RooflineReport {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly context: ContextInfo;
  readonly probe: MachineProbe;
  /** In the order of the tests. */
  readonly explanations: readonly Explanation[];
}

/** Of the whole, what the probe and the model's own measurement count in the progress. */
const PROBED = 0.1;
const MEASURED = 0.6;
/** For each kernel, seconds. */
const KERNEL_SECONDS = 0.3;

interface SessionFound {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly context: ContextInfo;
  readonly measured: readonly Measured[];
  readonly overhead: TokenOverhead;
}

/**
 * Measures a model, what its machine can do, and what each of its parts takes alone, and explains the one by the others.
 * @throws PaddockError model/*, context/*, engine/*; cancelled.
 */
export async function measureRoofline(request: RooflineRequest, needs: RooflineNeeds): Promise<RooflineReport> {
  const { file, signal, onProgress } = request;
  const contents = await contentsOf(file, signal);
  const probe = await needs.probe(signal);
  onProgress?.(PROBED);
  const { engine, model, context, measured, overhead } = await measure(request, needs);
  const roofline = rooflineModel(contents.tensors, contents.shape, context.identity);
  const explanations: Explanation[] = [];
  for (const one of measured) {
    const timed = await timedParts(one, contents, { context, overhead, signal, needs });
    const parts = timed ?? predictedParts(one.test, roofline, { probe, overhead });
    explanations.push(explain(one, roofline, { probe, parts }));
    onProgress?.(MEASURED + ((1 - MEASURED) * explanations.length) / measured.length);
  }
  return { engine, model, context, probe, explanations };
}

function measure(request: RooflineRequest, { openSession }: RooflineNeeds): Promise<SessionFound> {
  const { file, tuning, tests, repetitions, signal, onProgress } = request;
  const lengths = tests.map(({ promptTokens, generatedTokens, depth }) => depth + promptTokens + generatedTokens);
  return openSession(file, { tuning, contextSize: Math.max(...lengths) + 1, signal }, async (session) => {
    const measured: Measured[] = [];
    for (const test of tests) {
      const { samplesNs } = await session.measure({ ...test, repetitions });
      // The least disturbed: what else runs here is none of the model's parts.
      measured.push({ test, seconds: Math.min(...samplesNs) / 1e9 });
      onProgress?.(PROBED + ((MEASURED - PROBED) * measured.length) / tests.length);
    }
    const { engine, model, context } = session;
    return { engine, model, context, measured, overhead: await session.overhead(0) };
  });
}

interface PartTiming {
  readonly context: ContextInfo;
  readonly overhead: TokenOverhead;
  readonly signal: AbortSignal;
  readonly needs: RooflineNeeds;
}

/** Undefined where the parts can't be timed alone: another kind of layers, or a type without kernels here. */
async function timedParts(
  { test }: Measured,
  contents: ModelContents,
  { context, overhead, signal, needs }: PartTiming,
): Promise<TimePart[] | undefined> {
  const { flashAttention, batchSize, threads, identity } = context;
  const kvCacheKeyType = kvCacheTypes.find((type) => type === identity.kvCacheKeyType);
  const kvCacheValueType = kvCacheTypes.find((type) => type === identity.kvCacheValueType);
  if (kvCacheKeyType === undefined || kvCacheValueType === undefined) return undefined;
  const plan = planKernels(test, contents, { kvCacheKeyType, kvCacheValueType, flashAttention, batchSize });
  if (plan === undefined) return undefined;
  try {
    const samples = await needs.timeKernels(plan.kernels, { threads, budget: KERNEL_SECONDS, signal });
    return plan.parts(samples, overhead);
  } catch (error) {
    if (error instanceof PaddockError && error.code === "unsupported") return undefined;
    throw error;
  }
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
