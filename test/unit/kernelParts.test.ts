import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Kernel, MachineProbe, SpeedSession } from "../../src/engine/measuring";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import type { GgufTensor } from "../../src/gguf/core/ggufHeader";
import type { ModelShape } from "../../src/gguf/core/modelShape";
import { matrixGroups, modelWork } from "../../src/gguf/core/modelWork";
import { PaddockError } from "../../src/platform/core/errors";
import { type KernelContext, planKernels, usual } from "../../src/speed/core/kernelParts";
import { measureRoofline, type RooflineNeeds } from "../../src/speed/node/rooflineRun";
import { tinyGguf } from "../support/tinyGguf";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-kernels-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const context: KernelContext = {
  ...{ kvCacheKeyType: "F16", kvCacheValueType: "F16", flashAttention: true, batchSize: 128 },
};
const overhead = { sampling: 1e-4, dispatch: 5e-5 };
const tg = (generatedTokens: number, depth = 0) => ({ promptTokens: 0, generatedTokens, depth });
const pp = (promptTokens: number, depth = 0) => ({ promptTokens, generatedTokens: 0, depth });

const LAYERS = 4;
const shape: ModelShape = {
  ...{ name: undefined, architecture: "llama", layers: LAYERS, embeddingLength: 1024, feedForwardLength: 4096 },
  ...{ heads: 16, headsKv: 4, keyLength: 64, valueLength: 64, trainContextSize: 4096, vocabularySize: 32_000 },
  ...{
    experts: undefined,
    slidingWindow: undefined,
    windowedLayers: 0,
    kvCache: { whole: LAYERS * 4 * (64 + 64), windowed: 0 },
    parameters: 0,
    tensorBytes: 0,
    bitsPerWeight: 0,
    types: [],
  },
  ...{ hasImportanceMatrix: false, fileType: undefined },
};
function tensor(name: string, columns: number, rows: number, type = "Q4_0", ...more: number[]): GgufTensor {
  const number = [...ggmlTypes].find(([, one]) => one.name === type)?.[0] ?? -1;
  const block = ggmlTypes.get(number) ?? { bytes: 1, values: 1 };
  const values = [columns, rows, ...more].reduce((product, size) => product * size, 1);
  return {
    name,
    dimensions: [columns, rows, ...more],
    type: number,
    offset: 0,
    bytes: (values / block.values) * block.bytes,
  };
}
const tensors = [
  tensor("token_embd.weight", 1024, 32_000, "Q6_K"),
  ...Array.from({ length: LAYERS }, (_, layer) => [
    tensor(`blk.${layer}.attn_q.weight`, 1024, 1024),
    tensor(`blk.${layer}.attn_output.weight`, 1024, 1024),
    tensor(`blk.${layer}.attn_k.weight`, 1024, 256),
    tensor(`blk.${layer}.attn_v.weight`, 1024, 256),
    tensor(`blk.${layer}.ffn_gate.weight`, 1024, 4096),
    tensor(`blk.${layer}.ffn_up.weight`, 1024, 4096),
    tensor(`blk.${layer}.ffn_down.weight`, 4096, 1024),
  ]).flat(),
];

/** A machine whose times are known: what beginning, products, attention, steps and taking turns take. */
const beginning = 1e-5;
const turning = 3e-6;
function seconds(kernel: Kernel): number {
  const ofProduct = ({ rows, columns, batch, copies }: Omit<Of<"product">, "kind">): number =>
    rows * columns * batch * copies * 1e-12;
  switch (kernel.kind) {
    case "product":
      return beginning + ofProduct(kernel);
    case "round":
      return beginning + kernel.products.reduce((sum, product) => sum + ofProduct(product), 0);
    case "attention":
      return beginning + kernel.copies * kernel.heads * kernel.headSize * kernel.batch * kernel.depth * 1e-12;
    case "layers":
      return beginning + kernel.copies * 2e-5;
    case "nodes":
      return beginning;
    case "turns":
      return kernel.kernels.reduce((sum, one) => sum + seconds(one) - beginning, beginning + turning);
  }
}
type Of<K extends Kernel["kind"]> = Extract<Kernel, { kind: K }>;
function roundOf(plan: ReturnType<typeof planKernels>): Of<"round">["products"] {
  const [round] = (plan?.kernels ?? []).flatMap((kernel) => (kernel.kind === "round" ? [kernel] : []));
  if (round === undefined) throw new Error("no round");
  return round.products;
}
/** Of three rounds, one of them disturbed. */
const roundsOf = (kernels: readonly Kernel[]): number[][] =>
  kernels.map((kernel) => [seconds(kernel), seconds(kernel), 100 * seconds(kernel)]);

test("matrices of one size and type are one group, used as often as the model does", () => {
  const groups = matrixGroups(tensors, shape);
  expect(
    groups.map(({ type, columns, rows, used, usedByPrompts }) => [type, columns, rows, used, usedByPrompts]),
  ).toEqual([
    ["Q6_K", 1024, 32_000, 1, 0],
    ["Q4_0", 1024, 1024, 2 * LAYERS, 2 * LAYERS],
    ["Q4_0", 1024, 256, 2 * LAYERS, 2 * LAYERS],
    // The last layer's feed-forward is computed for no token of a prompt.
    ["Q4_0", 1024, 4096, 2 * LAYERS, 2 * (LAYERS - 1)],
    ["Q4_0", 4096, 1024, LAYERS, LAYERS - 1],
  ]);
  const bytes = groups.reduce((sum, group) => sum + group.used * group.bytes, 0);
  expect(bytes).toBeCloseTo(modelWork(tensors, shape).bytes, 3);
});

test("experts share a prompt's tokens out, and a token uses some of them", () => {
  const experts = [tensor("blk.0.ffn_up_exps.weight", 1024, 512, "Q4_0", 8)];
  const few = { ...shape, layers: 2, experts: { total: 8, used: 2 } };
  expect(matrixGroups(experts, few)).toMatchObject([{ used: 2, usedByPrompts: 8, promptShare: 0.25 }]);
  const plan = planKernels(pp(512), { tensors: experts, shape: few }, context);
  expect(roundOf(plan)).toEqual([{ type: "Q4_0", columns: 1024, rows: 512, batch: 32, copies: 8 }]);
});

test("a token's parts add up to what a machine of known times takes", () => {
  const plan = planKernels(tg(128, 1000), { tensors, shape }, context);
  if (plan === undefined) throw new Error("no plan");
  const parts = new Map(plan.parts(roundsOf(plan.kernels), overhead).map(({ part, seconds: took }) => [part, took]));
  const values = Object.values(modelWork(tensors, shape).tg).reduce((sum, count) => sum + count, 0);
  // Of types that take the same for each value, but are timed in shares of their bytes.
  expect((parts.get("weights") ?? 0) / (values * 1e-12)).toBeCloseTo(1, 1);
  // From 1001 tokens to 1128, whatever steps the cache is handed out in.
  expect((parts.get("kvCache") ?? 0) / (LAYERS * 1024 * 1064.5 * 1e-12)).toBeCloseTo(1, 3);
  expect(parts.get("layers")).toBeCloseTo(LAYERS * 2e-5, 9);
  // In a round that is a little more than a token.
  expect((parts.get("turns") ?? 0) / turning).toBeCloseTo(1, 1);
  expect(parts.get("threads")).toBeCloseTo(1e-5, 9);
  expect(parts.get("sampling")).toBe(1e-4);
  expect(parts.get("dispatch")).toBe(5e-5);
});

test("layers with a window look no further back than that, the others at everything", () => {
  const windowed = { ...shape, slidingWindow: 300, windowedLayers: 3 };
  const attention = (test: Parameters<typeof planKernels>[0]): number | undefined => {
    const plan = planKernels(test, { tensors, shape: windowed }, context);
    const parts = plan?.parts(roundsOf(plan.kernels), overhead);
    return parts?.find(({ part }) => part === "kvCache")?.seconds;
  };
  expect((attention(tg(128, 1000)) ?? 0) / (1024 * (1064.5 + 3 * 300) * 1e-12)).toBeCloseTo(1, 3);
  // Batches of 128: the window of the first token and the tokens up to the last.
  const far = 128 + 256 + 384 + 512;
  const near = 128 + 256 + 384 + 427;
  expect((attention(pp(512)) ?? 0) / (1024 * 128 * (far + 3 * near) * 1e-12)).toBeCloseTo(1, 2);
  const all = planKernels(tg(8), { tensors, shape: { ...windowed, windowedLayers: LAYERS } }, context);
  expect(all?.kernels.filter(({ kind }) => kind === "attention")).toHaveLength(1);
});

test("attention is timed in the steps that the cache is handed out in; of many steps, in three", () => {
  const attention = (generated: number, depth: number) => {
    const plan = planKernels(tg(generated, depth), { tensors, shape }, context);
    const kernels = (plan?.kernels ?? []).flatMap((kernel) => (kernel.kind === "attention" ? [kernel] : []));
    return { plan, depths: kernels.map((kernel) => kernel.depth) };
  };
  expect(attention(128, 4096).depths).toEqual([4161]);
  expect(attention(128, 4000).depths).toEqual([4049, 4113]);
  const { plan, depths } = attention(2000, 100);
  expect(depths).toEqual([179, 385, 2075]);
  // A machine that takes as long for all of a step as for its end, and half as long in the first.
  const cells = (depth: number): number => (depth <= 256 ? depth / 2 : 256 * Math.ceil(depth / 256));
  const samples = plan?.kernels.map((kernel) =>
    kernel.kind === "attention" ? [1e-5 + kernel.copies * cells(kernel.depth) * 1e-9] : [seconds(kernel)],
  );
  const part = plan?.parts(samples ?? [], overhead).find((one) => one.part === "kvCache");
  const truth = Array.from({ length: 2000 }, (_, token) => cells(101 + token)).reduce((sum, one) => sum + one) / 2000;
  expect((part?.seconds ?? 0) / (LAYERS * truth * 1e-9)).toBeCloseTo(1, 2);
});

test("a prompt's parts are those of its batches", () => {
  const plan = planKernels(pp(512), { tensors, shape }, context);
  if (plan === undefined) throw new Error("no plan");
  for (const kernel of plan.kernels) {
    const alone = kernel.kind === "turns" ? kernel.kernels : [kernel];
    for (const one of alone)
      for (const { batch } of one.kind === "round" ? one.products : [one]) expect(batch).toBe(128);
  }
  const parts = new Map(plan.parts(roundsOf(plan.kernels), overhead).map(({ part, seconds: took }) => [part, took]));
  const values = Object.values(modelWork(tensors, shape).pp).reduce((sum, count) => sum + count, 0);
  expect(parts.get("weights")).toBeCloseTo(512 * values * 1e-12, 9);
  expect(parts.get("kvCache")).toBeCloseTo(LAYERS * 1024 * 128 * (128 + 256 + 384 + 512) * 1e-12, 9);
  expect(parts.get("dispatch")).toBeCloseTo(4 * 5e-5, 9);
  expect(parts.has("sampling")).toBe(false);
});

test("weights are timed as a token reads them; of many only a part, which stands for all", () => {
  const copies = (plan: ReturnType<typeof planKernels>) => roundOf(plan).map((product) => product.copies);
  expect(copies(planKernels(tg(8), { tensors, shape }, context))).toEqual(
    [1, 2, 2, 2, 1].map((count, at) => (at === 0 ? count : count * LAYERS)),
  );
  const layers = 400;
  const large = tensors.flatMap((one) =>
    one.name.startsWith("blk.0.")
      ? Array.from({ length: layers }, (_, layer) => ({ ...one, name: one.name.replace("blk.0.", `blk.${layer}.`) }))
      : one.name.startsWith("blk.")
        ? []
        : [one],
  );
  const plan = planKernels(tg(8), { tensors: large, shape: { ...shape, layers } }, context);
  const bytes = roundOf(plan).reduce(
    (sum, { type, rows, columns, copies: n }) => sum + n * tensor("", columns, rows, type).bytes,
    0,
  );
  expect(bytes).toBeGreaterThan(750e6);
  expect(bytes).toBeLessThan(850e6);
  const less = planKernels(tg(8), { tensors: large, shape: { ...shape, layers } }, context, 200e6);
  expect(roundOf(less)[1]?.copies).toBeLessThan((roundOf(plan)[1]?.copies ?? 0) / 3);
  const work = modelWork(large, { ...shape, layers });
  const parts = plan?.parts(roundsOf(plan.kernels), overhead);
  const values = Object.values(work.tg).reduce((sum, count) => sum + count, 0);
  // The output matrix is there once, whatever the share.
  expect((parts?.find(({ part }) => part === "weights")?.seconds ?? 0) / (values * 1e-12)).toBeCloseTo(1, 1);
});

test("attention of another way is not called timed; what has none is not planned", () => {
  const plan = planKernels(tg(8), { tensors, shape }, { ...context, flashAttention: false });
  const parts = plan?.parts(roundsOf(plan.kernels), overhead);
  expect(parts?.find(({ part }) => part === "kvCache")?.known).toBe("predicted");
  expect(planKernels(tg(8), { tensors, shape: { ...shape, heads: 0 } }, context)).toBeUndefined();
});

const probe: MachineProbe = {
  ...{ threads: 2, memoryBytesPerSecond: 20e9, bySize: [], batchSeconds: 1e-5, nodeSeconds: 2e-6 },
  matrix: [{ type: "F32", macsPerSecond: 50e9 }],
};

function needs(timeKernels: SpeedSession["timeKernels"]): RooflineNeeds {
  const session: SpeedSession = {
    engine: {
      ...{ protocolVersion: 1, pid: 1, bindingVersion: "1", llamaCppVersion: "v1", backend: "cpu" },
      ...{ backendReason: "", devices: [], cpuFeatures: [], threads: 2 },
    },
    model: {
      ...{ modelHash: "", name: null, architecture: "llama", fileType: "F32", parameters: 1, sizeBytes: 1 },
      ...{ layers: 2, gpuLayers: 0, mapped: false, trainContextSize: 4096, vocabularySize: 10, chatTemplate: null },
      infill: { order: "prefix-only" },
      can: { chat: true, fillInMiddle: false, embed: false, tools: false, schema: false },
    },
    context: {
      context: "measuring",
      identity: {
        ...{ modelHash: "", adapters: [], kvCacheKeyType: "F16", kvCacheValueType: "F16" },
        ...{ templateHash: "", llamaCppVersion: "v1" },
      },
      ...{ identityKey: "", contextSize: 641, sequences: 1, batchSize: 512, threads: 2, ramBytes: 0, vramBytes: 0 },
      ...{ needsCheckpoints: false, flashAttention: true },
    },
    measure: ({ repetitions }) =>
      Promise.resolve({ samplesNs: Array.from({ length: repetitions }, () => 1e8), pausedMs: 0 }),
    overhead: () => Promise.resolve(overhead),
    timeKernels,
  };
  return {
    openSession: (_file, _options, work) => work(session),
    probe: () => Promise.resolve(probe),
  };
}

test("a model is explained test by test; where kernels can't be timed, the probe predicts", async () => {
  const file = path.join(folder, "model.gguf");
  await writeFile(file, tinyGguf());
  const fractions: number[] = [];
  const request = {
    ...{ file, tuning: {}, tests: [pp(64), tg(16), tg(16, 256)], rounds: { least: 3, most: 5, seconds: 0.35 } },
    signal: new AbortController().signal,
    onProgress: (fraction: number) => fractions.push(fraction),
  };
  let asked = 0;
  const report = await measureRoofline(
    request,
    needs((kernels) => {
      asked++;
      return Promise.resolve(roundsOf(kernels));
    }),
  );
  expect(report.explanations.map(({ test: { depth } }) => depth)).toEqual([0, 0, 256]);
  expect(report.explanations[1]?.measuredSeconds).toBeCloseTo(0.1 / 16, 9);
  // Of a tenth of a second each: four rounds take what they should.
  expect(asked).toBe(12);
  expect(fractions.at(-1)).toBe(1);
  expect([...fractions].sort((a, b) => a - b)).toEqual(fractions);

  for (const code of ["unsupported", "model/too-large"] as const) {
    const predicted = await measureRoofline(
      request,
      needs(() => Promise.reject(new PaddockError(code, "Not here."))),
    );
    expect(predicted.explanations[1]?.parts[0]).toMatchObject({ part: "weights", known: "predicted" });
  }
  // Where there is no memory for a round of what a large machine's caches could hold, a smaller one is timed.
  let refused = 0;
  const small = await measureRoofline(
    { ...request, tests: [tg(16)] },
    needs((kernels) =>
      refused++ === 0
        ? Promise.reject(new PaddockError("model/too-large", "Not so much."))
        : Promise.resolve(roundsOf(kernels)),
    ),
  );
  expect(small.explanations[0]?.parts[0]).toMatchObject({ part: "weights", known: "timed" });
  expect(refused).toBe(4);
  const broken = new PaddockError("engine/crashed", "It crashed.");
  await expect(
    measureRoofline(
      request,
      needs(() => Promise.reject(broken)),
    ),
  ).rejects.toThrow(broken);
  await expect(
    measureRoofline(
      { ...request, file: path.join(folder, "none.gguf") },
      needs(() => Promise.reject(broken)),
    ),
  ).rejects.toMatchObject({ code: "model/missing" });
});

test("of several rounds the mean counts, without one that was held up", () => {
  expect(usual([])).toBe(0);
  expect(usual([1, 2, 3])).toBe(2);
  expect(usual([1, 1.2, 1.1, 9])).toBeCloseTo(1.1, 9);
});
