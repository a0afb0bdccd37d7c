/** Longest wait, ms: somebody who has stopped for so long is looking. */
const MOST_MS = 250;
/** Keys and answers that count; older ones are of another moment. */
const REMEMBERED = 15;
/** A longer gap is a pause to think and says nothing about typing, ms. */
const TYPING_MS = 1000;

/**
 * How long to wait after a key before the model is asked. Where answers come before the next key they cost nothing to
 * ask for at once. Where they do not, asking at each key computes for nobody, so the wait ends when the person has
 * paused for longer than between keys. Both are measured, as medians, since single gaps and answers vary tenfold.
 */
export class Debounce {
  private readonly gaps: number[] = [];
  private readonly answers: number[] = [];
  private lastKey = -Infinity;

  /** @param at when a key was pressed, on a monotonic clock, ms. */
  key(at: number): void {
    const gap = at - this.lastKey;
    this.lastKey = at;
    if (gap > 0 && gap < TYPING_MS) remember(this.gaps, gap);
  }

  /** @param ms from the start of a request to the first text that could be shown. */
  answered(ms: number): void {
    remember(this.answers, ms);
  }

  get ms(): number {
    const gap = medianOf(this.gaps);
    const answer = medianOf(this.answers);
    if (gap === undefined || answer === undefined || answer < gap * 0.8) return 0;
    return Math.min(gap * 1.5, MOST_MS);
  }
}

function remember(list: number[], value: number): void {
  list.push(value);
  if (list.length > REMEMBERED) list.shift();
}

function medianOf(list: readonly number[]): number | undefined {
  return [...list].sort((a, b) => a - b)[list.length >> 1];
}
