import { columnsOf, indentation, type IndentStyle } from "./indentation";
import type { EmptyBody, Place } from "./place";

/** The indentation of a body's lines: told by the first of them, converted to the document's own. */
export class BodyIndent {
  /** Columns of the body's first line, as the model has it. */
  private own: number | undefined;

  private readonly base: number;
  private readonly style: IndentStyle;
  /** Columns of one level. */
  private readonly level: number;
  /** The cursor stands in the body, which is thereby indented as it should be. */
  private readonly isGiven: boolean;
  private converts = false;

  constructor({ style, tabSize, prefix }: Place, { base, onLine }: EmptyBody) {
    this.base = base;
    this.style = style;
    this.isGiven = !onLine && columnsOf(prefix, tabSize) > base;
    this.level = style.spaces ? style.size : tabSize;
  }

  get isBegun(): boolean {
    return this.own !== undefined;
  }

  /** A line indented this far does not stand in the body any more. Of the first line: it stands in none. */
  isLess(columns: number): boolean {
    return columns < (this.own ?? this.base + 1);
  }

  /**
   * @param columns as the model has it; the first line's says how it indents.
   * @param lead the white space itself.
   */
  text(columns: number, lead: string): string {
    if (this.own === undefined && columns > this.base) {
      this.own = columns;
      // A model that sees how the document is indented does the same; any width it takes then is meant.
      const isFollowed = this.isGiven || (this.style.shown && (this.style.spaces || lead.includes("\t")));
      const step = columns - this.base;
      this.converts = !isFollowed && (step === this.level * 2 || step * 2 === this.level);
    }
    return indentation(this.converts ? this.converted(columns) : columns, this.style);
  }

  private converted(columns: number): number {
    const step = (this.own ?? 0) - this.base;
    const offset = columns - this.base;
    return offset < 0 || offset % step !== 0 ? columns : this.base + (offset / step) * this.level;
  }
}
