import type { AloneKernel, Kernel, TokenOverhead } from "../../engine/measuring";
import type { KvCacheType } from "../../engine/tuning";
import type { ModelShape } from "../../gguf/core/modelShape";
import { type MatrixGroup, matrixGroups, type WorkTensor } from "../../gguf/core/modelWork";
import type { BenchTest } from "./benchmark";
import { kvBytesOf, overheadParts, type PartName, type TimePart } from "./roofline";
import { mean, quantile } from "./statistics";

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
   * @param rounds seconds of a run of each kernel, in the mean of each round.
   */
  parts(rounds: readonly (readonly number[])[], overhead: TokenOverhead): TimePart[];
}

/** So many runs of one copy of a kernel, or of a round, are part of the test. */
interface Term {
  readonly part: PartName;
  readonly kernel: AloneKernel;
  readonly runs: number;
  readonly known: TimePart["known"];
  /** How many layers of the model it stands for where the parts of a token take turns. */
  readonly layers?: number;
}

/**
 * More than twice the last-level caches of servers, which keep some of what is a little larger than they are: of models
 * that are larger, a part. Bytes.
 */
const FAR_BYTES = 800e6;
/** The same for a machine with little memory, whose caches are small. */
export const SMALL_FAR_BYTES = 200e6;
/** A prompt's products take long enough to hide what they read. Bytes. */
const PROMPT_BYTES = 128e6;
const MOST_COPIES = 2000;
/** Tokens: llama.cpp hands out the KV cache in steps of so many (llama_kv_cache::get_n_kv). */
const CELLS = 256;

/**
 * Undefined for models whose layers are of another kind: no attention.
 * @param mostBytes of weights, or of a KV cache, to have in memory beside the model's.
 */
export function planKernels(
  test: BenchTest,
  { tensors, shape }: ModelContents,
  context: KernelContext,
  mostBytes = FAR_BYTES,
): KernelPlan | undefined {
  if (shape.heads < 1 || shape.headsKv < 1 || shape.keyLength < 1 || shape.layers < 1) return undefined;
  const isPrompt = test.promptTokens > 0;
  const batch = isPrompt ? Math.min(context.batchSize, test.promptTokens) : 1;
  const batches = isPrompt ? test.promptTokens / batch : 1;
  const groups = matrixGroups(tensors, shape);
  // What a token reads in a round, of weights and KV cache: whatever of it a cache keeps, it keeps of all.
  const weights = groups.reduce((sum, group) => sum + group.used * group.bytes, 0);
  const far = Math.min(mostBytes, weights + kvBytesOf(shape, context) * mean(attentionDepths(test, batch)));
  const terms: Term[] = [
    ...(isPrompt ? promptTerms(groups, { batch, batches }) : tokenTerms(groups, far)),
    ...attentionTerms(test, shape, context, { batch, far }),
    ...layerTerms(shape, context, { batch, batches }),
  ];
  const begin: Kernel = { kind: "nodes", width: shape.embeddingLength, batch, copies: 1 };
  const turns = turnsOf(terms, batches);
  return {
    test,
    kernels: [begin, ...terms.map(({ kernel }) => kernel), ...(turns === undefined ? [] : [turns.kernel])],
    parts: ([beginnings = [], ...rounds], overhead) => {
      const beginning = usual(beginnings);
      const took = (index: number): number => Math.max(0, usual(rounds[index] ?? []) - beginning);
      let each = terms.map(({ kernel }, index) => took(index) / copiesOf(kernel));
      const alone = turns?.members.reduce((sum, { index, copies }) => sum + copies * (each[index] ?? 0), 0) ?? 0;
      const byTurns = turns === undefined ? alone : took(terms.length);
      // What is slower alone than with all others was slowed down by something else.
      if (alone > byTurns) each = each.map((seconds) => (seconds * byTurns) / alone);
      const sums = new Map<PartName, TimePart>();
      const add = (part: PartName, seconds: number, known: TimePart["known"]): void => {
        sums.set(part, { part, seconds: (sums.get(part)?.seconds ?? 0) + seconds, known });
      };
      for (const [index, { part, runs, known }] of terms.entries()) add(part, runs * (each[index] ?? 0), known);
      if (turns !== undefined) add("turns", turns.runs * Math.max(0, byTurns - alone), turns.known);
      add("threads", batches * beginning, "timed");
      if (isPrompt) add("dispatch", batches * overhead.dispatch, "timed");
      return [...sums.values(), ...(isPrompt ? [] : overheadParts(overhead))];
    },
  };
}

function copiesOf(kernel: AloneKernel): number {
  return kernel.kind === "round" ? 1 : kernel.copies;
}

interface Turns {
  readonly kernel: Kernel;
  /** Which terms, by their places, take part, and how many copies of them. */
  readonly members: readonly { readonly index: number; readonly copies: number }[];
  readonly runs: number;
  readonly known: TimePart["known"];
}

/**
 * The parts by turns, as the model's layers have them. They take longer than one after the other alone, since each finds
 * the caches as others left them: a token of a 135M model by a tenth.
 */
function turnsOf(terms: readonly Term[], batches: number): Turns | undefined {
  const round = terms.find(({ kernel }) => kernel.kind === "round");
  if (round === undefined) return undefined;
  const members = terms.flatMap(({ kernel, layers = 0 }, index) => {
    const copies = kernel.kind === "round" ? 1 : Math.round((layers * batches) / round.runs);
    if (copies === 0) return [];
    return [{ index, copies, kernel: kernel.kind === "round" ? kernel : { ...kernel, copies } }];
  });
  return {
    kernel: { kind: "turns", kernels: members.map(({ kernel }) => kernel) },
    members,
    runs: round.runs,
    known: terms.every(({ known }) => known === "timed") ? "timed" : "predicted",
  };
}

/** A round that took so many times the median was held up by something that has no part in the others. */
const HELD_UP = 2;

/**
 * Of the seconds of several rounds, the mean without those that were held up. Rounds of a test and of its parts are of
 * different lengths: where what else runs on a machine comes and goes, only their means are of the same moments, while
 * quantiles of short rounds lie further out than those of long ones.
 */
export function usual(rounds: readonly number[]): number {
  const median = quantile(rounds, 0.5);
  return median === null ? 0 : mean(rounds.filter((seconds) => seconds <= HELD_UP * median));
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
  const kernel: AloneKernel = {
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
 * Attention takes longer with each token it looks at, and for one token in steps: llama.cpp hands out the KV cache in
 * them and gives each thread as large a part, of which only the last one's is not full. So each step is timed as it is
 * in the test, or where there are many, a few and what is between them in a line.
 */
function attentionOf(
  { promptTokens, generatedTokens }: BenchTest,
  shape: ModelShape,
  { kvCacheKeyType, kvCacheValueType, flashAttention }: KernelContext,
  {
    layers,
    depths,
    batch,
    far,
  }: { readonly layers: number; readonly depths: readonly number[]; readonly batch: number; readonly far: number },
): Term[] {
  // Of one token generated, or of all batches of the prompt.
  const share = layers / (promptTokens > 0 ? 1 : generatedTokens);
  const steps = fewSteps(stepsOf(depths), promptTokens > 0);
  const most = Math.max(...steps.map(({ count }) => count));
  const usualStep = steps.findIndex(({ count }) => count === most);
  return steps.map(({ depth, count }, index) => {
    const kv = kvBytesOf({ ...shape, layers: 1 }, { kvCacheKeyType, kvCacheValueType }) * depth;
    const kernel: AloneKernel = {
      ...{ kind: "attention", heads: shape.heads, headsKv: shape.headsKv, headSize: shape.keyLength },
      ...{ depth: Math.round(depth), batch, copies: promptTokens > 0 ? layers : copiesFor(far, kv) },
      ...{ keyType: kvCacheKeyType, valueType: kvCacheValueType },
    };
    // Without flash attention llama.cpp goes another way, which takes about as long.
    const known = flashAttention ? "timed" : "predicted";
    return { part: "kvCache", kernel, runs: share * count, known, ...(index === usualStep && { layers }) };
  });
}

/** So many tokens or batches that look, in the mean, at so many tokens. */
interface Step {
  readonly cells: number;
  readonly depth: number;
  readonly count: number;
}

function stepsOf(depths: readonly number[]): Step[] {
  const byCells = new Map<number, number[]>();
  for (const depth of depths) {
    const cells = Math.ceil(depth / CELLS);
    byCells.set(cells, [...(byCells.get(cells) ?? []), depth]);
  }
  return [...byCells].map(([cells, own]) => ({ cells, depth: mean(own), count: own.length }));
}

/** The first step is apart: with so little to look at, llama.cpp parts the work by heads. */
function fewSteps(steps: readonly Step[], isPrompt: boolean): Step[] {
  const [first, second, ...others] = steps;
  const last = others.at(-1);
  if (first === undefined || second === undefined || last === undefined) return [...steps];
  const place = ({ depth, cells }: Step): number => (isPrompt ? depth : cells);
  // How much of each step between, and of the last, is like the last and not like the second.
  const like = others.reduce(
    (sum, step) => sum + (step.count * (place(step) - place(second))) / (place(last) - place(second)),
    0,
  );
  const all = others.reduce((sum, { count }) => sum + count, second.count);
  return [first, { ...second, count: all - like }, { ...last, count: like }];
}

/** Tokens of the KV cache that each batch of the test looks at. */
function attentionDepths({ promptTokens, generatedTokens, depth }: BenchTest, batch: number): number[] {
  const batches = promptTokens > 0 ? Math.ceil(promptTokens / batch) : generatedTokens;
  return Array.from(
    { length: batches },
    (_, index) => depth + (promptTokens > 0 ? Math.min(promptTokens, (index + 1) * batch) : index + 1),
  );
}

/**
 * Other kinds of models have other norms and gates, which take about as long. Of a token they take so little that what
 * llama.cpp keeps of each node counts, which the weights have driven out of the caches since the token before: as many
 * copies do so here.
 */
function layerTerms(
  { architecture, layers, embeddingLength, feedForwardLength = embeddingLength, experts, ...shape }: ModelShape,
  { kvCacheKeyType, kvCacheValueType }: KernelContext,
  { batch, batches }: { readonly batch: number; readonly batches: number },
): Term[] {
  const kernel: AloneKernel = {
    ...{ kind: "layers", width: embeddingLength, feedForward: feedForwardLength * (experts?.used ?? 1), batch },
    ...{ heads: shape.heads, headsKv: shape.headsKv, headSize: shape.keyLength },
    ...{ copies: batch === 1 ? MOST_COPIES : layers },
    ...{ keyType: kvCacheKeyType, valueType: kvCacheValueType },
  };
  const known = architecture === "llama" && experts === undefined ? "timed" : "predicted";
  return [{ part: "layers", kernel, runs: batches * layers, known, layers }];
}

function copiesFor(bytes: number, each: number): number {
  return Math.min(MOST_COPIES, Math.max(1, Math.ceil(bytes / Math.max(1, each))));
}
