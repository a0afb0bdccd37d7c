import { expect, test } from "vitest";
import type { EngineTuning } from "../../src/engine/tuning";
import { gainOf } from "../../src/speed/core/gain";
import { challengers, sameTuning, tuningKey } from "../../src/speed/core/tuneAxes";
import { type Trial, type TrialTimes, TuneSearch } from "../../src/speed/core/tuneSearch";
import { seededRandom } from "../support/random";

const machine = { cores: 8, threads: 8, batchSize: 512, promptTokens: 512, onGpu: false };
const goal = { promptTokens: 512, generatedTokens: 128 };
const usual: TrialTimes = { prompt: 0.005, token: 0.03 };

interface Simulated {
  /** Seconds of a setting as a share of the default's. */
  readonly share: (tuning: EngineTuning) => number;
  /** Standard deviation of a trial, as a share. */
  readonly noise?: number;
  /** By how much each trial is slower than the one before, as a share. */
  readonly drift?: number;
  readonly fails?: (tuning: EngineTuning) => boolean;
  readonly budgetMs?: number;
  readonly seed?: number;
}

const TRIAL_MS = 5000;

function run({ share, noise = 0, drift = 0, fails, budgetMs = 600_000, seed = 1 }: Simulated) {
  const search = new TuneSearch(machine, goal);
  const random = seededRandom(seed);
  // A sum of uniform numbers is about normal.
  const normal = (): number => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  const trials: Trial[] = [];
  let spentMs = 0;
  for (let trial = search.next(budgetMs); trial !== undefined; trial = search.next(budgetMs - spentMs)) {
    trials.push(trial);
    spentMs += TRIAL_MS;
    if (fails?.(trial.tuning) === true) {
      if (!search.fail(trial, "It can't.")) break;
      continue;
    }
    const factor = share(trial.tuning) * (1 + noise * normal()) * (1 + drift * trials.length);
    search.record(trial, { prompt: usual.prompt * factor, token: usual.token * factor }, TRIAL_MS);
  }
  return { ...search.result(), trials, spentMs };
}

test("finds what is faster on each axis, and says by how much from pairs with the default", () => {
  const found = run({
    share: ({ threads = 8, batchSize = 512, useMmap = false }) =>
      (threads === 4 ? 0.8 : threads === 5 ? 0.7 : 1) * (batchSize === 256 ? 0.9 : 1) * (useMmap ? 1.2 : 1),
    noise: 0.01,
  });
  expect(found.tuning).toEqual({ threads: 5, batchSize: 256 });
  expect(found.gain?.request.ratio).toBeCloseTo(1 / 0.63, 1);
  expect(found.gain?.request.low).toBeGreaterThan(1.5);
  expect(found.tried.find(({ tuning }) => sameTuning(tuning, { threads: 5 }))?.verdict).toBe("kept");
  expect(found.tried.find(({ tuning }) => tuning.useMmap === true)?.verdict).toBe("rejected");
});

test("says nothing was gained where nothing is: noise and drift are no gain", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const found = run({ share: () => 1, noise: 0.03, drift: 0.002, seed });
    // The search may hold an accident for a gain; the pairs with the default do not.
    if (!sameTuning(found.tuning, {})) expect(found.gain?.request.low).toBeGreaterThan(1);
    expect(found.gain?.request.ratio ?? 1).toBeLessThan(1.05);
  }
  const told = Array.from({ length: 40 }, (_, index) => run({ share: () => 1, noise: 0.03, seed: index + 1 })).filter(
    ({ tuning }) => !sameTuning(tuning, {}),
  );
  expect(told.length).toBeLessThanOrEqual(4);
});

test("a machine that gets slower all the time hides no gain", () => {
  const found = run({ share: ({ threads = 8 }) => (threads === 6 ? 0.85 : 1), noise: 0.005, drift: 0.01 });
  expect(found.tuning.threads).toBe(6);
  expect(found.gain?.request.ratio).toBeGreaterThan(1.1);
});

test("keeps within the person's time, and uses it for what usually gains most", () => {
  const found = run({ share: ({ threads = 8 }) => (threads === 4 ? 0.7 : 1), noise: 0.01, budgetMs: 120_000 });
  expect(found.spentMs).toBeLessThanOrEqual(120_000 + TRIAL_MS);
  expect(found.tuning).toEqual({ threads: 4 });
  expect(found.gain?.request.pairs).toBeGreaterThanOrEqual(3);
});

test("with no time to confirm nothing is claimed", () => {
  const found = run({ share: ({ threads = 8 }) => (threads === 4 ? 0.7 : 1), budgetMs: 20_000 });
  expect(found.tuning).toEqual({});
  expect(found.gain).toBeUndefined();
});

test("what is hopeless is not measured again", () => {
  const { trials } = run({ share: ({ threads = 8 }) => (threads === 2 ? 3 : 1), noise: 0.01 });
  expect(trials.filter(({ tuning }) => tuning.threads === 2)).toHaveLength(1);
});

test("a setting that the engine refuses is told and left out; without the default there is no search", () => {
  const found = run({ share: () => 1, fails: ({ useMlock }) => useMlock === true });
  expect(found.tried.find(({ tuning }) => tuning.useMlock === true)).toMatchObject({
    verdict: "failed",
    reason: "It can't.",
  });
  const search = new TuneSearch(machine, goal);
  const first = search.next(600_000);
  expect(first?.tuning).toEqual({});
  expect(search.fail(first ?? { axis: "threads", tuning: {} }, "It can't.")).toBe(false);
});

test("every axis changes one thing of the best, and offers nothing that cannot help", () => {
  const best = { threads: 4 };
  for (const tuning of challengers("batchSize", best, { ...machine, promptTokens: 256 }))
    expect(tuning).toEqual({ threads: 4, batchSize: tuning.batchSize });
  expect(challengers("batchSize", {}, { ...machine, promptTokens: 256 }).map(({ batchSize }) => batchSize)).toEqual([
    128, 256,
  ]);
  expect(challengers("threads", {}, { ...machine, cores: 2, threads: 2 })).toEqual([{ threads: 1 }]);
  expect(challengers("threads", {}, machine).map(({ threads }) => threads)).toEqual([6, 4, 2]);
  expect(challengers("nearThreads", best, machine).map(({ threads }) => threads)).toEqual([3, 5]);
  expect(challengers("memory", {}, { ...machine, onGpu: true })).toEqual([]);
});

test("tunings are compared by what they say, in any order", () => {
  expect(sameTuning({ threads: 2, batchSize: 256 }, { batchSize: 256, threads: 2 })).toBe(true);
  expect(tuningKey({ threads: 2, useMmap: false })).toBe("threads=2 useMmap=false");
});

test("a gain is the pairs' own: one pair says nothing of its error", () => {
  expect(gainOf([2], [1])).toMatchObject({ low: 0, high: Infinity, pairs: 1 });
  expect(gainOf([2], [1]).ratio).toBeCloseTo(2);
  const { ratio, low, high } = gainOf([2, 4, 8], [1, 2, 4]);
  expect([ratio, low, high].map((value) => value.toFixed(6))).toEqual(["2.000000", "2.000000", "2.000000"]);
  const wide = gainOf([2, 4.4, 8], [1, 2, 4], 2);
  expect(wide.low).toBeLessThan(gainOf([2, 4.4, 8], [1, 2, 4]).low);
});
