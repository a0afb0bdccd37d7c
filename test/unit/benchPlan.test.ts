import { expect, test } from "vitest";
import { contextSizeFor, planSetups } from "../../src/speed/core/benchPlan";
import { ProgressOf } from "../../src/speed/core/benchProgress";

const pp = (promptTokens: number, depth = 0) => ({ promptTokens, generatedTokens: 0, depth });
const tg = (generatedTokens: number, depth = 0) => ({ promptTokens: 0, generatedTokens, depth });

test("lists are crossed, each model in one go, shallow tests first and each once", () => {
  const { setups, impossible } = planSetups({
    ...{ files: ["a", "b"], tests: [tg(8, 512), pp(512), tg(8), pp(512)], repetitions: 3 },
    ...{ threads: [1, 2], batchSizes: [], gpuLayers: [0] },
    tuningOf: (file) => (file === "b" ? { useMmap: true, threads: 9 } : {}),
  });
  expect(impossible).toEqual([]);
  expect(setups.map(({ file, tuning }) => [file, tuning])).toEqual([
    ["a", { gpuLayers: 0, threads: 1 }],
    ["a", { gpuLayers: 0, threads: 2 }],
    ["b", { gpuLayers: 0, threads: 1, useMmap: true }],
    ["b", { gpuLayers: 0, threads: 2, useMmap: true }],
  ]);
  expect(setups[0]?.tests).toEqual([pp(512), tg(8), tg(8, 512)]);
});

test("with nothing picked a model runs as the product has it", () => {
  expect(planSetups({ files: ["a"], tests: [pp(1)], repetitions: 1 }).setups).toEqual([
    { file: "a", tuning: {}, tests: [pp(1)], repetitions: 1 },
  ]);
  expect(planSetups({ files: ["a"], tests: [], repetitions: 1 }).setups).toEqual([]);
});

test("values below F16 need flash attention: what can't be is told, not run", () => {
  const { setups, impossible } = planSetups({
    ...{ files: ["a"], tests: [pp(1)], repetitions: 1 },
    ...{ kvCacheTypes: ["F16", "Q8_0"], flashAttention: [false, true] },
  });
  expect(setups).toHaveLength(3);
  expect(impossible).toEqual([{ kvCacheKeyType: "Q8_0", kvCacheValueType: "Q8_0", flashAttention: false }]);
});

test("a context has room for the deepest test and the token that ends it", () => {
  expect(contextSizeFor([pp(512), tg(128, 4096)])).toBe(4225);
  expect(contextSizeFor([])).toBe(1);
});

test("the time left comes from what was measured, and is none before", () => {
  const { setups } = planSetups({ files: ["a", "b"], tests: [pp(100), tg(10)], repetitions: 2 });
  const [first, second] = setups;
  if (first === undefined || second === undefined) throw new Error("two setups were planned");
  const [prompt, generated] = first.tests;
  if (prompt === undefined || generated === undefined) throw new Error("two tests were planned");
  const progress = new ProgressOf({ setups }, (file) => (file === "a" ? 1e9 : 2e9));
  expect(progress.now()).toEqual({ fraction: 0, secondsLeft: undefined });
  // A setup is worth 100 for its model, 2 * 100 for its prompts and 2 * 10 * 10 for its answers.
  progress.loaded(first, 1);
  expect(progress.now().fraction).toBeCloseTo(0.1, 9);
  expect(progress.now().secondsLeft).toBeCloseTo(4 + 2 * 5, 9);
  for (let repetition = 0; repetition < 2; repetition++) progress.repeated(first, prompt, 1);
  expect(progress.now()).toEqual({ fraction: 0.3, secondsLeft: 2 + 2 * 5 });
  for (let repetition = 0; repetition < 2; repetition++) progress.repeated(first, generated, 1);
  expect(progress.now()).toEqual({ fraction: 0.5, secondsLeft: 10 });
  progress.skipped(second);
  expect(progress.now()).toEqual({ fraction: 1, secondsLeft: 0 });
});
