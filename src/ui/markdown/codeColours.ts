import { type Coloured, colour, escaped, isWebPage, knowsLanguage, makeReady } from "./highlight";

/** Coloured in one go where it is enough: about 2 ms of a slow machine. Characters. */
const pieceLength = 1_000;
/** What does not come to an end within this many characters, a comment for one, stays without colours. */
const maxPiece = 8_000;
const maxTries = 2;
/** The grammars are regular expressions, and some grow faster than the line they look at. */
const maxLine = 2_000;

export interface ColouredPiece {
  /** Spans and escaped text. */
  readonly html: string;
  /** Where it begins in the code; it ends with a line, or with the code. */
  readonly from: number;
  /** Characters. */
  readonly length: number;
  /** What follows can change these colours. */
  readonly provisional: boolean;
}

/**
 * Colours code piece by piece. A piece ends with a line at whose end no comment, string or other construct is open, so
 * that the next one begins as the whole did, and the colours are those of the whole.
 */
export class CodeColours {
  /** The code before this has its colours. */
  at = 0;
  private length = pieceLength;
  /** A shorter piece that may end better, and how many such have been tried. Characters. */
  private shorter = 0;
  private tries = 0;
  /** Of a web page: what the text at `at` is in. */
  private inside: "script" | "style" | undefined;
  private gaveUp: boolean;

  constructor(private readonly language: string) {
    this.gaveUp = !knowsLanguage(language);
  }

  /** Coloured, but for the rest of its line. */
  private held: { readonly from: number; readonly html: string } | undefined;

  /**
   * One step. @param whole the code does not grow any more.
   * @returns "more": nothing yet, but there is more to try; undefined: nothing to do with this code.
   */
  next(code: string, whole: boolean): ColouredPiece | "more" | undefined {
    const piece = this.step(code, whole);
    if (piece === undefined || piece === "more") return piece;
    const from = this.held?.from ?? piece.from;
    const html = (this.held?.html ?? "") + piece.html;
    const to = piece.from + piece.length;
    if (!piece.provisional && to < code.length && code[to - 1] !== "\n") {
      this.held = { from, html };
      return "more";
    }
    if (!piece.provisional) this.held = undefined;
    return { html, from, length: to - from, provisional: piece.provisional };
  }

  private step(code: string, whole: boolean): ColouredPiece | "more" | undefined {
    const end = whole ? code.length : code.lastIndexOf("\n") + 1;
    if (this.gaveUp || this.at >= end) return undefined;
    if (makeReady(this.language)) return "more";
    const section = this.sectionEnd(code, end);
    const to = cut(code, this.at, Math.min(section, this.at + (this.shorter || this.length)), section);
    const from = this.at;
    const text = code.slice(from, to);
    const coloured = this.colour(text);
    const closed = coloured.complete || (to === section && (whole || to < end || this.endsSection(code, to)));
    if (closed) {
      if (to === section) this.inside = this.insideAfter(text);
      this.at = to;
      this.length = pieceLength;
      this.shorter = this.tries = 0;
      return { html: coloured.html, from, length: text.length, provisional: false };
    }
    if (to === end) return { html: coloured.html, from, length: text.length, provisional: true };
    // A line's end that is in no coloured piece is a good place to try.
    this.shorter = this.tries++ < maxTries ? lastFreeLineEnd(coloured.html) : 0;
    if (this.shorter > 0) return "more";
    this.tries = 0;
    this.length *= 2;
    this.gaveUp = this.length > maxPiece;
    return "more";
  }

  private colour(text: string): Coloured {
    if (text.length > maxLine && text.split("\n").some(({ length }) => length > maxLine))
      return { html: escaped(text), complete: true };
    const { inside, language } = this;
    return colour(text, inside === undefined ? language : inside === "script" ? "javascript" : "css");
  }

  /** A web page is of three languages, and the grammar would take a whole script for one construct. */
  private sectionEnd(code: string, end: number): number {
    if (!isWebPage(this.language)) return end;
    const edge =
      this.inside === undefined ? /<(?:script|style)\b[^>]*>/gi : new RegExp(`(?=</${this.inside}\\b)`, "gi");
    edge.lastIndex = this.at;
    const found = edge.exec(code);
    if (found === null) return end;
    const at = found.index + found[0].length;
    // An empty script: its end is looked for from the next piece on.
    return at > this.at ? Math.min(at, end) : end;
  }

  private endsSection(code: string, at: number): boolean {
    return isWebPage(this.language) && (this.inside === undefined ? code[at - 1] === ">" : code.startsWith("</", at));
  }

  private insideAfter(text: string): "script" | "style" | undefined {
    if (this.inside !== undefined || !isWebPage(this.language)) return undefined;
    const name = /<(script|style)\b[^>]*>$/i.exec(text)?.[1]?.toLowerCase();
    return name === "script" || name === "style" ? name : undefined;
  }
}

/** How long the code is up to the last line's end, but the very last, that lies in no span. 0: there is none. */
function lastFreeLineEnd(html: string): number {
  let depth = 0;
  let length = 0;
  let free = 0;
  let before = 0;
  for (const [part] of html.matchAll(/<span [^>]*>|<\/span>|&[#\w]+;|\n|[^<&\n]+/g)) {
    if (part.startsWith("<span")) depth++;
    else if (part.startsWith("</")) depth--;
    else {
      length += part.startsWith("&") ? 1 : part.length;
      if (part === "\n" && depth === 0) [before, free] = [free, length];
    }
  }
  return free === length ? before : free;
}

/** The end of the last whole line before `wanted`, or of the first line where that is longer. */
function cut(code: string, from: number, wanted: number, end: number): number {
  if (wanted >= end) return end;
  const before = code.lastIndexOf("\n", wanted - 1) + 1;
  if (before > from) return before;
  const after = code.indexOf("\n", wanted);
  return after === -1 || after >= end ? end : after + 1;
}
