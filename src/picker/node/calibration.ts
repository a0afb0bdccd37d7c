import { mkdtemp, mkdir, rm } from "node:fs/promises";
import path from "node:path";
import type { Measuring, SpeedOptions } from "../../engine/measuring";
import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import {
  byteTokenizer,
  generatedTensors,
  type GeneratedModel,
  type GeneratedShape,
  type GeneratedTokenizer,
} from "../../gguf/core/generatedPlan";
import { generateModel } from "../../gguf/node/generateModel";
import { toStorageError } from "../../platform/node/storageError";
import type { MachineSpeed, TypeSpeed } from "../core/speedModel";

/**
 * Measures this machine on small generated models, one tensor type at a time: what a value costs while the weights fit
 * the caches (near) and when they come from memory (far), and what layers, vocabulary and attention cost. Each model is
 * deleted after it was measured.
 */
export interface CalibrationOptions {
  readonly measuring: Pick<Measuring, "measureSpeeds">;
  /** For the generated models, of which there is one at a time: up to 400 MB. */
  readonly folder: string;
  readonly signal: AbortSignal;
  /** 0 to 1, and what is measured now, such as "Q4_K". */
  readonly onProgress?: (fraction: number, what: string) => void;
  /** No further type is begun after so long, ms; by default what leaves the whole below half a minute. */
  readonly budgetMs?: number;
  /** Types to leave out, by name: to see how well they are predicted. */
  readonly without?: readonly string[];
}

const BUDGET_MS = 25_000;
/** Above most processors' own caches and below large shared ones, bytes. */
const NEAR_BYTES = 64e6;
/** Above the last-level caches of servers, which may have 260 MB, bytes. */
const FAR_BYTES = 390e6;
/** In between, where a part of the weights stays in the cache, bytes. */
const BETWEEN_BYTES = 160e6;
/** Repetitions that differ by more were disturbed, and are measured once more. */
const DISTURBED = 1.15;
/** Where far costs no more than this above near, all weights come from memory or none do. */
const SAME = 1.06;

const nearShape = { width: 1024, heads: 16, headsKv: 4, feedForward: 4096, context: 2048 };
const farShape = { width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 2048 };
/** Next to no weights: what is left is what a layer, a token and a token of the vocabulary cost. */
const bareShape = { width: 256, heads: 4, headsKv: 2, feedForward: 512, context: 2048 };
const MANY_LAYERS = 32;
const FEW_LAYERS = 4;
const LARGE_VOCABULARY = 32_768;
/** Little but attention; four query heads to one of the KV cache, as most models have it. */
const attentionShape = { layers: 8, width: 1024, heads: 16, headsKv: 4, feedForward: 256, context: 4096 };
const DEPTH = 1536;

/** The type that all else is measured with: every backend has it, whatever the width. */
const PLAIN = "Q8_0";
/** The type that is measured at several sizes. */
const SCALED = "Q4_0";
/** Measured however long it takes: without them most files could not be predicted. */
const NEEDED_TYPES = ["Q4_K", "Q6_K", "Q5_K", "F16", "IQ3_S", "IQ2_XXS"];
/**
 * Of these the way from memory is measured, too, where it differs. What it adds to other types goes by what they compute
 * meanwhile (speedModel.ts), but for plain numbers, which are read as fast as memory gives them.
 */
const NEEDED_FAR_TYPES = [PLAIN, "F16"];
const MORE_FAR_TYPES = ["Q4_K", "Q5_K", "Q6_K"];
/** Most wanted first, as long as there is time. Others are predicted from their kin (speedModel.ts). */
const MORE_TYPES = ["Q3_K", "Q2_K", "IQ4_XS"];

interface Sample {
  /** Seconds for a token. */
  readonly tg: number;
  readonly pp: number;
}

/** @throws PaddockError storage/*, engine/*; cancelled. */
export async function calibrate(options: CalibrationOptions): Promise<MachineSpeed> {
  let folder: string;
  try {
    await mkdir(options.folder, { recursive: true });
    folder = await mkdtemp(path.join(options.folder, "calibration-"));
  } catch (error) {
    throw toStorageError(error);
  }
  try {
    return await options.measuring.measureSpeeds((measureSpeed) =>
      new Calibration(options, measureSpeed, folder).run(),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

class Calibration {
  private readonly since = performance.now();
  private done = 0;
  private readonly without: ReadonlySet<string>;

  constructor(
    private readonly options: CalibrationOptions,
    private readonly measureSpeed: Measuring["measureSpeed"],
    private readonly folder: string,
  ) {
    this.without = new Set(options.without ?? []);
  }

  async run(): Promise<MachineSpeed> {
    const plainNear = await this.sample(PLAIN, this.near(PLAIN), usual);
    const overhead = await this.overhead(plainNear);
    const types: Record<string, TypeSpeed> = {};
    const near = async (type: string): Promise<void> => {
      const model = this.near(type);
      const found = type === PLAIN ? plainNear : await this.sample(type, model, usual);
      types[type] = this.typeSpeed(model, found, overhead);
    };
    await near(PLAIN);
    await near(SCALED);
    const attention = await this.attention(types[PLAIN], overhead);
    const reach = await this.reach(types, overhead);
    const wanted = (names: readonly string[]): string[] => names.filter((type) => !this.without.has(type));
    const far = async (type: string): Promise<void> => {
      const known = types[type];
      if (known !== undefined && reach.length > 0) types[type] = { ...known, far: await this.far(type, overhead) };
    };
    for (const type of wanted(NEEDED_TYPES)) await near(type);
    for (const type of wanted(NEEDED_FAR_TYPES)) await far(type);
    for (const type of wanted(MORE_FAR_TYPES)) if (!this.isLate) await far(type);
    for (const type of wanted(MORE_TYPES)) if (!this.isLate) await near(type);
    // What disturbed a measurement is seldom there twice.
    for (const type of wanted([SCALED, PLAIN, ...NEEDED_TYPES])) {
      const known = types[type];
      if (known === undefined || this.isLate) continue;
      const model = this.near(type);
      const again = this.typeSpeed(model, await this.sample(type, model, usual), overhead);
      types[type] = { ...known, near: Math.min(known.near, again.near), pp: Math.min(known.pp, again.pp) };
    }
    for (const type of this.without) Reflect.deleteProperty(types, type);
    this.options.onProgress?.(1, "");
    return { types, reach, ...overhead, ...attention };
  }

  private get isLate(): boolean {
    return performance.now() - this.since > (this.options.budgetMs ?? BUDGET_MS);
  }

  /** What is left of a token's time where there are next to no weights. */
  private async overhead(plain: Sample): Promise<Overhead> {
    const small = byteTokenizer();
    const large = byteTokenizer(LARGE_VOCABULARY);
    const bare = (layers: number, tokenizer: GeneratedTokenizer): GeneratedModel =>
      generated(PLAIN, { ...bareShape, layers }, tokenizer);
    const many = bare(MANY_LAYERS, small);
    const few = bare(FEW_LAYERS, small);
    const wide = bare(FEW_LAYERS, large);
    const manyTime = (await this.sample("layers", many, long)).tg;
    const fewTime = (await this.sample("layers", few, long)).tg;
    const wideTime = (await this.sample("vocabulary", wide, long)).tg;
    let overhead: Overhead = { perToken: 0, perLayer: 0, perVocabularyEntry: 0 };
    // The weights' share depends a little on the overhead, and the other way round.
    for (let round = 0; round < 4; round++) {
      const value = this.typeSpeed(this.near(PLAIN), plain, overhead).near;
      const beside = (time: number, model: GeneratedModel): number => time - tgValues(model) * value;
      const perLayer = (beside(manyTime, many) - beside(fewTime, few)) / (MANY_LAYERS - FEW_LAYERS);
      const perVocabularyEntry =
        (beside(wideTime, wide) - beside(fewTime, few)) / (large.vocabulary - small.vocabulary);
      const perToken = beside(fewTime, few) - FEW_LAYERS * perLayer - small.vocabulary * perVocabularyEntry;
      overhead = {
        perToken: Math.max(0, perToken),
        perLayer: Math.max(0, perLayer),
        perVocabularyEntry: Math.max(0, perVocabularyEntry),
      };
    }
    return overhead;
  }

  private async attention(
    plain: TypeSpeed | undefined,
    overhead: Overhead,
  ): Promise<Pick<MachineSpeed, "attentionTg" | "attentionPp">> {
    const model = generated(PLAIN, attentionShape, byteTokenizer());
    const { layers, width } = attentionShape;
    const values = layers * width;
    const deep = await this.sample("attention", model, { ...usual, depth: DEPTH });
    const shallowTg = (plain?.near ?? 0) * tgValues(model) + beside(model, overhead);
    const shallowPp = (plain?.pp ?? 0) * ppValues(model);
    return {
      attentionTg: Math.max(0, deep.tg - shallowTg) / (values * (DEPTH + usual.generatedTokens / 2)),
      attentionPp: Math.max(0, deep.pp - shallowPp) / (values * (DEPTH + usual.promptTokens / 2)),
    };
  }

  /** How far from near to far a model of some size is, found with one type; also puts that type's far. */
  private async reach(types: Record<string, TypeSpeed>, overhead: Overhead): Promise<MachineSpeed["reach"]> {
    const known = types[SCALED];
    if (known === undefined) return [];
    const far = await this.far(SCALED, overhead);
    if (far / known.near < SAME) return [];
    types[SCALED] = { ...known, far };
    const between = await this.far(SCALED, overhead, BETWEEN_BYTES);
    return [
      { bytes: NEAR_BYTES, share: 0 },
      { bytes: BETWEEN_BYTES, share: Math.min(1, Math.max(0, (between - known.near) / (far - known.near))) },
      { bytes: FAR_BYTES, share: 1 },
    ];
  }

  /** Seconds for a value of a model of this size. */
  private async far(type: string, overhead: Overhead, bytes = FAR_BYTES): Promise<number> {
    // As large models have it: a vocabulary's matrix is read faster than the layers' smaller ones.
    const model = sized(type, farShape, bytes, byteTokenizer(LARGE_VOCABULARY));
    const { tg } = await this.sample(type, model, short);
    return Math.max(0, tg - beside(model, overhead)) / tgValues(model);
  }

  private near(type: string): GeneratedModel {
    return sized(type, nearShape, NEAR_BYTES);
  }

  private typeSpeed(model: GeneratedModel, { tg, pp }: Sample, overhead: Overhead): TypeSpeed {
    return {
      near: Math.max(0, tg - beside(model, overhead)) / tgValues(model),
      far: undefined,
      pp: pp / ppValues(model),
    };
  }

  private async sample(what: string, model: GeneratedModel, test: SpeedTest): Promise<Sample> {
    const { signal, onProgress } = this.options;
    // Of a calibration with all its steps.
    onProgress?.(Math.min(0.99, this.done++ / STEPS), what);
    const file = path.join(this.folder, "model.gguf");
    await generateModel(file, model, signal);
    try {
      const { tg, pp } = await this.measureSpeed(file, { ...test, signal });
      if (Math.max(...tg) > DISTURBED * Math.min(...tg) && !this.isLate) {
        const again = await this.measureSpeed(file, { ...test, signal });
        tg.push(...again.tg);
        pp.push(...again.pp);
      }
      // Whatever else runs here only makes it slower: the best comes nearest to what the machine can do.
      return { tg: 1 / Math.max(...tg), pp: test.promptTokens === 0 ? 0 : 1 / Math.max(...pp) };
    } finally {
      await rm(file, { force: true });
    }
  }
}

type Overhead = Pick<MachineSpeed, "perToken" | "perLayer" | "perVocabularyEntry">;
type SpeedTest = Omit<SpeedOptions, "signal" | "onProgress">;

const STEPS = 8 + NEEDED_FAR_TYPES.length + MORE_FAR_TYPES.length + MORE_TYPES.length + 2 * (1 + NEEDED_TYPES.length);
const usual: SpeedTest = { promptTokens: 64, generatedTokens: 16, depth: 0, repetitions: 3 };
/** Tokens take a fraction of a millisecond there. */
const long: SpeedTest = { promptTokens: 0, generatedTokens: 32, depth: 0, repetitions: 12 };
const short: SpeedTest = { promptTokens: 0, generatedTokens: 12, depth: 0, repetitions: 3 };

function generated(type: string, shape: GeneratedShape, tokenizer: GeneratedTokenizer): GeneratedModel {
  const number = typeNumber(type);
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

function typeNumber(name: string): number {
  for (const [number, type] of ggmlTypes) if (type.name === name) return number;
  throw new RangeError(`no tensor type ${name}`);
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
