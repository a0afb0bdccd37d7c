import { mkdtemp, readdir, rm, stat } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Kernel, Measuring, SpeedOptions, SpeedResult } from "../../src/engine/measuring";
import { typeNamed } from "../../src/gguf/core/ggmlTypes";
import { modelShape } from "../../src/gguf/core/modelShape";
import { type ModelWork, modelWork } from "../../src/gguf/core/modelWork";
import { openModel } from "../../src/gguf/node/modelFiles";
import { PaddockError } from "../../src/platform/core/errors";
import { type MachineSpeed, predictSpeed } from "../../src/picker/core/speedModel";
import { calibrate } from "../../src/picker/node/calibration";

const signal = new AbortController().signal;
/** What a machine is made of here: calibrating it must find just this. */
const ofCaches: MachineSpeed = {
  types: Object.fromEntries(
    ["Q8_0", "Q4_0", "Q4_K", "Q6_K", "Q5_K", "F16", "Q3_K", "IQ4_NL", "IQ3_S"].map((name, index) => [
      name,
      { near: (20 + 5 * index) * 1e-12, far: (40 + 7 * index) * 1e-12, pp: (8 + index) * 1e-12 },
    ]),
  ),
  reach: [
    { bytes: 64e6, share: 0 },
    { bytes: 110e6, share: 0.4 },
    { bytes: 175e6, share: 1 },
  ],
  ...{
    perToken: 2e-4,
    perLayer: 1e-5,
    perVocabularyEntry: 2e-9,
    attentionTg: 2e-10,
    attentionPp: 5e-11,
    besidePp: 4e-9,
    amx: false,
    noise: 0,
  },
};
type Product = Extract<Kernel, { kind: "product" }>;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-calibration-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function workOf(file: string): Promise<ModelWork> {
  const headers = (await openModel(file, signal)).files.map(({ header }) => header);
  return modelWork(
    headers.flatMap(({ tensors }) => tensors),
    modelShape(headers),
  );
}

/** @param slow by how much each repetition is held up. @param held by how much a product of one token is. */
function machine(
  slow: () => number = () => 1,
  truth: MachineSpeed = ofCaches,
  held: (product: Product) => number = () => 1,
): Pick<Measuring, "measureSpeeds" | "timeKernels"> & { asked: string[] } {
  const asked: string[] = [];
  const measureSpeed = async (file: string, options: SpeedOptions): Promise<SpeedResult> => {
    const { promptTokens, generatedTokens, depth, repetitions } = options;
    const work = await workOf(file);
    const tg = predictSpeed(truth, work, { depth: depth + generatedTokens / 2, promptTokens }).tg.value;
    const pp = predictSpeed(truth, work, { depth, promptTokens }).pp.value;
    const times = <T>(make: () => T): T[] => Array.from({ length: repetitions }, make);
    return {
      tg: times(() => tg / slow()),
      pp: promptTokens === 0 ? [] : times(() => pp / slow()),
      ...{ promptTokens, generatedTokens, depth },
    };
  };
  const timeProduct = (product: Product): number[] => {
    const { type, rows, columns, batch, copies } = product;
    asked.push(type);
    const known = truth.types[type];
    if (known === undefined) throw new PaddockError("unsupported", `no ${type} here`);
    const values = rows * columns * copies;
    if (batch > 1) return [values * batch * known.pp];
    const { bytes, values: block } = typeNamed(type);
    const work = { tg: { [type]: values }, pp: {}, bytes: (values * bytes) / block };
    const bare = { ...truth, perToken: 0, perLayer: 0, perVocabularyEntry: 0 };
    const question = { depth: 0, promptTokens: 0 };
    return [held(product) / predictSpeed(bare, { ...work, layers: 0, vocabulary: 0, attention: 0 }, question).tg.value];
  };
  return {
    asked,
    measureSpeeds: (work) => work(measureSpeed),
    timeKernels: (kernels) =>
      new Promise((resolve) => resolve(kernels.map((kernel) => timeProduct(kernel as Product)))),
  };
}

function expectTruth(found: MachineSpeed, within: number, truth = ofCaches): void {
  const near = (value: number | undefined, wanted: number | undefined, by = within): void => {
    expect((value ?? 0) / (wanted ?? 1)).toBeGreaterThan(1 - by);
    expect((value ?? 0) / (wanted ?? 1)).toBeLessThan(1 + by);
  };
  for (const [name, { near: one, pp, far }] of Object.entries(truth.types)) {
    near(found.types[name]?.near, one);
    near(found.types[name]?.pp, pp);
    if (found.types[name]?.far !== undefined) near(found.types[name].far, far);
  }
  for (const name of ["perToken", "perLayer", "perVocabularyEntry", "attentionTg", "attentionPp", "besidePp"] as const)
    // The models that tell have a little attention of their own.
    near(found[name], truth[name], 0.1);
}

test("a calibration finds what the machine is made of, and leaves nothing behind", async () => {
  const heard: number[] = [];
  const measuring = machine();
  const found = await calibrate({
    measuring,
    folder,
    signal,
    cpuFeatures: [],
    onProgress: (fraction) => heard.push(fraction),
  });
  expectTruth(found, 0.03);
  expect(found.types.Q4_K?.far).toBeDefined();
  expect(found.types.IQ3_S?.far).toBeDefined();
  // What the backend cannot multiply is left out; what it can is not, though they were asked for together.
  expect(Object.keys(found.types).sort()).toEqual(Object.keys(ofCaches.types).sort());
  expect(measuring.asked).toContain("NVFP4");
  // What lies between is where models of those sizes are.
  expect(found.reach[0]).toEqual({ bytes: 64e6, share: 0 });
  expect(found.reach.at(-1)).toEqual({ bytes: 175e6, share: 1 });
  const ofTruth = (bytes: number): number =>
    bytes < 110e6
      ? (0.4 * Math.log(bytes / 64e6)) / Math.log(110 / 64)
      : 0.4 + (0.6 * Math.log(bytes / 110e6)) / Math.log(175 / 110);
  for (const { bytes, share } of found.reach.slice(1, -1)) expect(share).toBeCloseTo(ofTruth(bytes), 1);
  expect(heard).toEqual([...heard].sort((a, b) => a - b));
  expect(heard.at(-1)).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test("a program that runs beside it costs repetitions, not truth", async () => {
  let made = 0;
  // Ten times as slow for a while, again and again.
  const found = await calibrate({
    measuring: machine(() => (++made % 24 < 8 ? 10 : 1)),
    folder,
    signal,
    cpuFeatures: [],
  });
  expectTruth(found, 0.03);
});

test("a machine that is busy while it is calibrated is told to be so, by how much", async () => {
  let products = 0;
  // Of each product every other visit takes a quarter longer.
  const seen = new Map<string, number>();
  const held = (product: Product): number => {
    products++;
    const key = `${product.type} ${product.rows}`;
    seen.set(key, (seen.get(key) ?? 0) + 1);
    return (seen.get(key) ?? 0) % 2 === 1 ? 1.25 : 1;
  };
  const types = { ...ofCaches.types, IQ2_XXS: { near: 70e-12, far: 80e-12, pp: 17e-12 } };
  const options = { folder, signal, cpuFeatures: [] };
  const found = await calibrate({ ...options, measuring: machine(undefined, { ...ofCaches, types }, held) });
  expect(products).toBeGreaterThan(0);
  expect(found.noise).toBeCloseTo(0.25, 2);
});

test("products that were held up are timed again, however late it is, and caches are no slower than memory", async () => {
  let asked = 0;
  const once = ({ type }: Product): number => (type === "F16" && asked++ === 0 ? 10 : 1);
  const options = { folder, signal, cpuFeatures: [], budgetMs: 0 };
  const found = await calibrate({ ...options, measuring: machine(undefined, undefined, once) });
  expect(asked).toBeGreaterThan(1);
  expect((found.types.F16?.near ?? 0) / (ofCaches.types.F16?.near ?? 1)).toBeCloseTo(1, 1);
  // One that is held up whenever it fits the caches.
  const near = ({ type, rows, columns, copies }: Product): number => {
    const { bytes, values } = typeNamed(type);
    return type === "F16" && (rows * columns * copies * bytes) / values < 100e6 ? 10 : 1;
  };
  const clamped = await calibrate({ ...options, measuring: machine(undefined, undefined, near) });
  expect(clamped.types.F16?.far).toBeDefined();
  expect(clamped.types.F16?.near).toBe(clamped.types.F16?.far);
});

test("what two visits differ about is visited again, and nothing else", async () => {
  const types = { ...ofCaches.types, IQ2_XXS: { near: 70e-12, far: 80e-12, pp: 17e-12 } };
  const truth: MachineSpeed = { ...ofCaches, types };
  let visits = 0;
  const held = ({ type, rows }: Product): number =>
    type === "F16" && rows === 4096 && visits++ < 2 ? 3 - visits / 2 : 1;
  const measuring = machine(undefined, truth, held);
  const found = await calibrate({ measuring, folder, signal, cpuFeatures: [] });
  // The third is the first that was not held up, and the fourth says that it is so.
  expect(visits).toBe(4);
  expect((found.types.F16?.near ?? 0) / (ofCaches.types.F16?.near ?? 1)).toBeCloseTo(1, 1);
  // One of eight that was held up says nothing of the machine.
  expect(found.noise).toBeLessThan(0.01);
  const other = machine(undefined, truth);
  await calibrate({ measuring: other, folder, signal, cpuFeatures: [] });
  const times = (asked: readonly string[], type: string): number => asked.filter((name) => name === type).length;
  // A visit is of two kernels.
  expect(times(measuring.asked, "F16")).toBe(times(other.asked, "F16") + 4);
  expect(times(measuring.asked, "Q8_0")).toBe(times(other.asked, "Q8_0"));
});

test("where AMX multiplies, what of a model a cache keeps is told by a type that memory makes much slower", async () => {
  const types = { ...ofCaches.types, Q8_0: { near: 20e-12, far: 20e-12, pp: 8e-12 } };
  const truth: MachineSpeed = { ...ofCaches, types, amx: true };
  const options = { measuring: machine(undefined, truth), folder, signal };
  const found = await calibrate({ ...options, cpuFeatures: ["AMX_INT8", "AVX512_VNNI"] });
  expect(found.amx).toBe(true);
  const shares = found.reach.map(({ share }) => share);
  expect(shares.length).toBeGreaterThan(4);
  expect(shares[1]).toBeCloseTo((0.4 * Math.log(96 / 64)) / Math.log(110 / 64), 1);
});

test("where time is short only what is needed is measured, and what cannot be timed is known by one type", async () => {
  const few = await calibrate({ measuring: machine(), folder, signal, cpuFeatures: [], budgetMs: 0 });
  expect(Object.keys(few.types).sort()).toEqual(["F16", "IQ3_S", "Q4_0", "Q4_K", "Q5_K", "Q6_K", "Q8_0"]);
  const timeKernels = (): Promise<never> => Promise.reject(new PaddockError("unsupported", "none here"));
  const one = await calibrate({ measuring: { ...machine(), timeKernels }, folder, signal, cpuFeatures: [] });
  expect(Object.keys(one.types)).toEqual(["Q8_0"]);
  expect(one.reach).toEqual([]);
  expect(one.perLayer / ofCaches.perLayer).toBeGreaterThan(0.9);
  expect(one.perLayer / ofCaches.perLayer).toBeLessThan(1.1);
});

test("a machine whose memory is as fast as its caches has no way between them", async () => {
  const types = Object.entries(ofCaches.types).map(([name, { near, pp }]) => [name, { near, far: near, pp }] as const);
  const flat: MachineSpeed = { ...ofCaches, types: Object.fromEntries(types) };
  const found = await calibrate({ measuring: machine(undefined, flat), folder, signal, cpuFeatures: [] });
  expectTruth(found, 0.03, flat);
  expect(found.reach).toEqual([]);
});

test("a calibration that fails or is cancelled leaves nothing behind either", async () => {
  const gone = (): Promise<never> => Promise.reject(new PaddockError("engine/crashed", "gone"));
  const failing = calibrate({
    measuring: { ...machine(), measureSpeeds: (work) => work(gone) },
    folder,
    signal,
    cpuFeatures: [],
  });
  await expect(failing).rejects.toMatchObject({ code: "engine/crashed" });
  const abort = new AbortController();
  abort.abort();
  await expect(calibrate({ measuring: machine(), folder, signal: abort.signal, cpuFeatures: [] })).rejects.toThrow();
  expect(await readdir(folder)).toEqual([]);
  expect((await stat(folder)).isDirectory()).toBe(true);
});
