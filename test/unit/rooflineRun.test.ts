import path from "node:path";
import { expect, test } from "vitest";
import { type Kernel, type MachineProbe, type SpeedSession, WARM_UP_TOKENS } from "../../src/engine/measuring";
import type { BenchTest } from "../../src/speed/core/benchmark";
import { measureRoofline, type RooflineReport } from "../../src/speed/node/rooflineRun";

const starter = path.resolve("media/models/SmolLM2-135M-Instruct.Q4_1.gguf");
const probe: MachineProbe = {
  ...{ threads: 2, memoryBytesPerSecond: 20e9, batchSeconds: 1e-5, nodeSeconds: 1e-6 },
  bySize: [{ bytes: 400e6, bytesPerSecond: 20e9 }],
  matrix: [{ type: "F16", macsPerSecond: 50e9 }],
};
const TOKEN = 5e-3;

/** A machine whose kernels take three times as long until they ran for so many seconds. */
async function explained(test: BenchTest, coldSeconds: number): Promise<{ report: RooflineReport; budgets: number[] }> {
  const budgets: number[] = [];
  const runs = (kernel: Kernel, budget: number): number[] => {
    const usual = kernel.kind === "nodes" ? 1e-5 : 4e-3;
    const seconds: number[] = [];
    for (let spent = 0; spent < budget; spent += seconds.at(-1) ?? budget)
      seconds.push(spent < coldSeconds ? 3 * usual : usual);
    return seconds;
  };
  const session = {
    ...{ engine: {}, model: {} },
    context: {
      ...{ flashAttention: true, batchSize: 512 },
      identity: { kvCacheKeyType: "F16", kvCacheValueType: "F16" },
    },
    measure: ({ promptTokens, generatedTokens }: BenchTest) =>
      Promise.resolve({ samplesNs: [(promptTokens + generatedTokens) * TOKEN * 1e9], pausedMs: 0 }),
    overhead: () => Promise.resolve({ sampling: 1e-4, dispatch: 1e-4 }),
    timeKernels: (kernels: readonly Kernel[], budget: number) => {
      budgets.push(budget);
      return Promise.resolve(kernels.map((kernel) => runs(kernel, budget)));
    },
  };
  const report = await measureRoofline(
    {
      ...{ file: starter, tuning: {}, tests: [test], signal: new AbortController().signal },
      rounds: { least: 2, most: 2, seconds: 1 },
    },
    {
      openSession: (_file, _options, work) => work(session as unknown as SpeedSession),
      probe: () => Promise.resolve(probe),
    },
  );
  return { report, budgets };
}

test("parts are timed for as long as the test, and what warms up counts as little as the test's own tokens do", async () => {
  const tg: BenchTest = { promptTokens: 0, generatedTokens: 128, depth: 0 };
  const warmUp = WARM_UP_TOKENS * TOKEN;
  const warm = await explained(tg, 0);
  expect(warm.budgets[0]).toBeCloseTo(128 * TOKEN + warmUp, 6);
  const cold = await explained(tg, warmUp);
  const parts = warm.report.explanations[0]?.parts ?? [];
  expect(parts.length).toBeGreaterThan(4);
  for (const [index, { part, seconds }] of (cold.report.explanations[0]?.parts ?? []).entries()) {
    expect(part).toBe(parts[index]?.part);
    expect(seconds).toBeCloseTo(parts[index]?.seconds ?? 0, 9);
  }
});

test("a prompt's parts are timed from the first run on, as the prompt is", async () => {
  const pp: BenchTest = { promptTokens: 512, generatedTokens: 0, depth: 0 };
  const warm = await explained(pp, 0);
  // Two seconds at most.
  expect(warm.budgets[0]).toBe(2);
  const cold = await explained(pp, 0.1);
  expect(cold.report.explanations[0]?.sumSeconds).toBeGreaterThan(warm.report.explanations[0]?.sumSeconds ?? 0);
});
