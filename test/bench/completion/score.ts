import type { Keystroke } from "./replay";

/** What is not shown by then is not shown, ms; the time of a key whose suggestion did not come. */
export const DEADLINE_MS = 1000;
/** A key that another follows sooner is looked at by nobody, so its time does not count, ms. */
export const LOOK_MS = 250;

export interface Score {
  /** Keys that count. */
  readonly keys: number;
  readonly p50: number;
  readonly p95: number;
  /** Of the keys that count: how many got a text in time, and how many were told in time that there is none. */
  readonly shown: number;
  readonly declined: number;
  /** p50 and p95 where being told that there is none counts as an answer. */
  readonly answeredP50: number;
  readonly answeredP95: number;
  /** Mean over what was shown; null when nothing was. */
  readonly similarity: number | null;
}

/** A suggestion may be wanted there, and somebody has the time to look. */
export function counts({ wanted, gapMs }: Keystroke): boolean {
  return wanted && gapMs >= LOOK_MS;
}

export function scoreOf(keystrokes: readonly Keystroke[]): Score {
  const keys = keystrokes.filter(counts);
  const times = keys.map(({ shownMs }) => inTime(shownMs) ?? DEADLINE_MS);
  const answered = keys.map(({ shownMs, declined }) => inTime(shownMs) ?? inTime(declined?.ms) ?? DEADLINE_MS);
  const similarities = keys.flatMap(({ shownMs, text, afterwards }) =>
    inTime(shownMs) === undefined || text === null ? [] : [similarity(text, afterwards)],
  );
  return {
    keys: keys.length,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    shown: times.filter((ms) => ms < DEADLINE_MS).length,
    declined: keys.filter(
      ({ shownMs, declined }) => inTime(shownMs) === undefined && inTime(declined?.ms) !== undefined,
    ).length,
    answeredP50: percentile(answered, 0.5),
    answeredP95: percentile(answered, 0.95),
    similarity:
      similarities.length === 0 ? null : similarities.reduce((sum, value) => sum + value, 0) / similarities.length,
  };
}

function inTime(ms: number | null | undefined): number | undefined {
  return typeof ms === "number" && ms < DEADLINE_MS ? ms : undefined;
}

/** The least value that `share` (0 to 1) of the values do not exceed. @throws RangeError for an empty list. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (value === undefined) throw new RangeError("A percentile of nothing.");
  return value;
}

/**
 * How much of a suggestion's first line with text is what came to stand there: 1 less the edit distance to the text of
 * the same length, per character.
 */
export function similarity(suggestion: string, afterwards: string): number {
  const [line = ""] = /^\s*[^\n]*/u.exec(suggestion) ?? [];
  const actual = afterwards.replaceAll("\r\n", "\n").slice(0, line.length);
  const longest = Math.max(line.length, actual.length);
  return longest === 0 ? 1 : 1 - editDistance(line, actual) / longest;
}

/** Levenshtein's, in UTF-16 units. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
