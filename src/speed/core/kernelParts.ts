import type { Kernel, TokenOverhead } from "../../engine/measuring";
import type { KvCacheType } from "../../engine/tuning";
import type { ModelShape } from "../../gguf/core/modelShape";
import { type MatrixGroup, matrixGroups, type WorkTensor } from "../../gguf/core/modelWork";
import type { BenchTest } from "./benchmark";
import { kvBytesOf, overheadParts, type PartName, type TimePart } from "./roofline";
import { quantile } from "./statistics";

/**
 * Which of llama.cpp's functions a test of a model spends its time in, to be timed one by one: products with matrices of
 * the model's sizes and types, attention at the test's depths, what the layers do besides, and beginning a batch. Each is
 * timed over as many copies as keep it from finding in a cache what the model would not find there.
 */
export interface ModelContents {
  /** Of all parts of the model. */
  readonly tensors: readonly WorkTensor[];
  readonly shape: ModelShape;
}

export interface KernelContext {
  readonly kvCacheKeyType: KvCacheType;
  readonly kvCacheValueType: KvCacheType;
  readonly flashAttention: boolean;
  /** Tokens of a prompt that go to llama.cpp at once. */
  readonly batchSize: number;
}

export interface KernelPlan {
  readonly test: BenchTest;
  readonly kernels: readonly Kernel[];
  /**
   * The parts of one token generated, or of the whole prompt.
   * @param samples seconds of each run of each kernel.
   */
  parts(samples: readonly (readonly number[])[], overhead: TokenOverhead): TimePart[];
}

/** So many runs of one copy of a kernel are part of the test. */
interface Term {
  readonly part: PartName;
  readonly kernel: Kernel;
  readonly runs: number;
  readonly known: TimePart["known"];
}

/** Above the last-level caches of servers: what is larger comes from memory anyway. Bytes. */
const FAR_BYTES = 400e6;
/** A prompt's products take long enough to hide what they read. Bytes. */
const PROMPT_BYTES = 128e6;
const MOST_COPIES = 2000;
/** What attention can be timed at: multiples of so many tokens, as llama.cpp hands out the KV cache. */
const CELLS = 256;
/** Undefined for models whose layers are of another kind: no attention. */
export function planKernels(
  test: BenchTest,
  { tensors, shape }: ModelContents,
  context: KernelContext,
): KernelPlan | undefined {
  if (shape.heads < 1 || shape.headsKv < 1 || shape.keyLength < 1 || shape.layers < 1) return undefined;
  const isPrompt = test.promptTokens > 0;
  const batch = isPrompt ? Math.min(context.batchSize, test.promptTokens) : 1;
  const batches = isPrompt ? test.promptTokens / batch : 1;
  const groups = matrixGroups(tensors, shape);
  // What a token reads in a round, of weights and KV cache: whatever of it a cache keeps, it keeps of all.
  const weights = groups.reduce((sum, group) => sum + group.used * group.bytes, 0);
  const far = Math.min(FAR_BYTES, weights + kvBytesOf(shape, context) * mean(attentionDepths(test, batch)));
  const terms: Term[] = [
    ...(isPrompt ? promptTerms(groups, { batch, batches }) : tokenTerms(groups, far)),
    ...attentionTerms(test, shape, context, { batch, far }),
    ...layerTerms(shape, context, { batch, batches }),
  ];
  const begin: Kernel = { kind: "nodes", width: shape.embeddingLength, batch, copies: 1 };
  return {
    test,
    kernels: [begin, ...terms.map(({ kernel }) => kernel)],
    parts: ([beginSamples = [], ...samples], overhead) => {
      // So short that a program which runs beside it shows in most runs: the fastest, of many.
      const beginning = quantile(beginSamples, 0) ?? 0;
      const sums = new Map<PartName, TimePart>();
      const add = (part: PartName, seconds: number, known: TimePart["known"]): void => {
        sums.set(part, { part, seconds: (sums.get(part)?.seconds ?? 0) + seconds, known });
      };
      for (const [index, { part, kernel, runs, known }] of terms.entries()) {
        const run = Math.max(0, usual(samples[index] ?? []) - beginning);
        add(part, runs * (kernel.kind === "round" ? run : run / kernel.copies), known);
      }
      add("threads", batches * beginning, "timed");
      if (isPrompt) add("dispatch", batches * overhead.dispatch, "timed");
      const parts = [...sums.values()].map((part) => ({ ...part, seconds: Math.max(0, part.seconds) }));
      return [...parts, ...(isPrompt ? [] : overheadParts(overhead))];
    },
  };
}

/** Of the seconds of several runs. Other programs only make a run slower; the very fastest is as much an accident. */
export function usual(samples: readonly number[]): number {
  return quantile(samples, 0.25) ?? 0;
}

/** As many bytes as a token reads: what of them a cache keeps, it keeps as it would of the model. */
function tokenTerms(groups: readonly MatrixGroup[], far: number): Term[] {
  const products = groups.map((group) => ({ group, count: group.used, batch: 1, work: group.bytes }));
  return roundTerm(products, { bytes: far, rounds: 1 });
}

function promptTerms(
  groups: readonly MatrixGroup[],
  { batch, batches }: { readonly batch: number; readonly batches: number },
): Term[] {
  const products = groups.map((group) => {
    const own = Math.max(1, Math.round(batch * group.promptShare));
    return { group, count: group.usedByPrompts, batch: own, work: group.rows * group.columns * own };
  });
  const bytes = products.reduce((sum, { group, count }) => sum + group.bytes * count, 0);
  return roundTerm(products, { bytes: Math.min(PROMPT_BYTES, bytes), rounds: batches });
}

interface Product {
  readonly group: MatrixGroup;
  /** In a round. */
  readonly count: number;
  readonly batch: number;
  /** What the time of one goes by. */
  readonly work: number;
}

/** Every matrix as often as comes nearest to its share of so many bytes. */
function roundTerm(
  products: readonly Product[],
  { bytes, rounds }: { readonly bytes: number; readonly rounds: number },
): Term[] {
  const used = products.filter(({ count }) => count > 0);
  if (used.length === 0) return [];
  const share = bytes / used.reduce((sum, { group, count }) => sum + group.bytes * count, 0);
  const timed = used.map((one) => ({ ...one, copies: clamped(Math.round(one.count * share), 1, MOST_COPIES) }));
  const all = used.reduce((sum, { count, work }) => sum + count * work, 0);
  const part = timed.reduce((sum, { copies, work }) => sum + copies * work, 0);
  const kernel: Kernel = {
    kind: "round",
    products: timed.map(({ group: { type, rows, columns }, batch, copies }) => ({
      type,
      rows,
      columns,
      batch,
      copies,
    })),
  };
  return [{ part: "weights", kernel, runs: (rounds * all) / part, known: "timed" }];
}

function clamped(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** Of all layers, those that look at everything and those that look no further back than their window. */
function attentionTerms(
  test: BenchTest,
  shape: ModelShape,
  context: KernelContext,
  { batch, far }: { readonly batch: number; readonly far: number },
): Term[] {
  const { layers, windowedLayers, slidingWindow = Infinity } = shape;
  const depths = attentionDepths(test, batch);
  // The first token of a batch looks back a whole window, the last one begins as much later.
  const reach = slidingWindow + batch - 1;
  const near = depths.map((depth) => Math.min(depth, reach));
  return [
    { layers: layers - windowedLayers, depths },
    { layers: windowedLayers, depths: near },
  ].flatMap((part) => (part.layers === 0 ? [] : attentionOf(test, shape, context, { ...part, batch, far })));
}

/**
 * Attention takes so much for each token it looks at; what is masked it skips, as the later tokens of a batch, so that the
 * steps in which llama.cpp hands the KV cache out do not count. Two depths around those of the test say how much.
 */
function attentionOf(
  test: BenchTest,
  shape: ModelShape,
  { kvCacheKeyType, kvCacheValueType, flashAttention }: KernelContext,
  {
    layers,
    depths,
    batch,
    far,
  }: { readonly layers: number; readonly depths: readonly number[]; readonly batch: number; readonly far: number },
): Term[] {
  const least = Math.max(CELLS, Math.floor(Math.min(...depths) / CELLS) * CELLS);
  const most = Math.max(least + CELLS, Math.ceil(Math.max(...depths) / CELLS) * CELLS);
  // Below 0 where the depths are less than what can be timed.
  const deep = (mean(depths) - least) / (most - least);
  // Of one token generated, or of all batches of the prompt.
  const runs = layers * (test.promptTokens > 0 ? depths.length : 1);
  const kernelAt = (depth: number): Kernel => {
    const kv = kvBytesOf({ ...shape, layers: 1 }, { kvCacheKeyType, kvCacheValueType }) * depth;
    return {
      ...{ kind: "attention", heads: shape.heads, headsKv: shape.headsKv, headSize: shape.keyLength, depth, batch },
      copies: test.promptTokens > 0 ? copiesFor(PROMPT_BYTES, kv) : copiesFor(far, kv),
      ...{ keyType: kvCacheKeyType, valueType: kvCacheValueType },
    };
  };
  // Without flash attention llama.cpp goes another way, which takes about as long.
  const known = flashAttention ? "timed" : "predicted";
  return [
    { part: "kvCache", kernel: kernelAt(least), runs: runs * (1 - deep), known },
    { part: "kvCache", kernel: kernelAt(most), runs: runs * deep, known },
  ];
}

/** Tokens of the KV cache that each batch of the test looks at. */
function attentionDepths({ promptTokens, generatedTokens, depth }: BenchTest, batch: number): number[] {
  const batches = promptTokens > 0 ? Math.ceil(promptTokens / batch) : generatedTokens;
  return Array.from(
    { length: batches },
    (_, index) => depth + (promptTokens > 0 ? Math.min(promptTokens, (index + 1) * batch) : index + 1),
  );
}

/** Other kinds of models have other norms and gates, which take about as long. */
function layerTerms(
  { architecture, layers, embeddingLength, feedForwardLength = embeddingLength, experts, ...shape }: ModelShape,
  { kvCacheKeyType, kvCacheValueType }: KernelContext,
  { batch, batches }: { readonly batch: number; readonly batches: number },
): Term[] {
  const kernel: Kernel = {
    ...{ kind: "layers", width: embeddingLength, feedForward: feedForwardLength * (experts?.used ?? 1), batch },
    ...{ heads: shape.heads, headsKv: shape.headsKv, headSize: shape.keyLength, copies: layers },
    ...{ keyType: kvCacheKeyType, valueType: kvCacheValueType },
  };
  const known = architecture === "llama" && experts === undefined ? "timed" : "predicted";
  return [{ part: "layers", kernel, runs: batches * layers, known }];
}

function copiesFor(bytes: number, each: number): number {
  return Math.min(MOST_COPIES, Math.max(1, Math.ceil(bytes / Math.max(1, each))));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
