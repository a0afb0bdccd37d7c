import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { SpeedSession } from "../../src/engine/measuring";
import { Emitter } from "../../src/platform/core/event";
import { silentLogger } from "../../src/platform/core/logger";
import { PaddockError } from "../../src/platform/core/errors";
import { testName } from "../../src/speed/core/benchmark";
import type { BenchRequest } from "../../src/speed/core/speedContract";
import { ResultStore } from "../../src/speed/node/resultStore";
import { SpeedDesk, type SpeedDeskNeeds } from "../../src/speed/node/speedDesk";
import type { SpeedWords } from "../../src/speed/node/speedWords";

let folder: string;
let desk: SpeedDesk;
/** What the window keeps of a benchmark that is not over. */
let kept: unknown;
/** Before each repetition, with how many were made before; what it throws ends the measurement. */
let onRepetition: (number: number) => void;

const words: SpeedWords = {
  failure: ({ message }) => ({ message }),
  ...{
    busy: () => "busy",
    doubt: ({ kind }) => kind,
    regression: () => "slower",
    impossible: (count) => `left out ${count}`,
  },
  interrupted: () => "window gone",
  stopped: ({ ended, error }) => `${ended}: ${error?.message ?? ""}`,
  finished: (results) => `finished ${results}`,
  failedSetup: (name, error) => `${name}: ${error.message}`,
  ...{ loading: (name) => name, measuring: (name, test) => `${name} ${testName(test)}`, probing: () => "probing" },
  ...{ explaining: (name) => name, tuningOf: (name) => name, offering: (setting) => setting, probed: () => "probed" },
  ...{ part: (part) => part, explained: () => "explained", explainedModel: (name) => name },
  ...{
    tuning: (tuning) => JSON.stringify(tuning),
    gain: () => "gain",
    tuned: () => "tuned",
    stoppedTuning: () => "stopped",
  },
  ...{
    kvOffer: () => ({ gain: "", cost: "" }),
    lookupOffer: () => ({ gain: "", cost: "" }),
    leftOut: ({ why }) => why,
  },
  ...{
    applied: (name) => name,
    undone: (name) => name,
    model: (id) => id,
    feature: (name) => name,
    change: () => "changed",
  },
};

const session = (made: { count: number }): SpeedSession => ({
  engine: {
    ...{ protocolVersion: 1, pid: 7, backend: "cpu", backendReason: "", devices: [], cpuFeatures: [], threads: 2 },
    ...{ llamaCppVersion: "b1", bindingVersion: "3" },
  },
  model: {
    ...{ modelHash: "h", name: null, architecture: "llama", fileType: "Q4_0", parameters: 1e9, sizeBytes: 5 },
    ...{ layers: 1, gpuLayers: 0, mapped: false, trainContextSize: 512, vocabularySize: 10, chatTemplate: null },
    infill: { order: "prefix-only" },
    can: { chat: false, fillInMiddle: false, embed: false, tools: false, schema: false },
  },
  context: {
    ...{ context: "c", identityKey: "", contextSize: 512, sequences: 1, batchSize: 512, threads: 2 },
    ...{ ramBytes: 1, vramBytes: 0, needsCheckpoints: false, flashAttention: true },
    identity: {
      ...{ modelHash: "", adapters: [], kvCacheKeyType: "F16", kvCacheValueType: "F16", templateHash: "" },
      llamaCppVersion: "b1",
    },
  },
  measure: async (test) => {
    const samplesNs: number[] = [];
    for (let index = 0; index < test.repetitions; index++) {
      await Promise.resolve();
      onRepetition(made.count++);
      samplesNs.push(1e8);
      test.onRepetition?.(samplesNs, 0);
    }
    return { samplesNs, pausedMs: 0 };
  },
  overhead: () => Promise.reject(new Error("a benchmark asks for none")),
  timeKernels: () => Promise.reject(new Error("a benchmark asks for none")),
});

function makeDesk(): SpeedDesk {
  const made = { count: 0 };
  const openSession: SpeedDeskNeeds["bench"]["openSession"] = async (_, { signal }, work) => {
    signal.throwIfAborted();
    return work(session(made));
  };
  const never = (): Promise<never> => Promise.reject(new Error("nobody asks for this"));
  const tuningOf = () => Promise.resolve({});
  return new SpeedDesk({
    bench: {
      ...{ openSession, tuningOf, sizeOf: () => 5 },
      busyCores: () => Promise.resolve(() => Promise.resolve(0)),
      results: new ResultStore(folder, silentLogger),
      plans: {
        read: () => kept,
        keep: (plan) => {
          kept = plan && (JSON.parse(JSON.stringify(plan)) as unknown);
          return Promise.resolve();
        },
      },
    },
    roofline: { ...{ openSession, tuningOf, probe: never } },
    tuning: {
      ...{ openSession, divergence: never, generate: never, sampleText: never, now: () => 0, cores: 2 },
      store: { apply: never, undo: () => Promise.resolve(false), stepOf: () => Promise.resolve(undefined) },
    },
    urgent: { isBusy: () => false, onDidChange: new Emitter<undefined>().event },
    requests: { records: () => Promise.resolve([]), clear: () => Promise.resolve() },
    models: () => Promise.resolve([{ file: "/m/a.gguf", name: "a.gguf", sizeBytes: 5, contextSize: 512 }]),
    ...{ activeFile: () => "/m/a.gguf", machine: never, words, log: silentLogger },
  });
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-desk-"));
  onRepetition = () => undefined;
  kept = undefined;
  desk = makeDesk();
});
afterEach(async () => {
  await desk.close();
  await rm(folder, { recursive: true, force: true });
});

const request: BenchRequest = {
  files: ["/m/a.gguf"],
  tests: [
    { promptTokens: 64, generatedTokens: 0, depth: 0 },
    { promptTokens: 0, generatedTokens: 8, depth: 16 },
  ],
  ...{ repetitions: 3, threads: [], batchSizes: [], flashAttention: [], kvCacheTypes: [], gpuLayers: [] },
};
const made = (of: SpeedDesk) => of.view().rows.map(({ test, repetitions, doubts }) => [test, repetitions, doubts]);
const complete = [
  ["pp64", 3, []],
  ["tg8 @ d16", 3, []],
];

it("keeps what a benchmark measured, and the next window has it too", async () => {
  const said: string[] = [];
  desk.onAnnounce((text) => said.push(text));
  await desk.benchmark(request);
  expect(made(desk)).toEqual(complete);
  expect(desk.view().rows[0]?.mean).toBeCloseTo(640);
  expect(said).toEqual(["finished 2"]);
  const next = makeDesk();
  await next.bench.load();
  expect(made(next)).toEqual(complete);
});

it("tells that an engine was killed midway, keeps what it had, and resumes with what is missing", async () => {
  onRepetition = (number) => {
    if (number === 4) throw new PaddockError("engine/crashed", "The engine crashed.");
  };
  await desk.benchmark(request);
  expect(desk.view().resumable).toEqual({ reason: "failed: The engine crashed.", missing: 1 });
  expect(made(desk)).toEqual([complete[0], ["tg8 @ d16", 1, ["incomplete"]]]);
  onRepetition = () => undefined;
  await desk.resume();
  expect(desk.view().resumable).toBeNull();
  expect(made(desk)).toEqual(complete);
});

it("stops at a cancel with what was measured, and refuses a second measurement meanwhile", async () => {
  onRepetition = (number) => {
    if (number !== 1) return;
    void desk.benchmark(request);
    void desk.cancel();
    throw desk.view().running === null ? new Error("nothing runs") : new PaddockError("cancelled", "Cancelled.");
  };
  await desk.benchmark(request);
  expect(desk.view().failure).toBeNull();
  expect(desk.view().notice).toBe("busy");
  expect(desk.view().resumable).toMatchObject({ reason: "cancelled: ", missing: 2 });
  expect(made(desk)).toEqual([["pp64", 1, ["incomplete"]]]);
});

it("goes on after a reload with what a stopped benchmark had not got to", async () => {
  onRepetition = (number) => {
    if (number === 4) throw new PaddockError("engine/crashed", "The engine crashed.");
  };
  await desk.benchmark(request);
  onRepetition = () => undefined;
  const next = makeDesk();
  await next.bench.load();
  expect(next.view().resumable).toEqual({ reason: "failed: The engine crashed.", missing: 1 });
  await next.resume();
  expect(made(next)).toEqual(complete);
  expect(next.view().resumable).toBeNull();
  expect(kept).toBeUndefined();
  const last = makeDesk();
  await last.bench.load();
  expect(last.view().resumable).toBeNull();
});

it("knows what was missing when the window went while a benchmark ran", async () => {
  let during: unknown;
  onRepetition = (number) => {
    during ??= kept;
    if (number !== 4) return;
    void desk.close();
    throw new PaddockError("cancelled", "Cancelled.");
  };
  await desk.benchmark(request);
  const next = makeDesk();
  await next.bench.load();
  expect(next.view().resumable).toEqual({ reason: "window gone", missing: 1 });
  // A window that is killed leaves what it kept at the beginning, and results that are measured anew.
  kept = during;
  const killed = makeDesk();
  await killed.bench.load();
  expect(killed.view().resumable).toEqual({ reason: "window gone", missing: 2 });
  await killed.bench.clear();
  expect(killed.view().resumable).toBeNull();
  expect(kept).toBeUndefined();
});

it.each([
  ["nothing", undefined],
  ["another version", { version: 2, reason: null, setups: [] }],
  ["no tests", { version: 1, reason: null, setups: [{ file: "/m/a.gguf", tuning: {}, repetitions: 1, tests: [] }] }],
  ["another form", "plan"],
])("makes nothing of a plan that is %s", async (_, found) => {
  kept = found;
  await desk.bench.load();
  expect(desk.view().resumable).toBeNull();
});

it("forgets what was missing before when another benchmark is begun", async () => {
  onRepetition = () => {
    throw new PaddockError("engine/crashed", "The engine crashed.");
  };
  await desk.benchmark(request);
  onRepetition = () => undefined;
  const next = makeDesk();
  await next.benchmark({ ...request, repetitions: 1 });
  await next.bench.load();
  expect(next.view().resumable).toBeNull();
});

it("takes its own export back, as results from elsewhere, and clears all", async () => {
  await desk.benchmark(request);
  const text = desk.exported("json");
  await desk.clear();
  expect(desk.view().rows).toEqual([]);
  expect(await desk.import(text)).toEqual({ results: 2, leftOut: 0 });
  expect(desk.view().rows.map(({ from, test }) => [from, test])).toEqual([
    ["imported", "pp64"],
    ["imported", "tg8 @ d16"],
  ]);
  await expect(desk.import("no results")).rejects.toMatchObject({ code: "unsupported" });
});

it("leaves out settings that cannot be, says so, and measures the rest", async () => {
  await desk.benchmark({ ...request, flashAttention: [true, false], kvCacheTypes: ["Q8_0"] });
  expect(desk.view().notice).toBe("left out 1");
  expect(desk.view().rows).toHaveLength(2);
});
