import path from "node:path";
import type { Measuring } from "../../../src/engine/measuring";
import { modelShape } from "../../../src/gguf/core/modelShape";
import { type ModelWork, modelWork } from "../../../src/gguf/core/modelWork";
import { preflight } from "../../../src/models/node/ggufPreflight";
import type { GeneratedShape, GeneratedTokenizer } from "../../../src/gguf/core/generatedPlan";
import {
  anchor,
  type MachineSpeed,
  predictSpeed,
  type SpeedPrediction,
  type SpeedQuestion,
} from "../../../src/picker/core/speedModel";
import { calibrate } from "../../../src/picker/node/calibration";
import { tokenizerOf } from "../../support/generatedModel";
import { median } from "../support/report";

export interface SpeedBench {
  readonly measuring: Measuring;
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly starter: string;
  readonly extraModels: readonly string[];
  readonly rounds: number;
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
  readonly repetitions: number;
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

const QUESTION: SpeedQuestion = { depth: 0, promptTokens: 128 };
/** What anchors the ladder's others. */
const REFERENCE = "Q8_0";
const ladders: readonly Ladder[] = [
  {
    name: "large",
    shape: { layers: 8, width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 4096 },
    repetitions: 3,
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
    repetitions: 6,
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

/** A model that is predicted and measured in every round. */
interface Candidate {
  readonly name: string;
  readonly file: string;
  /** Undefined for what is a reference itself. */
  readonly reference: string | undefined;
  /** Of small models more: as long a look at how fast the machine is. */
  readonly repetitions: number;
  readonly work: ModelWork;
}

type Errors = Record<"unseen" | "seen" | "anchored" | "pp", Map<string, number[]>> & {
  /** Of each prediction of tg, whether it was further off than the error that it states. */
  readonly isOutside: boolean[];
};

/**
 * Speeds that the picker predicts against measured ones. A shared machine is faster or slower by a third from one second
 * to the next, memory, caches and each kind of product by themselves, which one calibration and one measurement of each
 * model would show, and not what the prediction is wrong by. So all of that is done in several rounds, a calibration in
 * each, and of each model's errors the median taken. What a single round is wrong by is told beside it.
 */
export async function speed(bench: SpeedBench): Promise<void> {
  const { note, signal, rounds } = bench;
  const candidates = await candidatesOf(bench);
  const errors: Errors = { unseen: new Map(), seen: new Map(), anchored: new Map(), pp: new Map(), isOutside: [] };
  const seconds: number[] = [];
  const { cpuFeatures } = await bench.measuring.engine(signal);
  for (let round = 1; round <= rounds; round++) {
    const since = performance.now();
    const folder = path.join(bench.folder, "calibration");
    const machine = await calibrate({ measuring: bench.measuring, cpuFeatures, folder, signal });
    seconds.push((performance.now() - since) / 1000);
    console.error(
      `speed ${round}/${rounds}: calibrated in ${seconds.at(-1)?.toFixed(1) ?? ""} s, ${Object.keys(machine.types).length} types, noise ${machine.noise.toFixed(2)}, ${machine.reach.map(({ bytes, share }) => `${(bytes / 1e6).toFixed(0)} MB ${share.toFixed(2)}`).join(", ")}`,
    );
    await compare(bench, machine, candidates, errors);
  }
  note("calibration_s", Math.max(...seconds), 30, `seconds, the longest of ${rounds}`);
  tell("tg_error_unseen", errors.unseen, 0.08, "types not calibrated");
  tell("tg_error_seen", errors.seen, 0.08, "calibrated types");
  tell("tg_error_anchored", errors.anchored, 0.05, `anchored by ${REFERENCE}`);
  tell("pp_error", errors.pp, 0.15, "pp");
  const outside = errors.isOutside.filter((is) => is).length / errors.isOutside.length;
  note(
    "tg_outside_error",
    outside,
    0.32,
    `of ${errors.isOutside.length} predictions: further off than they say they may be`,
  );

  function tell(figure: string, of: ReadonlyMap<string, readonly number[]>, limit: number, words: string): void {
    const share = (log: number): number => Math.abs(Math.expm1(log));
    const models = [...of.values()];
    note(figure, median(models.map((logs) => share(median(logs)))), limit, `the median of ${of.size} models, ${words}`);
    note(`${figure}_one_round`, median(models.flatMap((logs) => logs.map(share))), limit, "the same of single rounds");
    const each = [...of].map(([name, logs]) => `${name} ${percent(Math.expm1(median(logs)))}`);
    console.error(`${figure}: ${each.join(", ")}`);
  }
}

/** Writes all models, 7 GB: each is needed in every round. */
async function candidatesOf(bench: SpeedBench): Promise<Candidate[]> {
  const tokenizer = await tokenizerOf(bench.starter);
  const candidates: Candidate[] = [];
  const add = async (name: string, file: string, reference: string | undefined, repetitions: number): Promise<void> => {
    const header = await preflight(file, bench.signal);
    const work = modelWork(header.tensors, modelShape([header]));
    candidates.push({ ...{ name, file, reference, repetitions, work } });
  };
  for (const { name, shape, steps, repetitions } of ladders) {
    const reference = `${name} ${REFERENCE}`;
    for (const [step, typeOf] of [[REFERENCE, pure(REFERENCE)] as const, ...steps]) {
      const file = await bench.make(`${name}-${step}`, shape, tokenizer, typeOf);
      await add(`${name} ${step}`, file, step === REFERENCE ? undefined : reference, repetitions);
    }
  }
  await add("starter", bench.starter, `middle ${REFERENCE}`, 6);
  for (const file of bench.extraModels) await add(path.basename(file), file, `large ${REFERENCE}`, 3);
  return candidates;
}

/** One round: measures every model, and adds the logarithms of what was predicted by what was measured. */
async function compare(
  bench: SpeedBench,
  machine: MachineSpeed,
  candidates: readonly Candidate[],
  errors: Errors,
): Promise<void> {
  const fewTypes = Object.fromEntries(Object.entries(machine.types).filter(([name]) => !LEFT_OUT.has(name)));
  const fewer: MachineSpeed = { ...machine, types: fewTypes };
  const references = new Map<string, { readonly found: Speed; readonly prediction: SpeedPrediction }>();
  for (const { name, file, reference, repetitions, work } of candidates) {
    const found = await measure(bench, file, repetitions);
    const prediction = predictSpeed(machine, work, QUESTION);
    if (reference === undefined) {
      references.set(name, { found, prediction });
      const off = prediction.tg.value / found.tg - 1;
      console.error(
        `  ${name}: tg ${prediction.tg.value.toFixed(1)} predicted, ${found.tg.toFixed(1)} measured (${percent(off)})`,
      );
      continue;
    }
    const there = references.get(reference);
    if (there === undefined) throw new Error(`no reference for ${name}`);
    const unseen = predictSpeed(fewer, work, QUESTION);
    const add = (to: Map<string, number[]>, predicted: number, measured: number): number => {
      const log = Math.log(predicted / measured);
      to.set(name, [...(to.get(name) ?? []), log]);
      return Math.expm1(log);
    };
    const seen = add(errors.seen, prediction.tg.value, found.tg);
    if (unseen.unseen.length > 0) add(errors.unseen, unseen.tg.value, found.tg);
    const put = anchor(prediction, there.found, there.prediction);
    const anchored = add(errors.anchored, put.tg.value, found.tg);
    const pp = add(errors.pp, prediction.pp.value, found.pp);
    for (const { tg } of [prediction, unseen, put])
      errors.isOutside.push(Math.abs(tg.value - found.tg) > (tg.error ?? 0));
    console.error(
      `  ${name}: tg ${prediction.tg.value.toFixed(1)} predicted, ${found.tg.toFixed(1)} measured (${percent(seen)}, anchored ${percent(anchored)}); pp ${prediction.pp.value.toFixed(0)}, ${found.pp.toFixed(0)} (${percent(pp)})${unseen.unseen.length === 0 ? "" : `; without ${unseen.unseen.join(", ")} tg ${unseen.tg.value.toFixed(1)}`}`,
    );
  }
}

async function measure({ measuring, signal }: SpeedBench, file: string, repetitions: number): Promise<Speed> {
  const { promptTokens, depth } = QUESTION;
  const found = await measuring.measureSpeed(file, { promptTokens, generatedTokens: 24, depth, repetitions, signal });
  // The calibration takes the best of its repetitions, too: what else runs here only slows one down.
  return { tg: Math.max(...found.tg), pp: Math.max(...found.pp) };
}

function percent(share: number): string {
  return `${share >= 0 ? "+" : ""}${(share * 100).toFixed(1)}%`;
}
