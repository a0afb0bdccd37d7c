/** Tokens that must stand somewhere before as they stand at the end, tried longest first. */
const LOOKED_FOR = [4, 3, 2] as const;

/**
 * Guesses how a text goes on from where its end stood in it before: edits, names and lists mostly repeat themselves. How
 * much is guessed follows from how the last guesses went, since a guess that fails has cost the time of its tokens.
 */
export class Lookup<Token extends number> {
  private length: number;
  private rested = 0;

  /** @param most tokens at once. */
  constructor(private readonly most: number) {
    this.length = Math.min(2, most);
  }

  /** What may follow the text; empty where nothing suggests itself, or guesses have failed of late. */
  after(text: readonly Token[], room: number): readonly Token[] {
    if (this.length === 0) {
      // Every few tokens one is tried, or what begins to repeat itself would never be found.
      if (++this.rested < REST) return [];
      this.length = 1;
    }
    const most = Math.min(this.length, room);
    if (most <= 0) return [];
    for (const count of LOOKED_FOR) {
      const end = endOfRepeated(text, count);
      if (end !== undefined) return text.slice(end, end + most);
    }
    return [];
  }

  /** How many tokens of a guess came true. */
  learn(guessed: number, accepted: number): void {
    this.rested = 0;
    if (accepted === guessed) this.length = Math.min(this.most, Math.max(1, 2 * this.length));
    else if (accepted === 0) this.length = Math.floor(this.length / 2);
  }
}

/** Tokens without a guess after one of a single token has failed. */
const REST = 8;

/** Behind the last earlier place where the text's last `count` tokens stand. */
function endOfRepeated(text: readonly number[], count: number): number | undefined {
  const from = text.length - count;
  for (let start = from - 1; start >= 0; start--) {
    let same = 0;
    while (same < count && text[start + same] === text[from + same]) same++;
    if (same === count) return start + count;
  }
  return undefined;
}
