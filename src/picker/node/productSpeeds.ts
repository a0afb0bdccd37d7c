import type { Kernel, Measuring } from "../../engine/measuring";
import { typeNamed } from "../../gguf/core/ggmlTypes";
import { PaddockError } from "../../platform/core/errors";
import type { TypeSpeed } from "../core/speedModel";

/** Seconds for each value, of products alone. */
export interface ProductSpeeds {
  readonly types: Readonly<Record<string, TypeSpeed>>;
  /** From how many bytes on weights come from memory; undefined where far is near. */
  readonly farBytes: number | undefined;
  /** Between two visits of the same product, some seconds apart: the median of by what share the slower took longer. */
  readonly noise: number;
}

export interface TimingProducts {
  readonly timeKernels: Measuring["timeKernels"];
  /** What is left of the time, ms; nothing is begun that could be done without and takes longer. */
  readonly left: () => number;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly onProgress: (fraction: number, what: string) => void;
}

/** The type that models are generated with: every backend has it, whatever the width. */
export const PLAIN = "Q8_0";
/** Above most processors' own caches and below large shared ones, bytes. */
export const NEAR_BYTES = 64e6;
/** Above the last-level caches of servers, which may have 260 MB, bytes. */
const FAR_BYTES = 390e6;
/** Sizes that may do as far, bytes. */
const MAYBE_FAR_BYTES = [175e6, 250e6];
/** A prompt's products hide what they read, bytes. */
const PROMPT_BYTES = 8e6;
const PROMPT_TOKENS = 64;
/** Where far costs no more than this above near, all weights come from memory or none do. */
const SAME = 1.06;
/** Where the best two visits of a type's kernels differ by more, they were disturbed, and more are made. */
const CERTAIN = 1.08;
/** At most. */
const MORE_VISITS = 3;
/** For each product, seconds, beside the least number of runs. */
const BUDGET = 0.08;

/** The type that says which size is far. */
const SCALED = "Q4_0";
/** From these most others can be predicted (speedModel.ts): timed however long it takes. */
const NEEDED = [PLAIN, SCALED, "Q4_K", "Q6_K", "Q5_K", "F16", "IQ3_S", "IQ2_XXS"];
const USUAL = ["Q3_K", "Q2_K", "IQ4_XS", "IQ4_NL", "BF16", "Q5_0", "Q4_1"];
const RARE = ["Q5_1", "IQ3_XXS", "IQ2_S", "IQ2_XS", "F32", "MXFP4", "IQ1_S", "IQ1_M", "TQ1_0", "TQ2_0", "NVFP4"];
/**
 * Of these the way from memory is timed, too, however long it takes. What it adds to other types goes by what they compute
 * meanwhile (speedModel.ts), but for plain numbers, which are read as fast as memory gives them.
 */
const NEEDED_FAR = [PLAIN, "F16", "Q4_K", "Q6_K"];
/** A size at which so much of the way from near to far is gone serves as far. */
const ALL_THE_WAY = 0.95;

/** Fastest runs of products by their types. @throws PaddockError engine/*; cancelled. */
export async function timeProducts(options: TimingProducts): Promise<ProductSpeeds> {
  const types: Record<string, TypeSpeed> = {};
  const visits = new Map<string, TimedAlone[]>();
  let done = 0;
  const tell = (what: string): void => options.onProgress(Math.min(1, done++ / STEPS), what);
  // As the last visits took.
  let msForType = 0;
  const isTimeFor = (...names: readonly string[]): boolean => names.length * msForType < options.left();
  const near = async (names: readonly string[]): Promise<void> => {
    tell(names[0] ?? "");
    const since = performance.now();
    const found = await timeAll(options, names, (name) => [nearKernel(name), promptKernel(name)]);
    for (const [name, [tg = 0, pp = 0]] of found) {
      const all = [...(visits.get(name) ?? []), { tg, pp }];
      visits.set(name, all);
      types[name] = {
        near: Math.min(...all.map((one) => one.tg)),
        far: types[name]?.far,
        pp: Math.min(...all.map((one) => one.pp)),
      };
    }
    msForType = (performance.now() - since) / Math.max(1, names.length);
  };
  // Types that cannot be timed here have no visits.
  const uncertain = (names: readonly string[]): string[] =>
    names.filter((name) => visits.has(name) && !isCertain(visits.get(name) ?? []));
  const far = async (names: readonly string[], bytes: number): Promise<void> => {
    tell(names[0] ?? "");
    const found = await timeAll(options, names, (name) => [farKernel(name, bytes)]);
    for (const [name, [seconds]] of found) {
      const known = types[name];
      if (known !== undefined) types[name] = { ...known, far: seconds };
    }
  };
  await near(NEEDED);
  tell(SCALED);
  const farBytes = await timeFar(options, types);
  if (farBytes !== undefined) await far(NEEDED_FAR, farBytes);
  const isEarly = isTimeFor(...USUAL, ...NEEDED);
  if (isEarly) await near(USUAL);
  // What disturbed a measurement is seldom there twice, and one of these that is wrong is so for all its kin.
  await near(NEEDED);
  for (let more = 0; more < MORE_VISITS; more++) {
    const again = uncertain(NEEDED);
    if (again.length === 0 || !isTimeFor(...again)) break;
    await near(again);
  }
  if (!isEarly && isTimeFor(...USUAL)) await near(USUAL);
  const further = [...USUAL, "Q5_K", "IQ3_S", "IQ2_XXS"];
  if (farBytes !== undefined && isTimeFor(...further, ...USUAL)) await far(further, farBytes);
  if (isTimeFor(...RARE)) await near(RARE);
  const again = uncertain(USUAL);
  if (again.length > 0 && isTimeFor(...again)) await near(again);
  return {
    types: Object.fromEntries(Object.entries(types).map(([name, one]) => [name, noFurther(one)])),
    farBytes,
    noise: noiseOf(NEEDED.map((name) => visits.get(name) ?? [])),
  };
}

function noiseOf(visits: readonly (readonly TimedAlone[])[]): number {
  const shares = visits.flatMap(([one, other]) =>
    one === undefined || other === undefined ? [] : [Math.expm1(Math.abs(Math.log(one.tg / other.tg)))],
  );
  return shares.sort((a, b) => a - b)[shares.length >> 1] ?? 0;
}

/** A visit of a type: seconds for each value. */
interface TimedAlone {
  readonly tg: number;
  readonly pp: number;
}

/**
 * Whether the best two visits came near each other. What else runs here often lasts as long as a visit: another guest on
 * the other half of a core made K-quants take three times as long for seconds.
 */
function isCertain(visits: readonly TimedAlone[]): boolean {
  const near = (seconds: readonly number[]): boolean => {
    const [best, second] = [...seconds].sort((a, b) => a - b);
    return best !== undefined && second !== undefined && second < CERTAIN * best;
  };
  return near(visits.map(({ tg }) => tg)) && near(visits.map(({ pp }) => pp));
}

const STEPS = 8 + MORE_VISITS;

/** Caches are no slower than memory: where they seem to be, something else had them. */
function noFurther(speed: TypeSpeed): TypeSpeed {
  return { ...speed, near: Math.min(speed.near, speed.far ?? Infinity) };
}

/** Also puts that type's far. @returns the least size that will do for others, because what is timed has to be filled. */
async function timeFar(options: TimingProducts, types: Record<string, TypeSpeed>): Promise<number | undefined> {
  const known = types[SCALED];
  if (known === undefined) return undefined;
  const sizes = [FAR_BYTES, ...MAYBE_FAR_BYTES];
  const found = await timeAll(options, [SCALED], (name) => sizes.map((bytes) => farKernel(name, bytes)));
  const [far = 0, ...others] = found.get(SCALED) ?? [];
  if (far / known.near < SAME) return undefined;
  types[SCALED] = { ...known, far };
  const enough = others.findIndex((seconds) => seconds - known.near >= ALL_THE_WAY * (far - known.near));
  return MAYBE_FAR_BYTES[enough] ?? FAR_BYTES;
}

type Product = Extract<Kernel, { kind: "product" }>;

/** @returns seconds for each value, by type and kernel; types that this backend cannot multiply are left out. */
async function timeAll(
  options: TimingProducts,
  names: readonly string[],
  kernelsOf: (name: string) => readonly Product[],
): Promise<Map<string, number[]>> {
  const { timeKernels, signal } = options;
  const lists = names.map((name) => kernelsOf(name));
  try {
    const samples = await timeKernels(lists.flat(), { budget: BUDGET, signal });
    let next = 0;
    return new Map(
      names.map((name, index) => [
        name,
        (lists[index] ?? []).map((kernel) => Math.min(...(samples[next++] ?? [])) / valuesOf(kernel)),
      ]),
    );
  } catch (error) {
    if (!(error instanceof PaddockError) || error.code !== "unsupported") throw error;
    if (names.length < 2) return new Map();
    // Which of them it is, the backend says only by refusing.
    const half = names.length >> 1;
    const first = await timeAll(options, names.slice(0, half), kernelsOf);
    return new Map([...first, ...(await timeAll(options, names.slice(half), kernelsOf))]);
  }
}

function valuesOf({ rows, columns, batch, copies }: Product): number {
  return rows * columns * batch * copies;
}

function nearKernel(type: string): Product {
  return product(type, { rows: 4096, columns: 1024, batch: 1 }, NEAR_BYTES);
}

function promptKernel(type: string): Product {
  return product(type, { rows: 4096, columns: 1024, batch: PROMPT_TOKENS }, PROMPT_BYTES);
}

function farKernel(type: string, bytes: number): Product {
  return product(type, { rows: 8192, columns: 2048, batch: 1 }, bytes);
}

function product(type: string, size: Pick<Product, "rows" | "columns" | "batch">, bytes: number): Product {
  const { bytes: blockBytes, values } = typeNamed(type);
  const each = (size.rows * size.columns * blockBytes) / values;
  return { kind: "product", type, ...size, copies: Math.max(1, Math.round(bytes / each)) };
}
