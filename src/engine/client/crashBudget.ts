/** Give up at this many crashes... */
const LIMIT = 5;
/** ...within this time. */
const WINDOW_MS = 3 * 60_000;
/** Waits before the first, second, ... restart in a row, ms. The first is at once, so that an answer can go on soon. */
const BACK_OFF_MS = [0, 250, 1000, 2000] as const;

export type CrashVerdict =
  { readonly restart: true; readonly attempt: number; readonly delayMs: number } | { readonly restart: false };

/** Decides after each crash whether the engine starts again, and when. */
export class CrashBudget {
  private crashes: number[] = [];

  crashed(now: number): CrashVerdict {
    this.crashes = [...this.crashes.filter((at) => now - at < WINDOW_MS), now];
    const attempt = this.crashes.length;
    if (attempt >= LIMIT) return { restart: false };
    return { restart: true, attempt, delayMs: BACK_OFF_MS[attempt - 1] ?? BACK_OFF_MS[3] };
  }

  forget(): void {
    this.crashes = [];
  }
}
