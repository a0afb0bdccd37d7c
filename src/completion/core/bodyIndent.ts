import { indentation, type IndentStyle } from "./indentation";

/** The indentation of a body's lines: told by the first of them, converted to the document's own. */
export class BodyIndent {
  /** Columns of the body's first line, as the model has it. */
  private own: number | undefined;

  /** @param base columns of the line that opens the body. */
  constructor(
    private readonly base: number,
    private readonly style: IndentStyle,
    private readonly tabSize: number,
  ) {}

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
    const step = (this.own ?? 0) - this.base;
    const wanted = this.style.spaces ? this.style.size : this.tabSize;
    // A model that indents by half of what the document does, or by twice as much, has taken up another style; any
    // other width is meant, as that of arguments below their bracket.
    const isOther = step === wanted * 2 || step * 2 === wanted;
    const offset = columns - this.base;
    if (!isOther || offset < 0 || offset % step !== 0) return columns;
    return this.base + (offset / step) * wanted;
  }
}
