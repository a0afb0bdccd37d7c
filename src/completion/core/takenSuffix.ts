/** How much of what follows the cursor on its line a text holds itself: the closers it has to write to go on. */
export class TakenSuffix {
  /** Where in the text, and up to where in the suffix, in UTF-16 units. */
  private readonly steps: { readonly at: number; readonly units: number }[] = [];

  constructor(private readonly suffix: string) {}

  /** Where in the text the first of it stands. */
  get first(): number | undefined {
    return this.steps[0]?.at;
  }

  /**
   * Notes that `mark` comes next in the text.
   * @param at the text's length before it.
   * @returns false: that is not what follows.
   */
  take(mark: string, at: number): boolean {
    const from = this.units(at);
    const rest = this.suffix.slice(from);
    const skipped = rest.length - rest.trimStart().length;
    if (!rest.startsWith(mark, skipped)) return false;
    this.steps.push({ at, units: from + skipped + mark.length });
    return true;
  }

  /** UTF-16 units of the suffix that a text of this length holds. */
  units(length: number): number {
    return this.steps.findLast(({ at }) => at < length)?.units ?? 0;
  }
}
