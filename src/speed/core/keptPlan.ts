import * as v from "valibot";
import { engineTuningSchema } from "../../engine/tuning";
import { type BenchResult, testName } from "./benchmark";
import type { BenchPlan, PlannedSetup, PlannedTest } from "./benchPlan";
import type { BenchEvent } from "./benchRun";
import { benchTestSchema } from "./speedContract";

const VERSION = 1;
/** A plan of more takes days, and its window will not be gone for that long. */
const MOST_SETUPS = 1000;
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(8192));

const keptPlanSchema = v.object({
  version: v.literal(VERSION),
  /** Why it did not get to its end, in words; null: its window went while it ran. */
  reason: v.nullable(v.string()),
  setups: v.pipe(
    v.array(
      v.object({
        file: text,
        tuning: engineTuningSchema,
        repetitions: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100)),
        /** With the ids of the results that were begun: their repetitions are kept elsewhere. */
        tests: v.pipe(
          v.array(v.object({ test: benchTestSchema, before: v.nullable(text) })),
          v.minLength(1),
          v.maxLength(1000),
        ),
      }),
    ),
    v.minLength(1),
    v.maxLength(MOST_SETUPS),
  ),
});
/** What is missing of a benchmark, as it survives the window that it ran in. */
export type KeptPlan = v.InferOutput<typeof keptPlanSchema>;

/** Undefined for a plan of nothing, and for one that is too long to be kept. */
export function keptPlan({ setups }: BenchPlan, reason: string | null): KeptPlan | undefined {
  if (setups.length === 0 || setups.length > MOST_SETUPS) return undefined;
  return {
    ...{ version: VERSION, reason },
    setups: setups.map(({ file, tuning, repetitions, tests }) => ({
      ...{ file, tuning, repetitions },
      tests: tests.map(({ promptTokens, generatedTokens, depth, before }) => ({
        test: { promptTokens, generatedTokens, depth },
        before: before?.id ?? null,
      })),
    })),
  };
}

/**
 * @param kept whatever was found.
 * @param results by their ids; what was begun and is not among them is measured anew.
 * @returns undefined where there is no plan, or one of another version.
 */
export function readKeptPlan(
  kept: unknown,
  results: ReadonlyMap<string, BenchResult>,
): { readonly plan: BenchPlan; readonly reason: string | null } | undefined {
  const read = v.safeParse(keptPlanSchema, kept);
  if (!read.success) return undefined;
  const setups = read.output.setups.map(({ tests, ...setup }) => ({
    ...setup,
    tests: tests.map(({ test, before }): PlannedTest => {
      const begun = before === null ? undefined : results.get(before);
      return begun === undefined ? test : { ...test, before: begun };
    }),
  }));
  return { plan: { setups }, reason: read.output.reason };
}

/** What of a plan is missing while it runs. */
export class RemainingPlan {
  private setups: readonly PlannedSetup[];
  private now: { readonly setup: string; readonly test: string } | undefined;

  constructor({ setups }: BenchPlan) {
    this.setups = setups;
  }

  get plan(): BenchPlan {
    return { setups: this.setups };
  }

  /** @returns whether something else is missing now. */
  follow(event: BenchEvent): boolean {
    switch (event.kind) {
      case "measuring":
        this.now = { setup: setupKey(event.setup), test: testName(event.test) };
        return false;
      case "result": {
        const { result } = event;
        const isWhole = result.doubts.every(({ kind }) => kind !== "incomplete");
        this.change(this.now?.setup, (test) =>
          testName(test) !== this.now?.test ? [test] : isWhole ? [] : [{ ...test, before: result }],
        );
        return true;
      }
      case "failed": {
        const { test: failed } = event;
        this.change(setupKey(event), (test) =>
          failed === undefined || testName(test) === testName(failed) ? [] : [test],
        );
        return true;
      }
      case "loading":
      case "repetition":
        return false;
    }
  }

  private change(key: string | undefined, next: (test: PlannedTest) => PlannedTest[]): void {
    this.setups = this.setups
      .map((setup) => (setupKey(setup) === key ? { ...setup, tests: setup.tests.flatMap(next) } : setup))
      .filter(({ tests }) => tests.length > 0);
  }
}

/** A model is never planned twice with the same way of computing. */
function setupKey({ file, tuning }: Pick<PlannedSetup, "file" | "tuning">): string {
  return `${file}\n${JSON.stringify(tuning)}`;
}
