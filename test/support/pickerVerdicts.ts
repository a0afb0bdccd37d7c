import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import type { ModelShape } from "../../src/gguf/core/modelShape";
import { type Candidate, weightMix } from "../../src/picker/core/candidate";
import { figure } from "../../src/picker/core/figure";
import type { Verdict } from "../../src/picker/core/verdict";

export const GIB = 1024 ** 3;

export function typeNumber(name: string): number {
  for (const [number, type] of ggmlTypes) if (type.name === name) return number;
  throw new Error(`There is no type ${name}.`);
}

/** A model of 8 billion parameters with all its matrices of one type but those that `other` names. */
export function candidate(name: string, type: string, other: Readonly<Record<string, string>> = {}): Candidate {
  const width = 4096;
  const vocabulary = 128_256;
  const layers = 32;
  const sizes: Record<string, [number, number]> = {
    attn_q: [width, width],
    attn_k: [width, 1024],
    attn_v: [width, 1024],
    attn_output: [width, width],
    ffn_gate: [width, 14_336],
    ffn_up: [width, 14_336],
    ffn_down: [14_336, width],
  };
  const tensors = Array.from({ length: layers }, (_, layer) =>
    Object.entries(sizes).map(([role, dimensions]) => ({
      name: `blk.${layer}.${role}.weight`,
      dimensions,
      type: typeNumber(other[role] ?? type),
    })),
  ).flat();
  for (const role of ["token_embd", "output"])
    tensors.push({ name: `${role}.weight`, dimensions: [width, vocabulary], type: typeNumber(other[role] ?? type) });
  const whole = tensors.map((tensor) => {
    const values = tensor.dimensions.reduce((product, size) => product * size, 1);
    const block = ggmlTypes.get(tensor.type);
    if (block === undefined) throw new Error("There is a block.");
    return { ...tensor, offset: 0, bytes: (values / block.values) * block.bytes, values };
  });
  const parameters = whole.reduce((sum, { values }) => sum + values, 0);
  const tensorBytes = whole.reduce((sum, { bytes }) => sum + bytes, 0);
  const shape: ModelShape = {
    name: "Eight",
    architecture: "llama",
    layers,
    embeddingLength: width,
    feedForwardLength: 14_336,
    heads: 32,
    headsKv: 8,
    keyLength: 128,
    valueLength: 128,
    trainContextSize: 8192,
    vocabularySize: vocabulary,
    experts: undefined,
    slidingWindow: undefined,
    windowedLayers: 0,
    kvCache: { whole: 32 * 8 * (128 + 128), windowed: 0 },
    parameters,
    tensorBytes,
    bitsPerWeight: (tensorBytes * 8) / parameters,
    types: [],
    hasImportanceMatrix: false,
    fileType: undefined,
  };
  return {
    id: name,
    name,
    origin: { kind: "file", path: `/models/${name}` },
    sizeBytes: tensorBytes,
    contents: { shape, tensors: whole, mix: weightMix(whole) },
    problem: undefined,
  };
}

/** A verdict with figures as a test wants them; memory in bytes, quality as KL divergence in nats. */
export function verdict(
  name: string,
  figures: {
    readonly memory?: number;
    readonly kld?: number;
    readonly kldError?: number;
    readonly tg?: number;
    readonly tgError?: number;
    readonly context?: number;
    readonly place?: "cpu" | "none";
  },
): Verdict {
  const { memory, kld, kldError, tg, tgError = 0.5, context = 8192, place = "cpu" } = figures;
  const part = figure(0, "estimated", 0);
  return {
    candidate: { ...candidate(name, "Q4_K"), id: name, name },
    bitsPerWeight: 4,
    memory:
      memory === undefined
        ? undefined
        : { weights: figure(memory, "estimated", 0), kvCache: part, compute: part, vocabulary: part },
    totalMemory: memory === undefined ? undefined : figure(memory, "estimated", 0),
    fit: memory === undefined ? undefined : { place, gpuLayers: 0, largestContext: context },
    speed:
      tg === undefined
        ? undefined
        : { pp: figure(10 * tg, "calibrated", 10 * tgError), tg: figure(tg, "calibrated", tgError) },
    ttft: undefined,
    quality:
      kld === undefined
        ? undefined
        : {
            kld: figure(kld, kldError === undefined ? "estimated" : "measured", kldError ?? 2 * kld),
            sameTop: figure(0.9, "estimated", 0.05),
          },
  };
}
