import * as v from "valibot";
import type { ContextInfo, EngineInfo, ModelInfo } from "./protocol";
import { type EngineTuning, kvCacheTypes } from "./tuning";

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
/** Texts to be written at temperature 0, each from its prompt alone. */
export interface TextRequest {
  readonly tuning: EngineTuning;
  readonly prompts: readonly string[];
  /** Of each text. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
}
export interface GeneratedText {
  readonly text: string;
  readonly tokens: number;
  /** From the first token to the last, seconds. */
  readonly seconds: number;
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
  /**
   * Parts of what the model does, each alone, with its context's threads.
   * @param budget to spend on each kernel, seconds.
   * @returns seconds of each run, by kernel.
   */
  timeKernels(kernels: readonly Kernel[], budget: number): Promise<readonly (readonly number[])[]>;
}

/** Tokens generated before a test of tg is timed; llama-bench takes one, after which two cores still got faster. */
export const WARM_UP_TOKENS = 8;

export interface SessionOptions {
  readonly tuning: EngineTuning;
  /** Tokens; the deepest test and its own tokens must fit. */
  readonly contextSize: number;
  readonly signal: AbortSignal;
}
export const testProgressSchema = v.object({
  /** Of each repetition so far, ns, pauses taken out. */
  samplesNs: v.array(rate),
  /** How long the repetitions had to wait for what is more urgent, ms. */
  pausedMs: rate,
});
export type TestProgress = v.InferOutput<typeof testProgressSchema>;

export const tokenOverheadSchema = v.object({
  /** Choosing the token: the sampler over the vocabulary, its own round trip included. */
  sampling: rate,
  /** One round trip from JavaScript to llama.cpp's thread and back, computing nothing, and the JavaScript around a batch. */
  dispatch: rate,
});
/** Seconds for a token. */
export type TokenOverhead = v.InferOutput<typeof tokenOverheadSchema>;

const typeName = v.pipe(v.string(), v.maxLength(20));
const size = v.pipe(positive, v.maxValue(1 << 20));
const copies = v.pipe(positive, v.maxValue(10_000));
const product = { type: typeName, rows: size, columns: size, batch: size, copies };

/**
 * Part of what a model does, to be timed alone by llama.cpp's own functions: its `copies`, one after the other, have
 * weights or KV caches of their own, as a model's layers do. All include what it takes to begin a batch at all, which is
 * what one copy of "nodes" takes.
 */
const aloneKernels = [
  /** A matrix times `batch` columns: 1 for a token generated. Weights lie as llama.cpp would keep them, repacked too. */
  v.object({ kind: v.literal("product"), ...product }),
  /** Products by turns, as a model does them layer by layer: what of their weights a cache keeps, it keeps of all. */
  v.object({
    kind: v.literal("round"),
    products: v.pipe(v.array(v.object(product)), v.minLength(1), v.maxLength(1000)),
  }),
  /** Flash attention of `batch` tokens to `depth` tokens, themselves among them, in a KV cache handed out by steps of 256. */
  v.object({
    ...{ kind: v.literal("attention"), heads: size, headsKv: size, headSize: size, depth: size, batch: size, copies },
    keyType: v.picklist(kvCacheTypes),
    valueType: v.picklist(kvCacheTypes),
  }),
  /**
   * What a layer of llama's kind does beside: two norms with their weights, two rotations, two writes to the KV cache, the
   * gate and two sums.
   */
  v.object({
    ...{ kind: v.literal("layers"), width: size, feedForward: size, heads: size, headsKv: size, headSize: size },
    ...{ batch: size, copies, keyType: v.picklist(kvCacheTypes), valueType: v.picklist(kvCacheTypes) },
  }),
  /** Additions of two rows of `width` values for each of `batch` tokens: what a step of a graph takes that computes little. */
  v.object({ kind: v.literal("nodes"), width: size, batch: size, copies }),
] as const;
const aloneKernelSchema = v.variant("kind", aloneKernels);
export type AloneKernel = v.InferOutput<typeof aloneKernelSchema>;
export const kernelSchema = v.variant("kind", [
  ...aloneKernels,
  /** Several in one graph, each spread over it: what one leaves in the caches is what the next finds. */
  v.object({
    kind: v.literal("turns"),
    kernels: v.pipe(v.array(aloneKernelSchema), v.minLength(1), v.maxLength(10)),
  }),
]);
export type Kernel = v.InferOutput<typeof kernelSchema>;

export interface KernelOptions {
  /** CPU threads; absent: as the settings say. */
  readonly threads?: number;
  /** To spend on each kernel, seconds. */
  readonly budget: number;
  readonly signal: AbortSignal;
}

/** What this machine can do at most, measured without any model by llama.cpp's own functions, in about two seconds. */
export interface MachineProbe {
  /** CPU threads it was measured with. */
  readonly threads: number;
  /** Reading memory that no cache holds, with as many threads as given, bytes/s. */
  readonly memoryBytesPerSecond: number;
  /** Reading what the caches hold, by rising size of what is read: bytes/s. */
  readonly bySize: readonly { readonly bytes: number; readonly bytesPerSecond: number }[];
  /** Multiplying matrices of a type with 512 columns, multiply-adds/s. */
  readonly matrix: readonly { readonly type: string; readonly macsPerSecond: number }[];
  /** Beginning a batch, threads included, seconds. */
  readonly batchSeconds: number;
  /** One more step of the graph that computes next to nothing, seconds. */
  readonly nodeSeconds: number;
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
  /**
   * Loads the model as tuned, in a process of its own that ends with `work`. engine/crashed when it dies meanwhile;
   * `unsupported` for a tuning that llama.cpp refuses.
   */
  openSession<T>(file: string, options: SessionOptions, work: (session: SpeedSession) => Promise<T>): Promise<T>;
  /** Seconds of each run of each kernel, after a run that warms up; at least three. */
  timeKernels(kernels: readonly Kernel[], options: KernelOptions): Promise<readonly (readonly number[])[]>;
  probe(signal: AbortSignal): Promise<MachineProbe>;
  /** What the model writes when it is tuned so, and how long that takes: for speculation, which random tokens say nothing of. */
  generate(file: string, request: TextRequest): Promise<readonly GeneratedText[]>;
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
  /** As measureSpeed, the times themselves, and where both are asked for prompt and tokens as one. */
  measureTest: {
    params: v.object({
      ...job,
      promptTokens: count,
      generatedTokens: count,
      depth: count,
      repetitions: positive,
    }),
    progress: testProgressSchema,
    result: testProgressSchema,
  },
  measureOverhead: { params: v.object({ ...job, depth: count }), result: tokenOverheadSchema },
  /** Needs no model. */
  timeKernels: {
    params: v.object({
      job: name,
      kernels: v.pipe(v.array(kernelSchema), v.maxLength(1000)),
      threads: positive,
      budget: v.pipe(v.number(), v.minValue(0)),
    }),
    progress: fraction,
    result: v.object({ samples: v.array(v.array(rate)) }),
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
