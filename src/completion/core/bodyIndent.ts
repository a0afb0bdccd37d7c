import { columnsOf, indentation, type IndentStyle } from "./indentation";
import type { EmptyBody, Place } from "./place";

/** The indentation of a body's lines: told by the first of them, converted to the document's own. */
export class BodyIndent {
  /** Columns of the body's first line, as the model has it. */
  private own: number | undefined;

  private readonly base: number;
  private readonly style: IndentStyle;
  /** Columns of one level; undefined where the cursor stands in the body, which is thereby indented as it should be. */
  private readonly level: number | undefined;

  constructor({ style, tabSize, prefix }: Place, { base, onLine }: EmptyBody) {
    this.base = base;
    this.style = style;
    const isGiven = !onLine && columnsOf(prefix, tabSize) > base;
    this.level = isGiven ? undefined : style.spaces ? style.size : tabSize;
  }

  /** A line indented this far does not stand in the body any more. Of the first line: it stands in none. */
  isLess(columns: number): boolean {
    return columns < (this.own ?? this.base + 1);
  }

  /** @param columns as the model has it; the first line's says how it indents. */
  text(columns: number): string {
    if (this.own === undefined && columns > this.base) this.own = columns;
    return indentation(this.converted(columns), this.style);
  }

  private converted(columns: number): number {
    const { level, base } = this;
    const step = (this.own ?? 0) - base;
    // A model that indents by half of what the document does, or by twice as much, has taken up another style; any
    // other width is meant, as that of arguments below their bracket.
    if (level === undefined || (step !== level * 2 && step * 2 !== level)) return columns;
    const offset = columns - base;
    return offset < 0 || offset % step !== 0 ? columns : base + (offset / step) * level;
  }
}
