import { expect, test } from "vitest";
import type { BenchTest } from "../../src/speed/core/benchmark";
import { planSetups } from "../../src/speed/core/benchPlan";
import type { BenchEvent } from "../../src/speed/core/benchRun";
import { keptPlan, readKeptPlan, RemainingPlan } from "../../src/speed/core/keptPlan";
import { PaddockError } from "../../src/platform/core/errors";
import { benchResult } from "../support/benchResults";

const pp: BenchTest = { promptTokens: 64, generatedTokens: 0, depth: 0 };
const tg: BenchTest = { promptTokens: 0, generatedTokens: 8, depth: 16 };
const plan = planSetups({ files: ["/m/a.gguf", "/m/b.gguf"], tests: [pp, tg], repetitions: 3, threads: [1, 2] });
const progress = { fraction: 0, secondsLeft: undefined };
const begun = benchResult({ id: "begun", doubts: [{ kind: "incomplete", made: 1 }] });

const missing = (remaining: RemainingPlan) =>
  remaining.plan.setups.map(({ file, tuning, tests }) => [file, tuning.threads, tests.length]);

test("what is measured or cannot be is missing no more", () => {
  const remaining = new RemainingPlan(plan);
  const [first, second, third] = plan.setups;
  if (first === undefined || second === undefined || third === undefined) throw new Error("There are four setups.");
  const tell = (event: BenchEvent): boolean => remaining.follow(event);
  expect(tell({ kind: "loading", setup: first, progress })).toBe(false);
  expect(tell({ kind: "measuring", setup: first, test: pp, progress })).toBe(false);
  expect(tell({ kind: "repetition", result: begun, wanted: 3, progress })).toBe(false);
  expect(tell({ kind: "result", result: benchResult(), progress })).toBe(true);
  expect(missing(remaining)[0]).toEqual(["/m/a.gguf", 1, 1]);
  tell({ kind: "measuring", setup: first, test: tg, progress });
  tell({ kind: "result", result: begun, progress });
  expect(remaining.plan.setups[0]?.tests).toEqual([{ ...tg, before: begun }]);
  const error = new PaddockError("context/overflow", "Too long.");
  tell({ kind: "failed", ...second, test: tg, error, progress });
  tell({ kind: "failed", ...third, test: undefined, error, progress });
  expect(missing(remaining)).toEqual([
    ["/m/a.gguf", 1, 1],
    ["/m/a.gguf", 2, 1],
    ["/m/b.gguf", 2, 2],
  ]);
  // The run's own plan is as it was.
  expect(plan.setups.map(({ tests }) => tests.length)).toEqual([2, 2, 2, 2]);
});

test("a plan survives as text, with what was begun where its results are still there", () => {
  const [setup] = plan.setups;
  if (setup === undefined) throw new Error("There are setups.");
  const left = { setups: [{ ...setup, tests: [{ ...pp, before: begun }, tg] }] };
  const text = JSON.stringify(keptPlan(left, "The engine crashed."));
  const read = (results: readonly (typeof begun)[]) =>
    readKeptPlan(JSON.parse(text), new Map(results.map((result) => [result.id, result])));
  expect(read([begun])).toEqual({ plan: left, reason: "The engine crashed." });
  expect(read([])?.plan.setups[0]?.tests).toEqual([pp, tg]);
  expect(keptPlan({ setups: [] }, null)).toBeUndefined();
  const endless = { setups: Array.from({ length: 2000 }, () => setup) };
  expect(keptPlan(endless, null)).toBeUndefined();
});
