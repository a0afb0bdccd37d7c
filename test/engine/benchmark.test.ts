import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { ProcessMeasuring } from "../../src/engine/client/measuring";
import { preflight } from "../../src/models/node/ggufPreflight";
import { type BenchChoices, type BenchPlan, planSetups } from "../../src/speed/core/benchPlan";
import type { BenchEvent, BenchOutcome } from "../../src/speed/core/benchRun";
import { readResults, writeResults } from "../../src/speed/core/llamaBench";
import { rateOf } from "../../src/speed/core/statistics";
import { runBenchmark } from "../../src/speed/node/benchRunner";
import { cpuLoad } from "../../src/speed/node/cpuLoad";
import { ResultStore } from "../../src/speed/node/resultStore";
import { silentLogger } from "../../src/platform/core/logger";
import { embeddedEngine } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { tinyGguf } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let engine: EmbeddedEngine;
let measuring: ProcessMeasuring;
/** Of the session that is open. */
let pid = 0;

const tests = [
  { promptTokens: 32, generatedTokens: 0, depth: 0 },
  { promptTokens: 0, generatedTokens: 8, depth: 0 },
  { promptTokens: 0, generatedTokens: 8, depth: 64 },
];

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-benchmark-"));
  await writeFile(path.join(folder, "one.gguf"), tinyGguf({ contextSize: 2048 }));
  await writeFile(path.join(folder, "two.gguf"), tinyGguf({ contextSize: 2048, seed: 2 }));
  ({ engine } = embeddedEngine(bundle.enginePath, { starter: starterPath }, { contextSize: 2048 }));
  measuring = engine.measuring({ check: (file, signal) => preflight(file, signal), folder });
});
afterAll(async () => {
  await engine.close();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

function planOf(choices: Partial<BenchChoices> = {}): BenchPlan {
  const files = ["one.gguf", "two.gguf"].map((name) => path.join(folder, name));
  return planSetups({ files, tests, repetitions: 3, threads: [1], ...choices });
}

function run(plan: BenchPlan, onEvent: (event: BenchEvent) => void = () => undefined, abort = new AbortController()) {
  return runBenchmark(plan, {
    openSession: (file, options, work) =>
      measuring.openSession(file, options, (session) => {
        pid = session.engine.pid;
        return work(session);
      }),
    busyCores: cpuLoad(),
    signal: abort.signal,
    onEvent,
  });
}

function repetitions({ results }: BenchOutcome): number[] {
  return results.map(({ samplesNs }) => samplesNs.length);
}

test("a benchmark of the real engine, kept, exported and imported", async () => {
  const events: BenchEvent[] = [];
  const outcome = await run(planOf({ batchSizes: [64] }), (event) => events.push(event));
  expect(outcome).toMatchObject({ ended: "done", failures: [], missing: { setups: [] } });
  expect(repetitions(outcome)).toEqual([3, 3, 3, 3, 3, 3]);
  expect(events.filter(({ kind }) => kind === "repetition")).toHaveLength(18);
  const [first] = outcome.results;
  expect(first).toMatchObject({
    model: { fileName: "one.gguf" },
    machine: { backend: "CPU", gpu: "" },
    parameters: { threads: 1, batchSize: 64, microBatchSize: 64, flashAttention: true, useMmap: false, gpuLayers: 0 },
  });
  expect(first?.model.hash).not.toBe(outcome.results[3]?.model.hash);
  for (const result of outcome.results) expect(rateOf(result).mean).toBeGreaterThan(0);

  const store = new ResultStore(path.join(folder, "results"), silentLogger);
  await store.append(outcome.results);
  expect(await store.load()).toEqual(outcome.results);
  const imported = readResults(writeResults("json", outcome.results));
  expect(imported.leftOut).toBe(0);
  expect(imported.results.map(({ samplesNs }) => samplesNs.length)).toEqual([3, 3, 3, 3, 3, 3]);
});

test("cancelled midway it keeps what was measured, and the rest is measured later", async () => {
  const abort = new AbortController();
  const plan = planOf({ repetitions: 200 });
  const outcome = await run(plan, (event) => event.kind === "repetition" && abort.abort(), abort);
  expect(outcome.ended).toBe("cancelled");
  expect(outcome.results).toHaveLength(1);
  expect(outcome.results[0]?.samplesNs.length).toBeLessThan(200);
  expect(outcome.missing.setups.map(({ tests: left }) => left.length)).toEqual([3, 3]);
  const rest = await run(outcome.missing);
  expect(rest.ended).toBe("done");
  expect(repetitions(rest)).toEqual([200, 200, 200, 200, 200, 200]);
  expect(rest.results[0]?.id).toBe(outcome.results[0]?.id);
});

test("an engine killed midway is told of, and the run can be gone on with", async () => {
  let kills = 0;
  const outcome = await run(planOf({ repetitions: 200 }), (event) => {
    if (event.kind === "repetition" && event.result.test.generatedTokens > 0 && kills++ === 0)
      process.kill(pid, "SIGKILL");
  });
  expect(outcome).toMatchObject({ ended: "failed", error: { code: "engine/crashed" } });
  expect(outcome.results[0]?.samplesNs).toHaveLength(200);
  expect(outcome.results[1]?.doubts).toContainEqual(expect.objectContaining({ kind: "incomplete" }));
  expect(outcome.missing.setups.map(({ tests: left }) => left.length)).toEqual([2, 3]);
  const rest = await run(outcome.missing);
  expect(rest.ended).toBe("done");
  expect(repetitions(rest)).toEqual([200, 200, 200, 200, 200]);
});
