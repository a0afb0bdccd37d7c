import type { BenchTest, Doubt, StatedRate } from "./benchmark";

/** Student's t for a 95% interval, by degrees of freedom from 1. */
const T95 = [12.71, 4.3, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.2, 2.18, 2.16, 2.14, 2.13];
/** Cores that an editor and its system take at most when nobody does anything; on many threads a tenth of them. */
const QUIET_CORES = 0.25;
const QUIET_SHARE = 0.1;
/** llama-bench on a quiet machine has 1 to 2%. */
const STEADY_SHARE = 0.05;
const LEVEL_SHARE = 0.03;

/** 0 of nothing, as llama-bench has it. */
export function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Of a sample (n - 1); 0 for fewer than two values, as llama-bench has it. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
}

/** The value that a share of all is at or below, between two of them in proportion; null of nothing. @param share 0 to 1 */
export function quantile(values: readonly number[], share: number): number | null {
  const sorted = [...values].sort((one, other) => one - other);
  const at = Math.min(1, Math.max(0, share)) * (sorted.length - 1);
  const below = sorted[Math.floor(at)];
  const above = sorted[Math.ceil(at)];
  return below === undefined || above === undefined ? null : below + (at - Math.floor(at)) * (above - below);
}

/** Half-width of the mean's 95% interval; null for fewer than two values. */
export function meanError(values: readonly number[]): number | null {
  if (values.length < 2) return null;
  return student(values.length - 1) * (standardDeviation(values) / Math.sqrt(values.length));
}

/** Student's t for a 95% interval. @param freedom degrees of it, at least 1; a fraction counts as the whole below. */
export function student(freedom: number): number {
  return T95[Math.max(1, Math.floor(freedom)) - 1] ?? 1.96 + 2.5 / freedom;
}

/** tokens/s of each repetition: prompt and generated tokens together, as llama-bench counts a test of both. */
export function ratesOf({ promptTokens, generatedTokens }: BenchTest, samplesNs: readonly number[]): number[] {
  return samplesNs.map((ns) => ((promptTokens + generatedTokens) * 1e9) / ns);
}

export interface RateSource {
  readonly test: BenchTest;
  readonly samplesNs: readonly number[];
  readonly stated?: StatedRate | undefined;
}

export interface BenchRate {
  /** tokens/s */
  readonly mean: number;
  /** Standard deviation of the repetitions, tokens/s. */
  readonly deviation: number;
  /** null: a file from elsewhere does not tell. */
  readonly repetitions: number | null;
}

/** What a row of the table shows. */
export function rateOf({ test, samplesNs, stated }: RateSource): BenchRate {
  if (samplesNs.length === 0 && stated !== undefined) return { ...stated, repetitions: null };
  const rates = ratesOf(test, samplesNs);
  return { mean: mean(rates), deviation: standardDeviation(rates), repetitions: rates.length };
}

export interface Measured {
  readonly test: BenchTest;
  readonly samplesNs: readonly number[];
  /** Repetitions that were asked for; undefined: as many as there are. */
  readonly wanted?: number | undefined;
  /** CPU threads the test ran with. */
  readonly threads: number;
  /** Cores' worth of time that other programs had meanwhile; undefined: nobody knows. */
  readonly busyCores?: number | undefined;
  readonly pausedMs?: number | undefined;
}

/** Why the figure is not called good; nothing: it is. */
export function doubtsOf({ test, samplesNs, wanted, threads, busyCores, pausedMs = 0 }: Measured): Doubt[] {
  const rates = ratesOf(test, samplesNs);
  const variance = rates.length < 2 ? 0 : standardDeviation(rates) / mean(rates);
  const drift = driftOf(rates);
  return [
    // While it waited, what a person did was another program's work: that it was paused says as much.
    ...(pausedMs > 0 ? [{ kind: "paused", ms: pausedMs } as const] : []),
    ...(pausedMs === 0 && busyCores !== undefined && busyCores > Math.max(QUIET_CORES, QUIET_SHARE * threads)
      ? [{ kind: "busy", cores: busyCores } as const]
      : []),
    ...(variance > STEADY_SHARE ? [{ kind: "variance", share: variance } as const] : []),
    ...(Math.abs(drift) > LEVEL_SHARE ? [{ kind: "drift", share: drift } as const] : []),
    ...(wanted !== undefined && rates.length < wanted ? [{ kind: "incomplete", made: rates.length } as const] : []),
  ];
}

/** As doubtsOf, where only mean and deviation are known. */
export function statedDoubts({ mean: rate, deviation }: StatedRate): Doubt[] {
  const share = deviation / rate;
  return share > STEADY_SHARE ? [{ kind: "variance", share }] : [];
}

/**
 * How much faster the last repetition was than the first by the straight line through all, as a share of the mean;
 * 0 where the line can't be told from level at 95%.
 */
function driftOf(rates: readonly number[]): number {
  const count = rates.length;
  if (count < 3) return 0;
  const middle = mean(rates);
  const centre = (count - 1) / 2;
  let across = 0;
  let together = 0;
  for (const [index, rate] of rates.entries()) {
    across += (index - centre) ** 2;
    together += (index - centre) * (rate - middle);
  }
  const slope = together / across;
  const rest = rates.reduce((sum, rate, index) => sum + (rate - middle - slope * (index - centre)) ** 2, 0);
  const error = Math.sqrt(rest / (count - 2) / across);
  return Math.abs(slope) <= student(count - 2) * error ? 0 : (slope * (count - 1)) / middle;
}
