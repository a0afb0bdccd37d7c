import type { EngineTuning, KvCacheType } from "../../engine/tuning";
import { type BenchResult, type BenchSetup, type BenchTest, testName } from "./benchmark";

/** What a person picks: each model runs the tests with each combination of what the lists say, as in llama-bench. */
export interface BenchChoices {
  /** Models' first files. */
  readonly files: readonly string[];
  readonly tests: readonly BenchTest[];
  readonly repetitions: number;
  // Of all that follow, absent or empty: as the product has it for the model.
  readonly threads?: readonly number[];
  readonly batchSizes?: readonly number[];
  readonly flashAttention?: readonly boolean[];
  /** Of keys and values both. */
  readonly kvCacheTypes?: readonly KvCacheType[];
  readonly gpuLayers?: readonly number[];
  /** What all setups of a model have besides, as its tuning. */
  readonly tuningOf?: (file: string) => EngineTuning;
}

/** A test, and what was measured of it before the run ended that it belonged to. */
export interface PlannedTest extends BenchTest {
  readonly before?: BenchResult;
}
export interface PlannedSetup extends Omit<BenchSetup, "tests"> {
  readonly tests: readonly PlannedTest[];
}
export interface BenchPlan {
  readonly setups: readonly PlannedSetup[];
}

export interface CrossedPlan extends BenchPlan {
  /** Setups that cannot be: a KV cache of values below F16 without flash attention. */
  readonly impossible: readonly EngineTuning[];
}

/** Tokens that the longest test takes, and the one that ends it. */
export function contextSizeFor(tests: readonly BenchTest[]): number {
  return Math.max(1, ...tests.map((test) => test.depth + test.promptTokens + test.generatedTokens + 1));
}

/** Each test of a model is run before the next model is loaded, and shallow tests before deep ones. */
export function planSetups(choices: BenchChoices): CrossedPlan {
  const { files, repetitions, tuningOf } = choices;
  const tests = testsOf(choices);
  const setups: PlannedSetup[] = [];
  const impossible: EngineTuning[] = [];
  for (const file of files) {
    for (const crossed of crossedTunings(choices)) {
      const tuning: EngineTuning = { ...tuningOf?.(file), ...crossed };
      if (!isPossible(tuning)) impossible.push(tuning);
      else if (tests.length > 0) setups.push({ file, tuning, tests, repetitions });
    }
  }
  return { setups, impossible };
}

function testsOf({ tests }: BenchChoices): BenchTest[] {
  const byName = new Map(tests.map((test) => [testName(test), test]));
  return [...byName.values()]
    .filter(({ promptTokens, generatedTokens }) => promptTokens + generatedTokens > 0)
    .sort((one, other) => one.depth - other.depth);
}

function crossedTunings(choices: BenchChoices): EngineTuning[] {
  const lists: readonly (readonly EngineTuning[])[] = [
    (choices.gpuLayers ?? []).map((gpuLayers) => ({ gpuLayers })),
    (choices.kvCacheTypes ?? []).map((type) => ({ kvCacheKeyType: type, kvCacheValueType: type })),
    (choices.flashAttention ?? []).map((flashAttention) => ({ flashAttention })),
    (choices.batchSizes ?? []).map((batchSize) => ({ batchSize })),
    (choices.threads ?? []).map((threads) => ({ threads })),
  ];
  return lists
    .filter((list) => list.length > 0)
    .reduce<EngineTuning[]>(
      (crossed, list) => crossed.flatMap((tuning) => list.map((more) => ({ ...tuning, ...more }))),
      [{}],
    );
}

function isPossible({ flashAttention, kvCacheValueType }: EngineTuning): boolean {
  return flashAttention !== false || kvCacheValueType === undefined || kvCacheValueType === "F16";
}
