import { BodyIndent } from "./bodyIndent";
import { columnsOf, indentation, isBlank } from "./indentation";
import { closerOf, type Lexer, type Token } from "./lexer";
import { finishedText, movedClosers } from "./finishedText";
import type { EmptyBody, Place } from "./place";
import type { Reason } from "./reasons";
import { hasWords, thirdRounds } from "./repetition";
import type { Shape } from "./shape";
import { overlap } from "./suffixOverlap";
import { TakenSuffix } from "./takenSuffix";

/** UTF-16 units. What is longer is data that nobody reads through before accepting it. */
const longestLine = 500;
/** Line ends before the first text: the current line's own, and up to two empty lines. */
const mostLeadingLineEnds = 3;

const beginsInWord = /^[\p{L}\p{N}\p{M}_$]/u;
const endsInWord = /[\p{L}\p{N}\p{M}_$]$/u;

/** A bracket or string that the text opened itself. */
interface Own {
  readonly close: string;
  /** Where in the text it stands, and on which of its lines. */
  readonly at: number;
  readonly line: number;
}

/** The text of one suggestion while it arrives. Reads it token by token, so that each decision stands once it is made. */
export class SuggestedText {
  private raw = "";
  private at = 0;
  private readonly lexer: Lexer;
  /** The text so far, indented as the document is. */
  private out = "";
  /** Its complete lines; the first without what stands before the cursor. */
  private readonly lines: string[] = [];
  private lineStart = 0;
  /** White space at a line's beginning that has not been looked at yet. */
  private lead = "";
  private atLineStart = true;
  /** How many of the place's brackets are still open. */
  private enclosing: number;
  private readonly own: Own[] = [];
  private ownString: Own | undefined;
  private enclosedString: boolean;
  private readonly pairs: { readonly from: number; readonly to: number }[] = [];
  private readonly taken: TakenSuffix;
  /** Lengths of the text at which it could stop, of the last lines. */
  private ends: number[] = [];
  private shown = 0;
  /** What is filled; undefined for one line. */
  private body: EmptyBody | undefined;
  private bodyIndent: BodyIndent | undefined;
  /** The line that closes the body: where its closers end. */
  private closing: number | undefined;
  private result: Shape | undefined;

  constructor(
    private readonly place: Place,
    private readonly maxLines: number,
  ) {
    this.lexer = place.lexer.copy();
    this.taken = new TakenSuffix(place.suffix);
    this.enclosing = place.open.length;
    this.enclosedString = place.enclosed !== undefined || place.lexer.context.in === "string";
    this.body = place.body;
    this.bodyIndent = place.body === undefined ? undefined : new BodyIndent(place, place.body);
  }

  isDone(): boolean {
    return this.result !== undefined;
  }

  add(text: string): void {
    if (this.isDone()) return;
    this.raw += text;
    this.read(false);
  }

  /** The model ended it. */
  end(): void {
    if (this.isDone()) return;
    this.read(true);
    if (!this.isDone()) this.endLine("empty");
  }

  /**
   * It breaks off.
   * @param next what would have come: it tells whether the last word is whole; empty where nobody knows.
   */
  cut(reason: Reason, next: string): void {
    if (this.isDone()) return;
    this.read(next !== "" && !beginsInWord.test(next));
    if (!this.isDone()) this.breakOff(reason);
  }

  /** There would be something to show, were it to break off before `next`. */
  hasWords(next: string): boolean {
    const limit = this.limit();
    if (this.shown > 0 || this.ends.some((end) => end <= limit && !isBlank(this.out.slice(0, end)))) return true;
    const pending = this.raw.slice(this.at);
    const isWord = endsInWord.test(pending) && !beginsInWord.test(next) && this.isBalanced(this.lines.length);
    return isWord && !this.repeats(this.out.slice(this.lineStart) + pending, true);
  }

  shape(): Shape {
    if (this.result !== undefined) return this.result;
    const text = this.out.slice(0, this.safeEnd());
    const units = this.taken.units(this.shown);
    const isBody = this.place.body !== undefined && !isBlank(this.place.suffix) && text.includes("\n");
    if (isBody && units === 0)
      return { text, ...movedClosers(this.place), done: false, settled: hasWords(text), reason: undefined };
    // Closers that the text has taken over may turn out to stay where they are.
    const settled = hasWords(text) && !isBody;
    return { text, closes: "", replaces: units, done: false, settled, reason: undefined };
  }

  /** Up to where nothing that is still to come can take the text back. */
  private limit(): number {
    const line = this.out.slice(this.lineStart);
    if (this.repeats(line, true)) return this.lines.length === 0 ? 0 : this.lineStart - 1;
    if (this.lines.length > 0 || isBlank(this.place.suffix)) return this.out.length;
    return this.out.length - overlap(this.out, this.place.suffix.trimEnd());
  }

  private read(final: boolean): void {
    while (this.at < this.raw.length && !this.isDone()) {
      const wasString = this.lexer.context.in === "string";
      const token = this.lexer.next(this.raw, this.at, final);
      if (token === undefined) return;
      this.at += token.text.length;
      this.take(token, wasString);
      if (this.out.length - this.lineStart > longestLine) this.breakOff("empty");
    }
  }

  private take(token: Token, wasString: boolean): void {
    if (token.kind === "newline") this.newline();
    else if (token.kind === "forbidden") this.breakOff("empty");
    else this.takeText(token, wasString);
  }

  private takeText(token: Token, wasString: boolean): void {
    if (this.atLineStart) {
      if (token.kind === "space") {
        this.lead += token.text;
        return;
      }
      this.atLineStart = false;
      if (!this.beginLine(token, wasString)) return;
    }
    const at = this.out.length;
    const { kind } = token;
    if (kind === "close" && !this.close(token.text, wasString)) return;
    if (kind === "stringEnd" && !this.closeString(token.text)) return;
    if (kind === "comment" && this.hidesSuffix()) {
      this.stop("empty");
      return;
    }
    if (kind === "other" && this.lexer.context.in === "code") this.takeSuffix(token.text);
    this.out += token.text;
    if (kind === "open") this.own.push({ close: closerOf(token.text), at, line: this.lines.length });
    if (kind === "stringStart") this.ownString = { close: "", at, line: this.lines.length };
    const extendsClosing = this.closing === at && /^[)\]},;]$/.test(token.text);
    if (extendsClosing || (this.closing === this.lineStart && kind === "word")) this.closing = this.out.length;
    const isEnd =
      kind === "word" || kind === "close" || kind === "stringEnd" || kind === "literal" || token.text === ";";
    const isShort = this.out.length - this.lineStart <= longestLine;
    if (isEnd && isShort && this.closing === undefined && this.isBalanced(this.lines.length)) {
      this.ends.push(this.out.length);
    }
  }

  /** A comment up to the line's end would take in what follows the cursor. */
  private hidesSuffix(): boolean {
    const { context } = this.lexer;
    const isLine = context.in === "comment" && context.close === undefined;
    return isLine && this.body === undefined && !isBlank(this.place.suffix);
  }

  /** Nothing that the text opened on the line, or after it, is open. */
  private isBalanced(line: number): boolean {
    return !this.own.some((one) => one.line >= line) && !(this.ownString !== undefined && this.ownString.line >= line);
  }

  /** The first token of a line that is no white space. @returns false: it does not belong to the suggestion. */
  private beginLine(token: Token, wasString: boolean): boolean {
    const { place, bodyIndent, lead } = this;
    const isFirst = this.lines.length === 0;
    const isInside = wasString && !isFirst;
    if (isFirst && !isBlank(place.prefix)) {
      // Some models begin with the space that is there already.
      const isDouble = /\s$/.test(place.prefix) && place.lexer.context.in === "code";
      this.out += isDouble ? "" : lead;
      return true;
    }
    const before = isFirst ? place.prefix : "";
    const columns = columnsOf(before + lead, place.tabSize);
    if (bodyIndent !== undefined && !isInside && !(isFirst && this.body?.onLine === true)) {
      if (bodyIndent.isLess(columns) && !this.mayStandOut(token, columns)) return false;
    }
    const wanted = isInside ? lead : (this.bodyIndent?.text(columns, lead) ?? indentation(columns, place.style));
    this.out += isFirst ? this.withoutPrefix(wanted, columns) : wanted;
    return true;
  }

  /** What of the first line's indentation is still missing. */
  private withoutPrefix(wanted: string, columns: number): string {
    const { prefix, tabSize, style } = this.place;
    return wanted.startsWith(prefix)
      ? wanted.slice(prefix.length)
      : indentation(Math.max(0, columns - columnsOf(prefix, tabSize)), style);
  }

  /** A line that is indented less than the body ends it, unless it closes what is open. */
  private mayStandOut(token: Token, columns: number): boolean {
    const { body } = this;
    const { rules } = this.place;
    if (body === undefined || token.kind === "close") return true;
    if (this.bodyIndent?.isBegun === false) {
      // It fills nothing: one line goes on behind the cursor, as anywhere else.
      this.body = undefined;
      this.bodyIndent = undefined;
      return true;
    }
    if (this.own.some((one) => one.line < this.lines.length) && columns > body.base) return true;
    const isCloser = token.kind === "word" && rules.closes?.test(token.text) === true;
    if (isCloser && columns === body.base && !body.closedByWord && body.bracket === undefined) {
      this.closing = this.lineStart;
      return true;
    }
    this.stopBeforeLine(isCloser && body.closedByWord ? "repeats" : "empty");
    return false;
  }

  /** @returns false: the closer does not belong to the suggestion. */
  private close(closer: string, wasString: boolean): boolean {
    if (wasString) return true;
    const own = this.own.at(-1);
    if (own !== undefined) {
      if (own.close !== closer) return this.stop("empty");
      this.own.pop();
      this.pairs.push({ from: own.at, to: this.out.length + 1 });
      return true;
    }
    const { place } = this;
    const bracket = place.open[this.enclosing - 1];
    if (bracket === undefined || closerOf(bracket.open) !== closer) {
      return place.rules.looseParentheses && closer === ")" ? true : this.stop("empty");
    }
    if (bracket.closed === "below") return this.stop("repeats");
    if (bracket.closed === "line" && !this.takeSuffix(closer)) return this.stop("repeats");
    this.enclosing--;
    const isBody = this.body?.bracket === this.enclosing;
    if (isBody && this.isFirstOfLine() && this.lines.length > 0) this.closing = this.out.length;
    return true;
  }

  private closeString(quote: string): boolean {
    const own = this.ownString;
    if (own !== undefined) {
      this.ownString = undefined;
      this.pairs.push({ from: own.at, to: this.out.length + quote.length });
      return true;
    }
    if (!this.enclosedString) return true;
    this.enclosedString = false;
    const { enclosed } = this.place;
    if (enclosed === "below") return this.stop("repeats");
    return enclosed !== "line" || this.takeSuffix(quote) ? true : this.stop("repeats");
  }

  /** @returns false: that is not what follows the cursor. */
  private takeSuffix(mark: string): boolean {
    return this.place.atLineEnd && this.own.length === 0 && this.taken.take(mark, this.out.length);
  }

  private isFirstOfLine(): boolean {
    return isBlank(this.out.slice(this.lineStart));
  }

  private newline(): void {
    const { place } = this;
    const isEmpty = isBlank(this.out);
    this.lead = "";
    if (isEmpty && this.body === undefined) {
      // The line is finished, and the next one is suggested; in front of text, or behind a ".", it is not.
      const mayGoOn = isBlank(place.suffix) && !/\.\s*$/.test(place.prefix);
      if (mayGoOn && this.lines.length < mostLeadingLineEnds) this.nextLine();
      else this.finish(0, "empty");
    } else if (this.body === undefined || this.closing !== undefined || this.isFilledOnLine(isEmpty)) {
      this.endLine("empty");
    } else if (this.completeLine()) this.nextLine();
  }

  /** What opened at the cursor was closed, or filled, on the same line. */
  private isFilledOnLine(isEmpty: boolean): boolean {
    const { body } = this;
    if (isEmpty || this.lines.length > 0 || body?.onLine !== true) return false;
    return body.bracket === undefined || this.enclosing <= body.bracket;
  }

  private nextLine(): void {
    const line = this.out.slice(this.lineStart).trimEnd();
    this.out = this.out.slice(0, this.lineStart) + line;
    this.lines.push(line);
    if (line !== "") this.ends = [this.out.length];
    if (this.lines.length >= this.maxLines) {
      this.finish(this.out.length, "empty");
      return;
    }
    this.out += "\n";
    this.lineStart = this.out.length;
    this.atLineStart = true;
  }

  /** @returns false: the line only repeats, and the suggestion ended before it. */
  private completeLine(): boolean {
    const line = this.out.slice(this.lineStart);
    if (isBlank(line) || !this.repeats(line, false)) return true;
    this.stopBeforeLine("repeats");
    return false;
  }

  /**
   * The line repeats the document's next one, or goes round with those before it for the third time.
   * @param begun it is not complete, and may come to do so.
   */
  private repeats(line: string, begun: boolean): boolean {
    const { next, prefix, suffix } = this.place;
    const whole = (this.lines.length === 0 ? prefix + line : line).trimEnd();
    const text = whole.trimStart();
    const isSame = (one: string, other: string): boolean => (begun ? one.startsWith(other) : one === other);
    if (thirdRounds(this.lines.map((one) => one.trim())).some((one) => isSame(one, text))) return true;
    if (next === undefined || !isBlank(suffix) || !hasWords(next)) return false;
    // The first line of a suggestion is compared without its indentation: that may not be finished.
    return this.isFirstText() ? isSame(next.trim(), text) : isSame(next.trimEnd(), whole);
  }

  private isFirstText(): boolean {
    return this.lines.every(isBlank);
  }

  /** Ends the suggestion before what was just read. @returns false, for who asks whether it belongs to it. */
  private stop(reason: Reason): false {
    if (this.closing !== undefined) this.finish(this.closing, reason);
    else if (this.isFirstOfLine()) this.stopBeforeLine(reason);
    else this.finish(this.out.length, reason);
    return false;
  }

  private stopBeforeLine(reason: Reason): void {
    this.finish(this.lines.length === 0 ? 0 : this.lineStart - 1, reason);
  }

  /** The end of the line that is the suggestion's last. */
  private endLine(reason: Reason): void {
    if (!this.completeLine()) return;
    const isBalanced = this.isBalanced(this.lines.length);
    // `} else {` opens anew what is not filled: only its beginning belongs to the body.
    if (this.closing !== undefined) this.finish(isBalanced ? this.out.length : this.closing, reason);
    // In front of text a bracket must not stay open; at the line's end its content comes next.
    else if (this.lines.length === 0 && !isBalanced && !isBlank(this.place.suffix)) this.breakOff(reason);
    else this.finish(this.out.length, reason);
  }

  private breakOff(reason: Reason): void {
    this.finish(this.closing ?? this.safeEnd(), reason);
  }

  /** The last length at which the text could stop, as far as that is certain. */
  private safeEnd(): number {
    const limit = this.limit();
    this.shown = Math.max(this.shown, ...this.ends.filter((end) => end <= limit));
    return this.shown;
  }

  private finish(end: number, reason: Reason): void {
    const { text, replaces, repeats } = finishedText(this.out.slice(0, end), end < this.out.length, {
      place: this.place,
      taken: this.taken,
      pairs: this.pairs,
    });
    const isEmpty = isBlank(text);
    this.result = {
      text: isEmpty ? "" : text,
      closes: "",
      replaces: isEmpty ? 0 : replaces,
      done: true,
      settled: !isEmpty,
      reason: isEmpty ? (repeats ? "repeats" : reason) : undefined,
    };
  }
}
