import { expect, test } from "vitest";
import type { MemoryEstimate } from "../../src/engine/measuring";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import type { GgufTensor } from "../../src/gguf/core/ggufHeader";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { modelShape } from "../../src/gguf/core/modelShape";
import { isRepacked, mergesOf, residentMemory, vocabularyBytes } from "../../src/picker/core/memory";
import { totalMemory } from "../../src/picker/core/memoryNeed";
import {
  byteTokenizer,
  generatedMetadata,
  type GeneratedModel,
  generatedTensors,
} from "../../src/gguf/core/generatedPlan";
import { headerBytes } from "../../src/gguf/core/ggufBytes";
import { tinyGguf } from "../support/tinyGguf";

const AVX2 = ["AVX2", "REPACK"];
const MIB = 2 ** 20;

function typeNumber(name: string): number {
  return [...ggmlTypes].find(([, type]) => type.name === name)?.[0] ?? -1;
}
function tensor(type: string, rows: number, name = "blk.0.ffn_up.weight"): GgufTensor {
  return { name, dimensions: [256, rows], type: typeNumber(type), offset: 0, bytes: 1000 };
}
function model(type: string, output: boolean): Parameters<typeof residentMemory>[1] {
  const plan: GeneratedModel = {
    name: "model",
    shape: { layers: 2, width: 256, heads: 4, headsKv: 2, feedForward: 1024, context: 512, output },
    tokenizer: byteTokenizer(),
    typeOf: () => typeNumber(type),
  };
  const header = readGgufHeader(headerBytes(generatedMetadata(plan), generatedTensors(plan)));
  return { tensors: header.tensors, shape: modelShape([header]), merges: mergesOf([header]) };
}
const estimate: MemoryEstimate = {
  weightsRamBytes: 100 * MIB,
  weightsVramBytes: 0,
  contextRamBytes: 150 * MIB,
  contextVramBytes: 0,
  kvBytes: 50 * MIB,
  computeBytes: 100 * MIB,
  gpuLayers: 0,
  mapped: false,
  processBytes: 90 * MIB,
  cpuFeatures: AVX2,
};

test("what ggml's CPU backend repacks depends on type, rows and processor", () => {
  expect(isRepacked(tensor("Q4_0", 64), AVX2)).toBe(true);
  expect(isRepacked(tensor("Q4_0", 65), AVX2)).toBe(false);
  expect(isRepacked(tensor("Q4_0", 64), ["AVX2"])).toBe(false);
  expect(isRepacked(tensor("Q4_1", 64), AVX2)).toBe(false);
  expect(isRepacked(tensor("Q2_K", 64), AVX2)).toBe(false);
  expect(isRepacked(tensor("Q2_K", 64), [...AVX2, "AVX512"])).toBe(true);
  expect(isRepacked(tensor("Q8_0", 64), AVX2)).toBe(false);
  expect(isRepacked(tensor("Q8_0", 4), ["NEON", "DOTPROD", "REPACK"])).toBe(true);
  expect(isRepacked(tensor("Q6_K", 64), ["NEON", "MATMUL_INT8", "REPACK"])).toBe(true);
});

test("AMX takes more types, in whole tiles", () => {
  const AMX = [...AVX2, "AVX512_VNNI", "AMX_INT8"];
  expect(isRepacked(tensor("Q4_1", 64), AMX)).toBe(true);
  expect(isRepacked(tensor("Q6_K", 64), AMX)).toBe(true);
  expect(isRepacked(tensor("F16", 64), AMX)).toBe(true);
  expect(isRepacked(tensor("Q5_0", 64), AMX)).toBe(false);
  expect(isRepacked(tensor("F16", 48), AMX)).toBe(false);
  expect(isRepacked(tensor("Q4_1", 64), [...AVX2, "AVX512_VNNI"])).toBe(false);
});

test("an embedding that is the output, too, is there twice where it is repacked", () => {
  const weights = (type: string, output: boolean): number =>
    residentMemory(estimate, model(type, output)).weights.value;
  const plain = weights("Q8_0", false);
  expect(plain).toBe(100 * MIB);
  const embedding = model("Q4_K", false).tensors.find(({ name }) => name === "token_embd.weight")?.bytes ?? 0;
  expect(weights("Q4_K", false) - weights("Q4_K", true)).toBeCloseTo(embedding, -2);
});

test("mapped, the file's pages stay beside what was repacked of them", () => {
  const file = model("Q4_K", true);
  const { value } = residentMemory({ ...estimate, mapped: true }, file).weights;
  const repacked = file.tensors
    .filter(({ name, dimensions }) => dimensions.length > 1 && name !== "token_embd.weight")
    .reduce((sum, { bytes }) => sum + bytes, 0);
  expect(value).toBe(100 * MIB + repacked);
});

test("of the buffers only what is touched counts in RAM, and all of them on a GPU", () => {
  const file = model("Q8_0", false);
  const onCpu = residentMemory(estimate, file);
  expect(onCpu.kvCache.value).toBe(50 * MIB);
  expect(onCpu.compute.value).toBeLessThan(10 * MIB);
  const onGpu = residentMemory({ ...estimate, gpuLayers: 2, contextRamBytes: 0, contextVramBytes: 150 * MIB }, file);
  expect(onGpu.compute.value).toBe(100 * MIB);
  expect(totalMemory(onCpu).value).toBeGreaterThan(240 * MIB);
});

test("a vocabulary costs by its tokens and merges", () => {
  const { shape } = model("Q8_0", false);
  const at = (vocabularySize: number, merges: number): number =>
    vocabularyBytes({ shape: { ...shape, vocabularySize }, merges });
  expect(at(0, 0)).toBe(0);
  expect(at(50_000, 50_000)).toBeGreaterThan(at(50_000, 0));
  expect(at(150_000, 0) / MIB).toBeGreaterThan(50);
  expect(mergesOf([readGgufHeader(tinyGguf())])).toBe(0);
});
