import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { DivergenceRequest, DivergenceResult, SpeedSession, SpeedTest } from "../../src/engine/measuring";
import type { EngineTuning } from "../../src/engine/tuning";
import { fileFingerprint } from "../../src/platform/node/fileFingerprint";
import { cancelled, PaddockError } from "../../src/platform/core/errors";
import { silentLogger } from "../../src/platform/core/logger";
import type { OpenSession } from "../../src/speed/node/openSession";
import { tune, type TuneEvent, type TunerNeeds, type TuneRequest } from "../../src/speed/node/tuner";
import { TuningStore } from "../../src/speed/node/tuningStore";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-tuner-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const engine: SpeedSession["engine"] = {
  ...{ protocolVersion: 1, pid: 1, bindingVersion: "1", llamaCppVersion: "v1", backend: "cpu" },
  ...{ backendReason: "", devices: [], cpuFeatures: [], threads: 4 },
};
const model: SpeedSession["model"] = {
  ...{ modelHash: "", name: null, architecture: "llama", fileType: "Q4_0", parameters: 1, sizeBytes: 1 },
  ...{ layers: 2, gpuLayers: 0, mapped: false, trainContextSize: 4096, vocabularySize: 10, chatTemplate: null },
  infill: { order: "prefix-only" },
  can: { chat: true, fillInMiddle: false, embed: false, tools: false, schema: false },
};
const context: SpeedSession["context"] = {
  context: "measuring",
  identity: {
    ...{ modelHash: "", adapters: [], kvCacheKeyType: "F16", kvCacheValueType: "F16" },
    ...{ templateHash: "", llamaCppVersion: "v1" },
  },
  ...{ identityKey: "", contextSize: 513, sequences: 1, batchSize: 512, threads: 4, ramBytes: 0, vramBytes: 0 },
  ...{ needsCheckpoints: false, flashAttention: true },
};

/** Engines whose time is a clock's, not the world's. */
class FakeEngines {
  nowMs = 0;
  readonly opened: EngineTuning[] = [];
  readonly compared: DivergenceRequest[] = [];

  constructor(
    private readonly speed: (tuning: EngineTuning, test: SpeedTest) => number,
    private readonly refuse: (tuning: EngineTuning) => PaddockError | undefined = () => undefined,
  ) {}

  readonly openSession: OpenSession = async (_file, { tuning, signal }, work) => {
    if (signal.aborted) throw cancelled();
    const refused = this.refuse(tuning);
    if (refused !== undefined) throw refused;
    this.opened.push(tuning);
    this.nowMs += 1000;
    return work({
      ...{ engine, model, context },
      measure: (test) => {
        if (signal.aborted) return Promise.reject(cancelled());
        const tokens = test.promptTokens + test.generatedTokens;
        const seconds = tokens * this.speed(tuning, test);
        this.nowMs += seconds * 1000 * test.repetitions;
        return Promise.resolve({
          samplesNs: Array.from({ length: test.repetitions }, () => seconds * 1e9),
          pausedMs: 0,
        });
      },
      overhead: () => Promise.resolve({ sampling: 1e-5, dispatch: 1e-5 }),
      timeKernels: () => Promise.reject(new Error("Tuning times no kernels.")),
    });
  };

  needs(text: (tuning: EngineTuning) => string = () => "same"): TunerNeeds {
    const result: DivergenceResult = {
      ...{ positions: 510, meanKld: 0.01, meanKldError: 0.002, sameTop: 0.97, sameTopError: 0.01 },
      ...{ perplexity: 10, referencePerplexity: 10 },
    };
    return {
      openSession: this.openSession,
      divergence: (request) => {
        this.compared.push(request);
        this.nowMs += 5000;
        return Promise.resolve(result);
      },
      generate: (_file, { tuning, prompts }) => {
        this.nowMs += 2000;
        const seconds = tuning.lookupTokens === undefined ? 2 : 1;
        return Promise.resolve(prompts.map(() => ({ text: text(tuning), tokens: 11, seconds })));
      },
      now: () => this.nowMs,
      cores: 4,
    };
  }
}

const usual = (tuning: EngineTuning, { promptTokens }: SpeedTest): number =>
  (promptTokens > 0 ? 0.002 : 0.02) *
  (tuning.threads === 3 ? 0.8 : 1) *
  (tuning.kvCacheKeyType === undefined ? 1 : 0.9);

function request(overrides: Partial<TuneRequest> = {}): TuneRequest {
  return {
    file: "model.gguf",
    budgetMs: 300_000,
    offers: [],
    text: "some text",
    signal: new AbortController().signal,
    ...overrides,
  };
}

test("finds the faster setting in the person's time and tells what it tries", async () => {
  const engines = new FakeEngines(usual);
  const events: TuneEvent[] = [];
  const found = await tune(request({ onEvent: (event) => events.push(event) }), engines.needs());
  expect(found.tuning).toEqual({ threads: 3 });
  expect(found.gain?.request.ratio).toBeCloseTo(1.25, 2);
  expect(found.spentMs).toBeLessThan(300_000 + 5000);
  expect(events.filter(({ kind }) => kind === "trying").length).toBe(
    events.filter(({ kind }) => kind === "tried").length,
  );
  expect(found).toMatchObject({ kvCache: [], lookup: undefined, leftOut: [] });
});

test("little time is spent on short trials, so that each axis has its turn", async () => {
  const slow = (_: EngineTuning, { promptTokens }: SpeedTest): number => (promptTokens > 0 ? 0.004 : 0.008);
  const found = await tune(request({ budgetMs: 120_000 }), new FakeEngines(slow).needs());
  const axes = new Set(found.tried.map(({ axis }) => axis));
  expect([...axes]).toEqual(expect.arrayContaining(["threads", "poolThreads", "flashAttention", "memory"]));
  expect(found.spentMs).toBeLessThan(120_000 + 5000);
});

test("a model is not tried with more than it was trained for", async () => {
  const engines = new FakeEngines(usual);
  const needs = engines.needs();
  const asked: number[] = [];
  const openSession: OpenSession = (file, options, work) =>
    needs.openSession(file, options, (session) => {
      asked.push(options.contextSize);
      return work({ ...session, model: { ...model, trainContextSize: 512 } });
    });
  const found = await tune(request({ budgetMs: 900_000 }), { ...needs, openSession });
  expect(found.tuning).toEqual({ threads: 3 });
  expect(Math.max(...asked)).toBeLessThanOrEqual(512);
});

test("offers smaller KV caches with speed and divergence, and lookup with what it gains on each text", async () => {
  const engines = new FakeEngines(usual);
  const found = await tune(request({ budgetMs: 900_000, offers: ["kvCache", "lookup"] }), engines.needs());
  expect(found.kvCache.map(({ type }) => type)).toEqual(["Q8_0", "Q4_0"]);
  expect(found.kvCache[0]).toMatchObject({
    tuning: { threads: 3, flashAttention: true, kvCacheKeyType: "Q8_0", kvCacheValueType: "Q8_0" },
    divergence: { meanKld: 0.01 },
  });
  expect(found.kvCache[0]?.token.ratio).toBeCloseTo(1 / 0.9, 3);
  expect(engines.compared[0]).toMatchObject({ candidateTuning: { kvCacheKeyType: "Q8_0" }, text: "some text" });
  expect(found.lookup?.texts.map(({ kind, token }) => [kind, token.ratio.toFixed(2)])).toEqual([
    ["edit", "2.00"],
    ["prose", "2.00"],
  ]);
});

test("lookup that changes one letter is not offered, and says so", async () => {
  const engines = new FakeEngines(usual);
  const needs = engines.needs(({ lookupTokens }) => (lookupTokens === undefined ? "same" : "samf"));
  const found = await tune(request({ budgetMs: 900_000, offers: ["lookup"] }), needs);
  expect(found.lookup).toBeUndefined();
  expect(found.leftOut).toMatchObject([{ what: "lookup", why: "text" }]);
});

test("what there is no time for is not offered, and what fails says why", async () => {
  const short = await tune(request({ budgetMs: 30_000, offers: ["kvCache"] }), new FakeEngines(usual).needs());
  expect(short.kvCache).toEqual([]);
  expect(short.leftOut.map(({ why }) => why)).toEqual(["time", "time"]);
  const engines = new FakeEngines(usual);
  const needs: TunerNeeds = {
    ...engines.needs(),
    divergence: () => Promise.reject(new PaddockError("unsupported", "The text is too short.")),
  };
  const failed = await tune(request({ budgetMs: 900_000, offers: ["kvCache"] }), needs);
  expect(failed.leftOut[0]).toMatchObject({ setting: "Q8_0", why: "failed", reason: "The text is too short." });
});

test("a setting that the engine refuses costs nothing but its trial; a refused default is the person's to know", async () => {
  const refused = new PaddockError("context/too-large", "There is no memory for that.");
  const engines = new FakeEngines(usual, ({ useMlock }) => (useMlock === true ? refused : undefined));
  const found = await tune(request({ budgetMs: 900_000 }), engines.needs());
  expect(found.tried.find(({ tuning }) => tuning.useMlock === true)).toMatchObject({
    verdict: "failed",
    reason: "There is no memory for that.",
  });
  await expect(tune(request(), new FakeEngines(usual, () => refused).needs())).rejects.toThrow(refused);
});

test("cancelling is cancelling, wherever it comes", async () => {
  for (const after of [0, 1, 5, 30]) {
    const abort = new AbortController();
    const engines = new FakeEngines((tuning, speedTest) => {
      if (engines.opened.length > after) abort.abort();
      return usual(tuning, speedTest);
    });
    await expect(tune(request({ signal: abort.signal }), engines.needs())).rejects.toMatchObject({ code: "cancelled" });
  }
});

test("a tuning is the model's on this machine, wherever its file lies, and is undone step by step", async () => {
  const file = path.join(folder, "model.gguf");
  await writeFile(file, "weights");
  const hash = await fileFingerprint(file);
  let machine = "this one";
  const options = {
    file: path.join(folder, "kept", "tunings.json"),
    machine: () => machine,
    log: silentLogger,
    now: () => 5,
  };
  const store = new TuningStore(options);
  const changes: string[] = [];
  store.onDidChange((changed) => changes.push(changed));
  await store.load();
  expect(store.of(hash)).toEqual({});
  expect(await store.undo(file)).toBe(false);
  await store.apply(file, { threads: 3 }, { ratio: 1.2, low: 1.1, high: 1.3 });
  await store.apply(file, { threads: 3, batchSize: 256 });
  expect(changes).toEqual([hash, hash]);
  expect(store.step(hash)).toEqual({ tuning: { threads: 3, batchSize: 256 }, at: 5 });

  const other = new TuningStore(options);
  await other.load();
  const moved = path.join(folder, "moved.gguf");
  await writeFile(moved, "weights");
  expect(await other.ofFile(moved)).toEqual({ threads: 3, batchSize: 256 });
  expect(await other.ofFile(path.join(folder, "missing.gguf"))).toEqual({});
  expect(await other.undo(moved)).toBe(true);
  expect(other.step(hash)?.gain?.ratio).toBe(1.2);
  expect(await other.undo(moved)).toBe(true);
  expect(other.of(hash)).toEqual({});
  expect(await other.undo(moved)).toBe(false);

  // This window still held both steps; what it adds comes on top of what the other left.
  await store.apply(file, { threads: 2 });
  expect(await store.undo(file)).toBe(true);
  expect(store.of(hash)).toEqual({});
  await store.apply(file, { threads: 2 });
  machine = "another";
  expect(store.of(hash)).toEqual({});
  machine = "this one";
  expect(store.of(hash)).toEqual({ threads: 2 });
  await store.clear();
  expect(store.of(hash)).toEqual({});
});

test("what is damaged among kept tunings is left out, and no nonsense becomes a setting", async () => {
  const file = path.join(folder, "tunings.json");
  const store = new TuningStore({ file, machine: () => "m", log: silentLogger });
  const model64 = "a".repeat(64);
  const row = (tuning: unknown, model = model64) => ({
    ...{ model, sizeBytes: 7, machine: "m", steps: [{ tuning, at: 1 }] },
  });
  for (const text of [
    "",
    "[]",
    '{"version":2,"rows":[]}',
    JSON.stringify({ version: 1, rows: [row({ threads: -1 })] }),
  ]) {
    await writeFile(file, text);
    await store.load();
    expect(store.of(model64)).toEqual({});
  }
  await writeFile(file, JSON.stringify({ version: 1, rows: [7, row({ threads: 2 }), row({ threads: 3 }, "short")] }));
  await store.load();
  expect(store.of(model64)).toEqual({ threads: 2 });
  expect(JSON.parse(await readFile(file, "utf8"))).toMatchObject({ version: 1 });
});
