import { expect, test } from "vitest";
import type { MachineProbe } from "../../src/engine/measuring";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import { type GgufTensor, readGgufHeader } from "../../src/gguf/core/ggufHeader";
import {
  byteTokenizer,
  generatedMetadata,
  type GeneratedModel,
  generatedTensors,
} from "../../src/gguf/core/generatedPlan";
import { headerBytes } from "../../src/gguf/core/ggufBytes";
import { type ModelShape, modelShape } from "../../src/gguf/core/modelShape";
import {
  ceiling,
  explain,
  predictedParts,
  readingSpeed,
  type RooflineModel,
  rooflineModel,
  type TimePart,
} from "../../src/speed/core/roofline";

const kv = { kvCacheKeyType: "F16", kvCacheValueType: "F16" };
const probe: MachineProbe = {
  ...{ threads: 2, memoryBytesPerSecond: 20e9, batchSeconds: 1e-5, nodeSeconds: 1e-6 },
  bySize: [
    { bytes: 1e6, bytesPerSecond: 200e9 },
    { bytes: 100e6, bytesPerSecond: 60e9 },
    { bytes: 400e6, bytesPerSecond: 20e9 },
  ],
  matrix: [
    { type: "Q4_0", macsPerSecond: 200e9 },
    { type: "F16", macsPerSecond: 50e9 },
  ],
};
const tg = (generatedTokens: number, depth = 0) => ({ promptTokens: 0, generatedTokens, depth });
const pp = (promptTokens: number, depth = 0) => ({ promptTokens, generatedTokens: 0, depth });

function typeNumber(name: string): number {
  return [...ggmlTypes].find(([, type]) => type.name === name)?.[0] ?? -1;
}
interface Contents {
  readonly tensors: readonly GgufTensor[];
  readonly shape: ModelShape;
}
function contents(overrides: Partial<GeneratedModel> = {}, shape: Partial<GeneratedModel["shape"]> = {}): Contents {
  const plan: GeneratedModel = {
    name: "model",
    shape: {
      ...{ layers: 16, width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 4096 },
      ...shape,
    },
    tokenizer: byteTokenizer(32_000),
    typeOf: () => typeNumber("Q4_0"),
    ...overrides,
  };
  const header = readGgufHeader(headerBytes(generatedMetadata(plan), generatedTensors(plan)));
  return { tensors: header.tensors, shape: modelShape([header]) };
}
function rooflineOf({ tensors, shape }: Contents): RooflineModel {
  return rooflineModel(tensors, shape, kv);
}

test("reading is as fast as the cache that holds it all, then as the memory", () => {
  expect(readingSpeed(probe, 1e5)).toBe(200e9);
  expect(readingSpeed(probe, 10e6)).toBeCloseTo(130e9, -6);
  expect(readingSpeed(probe, 100e6)).toBe(60e9);
  expect(readingSpeed(probe, 1e9)).toBe(20e9);
  expect(readingSpeed({ ...probe, bySize: [] }, 10)).toBe(20e9);
});

test("text generation cannot exceed what the memory reads, nor a prompt what the cores multiply", () => {
  const model = rooflineOf(contents());
  const highest = ceiling(probe, model, tg(128));
  expect(highest?.boundBy).toBe("memory");
  const read = model.work.bytes + model.kvBytes * 64;
  expect(highest?.bytes).toBe(read);
  expect(highest?.tokensPerSecond).toBeCloseTo(20e9 / read, 6);
  // 16 layers of 8 heads of 64 keys and 64 values, 2 bytes each.
  expect(model.kvBytes).toBe(16 * 8 * (64 + 64) * 2);
  expect(ceiling(probe, model, tg(128, 4096))?.tokensPerSecond).toBeLessThan(highest?.tokensPerSecond ?? 0);
  const prompt = ceiling(probe, model, pp(512));
  expect(prompt?.boundBy).toBe("matrix");
  const values = Object.values(model.work.pp).reduce((sum, count) => sum + count, 0);
  const seconds = values / 200e9 + (2 * model.work.attention * 256) / 50e9;
  expect(prompt?.tokensPerSecond).toBeCloseTo(1 / seconds, 6);
});

test("layers with a sliding window read no more of the KV cache than that", () => {
  const whole = rooflineOf(contents());
  // Twelve of the sixteen layers look back 1,024 tokens.
  const windowed = { ...whole, window: { tokens: 1024, share: 0.75 } };
  const read = (model: RooflineModel, test: Parameters<typeof ceiling>[2]): number =>
    ((ceiling(probe, model, test)?.bytes ?? 0) - whole.work.bytes) / whole.kvBytes;
  expect(read(whole, tg(128, 4096))).toBeCloseTo(4160, 6);
  expect(read(windowed, tg(128, 4096))).toBeCloseTo(0.25 * 4160 + 0.75 * 1024, 6);
  // Before the window is full there is no difference.
  expect(read(windowed, tg(128, 512))).toBeCloseTo(576, 6);
  // It fills up half-way: 64 tokens look at 960 to 1,024, the others at 1,024.
  expect(read(windowed, tg(128, 960))).toBeCloseTo(0.25 * 1024 + 0.75 * (0.5 * 992 + 0.5 * 1024), 6);
  const prompt = ceiling(probe, windowed, pp(2048));
  expect(prompt?.tokensPerSecond).toBeGreaterThan(ceiling(probe, whole, pp(2048))?.tokensPerSecond ?? Infinity);
  const shape = { ...contents().shape, slidingWindow: 1024, windowedLayers: 12 };
  expect(rooflineModel(contents().tensors, shape, kv).window).toEqual({ tokens: 1024, share: 0.75 });
});

test("without a word on matrices or memory there is no ceiling made up", () => {
  const model = rooflineOf(contents());
  const blind = { ...probe, memoryBytesPerSecond: 0, bySize: [], matrix: [] };
  expect(ceiling(blind, model, tg(128))).toBeUndefined();
  // Memory alone still bounds a prompt, if not by much.
  expect(ceiling({ ...probe, matrix: [] }, model, pp(512))?.boundBy).toBe("memory");
});

const parts: readonly TimePart[] = [
  { part: "weights", seconds: 0.03, known: "timed" },
  { part: "kvCache", seconds: 0.004, known: "timed" },
  { part: "layers", seconds: 0.001, known: "predicted" },
];

test("a measured time is explained by parts that add up by themselves", () => {
  const model = rooflineOf(contents());
  const told = explain({ test: tg(128, 4096), seconds: 128 * 0.04 }, model, { probe, parts });
  expect(told.measuredSeconds).toBeCloseTo(0.04, 9);
  expect(told.sumSeconds).toBeCloseTo(0.035, 9);
  expect(told.explainedShare).toBeCloseTo(0.875, 9);
  expect(told.ofCeiling).toBeCloseTo(25 / (told.ceiling?.tokensPerSecond ?? 0), 9);
  expect(explain({ test: pp(512), seconds: 5 }, model, { probe, parts }).measuredSeconds).toBe(5);
  expect(() =>
    explain({ test: { promptTokens: 1, generatedTokens: 1, depth: 0 }, seconds: 1 }, model, { probe, parts }),
  ).toThrow(RangeError);
});

test("parts that promise more time than there was are as wrong as those that promise less", () => {
  const model = rooflineOf(contents());
  const share = (seconds: number): number => explain({ test: tg(1), seconds }, model, { probe, parts }).explainedShare;
  expect(share(0.035)).toBeCloseTo(1, 9);
  expect(share(0.035 / 0.9)).toBeCloseTo(0.9, 6);
  expect(share(0.035 / 1.1)).toBeCloseTo(0.9, 6);
  expect(share(0.035 / 3)).toBe(0);
});

test("from the probe alone parts are predicted, and layers are not made up", () => {
  const model = rooflineOf(contents());
  const overhead = { sampling: 1e-4, dispatch: 5e-5 };
  const predicted = predictedParts(tg(128), model, { probe, overhead });
  expect(predicted.map(({ part, known }) => [part, known])).toEqual([
    ["weights", "predicted"],
    ["kvCache", "predicted"],
    ["sampling", "timed"],
    ["dispatch", "timed"],
  ]);
  expect(predicted[0]?.seconds).toBeCloseTo(model.work.bytes / 20e9, 9);
  const prompt = predictedParts(pp(512), model, { probe, overhead });
  const highest = ceiling(probe, model, pp(512));
  expect(prompt.reduce((sum, { seconds }) => sum + seconds, 0)).toBeCloseTo(512 / (highest?.tokensPerSecond ?? 0), 6);
});
