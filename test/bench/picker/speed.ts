import { rm } from "node:fs/promises";
import path from "node:path";
import type { Measuring } from "../../../src/engine/measuring";
import { modelShape } from "../../../src/gguf/core/modelShape";
import { modelWork } from "../../../src/gguf/core/modelWork";
import { preflight } from "../../../src/models/node/ggufPreflight";
import type { GeneratedShape, GeneratedTokenizer } from "../../../src/gguf/core/generatedPlan";
import { anchor, type MachineSpeed, predictSpeed, type SpeedPrediction } from "../../../src/picker/core/speedModel";
import { calibrate } from "../../../src/picker/node/calibration";
import { tokenizerOf } from "../../support/generatedModel";
import { median } from "../support/report";

export interface SpeedBench {
  readonly measuring: Measuring;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly starter: string;
  readonly extraModels: readonly string[];
  /** Writes a generated model and gives its path. */
  readonly make: (
    name: string,
    shape: GeneratedShape,
    tokenizer: GeneratedTokenizer,
    typeOf: (tensor: string) => string,
  ) => Promise<string>;
  readonly note: (name: string, value: number, limit: number, of: string) => void;
}

interface Ladder {
  readonly name: string;
  readonly shape: GeneratedShape;
  readonly steps: readonly (readonly [name: string, typeOf: (tensor: string) => string])[];
}

/** tokens/s */
interface Speed {
  readonly tg: number;
  readonly pp: number;
}

const mixed =
  (most: string, better: string) =>
  (tensor: string): string =>
    tensor.includes("attn_v") || tensor.includes("ffn_down") || tensor.startsWith("token_embd") ? better : most;
const pure = (type: string) => (): string => type;

/** What each is measured relative to, and what anchors the ladder's others. */
const REFERENCE = "Q8_0";
const ladders: readonly Ladder[] = [
  {
    name: "large",
    shape: { layers: 8, width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 4096 },
    steps: [
      ["Q6_K", pure("Q6_K")],
      ["Q5_K_M", mixed("Q5_K", "Q6_K")],
      ["Q4_K_M", mixed("Q4_K", "Q6_K")],
      ["Q3_K_M", mixed("Q3_K", "Q5_K")],
      ["Q2_K", mixed("Q2_K", "Q3_K")],
      ["Q4_1", pure("Q4_1")],
      ["Q5_0", pure("Q5_0")],
      ["Q5_1", pure("Q5_1")],
      ["IQ4_NL", pure("IQ4_NL")],
      ["IQ3_XXS", pure("IQ3_XXS")],
      ["IQ2_S", pure("IQ2_S")],
    ],
  },
  {
    name: "middle",
    shape: { layers: 12, width: 1024, heads: 16, headsKv: 4, feedForward: 3072, context: 4096 },
    steps: [
      ["Q4_K_M", mixed("Q4_K", "Q6_K")],
      ["IQ4_XS", mixed("IQ4_XS", "Q5_K")],
      ["Q4_1", pure("Q4_1")],
      ["Q5_0", pure("Q5_0")],
      ["BF16", pure("BF16")],
      ["IQ4_NL", pure("IQ4_NL")],
      ["IQ2_XS", pure("IQ2_XS")],
    ],
  },
];

/**
 * Left out of the calibration where a file with them is predicted as unseen: a calibration measures all types that it has
 * time for, and a slower machine has time for few.
 */
const LEFT_OUT: ReadonlySet<string> = new Set([
  ...["Q3_K", "Q2_K", "Q4_1", "Q5_0", "Q5_1", "BF16", "IQ4_NL", "IQ4_XS", "IQ3_XXS", "IQ2_S", "IQ2_XS"],
]);

/** How often the reference is measured right after the calibration, since all errors of its ladder have this one in them. */
const REFERENCE_RUNS = 3;

/**
 * Speeds that the picker predicts against measured ones. A shared machine's memory is 10% faster or slower from one
 * minute to the next, and its caches 40%. So each model is measured next to its ladder's reference, and its figure taken
 * relative to that one's, as the reference stood right after the calibration.
 */
export async function speed(bench: SpeedBench): Promise<void> {
  const { note, make, signal } = bench;
  const since = performance.now();
  const machine = await calibrate({
    measuring: bench.measuring,
    cpuFeatures: (await bench.measuring.engine(signal)).cpuFeatures,
    folder: path.join(bench.folder, "calibration"),
    signal,
    onProgress: (fraction, what) =>
      console.error(
        `calibration ${(fraction * 100).toFixed(0)}% ${what} ${((performance.now() - since) / 1000).toFixed(1)} s`,
      ),
  });
  note("calibration_s", (performance.now() - since) / 1000, 30, "seconds");

  const fewTypes = Object.fromEntries(Object.entries(machine.types).filter(([name]) => !LEFT_OUT.has(name)));
  const fewer: MachineSpeed = { ...machine, types: fewTypes };
  const tokenizer = await tokenizerOf(bench.starter);
  const errors = { unseen: [] as number[], seen: [] as number[], anchored: [] as number[], pp: [] as number[] };
  const references = new Map<string, { readonly file: string; readonly then: Speed }>();
  for (const { name, shape } of ladders) {
    const file = await make(`${name}-${REFERENCE}`, shape, tokenizer, pure(REFERENCE));
    const runs: Speed[] = [];
    while (runs.length < REFERENCE_RUNS) runs.push(await measure(bench, file));
    // As measure does: the best of each.
    const then = { tg: Math.max(...runs.map(({ tg }) => tg)), pp: Math.max(...runs.map(({ pp }) => pp)) };
    references.set(name, { file, then });
  }

  /** @param file is measured, and compared with what was predicted. */
  const compare = async (name: string, file: string, ladder: string): Promise<void> => {
    const reference = references.get(ladder);
    if (reference === undefined) throw new Error(`no reference for ${ladder}`);
    const now = await measure(bench, reference.file);
    const found = await measure(bench, file);
    const drift = { tg: reference.then.tg / now.tg, pp: reference.then.pp / now.pp };
    const prediction = await predict(machine, file, signal);
    const unseen = await predict(fewer, file, signal);
    const there = await predict(machine, reference.file, signal);
    const put = anchor(prediction, now, there);
    const tg = prediction.tg.value / (found.tg * drift.tg) - 1;
    const tgUnseen = unseen.tg.value / (found.tg * drift.tg) - 1;
    const pp = prediction.pp.value / (found.pp * drift.pp) - 1;
    const anchored = put.tg.value / found.tg - 1;
    errors.seen.push(Math.abs(tg));
    if (unseen.unseen.length > 0) errors.unseen.push(Math.abs(tgUnseen));
    errors.pp.push(Math.abs(pp));
    errors.anchored.push(Math.abs(anchored));
    console.error(
      `speed ${name}: tg ${prediction.tg.value.toFixed(1)} predicted, ${found.tg.toFixed(1)} measured (${percent(tg)}, unseen ${percent(tgUnseen)}, anchored ${percent(anchored)}); pp ${prediction.pp.value.toFixed(0)}, ${found.pp.toFixed(0)} (${percent(pp)}); reference ${percent(1 / drift.tg - 1)}, ${percent(1 / drift.pp - 1)}${unseen.unseen.length === 0 ? "" : `; left out: ${unseen.unseen.join(", ")}`}`,
    );
  };
  for (const { name, shape, steps } of ladders)
    for (const [step, typeOf] of steps) {
      const file = await make(`${name}-${step}`, shape, tokenizer, typeOf);
      await compare(`${name} ${step}`, file, name);
      await rm(file);
    }
  await compare("starter", bench.starter, "middle");
  for (const file of bench.extraModels) await compare(path.basename(file), file, "large");
  for (const { file } of references.values()) await rm(file);

  note(
    "tg_error_unseen",
    median(errors.unseen),
    0.08,
    `the median of ${errors.unseen.length} with types not calibrated`,
  );
  note("tg_error_seen", median(errors.seen), 0.08, `the median of ${errors.seen.length} with calibrated types`);
  note("tg_error_anchored", median(errors.anchored), 0.05, `the median of ${errors.anchored.length}, anchored by Q8_0`);
  note("pp_error", median(errors.pp), 0.15, `the median of ${errors.pp.length}`);
}

async function measure({ measuring, signal }: SpeedBench, file: string): Promise<Speed> {
  const found = await measuring.measureSpeed(file, {
    ...{ promptTokens: 128, generatedTokens: 24, depth: 0, repetitions: 3 },
    signal,
  });
  // The calibration takes the best of its repetitions, too: what else runs here only slows one down.
  return { tg: Math.max(...found.tg), pp: Math.max(...found.pp) };
}

async function predict(machine: MachineSpeed, file: string, signal: AbortSignal): Promise<SpeedPrediction> {
  const header = await preflight(file, signal);
  return predictSpeed(machine, modelWork(header.tensors, modelShape([header])), { depth: 0, promptTokens: 128 });
}

function percent(share: number): string {
  return `${share >= 0 ? "+" : ""}${(share * 100).toFixed(1)}%`;
}
