import type { MachineProbe, TokenOverhead } from "../../engine/measuring";
import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { ModelShape } from "../../gguf/core/modelShape";
import { type ModelWork, modelWork, type WorkShape, type WorkTensor } from "../../gguf/core/modelWork";
import type { BenchTest } from "./benchmark";

/**
 * How near a model comes to what its machine can do. A token generated reads all weights and the KV cache once, and no
 * memory gives them faster than it reads; a prompt multiplies matrices, and no core does so faster than it multiplies.
 * That is the ceiling. The way from there to what was measured is explained by parts, each of which was timed or
 * predicted by itself: none is what the others leave, so that their sum can be wrong, and says by how much.
 */
export interface RooflineModel {
  readonly work: ModelWork;
  /** What a token in the KV cache takes, bytes: keys and values of all layers. */
  readonly kvBytes: number;
  /** Layers that look no further back than so many tokens, as a share of all; undefined: there are none. */
  readonly window: { readonly tokens: number; readonly share: number } | undefined;
}

type AttentionShape = Pick<ModelShape, "layers" | "headsKv" | "keyLength" | "valueLength">;

export interface KvCacheTypes {
  readonly kvCacheKeyType: string;
  readonly kvCacheValueType: string;
}

/** @param tensors of all parts of the model. */
export function rooflineModel(
  tensors: readonly WorkTensor[],
  shape: WorkShape & AttentionShape & Pick<ModelShape, "slidingWindow" | "windowedLayers">,
  kv: KvCacheTypes,
): RooflineModel {
  const { layers, slidingWindow, windowedLayers } = shape;
  return {
    work: modelWork(tensors, shape),
    kvBytes: kvBytesOf(shape, kv),
    window:
      slidingWindow === undefined || windowedLayers === 0
        ? undefined
        : { tokens: slidingWindow, share: windowedLayers / Math.max(1, layers) },
  };
}

/** What a token in the KV cache takes, bytes. */
export function kvBytesOf(
  { layers, headsKv, keyLength, valueLength }: AttentionShape,
  { kvCacheKeyType, kvCacheValueType }: KvCacheTypes,
): number {
  return layers * headsKv * (keyLength * bytesPerValue(kvCacheKeyType) + valueLength * bytesPerValue(kvCacheValueType));
}

// --- the ceiling ---------------------------------------------------------------------------------------------------

export interface Ceiling {
  /** tokens/s that this machine cannot exceed. */
  readonly tokensPerSecond: number;
  /** What it would be busy with. */
  readonly boundBy: "memory" | "matrix";
  /** Bytes a token reads, of weights and KV cache; of a prompt, the whole prompt. */
  readonly bytes: number;
  /** Bytes/s that were taken: the memory's, or a cache's where all of that fits it. */
  readonly bytesPerSecond: number;
}

/** What the machine allows for a test: pp where it has a prompt, else tg. Undefined where the probe says nothing of it. */
export function ceiling(probe: MachineProbe, model: RooflineModel, test: BenchTest): Ceiling | undefined {
  const isPrompt = test.promptTokens > 0;
  const tokens = isPrompt ? test.promptTokens : 1;
  const depth = meanDepth(test, model);
  const weights = isPrompt ? promptBytes(model.work) : model.work.bytes;
  // A prompt's rows of attention share what is read of the KV cache.
  const bytes = weights + model.kvBytes * depth;
  const bytesPerSecond = readingSpeed(probe, bytes);
  const reading = bytes / bytesPerSecond;
  const multiplying = tokens * matrixSeconds(probe, isPrompt ? model.work.pp : model.work.tg, model.work, depth);
  const seconds = Math.max(reading, multiplying);
  if (!Number.isFinite(seconds) || seconds <= 0) return undefined;
  return {
    tokensPerSecond: tokens / seconds,
    boundBy: reading >= multiplying ? "memory" : "matrix",
    bytes,
    bytesPerSecond,
  };
}

/** What can be read in a round of so many bytes, bytes/s: a cache's speed while they fit it, then the memory's. */
export function readingSpeed({ bySize, memoryBytesPerSecond }: MachineProbe, bytes: number): number {
  const points = [...bySize].sort((a, b) => a.bytes - b.bytes);
  let before: MachineProbe["bySize"][number] | undefined;
  for (const point of points) {
    if (bytes <= point.bytes) {
      if (before === undefined || bytes <= 0) return point.bytesPerSecond;
      const way = Math.log(bytes / before.bytes) / Math.log(point.bytes / before.bytes);
      return before.bytesPerSecond + way * (point.bytesPerSecond - before.bytesPerSecond);
    }
    before = point;
  }
  return memoryBytesPerSecond;
}

/** Seconds for a token's products alone, were all multiplied as fast as the best matrices of their type. */
function matrixSeconds(
  { matrix }: MachineProbe,
  values: Readonly<Record<string, number>>,
  { attention }: ModelWork,
  depth: number,
): number {
  const rates = new Map(matrix.map(({ type, macsPerSecond }) => [type, macsPerSecond]));
  // Of a type that was not probed, the fastest: a ceiling may be too high, never too low.
  const fastest = Math.max(0, ...rates.values());
  if (fastest === 0) return 0;
  let seconds = (2 * attention * depth) / (rates.get("F16") ?? fastest);
  for (const [type, count] of Object.entries(values)) seconds += count / (rates.get(type) ?? fastest);
  return seconds;
}

/** Of the weights that a prompt's tokens are multiplied with. */
function promptBytes({ pp }: ModelWork): number {
  return Object.entries(pp).reduce((sum, [type, values]) => sum + values * bytesPerValue(type), 0);
}

/** Tokens in the KV cache that a token of the test looks at, on average over the tokens and the layers. */
function meanDepth({ promptTokens, generatedTokens, depth }: BenchTest, { window }: RooflineModel): number {
  const tokens = promptTokens > 0 ? promptTokens : generatedTokens;
  const all = depth + tokens / 2;
  if (window === undefined) return all;
  // Before the window is full a token more is looked at each time, then always the same number.
  const filling = Math.min(tokens, Math.max(0, window.tokens - depth));
  const full = Math.min(depth + filling, window.tokens);
  const near = (filling * (depth + filling / 2) + (tokens - filling) * full) / tokens;
  return (1 - window.share) * all + window.share * near;
}

// --- the parts -----------------------------------------------------------------------------------------------------

/**
 * "layers": what they do beside products and attention; "turns": what these take longer by turns than alone; "threads":
 * beginning a batch, which wakes the threads.
 */
export type PartName = "weights" | "kvCache" | "layers" | "turns" | "threads" | "sampling" | "dispatch";

export interface TimePart {
  readonly part: PartName;
  /** Of one token generated, or of the whole prompt. */
  readonly seconds: number;
  /** "timed": alone, apart from the rest; "predicted": from bytes, products or steps, and what such take here. */
  readonly known: "timed" | "predicted";
}

export interface Explanation {
  readonly test: BenchTest;
  /** Of one token generated, or of the whole prompt. */
  readonly measuredSeconds: number;
  readonly parts: readonly TimePart[];
  readonly sumSeconds: number;
  /** 1 - |measured - sum of parts| / measured; 0 at least. */
  readonly explainedShare: number;
  readonly ceiling: Ceiling | undefined;
  /** What was reached of the ceiling, as a share. */
  readonly ofCeiling: number | undefined;
}

export interface Measured {
  readonly test: BenchTest;
  /** What the whole test took, seconds, without the KV cache being filled before. */
  readonly seconds: number;
}

/**
 * @param parts of one token generated, or of the whole prompt.
 * @throws RangeError for a test that both processes a prompt and generates: its time is of two phases.
 */
export function explain(
  { test, seconds }: Measured,
  model: RooflineModel,
  { probe, parts }: { readonly probe: MachineProbe; readonly parts: readonly TimePart[] },
): Explanation {
  const isPrompt = test.promptTokens > 0;
  if (isPrompt === test.generatedTokens > 0) throw new RangeError("pp and tg are explained each by itself");
  const measuredSeconds = isPrompt ? seconds : seconds / test.generatedTokens;
  const sumSeconds = parts.reduce((sum, part) => sum + part.seconds, 0);
  const highest = ceiling(probe, model, test);
  const tokensPerSecond = (isPrompt ? test.promptTokens : 1) / measuredSeconds;
  return {
    ...{ test, measuredSeconds, parts, sumSeconds },
    explainedShare: Math.max(0, 1 - Math.abs(measuredSeconds - sumSeconds) / measuredSeconds),
    ceiling: highest,
    ofCeiling: highest && tokensPerSecond / highest.tokensPerSecond,
  };
}

/** From the probe alone, where nothing could be timed by itself; of layers and threads nothing is known then. */
export function predictedParts(
  test: BenchTest,
  model: RooflineModel,
  { probe, overhead }: { readonly probe: MachineProbe; readonly overhead: TokenOverhead },
): TimePart[] {
  const { work, kvBytes } = model;
  const depth = meanDepth(test, model);
  const kv = kvBytes * depth;
  const speed = readingSpeed(probe, work.bytes + kv);
  const { promptTokens } = test;
  const known = "predicted";
  if (promptTokens === 0) {
    return [
      { part: "weights", seconds: work.bytes / speed, known },
      { part: "kvCache", seconds: kv / speed, known },
      ...overheadParts(overhead),
    ];
  }
  return [
    { part: "weights", seconds: promptTokens * matrixSeconds(probe, work.pp, work, 0), known },
    { part: "kvCache", seconds: promptTokens * matrixSeconds(probe, {}, work, depth), known },
  ];
}

/** Of a token generated. */
export function overheadParts({ sampling, dispatch }: TokenOverhead): TimePart[] {
  return [
    { part: "sampling", seconds: sampling, known: "timed" },
    { part: "dispatch", seconds: dispatch, known: "timed" },
  ];
}

export function bytesPerValue(type: string): number {
  for (const { name, bytes, values } of ggmlTypes.values()) if (name === type) return bytes / values;
  return 1;
}
