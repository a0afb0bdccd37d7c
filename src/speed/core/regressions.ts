import type { BenchResult } from "./benchmark";
import { seriesKey, versionKey } from "./resultKeys";
import { mean, meanError, rateOf, ratesOf } from "./statistics";

/** What one machine differs from itself by from one run to the next, as a share: so much says nothing of a version. */
const RUN_SHARE = 0.03;

/** One test of one model on one machine, before and after another version of llama.cpp or its binding came. */
export interface VersionChange {
  /** The newest of each version. */
  readonly before: BenchResult;
  readonly after: BenchResult;
  /** tokens/s, the mean over all results of the version. */
  readonly rateBefore: number;
  readonly rateAfter: number;
  /** Of the rate before: -0.1 is a tenth slower. */
  readonly change: number;
  /** Half-width of its 95% interval, at least what a machine differs from itself by. */
  readonly error: number;
}

/**
 * Where the newest version differs from the one before by more than can be chance, the worst first. Only figures that
 * are called good are compared.
 */
export function versionChanges(results: readonly BenchResult[]): VersionChange[] {
  const changes: VersionChange[] = [];
  for (const series of groups(results.filter(isComparable), seriesKey)) {
    const versions = groups(series, ({ machine }) => versionKey(machine)).sort(
      (one, other) => lastOf(other).at - lastOf(one).at,
    );
    const [after, before] = versions;
    if (after === undefined || before === undefined) continue;
    const now = spreadOf(after);
    const then = spreadOf(before);
    const change = now.rate / then.rate - 1;
    const error = Math.max(
      RUN_SHARE,
      (now.rate / then.rate) * Math.hypot(now.error / now.rate, then.error / then.rate),
    );
    if (Math.abs(change) <= error) continue;
    const rates = { rateBefore: then.rate, rateAfter: now.rate };
    changes.push({ before: lastOf(before), after: lastOf(after), ...rates, change, error });
  }
  return changes.sort((one, other) => one.change - other.change);
}

/** Of them, what got slower. */
export function regressions(results: readonly BenchResult[]): VersionChange[] {
  return versionChanges(results).filter(({ change }) => change < 0);
}

function isComparable(result: BenchResult): boolean {
  const { mean: rate } = rateOf(result);
  return result.doubts.length === 0 && Number.isFinite(rate) && rate > 0;
}

/** tokens/s, and the half-width of the 95% interval: of runs where there are several, else of one run's repetitions. */
function spreadOf(results: readonly BenchResult[]): { readonly rate: number; readonly error: number } {
  const rates = results.map((result) => rateOf(result).mean);
  const [only] = results;
  const samples = rates.length > 1 || only === undefined ? rates : ratesOf(only.test, only.samplesNs);
  const rate = mean(rates);
  return { rate, error: meanError(samples) ?? RUN_SHARE * rate };
}

function lastOf(results: readonly BenchResult[]): BenchResult {
  return results.reduce((last, result) => (result.at > last.at ? result : last));
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = found.get(key);
    if (group === undefined) found.set(key, [item]);
    else group.push(item);
  }
  return [...found.values()];
}
