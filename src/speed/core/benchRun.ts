import type { EngineTuning } from "../../engine/tuning";
import type { PaddockError } from "../../platform/core/errors";
import type { BenchResult, BenchTest } from "./benchmark";
import type { BenchPlan, PlannedSetup } from "./benchPlan";
import type { BenchProgress } from "./benchProgress";

/** What a run tells while it goes on. */
export type BenchEvent = { readonly progress: BenchProgress } & (
  | { readonly kind: "loading"; readonly setup: PlannedSetup }
  | { readonly kind: "measuring"; readonly setup: PlannedSetup; readonly test: BenchTest }
  /** One more repetition is known; the result has all that were made, and keeps its id until the last. */
  | { readonly kind: "repetition"; readonly result: BenchResult; readonly wanted: number }
  /** The test is over: complete, or all that there will be of it in this run. */
  | { readonly kind: "result"; readonly result: BenchResult }
  | ({ readonly kind: "failed" } & BenchFailure)
);

/** A setup, or one test of it, that cannot be measured here. The rest of the plan is. */
export interface BenchFailure {
  readonly file: string;
  readonly tuning: EngineTuning;
  /** undefined: none of the setup's tests. */
  readonly test: BenchTest | undefined;
  readonly error: PaddockError;
}

export interface BenchOutcome {
  readonly ended: "done" | "cancelled" | "failed";
  /** What ended it, where it failed. */
  readonly error?: PaddockError;
  /** One of each test that has a repetition; incomplete ones say so. */
  readonly results: readonly BenchResult[];
  readonly failures: readonly BenchFailure[];
  /** What a second run has to do to complete the first; tests that were begun are gone on with. */
  readonly missing: BenchPlan;
}
