import { isClosed, type Lexeme } from "./sqlLexemes";

/** What has been read so far is no beginning of a statement, or it ended before the statement did. */
export class Stop extends Error {}

/**
 * Reads the lexemes of a statement that may be unfinished. What is asked for where the text ends is noted: then the
 * text is a beginning of something, and reading stops there at the latest.
 */
export class SqlReader {
  private at = 0;
  /** Something that was asked for may stand where the text ends. */
  hopeful = false;

  /**
   * @param end "open": more may come; "spaced": more may come after a space; "whole": the text is all there will be, and a
   * word at its end is complete.
   */
  constructor(
    private readonly lexemes: readonly Lexeme[],
    private readonly end: "open" | "spaced" | "whole",
  ) {}

  /** The next lexeme where it is complete; undefined at the end and for one that may go on. */
  peek(ahead = 0): Lexeme | undefined {
    const next = this.lexemes[this.at + ahead];
    return next === undefined || (next.open && this.end !== "whole") ? undefined : next;
  }

  /** How many lexemes have been read. */
  get position(): number {
    return this.at;
  }

  /** What was read since a position, as it is written but for its spaces. */
  since(position: number): string {
    return this.lexemes
      .slice(position, this.at)
      .map(({ text }) => text)
      .join(" ");
  }

  get atEnd(): boolean {
    return this.at >= this.lexemes.length;
  }

  take(): Lexeme {
    const next = this.peek();
    if (next === undefined) throw new Stop();
    this.at++;
    return next;
  }

  accept(text: string): boolean {
    if (this.peek()?.text === text) {
      this.at++;
      return true;
    }
    // None of these stands after a space.
    if (this.end !== "spaced" || !/^[,).]$/.test(text)) this.hope((written) => text.startsWith(written));
    return false;
  }

  expect(text: string): void {
    if (!this.accept(text)) throw new Stop();
  }

  /** The first of these that stands here. */
  acceptOneOf<T extends string>(texts: readonly T[]): T | undefined {
    return texts.find((text) => this.accept(text));
  }

  /** @throws Stop where none of them stands here. */
  expectOneOf(texts: readonly string[]): string {
    const next = this.peek();
    if (next !== undefined && texts.includes(next.text)) return this.take().text;
    this.hope((written) => texts.some((text) => text.startsWith(written)));
    throw new Stop();
  }

  acceptNumber(): boolean {
    if (this.peek()?.kind === "number") {
      this.at++;
      return true;
    }
    this.hope((_, written) => written?.kind === "number");
    return false;
  }

  /** A text in quotes. @throws Stop for one that may not be. */
  acceptText(mayBegin: (written: string) => boolean, mayBe: (written: string) => boolean): boolean {
    const next = this.peek();
    if (next?.kind === "string") {
      if (!mayBe(next.text)) throw new Stop();
      this.at++;
      return true;
    }
    this.hope(
      (written, lexeme) => lexeme?.kind === "string" && (mayBegin(written) || (isClosed(written) && mayBe(written))),
    );
    return false;
  }

  /** Notes that what the text ends with may become what is asked for here; at its very end anything may. */
  hope(fits: (written: string, lexeme: Lexeme | undefined) => boolean): void {
    const next = this.lexemes[this.at];
    if (this.end === "whole" || (next !== undefined && (!next.open || this.at !== this.lexemes.length - 1))) return;
    if (next === undefined || fits(next.text, next)) this.hopeful = true;
  }
}
