import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import type { Kernel } from "../../src/engine/measuring";
import { preflight } from "../../src/models/node/ggufPreflight";
import { PaddockError } from "../../src/platform/core/errors";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let tiny: string;
let engine: EmbeddedEngine;
let measuring: ProcessMeasuring;

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-session-"));
  tiny = path.join(folder, "tiny.gguf");
  await writeFile(tiny, tinyGguf({ contextSize: 2048 }));
  ({ engine } = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 2048 }));
  measuring = engine.measuring({
    check: (file, signal) => preflight(file, signal),
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

test("a session measures test after test, repetition by repetition, as tuned", async () => {
  const tuning = { threads: 1, batchSize: 128, flashAttention: true, useMmap: true } as const;
  await measuring.openSession(tiny, { tuning, contextSize: 512, signal: forever }, async (session) => {
    expect(session.context).toMatchObject({ threads: 1, batchSize: 128, flashAttention: true, contextSize: 512 });
    expect(session.model.mapped).toBe(true);
    const heard: number[] = [];
    const both = await session.measure({
      ...{ promptTokens: 64, generatedTokens: 8, depth: 32, repetitions: 3 },
      onRepetition: ({ length }) => heard.push(length),
    });
    expect(both.samplesNs).toHaveLength(3);
    expect(heard).toEqual([1, 2, 3]);
    expect(both.pausedMs).toBe(0);
    const prompt = await session.measure({ promptTokens: 64, generatedTokens: 0, depth: 32, repetitions: 3 });
    for (const ns of [...both.samplesNs, ...prompt.samplesNs]) expect(ns).toBeGreaterThan(1000);
    const overhead = await session.overhead(64);
    expect(overhead.sampling).toBeGreaterThan(0);
    expect(overhead.dispatch).toBeGreaterThan(0);
    expect(overhead.sampling + overhead.dispatch).toBeLessThan(0.1);
    const tooLong = session.measure({ promptTokens: 300, generatedTokens: 300, depth: 0, repetitions: 1 });
    expect((await rejected(tooLong)).code).toBe("context/overflow");
  });
});

test("each way to keep the KV cache is another identity, and what cannot be is refused", async () => {
  const keys = new Set<string>();
  const ways = [
    {},
    { kvCacheKeyType: "Q8_0" },
    { kvCacheKeyType: "Q4_0", kvCacheValueType: "Q5_1" },
    { flashAttention: false },
  ] as const;
  for (const tuning of ways) {
    await measuring.openSession(starterPath, { tuning, contextSize: 512, signal: forever }, async (session) => {
      keys.add(session.context.identityKey);
      const { identity } = session.context;
      expect(identity.kvCacheKeyType).toBe("kvCacheKeyType" in tuning ? tuning.kvCacheKeyType : "F16");
      expect(identity.kvCacheValueType).toBe("kvCacheValueType" in tuning ? tuning.kvCacheValueType : "F16");
      const { samplesNs } = await session.measure({ promptTokens: 8, generatedTokens: 4, depth: 0, repetitions: 1 });
      expect(samplesNs).toHaveLength(1);
    });
  }
  expect(keys.size).toBe(ways.length);

  const work = (): Promise<void> => Promise.resolve();
  const values = { flashAttention: false, kvCacheValueType: "Q8_0" } as const;
  const refused = await rejected(
    measuring.openSession(starterPath, { tuning: values, contextSize: 512, signal: forever }, work),
  );
  expect(refused.code).toBe("unsupported");
  expect(refused.message).toContain("flash attention");
});

test("a cancel ends a session within a slice, and a killed engine is told as what it is", async () => {
  const abort = new AbortController();
  const test = { promptTokens: 64, generatedTokens: 8, depth: 0, repetitions: 1000 };
  let since = 0;
  const cancelled = rejected(
    measuring.openSession(starterPath, { tuning: {}, contextSize: 512, signal: abort.signal }, (session) =>
      session.measure({
        ...test,
        onRepetition: () => {
          since = performance.now();
          abort.abort();
        },
      }),
    ),
  );
  expect((await cancelled).code).toBe("cancelled");
  expect(performance.now() - since).toBeLessThan(1000);

  const samples: number[] = [];
  const killed = rejected(
    measuring.openSession(starterPath, { tuning: {}, contextSize: 512, signal: forever }, (session) =>
      session.measure({
        ...test,
        onRepetition: (soFar) => {
          samples.splice(0, samples.length, ...soFar);
          process.kill(session.engine.pid, "SIGKILL");
        },
      }),
    ),
  );
  expect((await killed).code).toBe("engine/crashed");
  expect(samples.length).toBeGreaterThan(0);
});

test.each([
  { what: "a token is waited for", promptTokens: 0, generatedTokens: 32 },
  { what: "a batch is given up with its process", promptTokens: 256, generatedTokens: 32 },
])("what is more urgent comes first: $what, and the pause is told and not measured", async (tested) => {
  const { promptTokens, generatedTokens } = tested;
  const id = "starter" as Parameters<typeof engine.load>[0];
  await engine.load(id, forever);
  let asked: Promise<unknown> | undefined;
  await measuring.openSession(tiny, { tuning: {}, contextSize: 1024, signal: forever }, async (session) => {
    const { pid } = session.engine;
    const heard: number[] = [];
    const { samplesNs, pausedMs } = await session.measure({
      ...{ promptTokens, generatedTokens, depth: 0, repetitions: 20 },
      onRepetition: ({ length }) => {
        heard.push(length);
        asked ??= engine.complete(
          { prompt: "1, 2, 3, 4,", sampling: { temperature: 0 }, maxTokens: 64 },
          { model: id, feature: "chat", priority: "chat", signal: forever },
        );
      },
    });
    expect(pausedMs).toBeGreaterThan(20);
    expect(samplesNs).toHaveLength(20);
    // Each once, whichever process measured it.
    expect(heard).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    const longest = Math.max(...samplesNs) / 1e6;
    expect(longest).toBeLessThan(pausedMs + Math.min(...samplesNs) / 1e6);
    expect(session.engine.pid === pid).toBe(promptTokens === 0);
    // It goes on as before.
    expect((await session.overhead(64)).sampling).toBeGreaterThan(0);
  });
  await asked;
  await engine.unload(id);
});

test("a session that is cancelled while it gives way ends at once", async () => {
  const id = "starter" as Parameters<typeof engine.load>[0];
  await engine.load(id, forever);
  const abort = new AbortController();
  let asked: Promise<unknown> | undefined;
  const stopped = measuring.openSession(tiny, { tuning: {}, contextSize: 1024, signal: abort.signal }, (session) =>
    session.measure({
      ...{ promptTokens: 256, generatedTokens: 0, depth: 0, repetitions: 1000 },
      onRepetition: () => {
        asked ??= engine.complete(
          { prompt: "1, 2, 3, 4,", sampling: { temperature: 0 }, maxTokens: 32 },
          {
            ...{ model: id, feature: "chat", priority: "chat", signal: forever },
            onProgress: () => abort.abort(),
          },
        );
      },
    }),
  );
  expect((await rejected(stopped)).code).toBe("cancelled");
  await asked;
  await engine.unload(id);
});

test("parts of a model are timed alone, by llama.cpp's own functions", async () => {
  const kernels: Kernel[] = [
    ...["F16", "Q4_0", "Q4_1", "Q8_0", "Q4_K", "Q6_K", "IQ2_XXS"].map((type): Kernel => ({
      kind: "product",
      type,
      rows: 512,
      columns: 512,
      batch: 1,
      copies: 2,
    })),
    { kind: "product", type: "Q4_0", rows: 512, columns: 512, batch: 64, copies: 2 },
    {
      kind: "round",
      products: [
        { type: "Q4_0", rows: 512, columns: 256, batch: 1, copies: 3 },
        { type: "Q8_0", rows: 256, columns: 512, batch: 1, copies: 1 },
      ],
    },
    ...[1, 64].map((batch): Kernel => ({
      ...{ kind: "layers", width: 576, feedForward: 1536, heads: 9, headsKv: 3, headSize: 64, batch, copies: 30 },
      ...{ keyType: "F16", valueType: "Q8_0" },
    })),
    {
      ...{ kind: "attention", heads: 9, headsKv: 3, headSize: 64, depth: 1000, batch: 1, copies: 4 },
      ...{ keyType: "Q8_0", valueType: "Q8_0" },
    },
    {
      ...{ kind: "attention", heads: 9, headsKv: 3, headSize: 64, depth: 1000, batch: 64, copies: 1 },
      ...{ keyType: "F16", valueType: "F16" },
    },
  ];
  const samples = await measuring.timeKernels(kernels, { budget: 0.01, signal: forever });
  expect(samples).toHaveLength(kernels.length);
  for (const runs of samples) {
    expect(runs.length).toBeGreaterThanOrEqual(3);
    for (const seconds of runs) expect(seconds).toBeGreaterThan(0);
  }
  // A thread that begins may wait for the scheduler's next tick, 4 to 8 ms: several runs are needed to tell them apart.
  const nodes = [1, 2000].map((copies): Kernel => ({ kind: "nodes", width: 64, batch: 1, copies }));
  const [one = [], many = []] = await measuring.timeKernels(nodes, { budget: 0.3, signal: forever });
  expect(Math.min(...many)).toBeGreaterThan(Math.min(...one));
  // A round is its products, one after the other.
  const product = { type: "Q8_0", rows: 1024, columns: 1024, batch: 256, copies: 2 };
  const [alone = [], four = []] = await measuring.timeKernels(
    [
      { kind: "product", ...product },
      { kind: "round", products: [product, { ...product, copies: 6 }] },
    ],
    { budget: 0.3, signal: forever },
  );
  expect(Math.min(...four) / Math.min(...alone)).toBeGreaterThan(2);
  // By turns there is all of what each is alone; attention skips cells that are empty.
  const attention = (depth: number) => ({
    ...{ kind: "attention" as const, heads: 9, headsKv: 3, headSize: 64, depth, batch: 1, copies: 200 },
    ...{ keyType: "F16" as const, valueType: "F16" as const },
  });
  const [few = [], full = [], turns = []] = await measuring.timeKernels(
    [
      attention(40),
      attention(256),
      { kind: "turns", kernels: [attention(256), { kind: "round", products: [{ ...product, copies: 8 }] }] },
    ],
    { budget: 0.3, signal: forever },
  );
  expect(Math.min(...full) / Math.min(...few)).toBeGreaterThan(2);
  expect(Math.min(...turns)).toBeGreaterThan(Math.min(...four));
  const unknown: Kernel = { kind: "product", type: "Q9_9", rows: 32, columns: 32, batch: 1, copies: 1 };
  expect((await rejected(measuring.timeKernels([unknown], { budget: 0, signal: forever }))).code).toBe("unsupported");
});

test("the machine's ceilings are measured in seconds", async () => {
  const probe = await measuring.probe(forever);
  expect(probe.memoryBytesPerSecond).toBeGreaterThan(1e8);
  expect(probe.bySize.length).toBeGreaterThan(2);
  for (const { macsPerSecond } of probe.matrix) expect(macsPerSecond).toBeGreaterThan(1e8);
  expect(probe.nodeSeconds).toBeLessThan(0.001);
});
