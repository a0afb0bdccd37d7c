import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { modelShape } from "../../src/gguf/core/modelShape";
import { preflight } from "../../src/models/node/ggufPreflight";
import { headerBytes } from "../../src/gguf/core/ggufBytes";
import {
  byteTokenizer,
  generatedMetadata,
  type GeneratedModel,
  generatedTensors,
} from "../../src/gguf/core/generatedPlan";
import { memoryFormula } from "../../src/picker/core/memoryNeed";
import { PaddockError } from "../../src/platform/core/errors";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let tiny: string;
let other: string;
let engine: EmbeddedEngine;
let measuring: ProcessMeasuring;
let text: string;

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-measuring-"));
  tiny = path.join(folder, "tiny.gguf");
  other = path.join(folder, "other.gguf");
  await writeFile(tiny, tinyGguf({ contextSize: 2048 }));
  await writeFile(other, tinyGguf({ contextSize: 2048, seed: 2 }));
  text = (await readFile("src/engine/client/supervisor.ts", "utf8")).slice(0, 4000);
  ({ engine } = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 2048 }));
  measuring = engine.measuring({
    check: (file, signal, purpose) => preflight(file, signal, purpose === "load" ? undefined : Infinity),
    folder: path.join(folder, "scratch"),
  });
});
afterAll(async () => {
  await engine.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

async function rejected(work: Promise<unknown>): Promise<PaddockError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PaddockError) return error;
    throw error;
  }
  throw new Error("It was not rejected.");
}

test("what is estimated for a context is what the product's own context takes", async () => {
  const id = "starter" as Parameters<typeof engine.load>[0];
  const loaded = await engine.load(id, forever);
  const estimate = await measuring.estimateMemory(starterPath, { contextSize: 2048, gpuLayers: null, signal: forever });
  expect(estimate.contextRamBytes / loaded.context.ramBytes).toBeCloseTo(1, 3);
  expect(estimate.contextVramBytes).toBe(0);
  // 30 layers of 3 heads of 64, keys and values of 16 bits, 2 sequences of 2,048 tokens.
  expect(estimate.kvBytes).toBe(30 * 3 * 64 * 2 * 2 * 2 * 2048);
  expect(estimate.weightsRamBytes).toBeGreaterThan(90e6);
  expect(estimate.mapped).toBe(false);
  await engine.unload(id);
  await vi.waitFor(async () => expect(await engineProcesses()).toBe(0), { timeout: 10_000, interval: 200 });
});

test("what is too large for this machine is estimated all the same, and not loaded", async () => {
  const [width, feedForward] = [1024, 1 << 21];
  // Of 32-bit values, a few layers are more than any machine that runs this has.
  const layers = Math.ceil((2 * os.totalmem()) / (3 * 4 * width * feedForward));
  const model: GeneratedModel = {
    name: "huge",
    shape: { layers, width, heads: 16, headsKv: 4, feedForward, context: 4096 },
    tokenizer: byteTokenizer(),
    typeOf: () => 0,
  };
  const header = headerBytes(generatedMetadata(model), generatedTensors(model));
  const file = path.join(folder, "huge.gguf");
  await writeFile(file, header);
  await truncate(file, readGgufHeader(header).expectedSize);
  const estimate = await measuring.estimateMemory(file, { contextSize: 4096, gpuLayers: null, signal: forever });
  expect(estimate.weightsRamBytes).toBeGreaterThan(os.totalmem());
  expect(estimate.kvBytes).toBe(layers * 4 * 64 * 2 * 2 * 4096);
  const speed = { promptTokens: 8, generatedTokens: 1, depth: 0, repetitions: 1, signal: forever };
  expect((await rejected(measuring.measureSpeed(file, speed))).code).toBe("model/too-large");
  await rm(file);
});

test("layers with a sliding window keep as many tokens as the formula says", async () => {
  const contextSize = 4096;
  const file = path.join(folder, "windowed.gguf");
  await writeFile(file, tinyGguf({ contextSize, layers: 4, slidingWindow: 512 }));
  const header = await preflight(file, forever);
  const contents = { shape: modelShape([header]), tensors: header.tensors };
  expect(contents.shape).toMatchObject({ slidingWindow: 512, windowedLayers: 3 });
  const contextBytes = async (type: "F16" | "Q8_0"): Promise<number> => {
    const tuning = { flashAttention: true, kvCacheKeyType: type, kvCacheValueType: type };
    const own = embeddedEngine(bundle.enginePath, { windowed: file }, { contextSize }, undefined, undefined, tuning);
    try {
      return (await own.engine.load(own.id("windowed"), forever)).context.ramBytes;
    } finally {
      await own.engine.close();
    }
  };
  // 32 values take 64 bytes in F16 and 34 in Q8_0, in the KV cache and nowhere else.
  const saved = (await contextBytes("F16")) - (await contextBytes("Q8_0"));
  const { value } = memoryFormula.need(contents, contextSize).kvCache;
  expect(saved / ((1 - 34 / 64) * value)).toBeCloseTo(1, 3);
  // Keys and values of 64, two conversations; a window and a batch are five times 256 cells.
  expect(value).toBe(2 * 2 * 128 * (contextSize + 3 * 1280));
  const estimate = await measuring.estimateMemory(file, { contextSize, gpuLayers: null, signal: forever });
  expect(estimate.contextRamBytes / (await contextBytes("F16"))).toBeCloseTo(1, 3);
});

test("an engine on the CPU has no GPU's memory to tell of", async () => {
  expect(await measuring.gpuMemory(forever)).toEqual({ totalBytes: 0, freeBytes: 0, unifiedBytes: 0, devices: [] });
});

test("speed is measured, and its process is gone afterwards", async () => {
  // The process that estimates share ends three seconds after the last of them.
  await vi.waitFor(async () => expect(await engineProcesses()).toBe(0), { timeout: 10_000, interval: 200 });
  const fractions: number[] = [];
  const result = await measuring.measureSpeed(tiny, {
    promptTokens: 64,
    generatedTokens: 16,
    depth: 32,
    repetitions: 3,
    signal: forever,
    onProgress: (fraction) => fractions.push(fraction),
  });
  expect(result.pp).toHaveLength(3);
  expect(result.tg).toHaveLength(3);
  for (const rate of [...result.pp, ...result.tg]) expect(rate).toBeGreaterThan(1);
  expect(result.depth).toBe(32);
  expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  expect(fractions.at(-1)).toBe(1);
  expect(await engineProcesses()).toBe(0);
});

test("a model diverges from itself by nothing, and from another by something", async () => {
  const self = await measuring.divergence(
    { reference: tiny, candidate: tiny, text, positions: 256 },
    { signal: forever },
  );
  expect(self.positions).toBe(255);
  expect(Math.abs(self.meanKld)).toBeLessThan(1e-5);
  expect(self.sameTop).toBe(1);
  expect(self.sameTopError).toBeGreaterThan(0);
  expect(self.perplexity).toBeCloseTo(self.referencePerplexity, 3);
  const different = await measuring.divergence(
    { reference: tiny, candidate: other, text, positions: 512 },
    { signal: forever },
  );
  expect(different.positions).toBe(510);
  expect(different.meanKld).toBeGreaterThan(0.1);
  expect(different.meanKldError).toBeGreaterThan(0);
  expect(different.sameTop).toBeLessThan(0.9);
  expect(await readdir(path.join(folder, "scratch"))).toEqual([]);
});

test("models of different vocabularies are not compared", async () => {
  const long = `${text}\n`.repeat(3);
  const error = await rejected(
    measuring.divergence({ reference: tiny, candidate: starterPath, text: long, positions: 256 }, { signal: forever }),
  );
  expect(error.code).toBe("unsupported");
  expect(error.message).toContain("vocabulary");
  expect(await readdir(path.join(folder, "scratch"))).toEqual([]);
});

test("a text that is too short is refused with what is needed", async () => {
  const error = await rejected(
    measuring.divergence({ reference: tiny, candidate: tiny, text: "short", positions: 256 }, { signal: forever }),
  );
  expect(error.code).toBe("unsupported");
  expect(error.message).toContain("512");
});

test("several models are measured in one process, and a cancel ends it", async () => {
  const options = { promptTokens: 16, generatedTokens: 8, depth: 0, repetitions: 2 };
  const found = await measuring.measureSpeeds(async (measureSpeed) => {
    const first = await measureSpeed(tiny, { ...options, signal: forever });
    expect(await engineProcesses()).toBe(1);
    const second = await measureSpeed(starterPath, { ...options, signal: forever });
    expect(await engineProcesses()).toBe(1);
    return [first, second];
  });
  for (const { pp, tg } of found) for (const rate of [...pp, ...tg]) expect(rate).toBeGreaterThan(1);
  expect(await engineProcesses()).toBe(0);

  const abort = new AbortController();
  const cancelledSeries = measuring.measureSpeeds(async (measureSpeed) => {
    await measureSpeed(tiny, { ...options, signal: abort.signal });
    abort.abort();
    await measureSpeed(starterPath, { ...options, signal: abort.signal });
  });
  expect((await rejected(cancelledSeries)).code).toBe("cancelled");
  expect(await engineProcesses()).toBe(0);
});

test("cancelled at once, in the middle, and nothing is left", async () => {
  const early = new AbortController();
  early.abort();
  const options = { promptTokens: 512, generatedTokens: 128, depth: 0, repetitions: 50 };
  expect((await rejected(measuring.measureSpeed(starterPath, { ...options, signal: early.signal }))).code).toBe(
    "cancelled",
  );

  const middle = new AbortController();
  const running = rejected(
    measuring.measureSpeed(starterPath, {
      ...options,
      signal: middle.signal,
      onProgress: (fraction) => {
        if (fraction > 0.22) middle.abort();
      },
    }),
  );
  expect((await running).code).toBe("cancelled");
  expect(await engineProcesses()).toBe(0);
});

test("what is no model never comes to an engine", async () => {
  const file = path.join(folder, "nonsense.gguf");
  await writeFile(file, "GGUF but not really");
  const error = await rejected(measuring.estimateMemory(file, { contextSize: 2048, gpuLayers: null, signal: forever }));
  expect(error.code).toMatch(/^model\//);
});

/** Engines of this test that live. */
async function engineProcesses(): Promise<number> {
  if (process.platform !== "linux") return 0;
  let found = 0;
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    const threads = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "");
    if (command.includes(bundle.enginePath) && !threads.includes("State:\tZ")) found++;
  }
  return found;
}
