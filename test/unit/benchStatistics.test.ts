import { describe, expect, test } from "vitest";
import { regressions, versionChanges } from "../../src/speed/core/regressions";
import { doubtsOf, mean, meanError, quantile, rateOf, standardDeviation } from "../../src/speed/core/statistics";
import { benchResult, samplesAt } from "../support/benchResults";

const pp512 = { promptTokens: 512, generatedTokens: 0, depth: 0 };
const kindsOf = (rates: readonly number[], more: Partial<Parameters<typeof doubtsOf>[0]> = {}): string[] =>
  doubtsOf({ test: pp512, samplesNs: samplesAt(512, rates), threads: 2, ...more }).map(({ kind }) => kind);

test("mean and standard deviation are llama-bench's", () => {
  expect(mean([])).toBe(0);
  expect(standardDeviation([5])).toBe(0);
  expect(mean([1, 2, 3, 4])).toBe(2.5);
  expect(standardDeviation([1, 2, 3, 4])).toBeCloseTo(1.290994, 6);
  expect(meanError([1])).toBeNull();
  expect(meanError([1, 2, 3, 4])).toBeCloseTo((3.18 * 1.290994) / 2, 5);
  expect(quantile([], 0.5)).toBeNull();
  expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
  expect(quantile([4, 1, 3, 2], 1)).toBe(4);
});

test("a rate is tokens of both kinds by the time, and what a file states where it tells no repetitions", () => {
  const both = { promptTokens: 30, generatedTokens: 10, depth: 0 };
  expect(rateOf({ test: both, samplesNs: [1e9, 0.5e9] })).toMatchObject({ mean: 60, repetitions: 2 });
  const stated = { mean: 7, deviation: 1 };
  expect(rateOf({ test: both, samplesNs: [], stated })).toEqual({ mean: 7, deviation: 1, repetitions: null });
});

describe("doubts", () => {
  test("there are none of a quiet machine and steady repetitions", () => {
    expect(kindsOf([100, 101, 99, 100, 100.5], { busyCores: 0.1, wanted: 5 })).toEqual([]);
  });
  test("other programs, by cores and by threads", () => {
    expect(kindsOf([100, 100], { busyCores: 0.3 })).toEqual(["busy"]);
    expect(kindsOf([100, 100], { busyCores: 0.3, threads: 16 })).toEqual([]);
    expect(kindsOf([100, 100], { busyCores: 2, threads: 16 })).toEqual(["busy"]);
  });
  test("a pause is one, and what others did in it none of its own", () => {
    expect(kindsOf([100, 100], { pausedMs: 20, busyCores: 1 })).toEqual(["paused"]);
  });
  test("repetitions far from each other", () => {
    expect(kindsOf([100, 120, 95, 110, 90])).toEqual(["variance"]);
  });
  test("a processor that gets warm is told from noise", () => {
    const [doubt, ...others] = doubtsOf({
      ...{ test: pp512, samplesNs: samplesAt(512, [100, 99, 98, 97.1, 96]), threads: 2 },
    });
    expect(others).toEqual([]);
    expect(doubt?.kind === "drift" ? doubt.share : 0).toBeCloseTo(-0.04, 2);
    expect(kindsOf([100, 96, 100, 99, 97])).toEqual([]);
    // Two points always make a line.
    expect(kindsOf([100, 96])).toEqual([]);
  });
  test("repetitions that are missing", () => {
    expect(doubtsOf({ test: pp512, samplesNs: [1e9], wanted: 5, threads: 2 })).toEqual([
      { kind: "incomplete", made: 1 },
    ]);
  });
});

describe("versions", () => {
  const version = (llamaCppVersion: string, at: number, rates: readonly number[], id = llamaCppVersion) =>
    benchResult({
      ...{ id, at, samplesNs: samplesAt(512, rates) },
      machine: { ...benchResult().machine, llamaCppVersion },
    });
  const old = version("b1", 1, [100, 101, 99, 100, 100]);

  test("a fall that can't be chance is a regression, from the version before to the newest", () => {
    const oldest = version("b0", 0, [50, 51, 49]);
    const [change, ...others] = regressions([version("b2", 2, [90, 90.5, 89.5, 90, 90]), oldest, old]);
    expect(others).toEqual([]);
    expect(change?.before.id).toBe("b1");
    expect(change?.after.id).toBe("b2");
    expect(change?.change).toBeCloseTo(-0.1, 3);
    expect(change?.error).toBeCloseTo(0.03, 6);
  });
  test("a rise is a change and no regression", () => {
    const results = [old, version("b2", 2, [110, 111, 109, 110, 110])];
    expect(versionChanges(results)).toHaveLength(1);
    expect(regressions(results)).toEqual([]);
  });
  test("what one machine differs from itself by is none", () => {
    expect(versionChanges([old, version("b2", 2, [98, 97, 98, 98, 98])])).toEqual([]);
    expect(versionChanges([old, version("b2", 2, [70, 100, 110, 80, 95])])).toEqual([]);
  });
  test("runs on several days tell more than the repetitions of one", () => {
    const days = [90, 100, 95].map((rate, day) => version("b2", 2 + day, [rate, rate, rate], `b2-${day}`));
    expect(versionChanges([old, ...days])).toEqual([]);
  });
  test("only good figures of the same thing are compared", () => {
    const slow = version("b2", 2, [50, 50, 50]);
    expect(versionChanges([old, { ...slow, doubts: [{ kind: "busy", cores: 1 }] }])).toEqual([]);
    expect(versionChanges([old, { ...slow, parameters: { ...slow.parameters, threads: 1 } }])).toEqual([]);
    expect(versionChanges([old, { ...slow, model: { ...slow.model, hash: "cd" } }])).toEqual([]);
    expect(versionChanges([old, { ...slow, machine: { ...slow.machine, cpu: "Another" } }])).toEqual([]);
    expect(versionChanges([old, { ...slow, test: { ...pp512, depth: 512 } }])).toEqual([]);
  });
});
