import type { EngineTuning } from "../../engine/tuning";
import { type Gain, gainOf } from "./gain";
import { mean, standardDeviation } from "./statistics";
import { challengers, sameTuning, type TuneAxis, tuneAxes, type TuneMachine } from "./tuneAxes";

/**
 * Which settings make a model fastest here, by measuring. One axis after the other, the best so far is measured against
 * settings with one thing changed, in rounds that go to and fro, so that what slows the machine slows all alike. After
 * each round what is clearly worse goes, and then the slowest, until one is left or the axis' time is over. What is
 * left at the end is measured against the default in pairs, and only that says what was gained: the search itself
 * chooses among many, and the best of many looks better than it is.
 */
export interface TuneGoal {
  /** The request that is to be fast: so many tokens read, so many generated. */
  readonly promptTokens: number;
  readonly generatedTokens: number;
}

/** What one trial found. */
export interface TrialTimes {
  /** Seconds for a token of a prompt. */
  readonly prompt: number;
  /** Seconds for a token generated. */
  readonly token: number;
}

export interface Trial {
  readonly axis: TuneAxis | "confirm";
  readonly tuning: EngineTuning;
}

/** A setting that was tried on an axis, against the best before it. */
export interface Tried {
  readonly axis: TuneAxis;
  readonly tuning: EngineTuning;
  readonly times: readonly TrialTimes[];
  /** Against the best so far on that axis; undefined where there is no pair. */
  readonly gain: Gain | undefined;
  readonly verdict: "kept" | "rejected" | "failed";
  /** Why it failed. */
  readonly reason?: string;
}

export interface TuneResult {
  /** What to use; empty: as it is, the default is not beaten as far as can be told. */
  readonly tuning: EngineTuning;
  /** The best that the search found, told or not. */
  readonly candidate: EngineTuning;
  /** The candidate against the default, measured in pairs; undefined where there was no candidate or no time. */
  readonly gain: { readonly request: Gain; readonly prompt: Gain; readonly token: Gain } | undefined;
  readonly tried: readonly Tried[];
}

interface Entrant {
  readonly tuning: EngineTuning;
  readonly times: TrialTimes[];
  out?: { readonly verdict: "rejected" | "failed"; readonly reason?: string };
}

/** Less is not worth a setting. */
const LEAST_GAIN = 1.01;
/** So much slower in its first round is no accident. */
const HOPELESS = 1.15;
const MOST_ROUNDS = 5;
const LEAST_ROUNDS = 2;
const LEAST_PAIRS = 3;
const MOST_PAIRS = 10;
/** Stopping as soon as it can be told looks many times. */
const EARLY_WIDTH = 1.5;

export class TuneSearch {
  private best: EngineTuning = {};
  private axis = -1;
  private stage: Stage | undefined;
  private confirming: Confirmation | undefined;
  private readonly tried: Tried[] = [];
  private trialMs = 0;
  private trials = 0;

  constructor(
    private readonly machine: TuneMachine,
    private readonly goal: TuneGoal,
    private readonly axes: readonly TuneAxis[] = tuneAxes,
  ) {}

  /** The trial to make now; undefined: the search is over. @param leftMs of the person's time. */
  next(leftMs: number): Trial | undefined {
    while (this.confirming === undefined) {
      const next = this.stage?.next(leftMs);
      if (next !== undefined) return next;
      this.closeStage();
      const axis = this.axes[++this.axis];
      if (axis === undefined) {
        if (sameTuning(this.best, {})) return undefined;
        this.confirming = new Confirmation(this.best, this.goal);
        break;
      }
      const others = challengers(axis, this.best, this.machine);
      const reserve = 2 * LEAST_PAIRS * this.trialMs;
      // An axis that can't be done with leaves its time to the next one.
      if (others.length === 0 || leftMs < reserve + LEAST_ROUNDS * (others.length + 1) * this.trialMs) continue;
      const share = (leftMs - reserve) / (this.axes.length - this.axis);
      this.stage = new Stage(axis, this.best, others, this.goal, () => this.trialMs, leftMs - share);
    }
    return this.confirming.next(leftMs, this.trialMs);
  }

  /** @param tookMs with all that belongs to it, loading included. */
  record(trial: Trial, times: TrialTimes, tookMs: number): void {
    // Trials of slow settings are longer: the mean of all is what the next one will take.
    this.trialMs = (this.trialMs * this.trials + tookMs) / ++this.trials;
    if (trial.axis === "confirm") this.confirming?.record(trial, times);
    else this.stage?.record(trial, times);
  }

  /** The setting can't be used here. @returns whether the search can go on: without the default it can't. */
  fail(trial: Trial, reason: string): boolean {
    if (trial.axis === "confirm") {
      // It worked before: whatever stopped it, nothing is told of it.
      this.best = {};
      this.confirming = undefined;
      this.axis = this.axes.length;
      return !sameTuning(trial.tuning, {});
    }
    return this.stage?.fail(trial, reason) ?? false;
  }

  result(): TuneResult {
    this.closeStage();
    const gain = this.confirming?.gain();
    const told = gain !== undefined && gain.request.pairs >= LEAST_PAIRS && gain.request.low > 1;
    const worth = told && gain.request.ratio >= LEAST_GAIN;
    return { tuning: worth ? this.best : {}, candidate: this.best, gain, tried: this.tried };
  }

  private closeStage(): void {
    if (this.stage === undefined) return;
    const { best, tried } = this.stage.close();
    this.best = best;
    this.tried.push(...tried);
    this.stage = undefined;
  }
}

/** One axis: the best so far and what is tried against it. */
class Stage {
  private readonly entrants: readonly Entrant[];
  private readonly incumbent: Entrant;
  private round = 0;
  private waiting: Entrant[] = [];

  constructor(
    private readonly axis: TuneAxis,
    best: EngineTuning,
    others: readonly EngineTuning[],
    private readonly goal: TuneGoal,
    private readonly trialMs: () => number,
    /** The person's time that is to be left when the axis is done, ms. */
    private readonly untilMs: number,
  ) {
    this.incumbent = { tuning: best, times: [] };
    this.entrants = [
      this.incumbent,
      ...others.filter((tuning) => !sameTuning(tuning, best)).map((tuning): Entrant => ({ tuning, times: [] })),
    ];
  }

  next(leftMs: number): Trial | undefined {
    if (leftMs <= 0) return undefined;
    this.waiting = this.waiting.filter((entrant) => entrant.out === undefined);
    if (this.waiting.length === 0 && !this.beginRound(leftMs)) return undefined;
    const entrant = this.waiting[0];
    return entrant && { axis: this.axis, tuning: entrant.tuning };
  }

  record({ tuning }: Trial, times: TrialTimes): void {
    const entrant = this.waiting.find((one) => sameTuning(one.tuning, tuning));
    if (entrant === undefined) return;
    entrant.times.push(times);
    this.waiting = this.waiting.filter((one) => one !== entrant);
  }

  fail({ tuning }: Trial, reason: string): boolean {
    const entrant = this.waiting.find((one) => sameTuning(one.tuning, tuning));
    if (entrant === undefined || entrant === this.incumbent) return false;
    entrant.out = { verdict: "failed", reason };
    return true;
  }

  close(): { readonly best: EngineTuning; readonly tried: readonly Tried[] } {
    const winner = this.left()
      .filter(({ times }) => times.length >= LEAST_ROUNDS)
      .map((entrant) => ({ entrant, logs: this.logs(entrant) }))
      .filter(({ logs }) => {
        const middle = mean(logs);
        // One standard error: the confirmation says whether it is so.
        return middle >= Math.log(LEAST_GAIN) && middle > standardDeviation(logs) / Math.sqrt(logs.length);
      })
      .sort((a, b) => mean(b.logs) - mean(a.logs))[0]?.entrant;
    const tried = this.entrants
      .filter((entrant) => entrant !== this.incumbent && (entrant.times.length > 0 || entrant.out !== undefined))
      .map((entrant): Tried => ({
        axis: this.axis,
        tuning: entrant.tuning,
        times: entrant.times,
        gain: entrant.times.length > 0 ? this.gain(entrant) : undefined,
        verdict: entrant === winner ? "kept" : (entrant.out?.verdict ?? "rejected"),
        ...(entrant.out?.reason === undefined ? {} : { reason: entrant.out.reason }),
      }));
    return { best: winner?.tuning ?? this.incumbent.tuning, tried };
  }

  private beginRound(leftMs: number): boolean {
    if (this.round > 0) this.reject();
    const left = this.left();
    const roundMs = (left.length + 1) * this.trialMs();
    if (left.length === 0 || this.round >= MOST_ROUNDS) return false;
    if (this.round >= LEAST_ROUNDS && (leftMs - roundMs < this.untilMs || this.isTold(left))) return false;
    // To and fro: each setting is as often the first of a round as the last.
    const order = [this.incumbent, ...left];
    this.waiting = this.round % 2 === 0 ? order : order.reverse();
    this.round++;
    return true;
  }

  /** What is clearly no better goes; then the slowest of what has had its chance, so that the others get the time. */
  private reject(): void {
    for (const entrant of this.left()) {
      const { ratio, high, pairs } = this.gain(entrant);
      if (ratio < 1 / HOPELESS || (pairs >= LEAST_ROUNDS && high < LEAST_GAIN)) entrant.out = { verdict: "rejected" };
    }
    const left = this.left();
    if (left.length < 2 || this.round < LEAST_ROUNDS) return;
    const slowest = left.reduce((worst, one) => (mean(this.logs(one)) < mean(this.logs(worst)) ? one : worst));
    slowest.out = { verdict: "rejected" };
  }

  private isTold(left: readonly Entrant[]): boolean {
    const [only] = left;
    return left.length === 1 && only !== undefined && this.gain(only, EARLY_WIDTH).low > LEAST_GAIN;
  }

  private left(): Entrant[] {
    return this.entrants.filter((entrant) => entrant !== this.incumbent && entrant.out === undefined);
  }

  private logs(entrant: Entrant): number[] {
    return entrant.times.flatMap((times, index) => {
      const usual = this.incumbent.times[index];
      return usual === undefined ? [] : [Math.log(requestSeconds(usual, this.goal) / requestSeconds(times, this.goal))];
    });
  }

  private gain(entrant: Entrant, width = 1): Gain {
    return gainOf(this.seconds(this.incumbent), this.seconds(entrant), width);
  }

  private seconds({ times }: Entrant): number[] {
    return times.map((one) => requestSeconds(one, this.goal));
  }
}

/** The default and what was found, in pairs, which one first taking turns. */
class Confirmation {
  private readonly usual: TrialTimes[] = [];
  private readonly found: TrialTimes[] = [];

  constructor(
    private readonly tuning: EngineTuning,
    private readonly goal: TuneGoal,
  ) {}

  next(leftMs: number, trialMs: number): Trial | undefined {
    const done = Math.min(this.usual.length, this.found.length);
    const isWhole = this.usual.length === this.found.length;
    if (isWhole && done >= LEAST_PAIRS) {
      if (done >= MOST_PAIRS || leftMs < 2 * trialMs) return undefined;
      const { low, high } = this.gains(EARLY_WIDTH).request;
      if (low > LEAST_GAIN || high < LEAST_GAIN) return undefined;
    }
    // The person's time is over: what is half a pair is of no use.
    if (leftMs <= 0) return undefined;
    const usualFirst = done % 2 === 0;
    const isUsual = isWhole ? usualFirst : this.usual.length < this.found.length;
    return { axis: "confirm", tuning: isUsual ? {} : this.tuning };
  }

  record({ tuning }: Trial, times: TrialTimes): void {
    (sameTuning(tuning, {}) ? this.usual : this.found).push(times);
  }

  gain(): TuneResult["gain"] {
    return Math.min(this.usual.length, this.found.length) === 0 ? undefined : this.gains();
  }

  private gains(width = 1): NonNullable<TuneResult["gain"]> {
    const of = (seconds: (times: TrialTimes) => number): Gain =>
      gainOf(this.usual.map(seconds), this.found.map(seconds), width);
    return {
      request: of((times) => requestSeconds(times, this.goal)),
      prompt: of(({ prompt }) => prompt),
      token: of(({ token }) => token),
    };
  }
}

function requestSeconds({ prompt, token }: TrialTimes, { promptTokens, generatedTokens }: TuneGoal): number {
  return prompt * promptTokens + token * generatedTokens;
}
