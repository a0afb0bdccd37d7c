/** Which keys go where, as the pattern of the control has it. */
export interface ArrowKeys {
  /** Up and down as well as left and right. */
  readonly vertical?: boolean;
  /** From the last on to the first. */
  readonly wraps?: boolean;
}

/**
 * Where arrow keys, Home and End lead in a row of items of which one has the keyboard.
 * @returns undefined where the key leads nowhere.
 */
export function arrowTarget(key: string, at: number, count: number, how: ArrowKeys = {}): number | undefined {
  if (count === 0) return undefined;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const isBack = key === "ArrowLeft" || (how.vertical === true && key === "ArrowUp");
  const isOn = key === "ArrowRight" || (how.vertical === true && key === "ArrowDown");
  if (!isBack && !isOn) return undefined;
  const next = at + (isOn ? 1 : -1);
  return how.wraps === true ? (next + count) % count : Math.min(Math.max(next, 0), count - 1);
}
