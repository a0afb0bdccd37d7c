import { beforeEach, describe, expect, test } from "vitest";
import type { SessionOptions, SpeedSession } from "../../src/engine/measuring";
import { cancelled, PaddockError } from "../../src/platform/core/errors";
import { planSetups } from "../../src/speed/core/benchPlan";
import type { BenchEvent, BenchOutcome } from "../../src/speed/core/benchRun";
import { type BenchRunOptions, runBenchmark } from "../../src/speed/node/benchRunner";

const pp = { promptTokens: 100, generatedTokens: 0, depth: 0 };
const tg = { promptTokens: 0, generatedTokens: 10, depth: 64 };

/** ms */
let clock = 0;
beforeEach(() => {
  clock = 1_000_000;
});

const contextInfo: SpeedSession["context"] = {
  ...{ context: "c", identityKey: "", contextSize: 512, sequences: 1, batchSize: 512, threads: 2 },
  ...{ ramBytes: 1, vramBytes: 0, needsCheckpoints: false, flashAttention: true },
  identity: {
    ...{ modelHash: "", adapters: [], kvCacheKeyType: "F16", kvCacheValueType: "F16", templateHash: "" },
    llamaCppVersion: "b1",
  },
};
function modelInfo(file: string): SpeedSession["model"] {
  return {
    ...{ modelHash: file, name: null, architecture: "llama", fileType: "Q4_0", parameters: 1e9, sizeBytes: 5 },
    ...{ layers: 1, gpuLayers: 0, mapped: false, trainContextSize: 512, vocabularySize: 10, chatTemplate: null },
    infill: { order: "prefix-only" },
    can: { chat: false, fillInMiddle: false, embed: false, tools: false, schema: false },
  };
}

interface Fake {
  /** Before each repetition; what it throws ends the measurement. */
  readonly onRepetition?: (file: string, number: number) => void;
  readonly onOpen?: (file: string, options: SessionOptions) => void;
  readonly msOf?: (number: number) => number;
  readonly pausedMs?: number;
  readonly version?: string;
}

/** Sessions whose repetitions take 100 ms each of the test's own clock. */
function sessions({ onRepetition, onOpen, msOf = () => 100, pausedMs = 0, version = "b1" }: Fake = {}) {
  let made = 0;
  const openSession: BenchRunOptions["openSession"] = async (file, options, work) => {
    onOpen?.(file, options);
    options.signal.throwIfAborted();
    clock += 500;
    return work({
      engine: {
        ...{ protocolVersion: 1, pid: 7, backend: "cpu", backendReason: "", devices: [], cpuFeatures: [], threads: 2 },
        ...{ llamaCppVersion: version, bindingVersion: "3" },
      },
      model: modelInfo(file),
      context: contextInfo,
      measure: async (test) => {
        const samplesNs: number[] = [];
        for (let repetition = 0; repetition < test.repetitions; repetition++) {
          await Promise.resolve();
          const number = made++;
          onRepetition?.(file, number);
          const ms = msOf(number);
          clock += ms;
          samplesNs.push(ms * 1e6);
          test.onRepetition?.(samplesNs, pausedMs);
        }
        return { samplesNs, pausedMs };
      },
      overhead: () => Promise.reject(new Error("a benchmark asks for none")),
      timeKernels: () => Promise.reject(new Error("a benchmark asks for none")),
    });
  };
  return openSession;
}

interface Ran {
  readonly outcome: BenchOutcome;
  readonly events: readonly BenchEvent[];
}
async function run(fake: Fake, over: Partial<BenchRunOptions & { plan: Parameters<typeof runBenchmark>[0] }> = {}) {
  const events: BenchEvent[] = [];
  const { plan = planSetups({ files: ["/m/a.gguf", "/m/b.gguf"], tests: [pp, tg], repetitions: 3 }), ...more } = over;
  const outcome = await runBenchmark(plan, {
    openSession: sessions(fake),
    busyCores: () => Promise.resolve(() => Promise.resolve(0.05)),
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    now: () => clock,
    ...more,
  });
  return { outcome, events } satisfies Ran;
}

test("results come repetition by repetition, in llama-bench's terms", async () => {
  const opened: SessionOptions[] = [];
  const { outcome, events } = await run({ onOpen: (_, options) => opened.push(options) });
  expect(outcome).toMatchObject({ ended: "done", failures: [], missing: { setups: [] } });
  expect(outcome.results).toHaveLength(4);
  expect(outcome.results[0]).toMatchObject({
    ...{ from: "here", test: pp, samplesNs: [1e8, 1e8, 1e8], doubts: [], at: 1_000_500 },
    machine: { gpu: "", backend: "CPU", llamaCppVersion: "b1", bindingVersion: "3" },
    model: { fileName: "a.gguf", type: "llama 1.0B Q4_0", hash: "/m/a.gguf" },
    parameters: { threads: 2, batchSize: 512, microBatchSize: 512, kvCacheKeyType: "f16", flashAttention: true },
  });
  // Room for 64 tokens, ten behind them, and the one that ends the test.
  expect(opened.map(({ contextSize }) => contextSize)).toEqual([101, 101]);
  expect(events.map(({ kind }) => kind).slice(0, 6)).toEqual([
    ...["loading", "measuring", "repetition", "repetition", "repetition", "result"],
  ]);
  const partial = events.find((event) => event.kind === "repetition");
  expect(partial?.result.doubts).toEqual([{ kind: "incomplete", made: 1 }]);
  expect(partial?.result.id).toBe(outcome.results[0]?.id);
  const fractions = events.map(({ progress }) => progress.fraction);
  expect(fractions).toEqual([...fractions].sort((one, other) => one - other));
  expect(events.at(-1)?.progress).toEqual({ fraction: 1, secondsLeft: 0 });
  expect(events[0]?.progress.secondsLeft).toBeUndefined();
});

test("a machine that was busy, pauses, and a processor that gets slow are told", async () => {
  const busy = await run({}, { busyCores: () => Promise.resolve(() => Promise.resolve(0.9)) });
  expect(busy.outcome.results[0]?.doubts).toEqual([{ kind: "busy", cores: 0.9 }]);
  const unknown = await run({}, { busyCores: () => Promise.resolve(() => Promise.resolve(undefined)) });
  expect(unknown.outcome.results[0]?.doubts).toEqual([]);
  const paused = await run({ pausedMs: 1200 });
  expect(paused.outcome.results[0]?.doubts).toEqual([{ kind: "paused", ms: 1200 }]);
  const slower = await run({ msOf: (number) => 100 + 2 * number });
  expect(slower.outcome.results[0]?.doubts.map(({ kind }) => kind)).toEqual(["drift"]);
});

describe("what ends a run early", () => {
  test("a cancel keeps what was measured, and the rest can be run", async () => {
    const abort = new AbortController();
    const { outcome, events } = await run(
      {
        onRepetition: (_, number) => {
          if (number < 5) return;
          abort.abort();
          throw cancelled();
        },
      },
      { signal: abort.signal },
    );
    expect(outcome.ended).toBe("cancelled");
    expect(outcome.error).toBeUndefined();
    expect(outcome.results.map(({ samplesNs }) => samplesNs.length)).toEqual([3, 2]);
    expect(outcome.results[1]?.doubts).toEqual([{ kind: "incomplete", made: 2 }]);
    expect(events.at(-1)).toMatchObject({ kind: "result", result: { id: outcome.results[1]?.id } });
    expect(outcome.missing.setups.map(({ file, tests }) => [file, tests.length])).toEqual([
      ["/m/a.gguf", 1],
      ["/m/b.gguf", 2],
    ]);

    const rest = await run({}, { plan: outcome.missing });
    expect(rest.outcome.results).toHaveLength(3);
    // The one repetition that was missing has joined the two.
    expect(rest.outcome.results[0]).toMatchObject({ id: outcome.results[1]?.id, at: outcome.results[1]?.at });
    expect(rest.outcome.results[0]?.samplesNs).toEqual([1e8, 1e8, 1e8]);
    expect(rest.outcome.results[0]?.doubts).toEqual([]);
    expect(rest.outcome.missing.setups).toEqual([]);
  });

  test("a killed engine says so, and what was measured before counts with what comes after", async () => {
    const { outcome } = await run({
      onRepetition: (_, number) => {
        if (number === 1) throw new PaddockError("engine/crashed", "The engine is gone.");
      },
    });
    expect(outcome).toMatchObject({ ended: "failed", error: { code: "engine/crashed" } });
    expect(outcome.results).toHaveLength(1);
    expect(outcome.missing.setups.map(({ tests }) => tests.length)).toEqual([2, 2]);
    // Cancelled before it began: nothing is lost.
    const abort = new AbortController();
    abort.abort();
    const nothing = await run({}, { plan: outcome.missing, signal: abort.signal });
    expect(nothing.outcome).toMatchObject({ ended: "cancelled", missing: outcome.missing });
    expect(nothing.outcome.results).toEqual(outcome.results);
    // Another version meanwhile: repetitions of two are no one test.
    const newer = await run({ version: "b2" }, { plan: outcome.missing });
    expect(newer.outcome.results[0]?.id).not.toBe(outcome.results[0]?.id);
    expect(newer.outcome.results[0]?.samplesNs).toHaveLength(3);
  });

  test("a model that can't be loaded, or a test that does not fit, costs only itself", async () => {
    const unloadable = await run({
      onOpen: (file) => {
        if (file.endsWith("a.gguf")) throw new PaddockError("model/too-large", "No room.");
      },
    });
    expect(unloadable.outcome).toMatchObject({ ended: "done", missing: { setups: [] } });
    expect(unloadable.outcome.failures).toMatchObject([{ file: "/m/a.gguf", test: undefined }]);
    expect(unloadable.outcome.results.map(({ model }) => model.fileName)).toEqual(["b.gguf", "b.gguf"]);
    const unfit = await run({
      onRepetition: (_, number) => {
        if (number === 0) throw new PaddockError("context/overflow", "Too long.");
      },
    });
    expect(unfit.outcome.failures).toMatchObject([
      { file: "/m/a.gguf", test: pp, error: { code: "context/overflow" } },
    ]);
    expect(unfit.outcome.results).toHaveLength(3);
    expect(unfit.events.at(-1)?.progress.fraction).toBe(1);
  });

  test("a full disk ends it: the next model would meet it, too", async () => {
    const { outcome } = await run({
      onOpen: () => {
        throw new PaddockError("storage/full", "Full.");
      },
    });
    expect(outcome).toMatchObject({ ended: "failed", error: { code: "storage/full" }, results: [] });
    expect(outcome.missing.setups).toHaveLength(2);
  });
});
