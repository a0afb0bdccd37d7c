import { mkdtemp, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Measuring, SpeedOptions } from "../../engine/measuring";
import { typeNamed } from "../../gguf/core/ggmlTypes";
import {
  byteTokenizer,
  generatedTensors,
  type GeneratedModel,
  type GeneratedShape,
  type GeneratedTokenizer,
} from "../../gguf/core/generatedPlan";
import { generateModel } from "../../gguf/node/generateModel";
import { toStorageError } from "../../platform/node/storageError";
import { usesAmx } from "../core/memory";
import type { MachineSpeed, TypeSpeed } from "../core/speedModel";
import { NEAR_BYTES, PLAIN, type ProductSpeeds, timeProducts } from "./productSpeeds";

/**
 * Measures this machine. Small generated models tell what layers, the vocabulary, attention and the weights of one type
 * cost; llama.cpp's own products, each type timed alone, tell what another type costs beside that one. Each model is
 * deleted after it was measured.
 */
export interface CalibrationOptions {
  readonly measuring: Pick<Measuring, "measureSpeeds" | "timeKernels">;
  /** The processor's, as the engine tells them. */
  readonly cpuFeatures: readonly string[];
  /** For the generated models, of which there is one at a time: up to 140 MB. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** 0 to 1, and what is measured now, such as "Q4_K". */
  readonly onProgress?: (fraction: number, what: string) => void;
  /** Nothing but what is needed is begun after so long, ms; by default what leaves the whole below half a minute. */
  readonly budgetMs?: number;
}

const BUDGET_MS = 25_000;
/** Where the best three repetitions differ by more, they were disturbed, and more are made. */
const CERTAIN = 1.05;
const ATTEMPTS = 4;
/** After so much of the budget no model is measured again, so that there is time for every type that is needed. */
const MODELS_BUDGET = 0.45;
/** Of the whole, what the models count in the progress. */
const MODELS = 0.4;

const nearShape = { width: 1024, heads: 16, headsKv: 4, feedForward: 4096, context: 2048 };
/**
 * With AMX Q8_0 takes half as long again from memory as from a cache, and Q4_K two and a half times as long: what of a
 * model a cache keeps is told by the latter, measured on a Sapphire Rapids.
 */
const BETWEEN_TYPE_AMX = "Q4_K";
/** Next to no weights: what is left is what a layer, a token and a token of the vocabulary cost. */
const bareShape = { width: 256, heads: 4, headsKv: 2, feedForward: 512, context: 2048 };
const MANY_LAYERS = 32;
const FEW_LAYERS = 4;
const LARGE_VOCABULARY = 32_768;
/** Little but attention; four query heads to one of the KV cache, as most models have it. */
const attentionShape = { layers: 8, width: 1024, heads: 16, headsKv: 4, feedForward: 256, context: 4096 };
const DEPTH = 1024;
/** Where a part of the weights stays in the caches, bytes: between the two the most changes. */
const BETWEEN_BYTES = [96e6, 116e6, 140e6];

interface Sample {
  /** Seconds for a token. */
  readonly tg: number;
  readonly pp: number;
}

type Overhead = Pick<MachineSpeed, "perToken" | "perLayer" | "perVocabularyEntry">;
type BesideProducts = Pick<MachineSpeed, "attentionTg" | "attentionPp" | "besidePp">;
type SpeedTest = Omit<SpeedOptions, "signal" | "onProgress">;

/** Seconds for a token of each model. */
interface ModelTimes {
  readonly plain: Sample;
  readonly many: number;
  readonly few: number;
  readonly wide: number;
  readonly deep: Sample;
  /** Of sizes between near and far, as BETWEEN_BYTES. */
  readonly between: readonly number[];
}

/** @throws PaddockError storage/*, engine/*; cancelled. */
export async function calibrate(options: CalibrationOptions): Promise<MachineSpeed> {
  const { measuring, signal, onProgress, budgetMs = BUDGET_MS } = options;
  const since = performance.now();
  const amx = usesAmx(options.cpuFeatures);
  const between = betweenModels(amx ? BETWEEN_TYPE_AMX : PLAIN);
  const times = await inFolder(options.folder, (folder) =>
    measuring.measureSpeeds((measureSpeed) => {
      const isLate = (): boolean => performance.now() - since > MODELS_BUDGET * budgetMs;
      return new ModelsRun(options, { measureSpeed, folder, between, isLate }).run();
    }),
  );
  const products = await timeProducts({
    timeKernels: (...kernels) => measuring.timeKernels(...kernels),
    left: () => budgetMs - (performance.now() - since),
    signal,
    onProgress: (fraction, what) => onProgress?.(MODELS + (1 - MODELS) * fraction, what),
  });
  onProgress?.(1, "");
  return { ...machineSpeed(times, products, between), amx };
}

function machineSpeed(
  times: ModelTimes,
  { types, farBytes, noise }: ProductSpeeds,
  between: BetweenModels,
): Omit<MachineSpeed, "amx"> {
  const alone = types[PLAIN];
  const near = alone?.near ?? nearByModels(times);
  const overhead = overheadOf(times, near);
  // A backend that cannot time products tells of one type alone, which has all that a prompt takes.
  if (alone === undefined) {
    const pp = times.plain.pp / ppValues(plainModel);
    const types = { [PLAIN]: { near, far: undefined, pp } };
    return { types, reach: [], noise, ...overhead, ...besideProducts(times, { near, pp }, overhead) };
  }
  // Products that take longer alone than the whole prompt were slowed down by something else.
  const quiet = Math.min(1, times.plain.pp / (alone.pp * ppValues(plainModel)));
  const inModels = Object.entries(types).map(([name, speed]): [string, TypeSpeed] => [
    name,
    { ...speed, pp: speed.pp * quiet },
  ]);
  const beside = besideProducts(times, { near, pp: alone.pp * quiet }, overhead);
  const ends = types[between.type];
  const reach =
    farBytes === undefined || ends === undefined
      ? []
      : reachOf(times.between, between, { ...ends, farBytes }, overhead);
  return { types: Object.fromEntries(inModels), reach, noise, ...overhead, ...beside };
}

/**
 * How far from near to far models of some sizes are. Models tell, because products alone, one after the other in memory
 * of their own, find more in the caches than a file's pages leave there.
 */
function reachOf(
  times: ModelTimes["between"],
  { models }: BetweenModels,
  { near, far = near, farBytes }: Pick<TypeSpeed, "near" | "far"> & { readonly farBytes: number },
  overhead: Overhead,
): MachineSpeed["reach"] {
  if (far <= near) return [];
  // More bytes are never nearer: where they seem to be, something else was in the cache.
  let share = 0;
  const points = models.map((model, index) => {
    const value = ((times[index] ?? 0) - beside(model, overhead)) / tgValues(model);
    share = Math.min(1, Math.max(share, (value - near) / (far - near)));
    return { bytes: weightBytes(model), share };
  });
  return [{ bytes: NEAR_BYTES, share: 0 }, ...points, { bytes: farBytes, share: 1 }];
}

/** The weights' share depends a little on what is beside them, and the other way round. */
function nearByModels(times: ModelTimes): number {
  let near = times.plain.tg / tgValues(plainModel);
  for (let round = 0; round < 4; round++)
    near = Math.max(0, times.plain.tg - beside(plainModel, overheadOf(times, near))) / tgValues(plainModel);
  return near;
}

/** What is left of a token's time where there are next to no weights. @param near of the plain type. */
function overheadOf(times: ModelTimes, near: number): Overhead {
  const beside = (time: number, model: GeneratedModel): number => time - tgValues(model) * near;
  const many = beside(times.many, manyLayers);
  const few = beside(times.few, fewLayers);
  const wide = beside(times.wide, largeVocabulary);
  const perLayer = (many - few) / (MANY_LAYERS - FEW_LAYERS);
  const vocabulary = fewLayers.tokenizer.vocabulary;
  const perVocabularyEntry = (wide - few) / (largeVocabulary.tokenizer.vocabulary - vocabulary);
  const perToken = few - FEW_LAYERS * perLayer - vocabulary * perVocabularyEntry;
  return {
    perToken: Math.max(0, perToken),
    perLayer: Math.max(0, perLayer),
    perVocabularyEntry: Math.max(0, perVocabularyEntry),
  };
}

/** By two models, one of which has little to multiply and much to look at. */
function besideProducts(
  { plain, deep }: ModelTimes,
  { near, pp }: Pick<TypeSpeed, "near" | "pp">,
  overhead: Overhead,
): BesideProducts {
  const values = attentionValues(attentionModel);
  const shallowTg = near * tgValues(attentionModel) + beside(attentionModel, overhead);
  const shallowPp = Math.max(0, plain.pp - pp * ppValues(plainModel)) / attentionValues(plainModel);
  const deepPp = Math.max(0, deep.pp - pp * ppValues(attentionModel)) / values;
  const attentionPp = Math.max(0, deepPp - shallowPp) / DEPTH;
  return {
    attentionTg: Math.max(0, deep.tg - shallowTg) / (values * (DEPTH + usual.generatedTokens / 2)),
    attentionPp,
    besidePp: Math.max(0, shallowPp - (attentionPp * usual.promptTokens) / 2),
  };
}

function attentionValues({ shape: { layers, width } }: GeneratedModel): number {
  return layers * width;
}

async function inFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  let folder: string;
  try {
    await mkdir(parent, { recursive: true });
    folder = await mkdtemp(path.join(parent, "calibration-"));
  } catch (error) {
    throw toStorageError(error);
  }
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class ModelsRun {
  private done = 0;

  constructor(
    private readonly options: CalibrationOptions,
    private readonly here: {
      readonly measureSpeed: Measuring["measureSpeed"];
      readonly folder: string;
      readonly between: BetweenModels;
      readonly isLate: () => boolean;
    },
  ) {}

  async run(): Promise<ModelTimes> {
    return {
      many: (await this.sample("layers", manyLayers, long)).tg,
      few: (await this.sample("layers", fewLayers, long)).tg,
      wide: (await this.sample("vocabulary", largeVocabulary, long)).tg,
      plain: await this.sample(PLAIN, plainModel, usual),
      between: await this.between(),
      deep: await this.sample("attention", attentionModel, { ...usual, depth: DEPTH }),
    };
  }

  private async between(): Promise<number[]> {
    const times: number[] = [];
    for (const model of this.here.between.models) times.push((await this.sample("caches", model, short)).tg);
    return times;
  }

  private async sample(what: string, model: GeneratedModel, test: SpeedTest): Promise<Sample> {
    const { signal, onProgress } = this.options;
    onProgress?.((MODELS * this.done++) / STEPS, what);
    const { measureSpeed, folder, isLate } = this.here;
    const file = path.join(folder, "model.gguf");
    await generateModel(file, model, signal);
    const tg: number[] = [];
    const pp: number[] = [];
    try {
      for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
        const found = await measureSpeed(file, { ...test, signal });
        tg.push(...found.tg);
        pp.push(...found.pp);
        if (isLate() || (isCertain(tg) && (test.promptTokens === 0 || isCertain(pp)))) break;
      }
    } finally {
      await rm(file, { force: true });
    }
    return { tg: 1 / Math.max(...tg), pp: test.promptTokens === 0 ? 0 : 1 / Math.max(...pp) };
  }
}

/**
 * Whatever else runs here only makes it slower: the best comes nearest to what the machine can do, once others came as
 * near. Another program on one of two cores makes a token of a small model ten times as slow, for seconds.
 */
function isCertain(speeds: readonly number[]): boolean {
  const [best = 0, , third = 0] = [...speeds].sort((a, b) => b - a);
  return third > 0 && best < CERTAIN * third;
}

/** Models that are measured. */
const STEPS = 5 + BETWEEN_BYTES.length;
const usual: SpeedTest = { promptTokens: 64, generatedTokens: 16, depth: 0, repetitions: 3 };
const short: SpeedTest = { promptTokens: 0, generatedTokens: 16, depth: 0, repetitions: 3 };
/** Tokens take a fraction of a millisecond there. */
const long: SpeedTest = { promptTokens: 0, generatedTokens: 32, depth: 0, repetitions: 12 };

const manyLayers = bare(MANY_LAYERS, byteTokenizer());
const fewLayers = bare(FEW_LAYERS, byteTokenizer());
const largeVocabulary = bare(FEW_LAYERS, byteTokenizer(LARGE_VOCABULARY));
const plainModel = sized(PLAIN, nearShape, NEAR_BYTES);
const attentionModel = generated(PLAIN, attentionShape, byteTokenizer());

interface BetweenModels {
  readonly type: string;
  readonly models: readonly GeneratedModel[];
}

function betweenModels(type: string): BetweenModels {
  return { type, models: BETWEEN_BYTES.map((bytes) => sized(type, nearShape, bytes)) };
}

function bare(layers: number, tokenizer: GeneratedTokenizer): GeneratedModel {
  return generated(PLAIN, { ...bareShape, layers }, tokenizer);
}

function generated(type: string, shape: GeneratedShape, tokenizer: GeneratedTokenizer): GeneratedModel {
  const { number } = typeNamed(type);
  return { name: `calibration-${type}`, shape, tokenizer, typeOf: () => number };
}

/** With as many layers as come nearest to the bytes, at least two: the last one's is not whole in a prompt. */
function sized(
  type: string,
  shape: Omit<GeneratedShape, "layers">,
  bytes: number,
  tokenizer: GeneratedTokenizer = byteTokenizer(),
): GeneratedModel {
  const two = weightBytes(generated(type, { ...shape, layers: 2 }, tokenizer));
  const one = weightBytes(generated(type, { ...shape, layers: 1 }, tokenizer));
  const layers = 1 + Math.round((bytes - one) / (two - one));
  return generated(type, { ...shape, layers: Math.max(2, layers) }, tokenizer);
}

function weightBytes(model: GeneratedModel): number {
  return generatedTensors(model).reduce((sum, { bytes }) => sum + bytes, 0);
}

function beside({ shape, tokenizer }: GeneratedModel, { perToken, perLayer, perVocabularyEntry }: Overhead): number {
  return perToken + perLayer * shape.layers + perVocabularyEntry * tokenizer.vocabulary;
}

/** The embedding is the output matrix, too. */
function tgValues(model: GeneratedModel): number {
  return sum(model, () => true);
}

function ppValues(model: GeneratedModel): number {
  const last = model.shape.layers - 1;
  return sum(model, (name) => name.startsWith("blk.") && !name.startsWith(`blk.${last}.ffn_`));
}

function sum(model: GeneratedModel, counts: (name: string) => boolean): number {
  return generatedTensors(model)
    .filter(({ name, dimensions }) => dimensions.length > 1 && counts(name))
    .reduce((total, { dimensions }) => total + dimensions.reduce((product, size) => product * size, 1), 0);
}
