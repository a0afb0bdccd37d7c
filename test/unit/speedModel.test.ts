import { expect, test } from "vitest";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import { type GgufTensor, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { type ModelShape, modelShape } from "../../src/gguf/core/modelShape";
import { canGenerate, generateBlocks } from "../../src/gguf/core/generatedBlocks";
import {
  byteTokenizer,
  generatedMetadata,
  type GeneratedModel,
  generatedTensors,
} from "../../src/gguf/core/generatedPlan";
import { headerBytes } from "../../src/gguf/core/ggufBytes";
import { type ModelWork, modelWork } from "../../src/gguf/core/modelWork";
import type { Figure } from "../../src/picker/core/figure";
import { anchor, type MachineSpeed, predictSpeed, type SpeedPrediction } from "../../src/picker/core/speedModel";
import { seededRandom } from "../support/random";

const machine: MachineSpeed = {
  types: {
    Q8_0: { near: 30e-12, far: 60e-12, pp: 12e-12 },
    Q4_K: { near: 20e-12, far: 40e-12, pp: 7e-12 },
    F16: { near: 50e-12, far: undefined, pp: 15e-12 },
  },
  reach: [
    { bytes: 64e6, share: 0 },
    { bytes: 256e6, share: 1 },
  ],
  perToken: 1e-4,
  perLayer: 1e-5,
  perVocabularyEntry: 1e-9,
  attentionTg: 1e-10,
  attentionPp: 1e-11,
  besidePp: 0,
  amx: false,
  noise: 0,
};
const work = (tg: Record<string, number>, bytes: number): ModelWork => ({
  ...{ tg, pp: tg, bytes, layers: 0, vocabulary: 0, attention: 0 },
});
const bare = { ...machine, perToken: 0 };
const question = { depth: 0, promptTokens: 0 };

function typeNumber(name: string): number {
  return [...ggmlTypes].find(([, type]) => type.name === name)?.[0] ?? -1;
}
function generated(overrides: Partial<GeneratedModel> = {}): GeneratedModel {
  return {
    name: "generated",
    shape: { layers: 3, width: 256, heads: 4, headsKv: 2, feedForward: 512, context: 512 },
    tokenizer: byteTokenizer(),
    typeOf: () => typeNumber("Q4_K"),
    ...overrides,
  };
}
function parsed(model: GeneratedModel): { tensors: readonly GgufTensor[]; shape: ModelShape } {
  const header = readGgufHeader(headerBytes(generatedMetadata(model), generatedTensors(model)));
  return { tensors: header.tensors, shape: modelShape([header]) };
}

test("a token costs what its weights do, near and far and on the way between", () => {
  const seconds = (bytes: number): number => 1 / predictSpeed(bare, work({ Q8_0: 1e8 }, bytes), question).tg.value;
  expect(seconds(10e6)).toBeCloseTo(3e-3, 6);
  expect(seconds(1e9)).toBeCloseTo(6e-3, 6);
  expect(seconds(128e6)).toBeCloseTo(4.5e-3, 6);
});

test("layers, vocabulary and depth add up", () => {
  const model = { ...work({ Q8_0: 1e8 }, 10e6), layers: 10, vocabulary: 100_000, attention: 1000 };
  const at = (depth: number): number => 1 / predictSpeed(machine, model, { depth, promptTokens: 0 }).tg.value;
  expect(at(0)).toBeCloseTo(3e-3 + 1e-4 + 1e-4 + 1e-4, 6);
  expect(at(1000) - at(0)).toBeCloseTo(1e-4, 7);
});

test("a type that was not measured is predicted from its kin, with a larger error", () => {
  const known = predictSpeed(bare, work({ Q4_K: 1e8 }, 1e9), question);
  const kin = predictSpeed(bare, work({ Q4_0: 1e8 }, 1e9), question);
  expect(known.unseen).toEqual([]);
  expect(kin.unseen).toEqual(["Q4_0"]);
  expect(kin.tg.value).toBeCloseTo(known.tg.value, 3);
  expect(kin.tg.error ?? 0).toBeGreaterThan(known.tg.error ?? 0);
  // A kernel like Q4_K's, with fewer bytes to wait for.
  const smaller = predictSpeed(bare, work({ Q2_K: 1e8 }, 1e9), question);
  expect(smaller.tg.value).toBeGreaterThan(known.tg.value);
  // Nothing at all is known of its like: by bytes from all that was measured.
  const stranger = predictSpeed(bare, work({ I8: 1e8 }, 1e9), question);
  expect(stranger.tg.value).toBeGreaterThan(0);
  expect((stranger.tg.error ?? 0) / stranger.tg.value).toBeGreaterThan((kin.tg.error ?? 0) / kin.tg.value);
});

test("what was not measured far gets what others pay for a byte from memory, and never less than near", () => {
  const { tg } = predictSpeed(bare, work({ F16: 1e8 }, 1e9), question);
  expect(1 / tg.value).toBeGreaterThan(5e-3);
  expect(1 / tg.value).toBeLessThan(15e-3);
});

test("where the machine was busy all figures are less certain by that, and those put right too", () => {
  const calm = predictSpeed(machine, work({ Q8_0: 1e8 }, 1e9), question);
  const busy = predictSpeed({ ...machine, noise: 0.3 }, work({ Q8_0: 1e8 }, 1e9), question);
  expect(busy.tg.value).toBe(calm.tg.value);
  const shareOf = ({ value, error }: Figure): number => (error ?? 0) / value;
  for (const of of ["tg", "pp"] as const) expect(shareOf(busy[of])).toBeCloseTo(Math.hypot(shareOf(calm[of]), 0.3), 9);
  const put = (from: SpeedPrediction): number => shareOf(anchor(from, { tg: 50 }, calm).tg);
  expect(put(busy)).toBeCloseTo(Math.hypot(put(calm), 0.3), 9);
});

test("one real measurement puts the others right", () => {
  const there = predictSpeed(machine, work({ Q8_0: 1e8 }, 1e9), question);
  const here = predictSpeed(machine, work({ Q4_K: 1e8 }, 1e9), question);
  const put = anchor(here, { tg: there.tg.value / 2, pp: there.pp.value * 2 }, there);
  expect(put.tg.value / here.tg.value).toBeGreaterThan(0.5);
  expect(put.tg.value / here.tg.value).toBeLessThan(0.5 * 1.05);
  expect(put.pp.value / here.pp.value).toBeLessThan(2);
  expect(put.pp.value / here.pp.value).toBeGreaterThan(2 / 1.05);
  // What one type is wrong by says nothing of another.
  const near = anchor(here, { tg: there.tg.value * 1.03, pp: there.pp.value * 0.97 }, there);
  expect(near.tg.value).toBeCloseTo(here.tg.value, 9);
  expect(near.pp.value).toBeCloseTo(here.pp.value, 9);
  expect(anchor(here, {}, there).tg).toEqual(here.tg);
});

test("a calibration of nothing predicts nothing", () => {
  expect(() => predictSpeed({ ...machine, types: {} }, work({ Q8_0: 1 }, 1), question)).toThrow(RangeError);
});

test("of a model's tensors, what is read for a token and what is computed for a prompt's", () => {
  const model = parsed(generated());
  const done = modelWork(model.tensors, model.shape);
  const perLayer = 256 * 256 * 3 + 3 * 256 * 512;
  const { vocabulary } = byteTokenizer();
  // The embedding is the output matrix, too.
  expect(done.tg).toEqual({ Q4_K: 3 * perLayer + 256 * vocabulary });
  // Behind the last attention only the last token goes on.
  expect(done.pp).toEqual({ Q4_K: 3 * perLayer - 3 * 256 * 512 });
  expect(done.bytes).toBe(((3 * perLayer + 256 * vocabulary) / 256) * 144);
  const own = parsed(generated({ shape: { ...generated().shape, output: true } }));
  expect(modelWork(own.tensors, own.shape).tg).toEqual(done.tg);
});

test("of experts only those that are asked", () => {
  const { shape } = parsed(generated());
  const expert: GgufTensor = {
    ...{
      name: "blk.0.ffn_up_exps.weight",
      dimensions: [256, 512, 8],
      type: typeNumber("Q4_K"),
      offset: 0,
      bytes: (256 * 512 * 8 * 144) / 256,
    },
  };
  const { tg, bytes } = modelWork([expert], { ...shape, experts: { total: 8, used: 2 } });
  expect(tg).toEqual({ Q4_K: 256 * 512 * 2 });
  expect(bytes).toBe((256 * 512 * 2 * 144) / 256);
});

test("generated headers pass the strict reader, of every type that can be generated", () => {
  for (const [number, { name, values, bytes }] of ggmlTypes) {
    if (!canGenerate(number)) continue;
    const model = generated({ typeOf: () => number });
    const header = readGgufHeader(headerBytes(generatedMetadata(model), generatedTensors(model)));
    expect(header.tensors.find((tensor) => tensor.name === "blk.2.ffn_down.weight")?.bytes, name).toBe(
      ((256 * 512) / values) * bytes,
    );
    expect(generateBlocks(number, 3, seededRandom(1)), name).toHaveLength(3 * bytes);
  }
  expect(
    [..."F16 BF16 Q4_0 Q8_0 Q4_K Q6_K IQ4_XS IQ3_S IQ1_M MXFP4".split(" ")].every((name) =>
      canGenerate(typeNumber(name)),
    ),
  ).toBe(true);
  expect(canGenerate(typeNumber("I32"))).toBe(false);
  expect(() => generateBlocks(typeNumber("I32"), 1, seededRandom(1))).toThrow(RangeError);
});

test("a width that is not whole blocks is refused", () => {
  expect(() => generatedTensors(generated({ shape: { ...generated().shape, width: 320 } }))).toThrow(RangeError);
});

test("where AMX multiplies, a type that it does not is no kin of those it does", () => {
  const types = {
    Q8_0: { near: 30e-12, far: undefined, pp: 6e-12 },
    F16: { near: 60e-12, far: undefined, pp: 20e-12 },
    IQ2_XXS: { near: 100e-12, far: undefined, pp: 17e-12 },
  };
  const prompt = (amx: boolean): number =>
    predictSpeed({ ...bare, types, reach: [], amx }, work({ Q5_0: 1e8 }, 1e6), question).pp.value;
  const token = (amx: boolean): number =>
    predictSpeed({ ...bare, types, reach: [], amx }, work({ Q5_0: 1e8 }, 1e6), question).tg.value;
  expect(prompt(false)).toBeCloseTo(1 / (1e8 * 6e-12), 6);
  expect(prompt(true)).toBeCloseTo(1 / (1e8 * 1.25 * 20e-12), 6);
  expect(token(false) / token(true)).toBeCloseTo(60 / 30, 6);
});

test("where AMX multiplies, what memory adds to a type is as with others than those whose kernels take as long", () => {
  const types = {
    F16: { near: 40e-12, far: 40e-12, pp: 20e-12 },
    Q4_0: { near: 10e-12, far: 19e-12, pp: 5e-12 },
    Q4_K: { near: 15e-12, far: 33e-12, pp: 5e-12 },
  };
  const predicted = (amx: boolean): number =>
    predictSpeed({ ...bare, types, reach: [{ bytes: 1e6, share: 1 }], amx }, work({ BF16: 1e8 }, 1e9), question).tg
      .value;
  expect(1 / predicted(false)).toBeCloseTo(1e8 * 40e-12, 9);
  // Both have 4.5 bits a value, and the mean of 9, 9 and 18 is 12 for them.
  expect(1 / predicted(true)).toBeCloseTo(1e8 * (40 + (12 * 16) / 4.5) * 1e-12, 9);
});
