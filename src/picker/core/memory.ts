import type { MemoryEstimate } from "../../engine/measuring";
import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import type { ModelShape } from "../../gguf/core/modelShape";
import { type Figure, figure } from "./figure";
import type { MemoryNeed } from "./memoryNeed";

/**
 * What an engine process really holds of a model, beside what llama.cpp's simulation says that it allocates: weights
 * that are there twice, of the compute buffers only what is touched, the vocabulary, and the process itself. The
 * constants are of resident memory measured on Linux x64 with models of 1 to 590 MiB and vocabularies up to 150,000.
 */
export interface MemoryFile {
  readonly tensors: readonly GgufTensor[];
  readonly shape: ModelShape;
  /** Merges of the tokenizer. */
  readonly merges: number;
}

/** For a token and for a merge: its text as llama.cpp and the binding keep it, bytes. */
const PER_ENTRY = 440;
/** What V8's heap grows by to read a vocabulary of some size, bytes, and the tokens from which on it is all of it. */
const HEAP = 12 * 2 ** 20;
const HEAP_FROM = 20_000;
/** What the first load and the first answer leave in the process, bytes. */
const AFTER_LOAD = 12 * 2 ** 20;
const AFTER_ANSWER = 6 * 2 ** 20;
/** Weights that are repacked are read through a buffer of which so much stays with the allocator, of the largest tensor. */
const READ_BUFFER = 0.4;
/** Prompts go in slices, of which 64 tokens is the least while nobody waits (engine/process/prefill.ts). */
const SLICE = 64;
const F32 = 4;

/** @param headers of all parts of one model. */
export function mergesOf(headers: readonly GgufHeader[]): number {
  for (const { metadata } of headers) {
    const merges = metadata.get("tokenizer.ggml.merges");
    if (typeof merges === "object") return merges.length;
  }
  return 0;
}

/** Resident in RAM, or on the GPU, while the model is used. */
export function residentMemory(estimate: MemoryEstimate, file: MemoryFile): MemoryNeed {
  const { weightsRamBytes, weightsVramBytes, contextRamBytes, contextVramBytes, gpuLayers } = estimate;
  const context = contextRamBytes + contextVramBytes;
  const kv = Math.min(estimate.kvBytes ?? context, context);
  const reserved = context - kv;
  const weights = weightsRamBytes + weightsVramBytes + (gpuLayers === 0 ? secondCopies(estimate, file) : 0);
  return {
    weights: figure(weights, "calibrated", 0.03 * weights),
    kvCache: figure(kv, "calibrated", 0.01 * kv),
    compute: touchedCompute(file.shape, reserved, gpuLayers),
    vocabulary: processNeed(file, estimate.processBytes),
  };
}

/** Of what is reserved for computing: on a GPU all, in RAM only the pages that something is written to. */
export function touchedCompute(shape: ModelShape, reserved: number, gpuLayers: number): Figure {
  const touched = gpuLayers === 0 ? Math.min(reserved, SLICE * F32 * activations(shape)) : reserved;
  return figure(touched, "calibrated", Math.min(reserved, 8 * touched));
}

/** The vocabulary and the process around it. @param processBytes of an engine without a model. */
export function processNeed(file: Pick<MemoryFile, "shape" | "merges">, processBytes: number): Figure {
  const bytes = vocabularyBytes(file) + processBytes + AFTER_LOAD + AFTER_ANSWER;
  return figure(bytes, "calibrated", 0.1 * bytes);
}

export function vocabularyBytes({ shape, merges }: Pick<MemoryFile, "shape" | "merges">): number {
  const { vocabularySize } = shape;
  return (vocabularySize + merges) * PER_ENTRY + HEAP * Math.min(1, vocabularySize / HEAP_FROM);
}

/** Values that one token of a slice needs at a time: the feed-forward's two sides and their product, and the residuals. */
function activations({ feedForwardLength, embeddingLength }: ModelShape): number {
  return 3 * (feedForwardLength ?? embeddingLength) + 4 * embeddingLength;
}

/** Weights on the CPU of which the simulation counts one copy and memory has two, bytes. */
export function secondCopies(
  { mapped, cpuFeatures }: Pick<MemoryEstimate, "mapped" | "cpuFeatures">,
  { tensors }: Pick<MemoryFile, "tensors">,
): number {
  const repacked = tensors.filter((tensor) => isMatrix(tensor) && isRepacked(tensor, cpuFeatures));
  const largest = Math.max(0, ...repacked.map(({ bytes }) => bytes));
  // An embedding that is the output matrix, too, is looked up in as it is and multiplied by repacked.
  const embedding = tensors.some(({ name }) => name === "output.weight")
    ? undefined
    : tensors.find(({ name }) => name === "token_embd.weight");
  const twice = embedding !== undefined && isRepacked(embedding, cpuFeatures) ? embedding.bytes : 0;
  // Mapped, the file's own pages stay beside what was repacked of them.
  return twice + (mapped ? repacked.reduce((sum, { bytes }) => sum + bytes, 0) : READ_BUFFER * largest);
}

function isMatrix({ name, dimensions }: GgufTensor): boolean {
  return dimensions.length > 1 && name !== "token_embd.weight";
}

/** @param cpuFeatures as llama.cpp names them. */
export function usesAmx(cpuFeatures: readonly string[]): boolean {
  return cpuFeatures.includes("AMX_INT8") && cpuFeatures.includes("AVX512_VNNI");
}

/** What AMX multiplies: two tiles of rows at a time, and as many columns as a block of the type has. */
const AMX_ROWS = 32;
const amxColumns: ReadonlyMap<string, number> = new Map([
  ...["Q4_0", "Q4_1", "Q8_0"].map((name) => [name, 32] as const),
  ...["Q4_K", "Q5_K", "Q6_K", "IQ4_XS"].map((name) => [name, 256] as const),
  ["F16", 16],
]);

/**
 * Which weights ggml's CPU backend keeps in memory of another kind, mostly in an order of its own, by the processor's
 * features as llama.cpp names them: ggml_repack_get_optimal_repack_type in ggml-cpu/repack.cpp of llama.cpp v0.5.0, for
 * x86 and ARM, and where AMX is, what supports_op in ggml-cpu/amx/amx.cpp takes before that.
 */
export function isRepacked({ type, dimensions }: GgufTensor, cpuFeatures: readonly string[]): boolean {
  const has = new Set(cpuFeatures);
  const rows = dimensions[1] ?? 1;
  if (usesAmx(cpuFeatures) && rows % AMX_ROWS === 0) {
    const columns = amxColumns.get(ggmlTypes.get(type)?.name ?? "");
    if (columns !== undefined && (dimensions[0] ?? 0) % columns === 0) return true;
  }
  if (!has.has("REPACK")) return false;
  const by = (count: number): boolean => rows % count === 0;
  const dotProduct = has.has("NEON") && has.has("DOTPROD");
  const matrix = has.has("NEON") && has.has("MATMUL_INT8");
  switch (ggmlTypes.get(type)?.name) {
    case "Q4_0":
    case "IQ4_NL":
    case "MXFP4":
      return (has.has("AVX2") && by(8)) || ((dotProduct || matrix) && by(4));
    case "Q4_K":
      return (has.has("AVX2") || dotProduct || matrix) && by(8);
    case "Q2_K":
      return has.has("AVX512") && by(8);
    case "Q5_K":
    case "Q6_K":
      return (dotProduct || matrix) && by(8);
    case "Q8_0":
      return (dotProduct || matrix) && by(4);
    default:
      return false;
  }
}
