import type { GgufTensor } from "../../gguf/core/ggufHeader";
import type { ModelShape } from "../../gguf/core/modelShape";
import { BATCH, clampedContextSize, mainSequences } from "../../engine/contextDefaults";
import { type Figure, type FigureSource, figure, leastSure } from "./figure";

/** What a model takes while it is used, by what it is for; bytes. */
export interface MemoryNeed {
  readonly weights: Figure;
  readonly kvCache: Figure;
  /** Compute buffers: what llama.cpp needs while it evaluates a batch. */
  readonly compute: Figure;
  /** Tokens and merges in the tokenizer, and the process around the model. */
  readonly vocabulary: Figure;
}

/** A file, as far as its memory depends on it. */
export interface ModelFile {
  readonly shape: ModelShape;
  /** Of all parts. */
  readonly tensors: readonly GgufTensor[];
}

/** What a file would take at a context size. */
export interface MemoryModel {
  need(file: ModelFile, contextSize: number): MemoryNeed;
  /** Layers that llama.cpp would put on the GPU, the output counted; undefined: it was not asked, or has none. */
  readonly gpuLayers?: number | undefined;
}

/** All of it, bytes. The parts' errors add up as independent ones do. */
export function totalMemory({ weights, kvCache, compute, vocabulary }: MemoryNeed): Figure {
  const parts = [weights, kvCache, compute, vocabulary];
  const known = parts.map(({ error }) => error).filter((error) => error !== undefined);
  return figure(
    parts.reduce((sum, { value }) => sum + value, 0),
    leastSure(...parts.map(({ how }): FigureSource => how)),
    known.length === parts.length ? Math.hypot(...known) : undefined,
  );
}

const F16 = 2;
const F32 = 4;
/** llama.cpp rounds the KV cache up to so many cells. */
const CELLS = 256;
/** Text, score and attributes of a token, its entries in two maps, and about one merge: measured 450 to 750 bytes. */
const BYTES_PER_TOKEN = 600;
/** Node, the binding and llama.cpp without a model. */
const PROCESS = 90 * 1024 ** 2;

/** Tokens that a context has when so many are asked for: no more than the model was trained for. */
export function usableContext({ trainContextSize }: ModelShape, wanted: number): number {
  return trainContextSize === 0 ? wanted : clampedContextSize(wanted, trainContextSize);
}

/**
 * Memory by formula, for files whose header is all there is. Weights: the tensors' bytes. KV cache: heads × (key + value
 * length) × F16 of each layer, for each token of each conversation that stays in memory; in layers with a sliding window
 * for no more tokens than the window and a batch. Compute: for each token of a batch the logits and the widest
 * activations in F32, and the mask.
 */
export const memoryFormula: MemoryModel = {
  need({ shape }, contextSize) {
    const sequences = mainSequences(shape.parameters);
    const size = wholeCells(usableContext(shape, contextSize));
    const cells = size * sequences;
    const kv = F16 * sequences * (shape.kvCache.whole * size + shape.kvCache.windowed * windowedCells(shape, size));
    const widest = Math.max(shape.feedForwardLength ?? 0, shape.embeddingLength) + 2 * shape.embeddingLength;
    const compute = BATCH * (F32 * Math.max(shape.vocabularySize + shape.embeddingLength, widest) + F16 * cells);
    const vocabulary = shape.vocabularySize * BYTES_PER_TOKEN + PROCESS;
    return {
      weights: figure(shape.tensorBytes, "estimated", 0.02 * shape.tensorBytes),
      kvCache: figure(kv, "estimated", isWindowUnknown(shape) ? 0.8 * kv : 0.01 * kv),
      compute: figure(compute, "estimated", 0.3 * compute),
      vocabulary: figure(vocabulary, "estimated", 0.3 * vocabulary),
    };
  },
};

function wholeCells(tokens: number): number {
  return Math.ceil(tokens / CELLS) * CELLS;
}

/**
 * Cells of a conversation in layers with a window (llama_kv_cache_iswa of llama.cpp v0.5.0). The binding's batches have
 * room for one token more there.
 */
function windowedCells({ slidingWindow = Infinity }: ModelShape, cells: number): number {
  return Math.min(cells, wholeCells(slidingWindow + BATCH + 1));
}

/** The file names a window, and nobody says which layers have it. */
function isWindowUnknown({ slidingWindow, windowedLayers }: ModelShape): boolean {
  return slidingWindow !== undefined && windowedLayers === 0;
}
