import * as v from "valibot";
import type { ContextInfo, EngineInfo, ModelInfo } from "./protocol";
import type { EngineTuning } from "./tuning";

/**
 * Measuring a model file that need not be loaded by anybody: what memory it takes, how fast it is, and how far its
 * answers are from another's. Each measurement has an engine process of its own, which ends with it, and the lowest
 * priority: whatever a person waits for comes first.
 */
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const bytes = v.pipe(v.number(), v.minValue(0));
const rate = v.pipe(v.number(), v.minValue(0));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

export const memoryEstimateSchema = v.object({
  weightsRamBytes: bytes,
  weightsVramBytes: bytes,
  /** KV cache and compute buffers together. */
  contextRamBytes: bytes,
  contextVramBytes: bytes,
  /** Of the context's bytes, where llama.cpp tells them apart. */
  kvBytes: v.optional(bytes),
  computeBytes: v.optional(bytes),
  /** Layers on the GPU that the estimate is for. */
  gpuLayers: count,
  /** The weights in RAM are a mapping of the file, as the product loads them on this backend. */
  mapped: v.boolean(),
  /** Resident memory of an engine process with no model at all. */
  processBytes: bytes,
  /** What the CPU can do, by llama.cpp's own names ("AVX2"): decides which weights it keeps repacked. */
  cpuFeatures: v.array(v.string()),
});
/** What llama.cpp itself allocates, by its own simulation; the process around it comes on top (picker/core/memory.ts). */
export type MemoryEstimate = v.InferOutput<typeof memoryEstimateSchema>;

export const gpuMemorySchema = v.object({
  /** Of all GPUs that this backend uses; 0: none. */
  totalBytes: bytes,
  freeBytes: bytes,
  /** Of the total, what is RAM, too: Apple silicon, graphics in the processor. */
  unifiedBytes: bytes,
  /** The devices' names. */
  devices: v.array(v.string()),
});
export type GpuMemory = v.InferOutput<typeof gpuMemorySchema>;

export const speedResultSchema = v.object({
  /** Prompt processing, tokens/s of each repetition; empty where no prompt was asked for. */
  pp: v.array(rate),
  /** Text generation, tokens/s of each repetition. */
  tg: v.array(rate),
  promptTokens: count,
  generatedTokens: count,
  /** Tokens in the KV cache before each test (llama-bench's d). */
  depth: count,
});
export type SpeedResult = v.InferOutput<typeof speedResultSchema>;

export const divergenceResultSchema = v.object({
  /** Tokens whose predictions were compared. */
  positions: positive,
  /** KL divergence of the candidate from the reference, nats, and the half-width of its 95% interval. */
  meanKld: v.number(),
  meanKldError: rate,
  /** Share of positions where both find the same token the most probable. */
  sameTop: v.number(),
  sameTopError: rate,
  perplexity: rate,
  referencePerplexity: rate,
});
export type DivergenceResult = v.InferOutput<typeof divergenceResultSchema>;

export interface MeasureOptions {
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress?: (fraction: number) => void;
}
export interface MemoryOptions {
  /** Tokens per sequence. */
  readonly contextSize: number;
  /** null: as many as fit, which llama.cpp decides. */
  readonly gpuLayers: number | null;
  readonly signal: AbortSignal;
}
export interface SpeedOptions extends MeasureOptions {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly depth: number;
  readonly repetitions: number;
}
export interface DivergenceRequest {
  /** Files of models with the same vocabulary. */
  readonly reference: string;
  readonly candidate: string;
  /** How the candidate is computed; the reference always as the product has it by default. */
  readonly candidateTuning?: EngineTuning;
  readonly text: string;
  /** Wanted; a chunk of text has 255 of them, and only whole chunks are compared. */
  readonly positions: number;
}

/** One test of a session: pp where prompt tokens are given, tg where tokens to generate are. */
export interface SpeedTest {
  readonly promptTokens: number;
  readonly generatedTokens: number;
  readonly depth: number;
  readonly repetitions: number;
  /** After each repetition: what it took, ns, pauses taken out, and how long it was paused, ms. */
  readonly onRepetition?: (samplesNs: readonly number[], pausedMs: number) => void;
}
/** A loaded model to test again and again, until the session's work ends. */
export interface SpeedSession {
  readonly engine: EngineInfo;
  readonly model: ModelInfo;
  readonly context: ContextInfo;
  measure(test: SpeedTest): Promise<{ readonly samplesNs: readonly number[]; readonly pausedMs: number }>;
  /** What one token generated takes beside the model's own computing, seconds, each timed on its own. */
  overhead(depth: number): Promise<TokenOverhead>;
}
export interface SessionOptions {
  readonly tuning: EngineTuning;
  /** Tokens; the deepest test and its own tokens must fit. */
  readonly contextSize: number;
  readonly signal: AbortSignal;
}
/** Seconds for a token. */
export interface TokenOverhead {
  /** Choosing the token: the sampler over the vocabulary. */
  readonly sampling: number;
  /** The round trip from JavaScript to llama.cpp's thread and back, computing nothing. */
  readonly dispatch: number;
}

/** What this machine can do at most, measured without any model in about two seconds. */
export interface MachineProbe {
  /** Reading memory that no cache holds, with as many threads as given, bytes/s. */
  readonly memoryBytesPerSecond: number;
  /** Reading what the caches hold, by rising size of what is read: bytes/s. */
  readonly bySize: readonly { readonly bytes: number; readonly bytesPerSecond: number }[];
  /** Multiplying matrices of a type with 512 columns, multiply-adds/s. */
  readonly matrix: readonly { readonly type: string; readonly macsPerSecond: number }[];
}

/**
 * Aborting rejects with what `cancelled` makes, within a prompt slice, and the process is gone then. All reject with a
 * PaddockError: model/* and context/* as loading does; `unsupported` for what cannot be compared; storage/full.
 */
export interface Measuring {
  /** What measures here: the backend, its devices and threads, llama.cpp's version. */
  engine(signal: AbortSignal): Promise<EngineInfo>;
  /** What the GPUs have at the moment. */
  gpuMemory(signal: AbortSignal): Promise<GpuMemory>;
  /** Loads no weights. */
  estimateMemory(file: string, options: MemoryOptions): Promise<MemoryEstimate>;
  /** pp and tg as llama-bench has them: a warm-up, then repetitions from an empty KV cache or at `depth`. */
  measureSpeed(file: string, options: SpeedOptions): Promise<SpeedResult>;
  /** As measureSpeed, of several models one after the other in one process: starting one takes longer than a small model. */
  measureSpeeds<T>(work: (measureSpeed: Measuring["measureSpeed"]) => Promise<T>): Promise<T>;
  /** As llama-perplexity's --kl-divergence: chunks of 512 tokens, the second half of each compared. */
  divergence(request: DivergenceRequest, options: MeasureOptions): Promise<DivergenceResult>;
}

/** What one position of the reference takes in the file that it is kept in while a divergence is measured, bytes. */
export function positionBytes(vocabularySize: number): number {
  return 16 + 2 * vocabularySize;
}

// --- what the engine process answers ------------------------------------------------------------------------------

const job = { job: name, context: name };
const fraction = v.object({ fraction: v.number() });

export const measuringRequests = {
  gpuMemory: { params: v.object({}), result: gpuMemorySchema },
  /** Before any model is loaded; loads none. */
  estimateMemory: {
    params: v.object({
      path: v.string(),
      contextSize: positive,
      gpuLayers: v.nullable(count),
    }),
    result: memoryEstimateSchema,
  },
  measureSpeed: {
    params: v.object({
      ...job,
      promptTokens: count,
      generatedTokens: count,
      depth: count,
      repetitions: positive,
    }),
    progress: fraction,
    result: speedResultSchema,
  },
  /** Writes what the loaded model predicts for the text to a file, for the next process to compare with. */
  writePredictions: {
    params: v.object({ ...job, text: v.string(), positions: positive, file: v.string() }),
    progress: fraction,
    result: v.object({ positions: positive, bytes: positive }),
  },
  comparePredictions: {
    params: v.object({ ...job, text: v.string(), file: v.string() }),
    progress: fraction,
    result: divergenceResultSchema,
  },
} as const;
