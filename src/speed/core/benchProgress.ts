import type { BenchTest } from "./benchmark";
import type { BenchPlan, PlannedSetup, PlannedTest } from "./benchPlan";

/** A token generated takes a machine about as long as ten of a prompt. */
const TG_WEIGHT = 10;
/** Loading a model takes about as long as processing so many tokens with it. */
const LOAD_WEIGHT = 100;

export interface BenchProgress {
  /** 0 to 1 of the work, not of the time. */
  readonly fraction: number;
  /** Estimated from what this run has measured so far; undefined before the first repetition. */
  readonly secondsLeft: number | undefined;
}

interface Work {
  load: number;
  prompt: number;
  generated: number;
}

/**
 * How far a run is. Work is counted in tokens of each model and, by what the tokens of that model took, or of the ones
 * before it by their size, in seconds.
 */
export class ProgressOf {
  private readonly total: number;
  private done = 0;
  private readonly left: Map<PlannedSetup, Work>;
  /** Seconds and what was done in them, of this run. */
  private readonly spent = new Map<PlannedSetup, { seconds: number; weight: number }>();

  /** @param sizeOf bytes of a model, where they are known; they tell how much slower one is than another. */
  constructor(
    { setups }: BenchPlan,
    private readonly sizeOf: (file: string) => number | undefined = () => undefined,
  ) {
    this.left = new Map(setups.map((setup) => [setup, workOf(setup)]));
    this.total = [...this.left.values()].reduce((sum, work) => sum + weightOf(work), 0);
  }

  loaded(setup: PlannedSetup, seconds: number): void {
    this.advance(setup, { load: 1, prompt: 0, generated: 0 }, seconds);
  }

  /** What was processed to get to a test's depth and to warm up is over. */
  began(setup: PlannedSetup, { depth }: BenchTest, seconds: number): void {
    this.advance(setup, { load: 0, prompt: depth, generated: 0 }, depth > 0 ? seconds : 0);
  }

  /** One repetition. */
  repeated(setup: PlannedSetup, test: BenchTest, seconds: number): void {
    this.advance(setup, repetitionOf(test), seconds);
  }

  /** Nothing more comes of a setup, or of one of its tests. */
  skipped(setup: PlannedSetup, test?: PlannedTest): void {
    const left = this.left.get(setup);
    if (left === undefined) return;
    const gone = test === undefined ? { ...left } : testWork(setup, test);
    this.advance(setup, gone, undefined);
  }

  now(): BenchProgress {
    return {
      fraction: this.total === 0 ? 1 : Math.min(1, this.done / this.total),
      secondsLeft: this.secondsLeft(),
    };
  }

  private advance(setup: PlannedSetup, work: Work, seconds: number | undefined): void {
    const left = this.left.get(setup);
    if (left === undefined) return;
    const before = weightOf(left);
    left.load = Math.max(0, left.load - work.load);
    left.prompt = Math.max(0, left.prompt - work.prompt);
    left.generated = Math.max(0, left.generated - work.generated);
    this.done += before - weightOf(left);
    if (seconds === undefined || !(seconds > 0)) return;
    const spent = this.spent.get(setup) ?? { seconds: 0, weight: 0 };
    this.spent.set(setup, { seconds: spent.seconds + seconds, weight: spent.weight + weightOf(work) });
  }

  private secondsLeft(): number | undefined {
    let perByte = 0;
    let known = 0;
    for (const [setup, { seconds, weight }] of this.spent) {
      if (weight === 0) continue;
      perByte += seconds / weight / this.size(setup);
      known++;
    }
    if (known === 0) return undefined;
    let sum = 0;
    for (const [setup, work] of this.left) {
      const own = this.spent.get(setup);
      const each =
        own !== undefined && own.weight > 0 ? own.seconds / own.weight : (perByte / known) * this.size(setup);
      sum += weightOf(work) * each;
    }
    return sum;
  }

  private size({ file }: PlannedSetup): number {
    return this.sizeOf(file) ?? 1;
  }
}

function workOf(setup: PlannedSetup): Work {
  return setup.tests.reduce<Work>(
    (sum, test) => {
      const { prompt, generated } = testWork(setup, test);
      return { load: sum.load, prompt: sum.prompt + prompt, generated: sum.generated + generated };
    },
    { load: 1, prompt: 0, generated: 0 },
  );
}

function testWork({ repetitions }: PlannedSetup, test: PlannedTest): Work {
  const count = Math.max(0, repetitions - (test.before?.samplesNs.length ?? 0));
  const { prompt, generated } = repetitionOf(test);
  return { load: 0, prompt: test.depth + count * prompt, generated: count * generated };
}

function repetitionOf({ promptTokens, generatedTokens }: BenchTest): Work {
  return { load: 0, prompt: promptTokens, generated: generatedTokens };
}

function weightOf({ load, prompt, generated }: Work): number {
  return LOAD_WEIGHT * load + prompt + TG_WEIGHT * generated;
}
