import type { EditorSnapshot } from "./editorSnapshot";
import { columnsOf, isBlank } from "./indentation";
import type { LanguageRules } from "./languages";
import { closerOf, type LexContext, Lexer } from "./lexer";

/** A bracket that is open at the cursor. */
export interface OpenBracket {
  readonly open: string;
  /** The line it stands on, from 0; -1 for one of the suggested text. */
  readonly line: number;
  /** Where what follows the cursor closes it: on its line, on a later one, or nowhere. */
  readonly closed: "line" | "below" | "open";
}

/** How the text stands at the cursor. */
export interface Surroundings {
  readonly lexer: Lexer;
  /** The outermost first. */
  readonly open: readonly OpenBracket[];
  /** Where the string or block comment that the cursor stands in is closed; undefined where it stands in none. */
  readonly enclosed: "line" | "below" | "open" | undefined;
}

/** Lines read before and after the cursor. What lies further away is closed there, most likely. */
const linesBefore = 128;
const linesAfter = 64;
const nearLines = 10;
/** Longer lines are data, and say nothing about structure. UTF-16 units. */
const longestLine = 2000;

/** @param within what a grammar says of the cursor, if there is one. */
export function surroundings(
  snapshot: EditorSnapshot,
  rules: LanguageRules,
  within: "code" | "string" | "comment" | undefined,
): Surroundings {
  const { lines, cursor } = snapshot;
  const from = Math.max(0, cursor.line - linesBefore);
  const prefix = lines.line(cursor.line).slice(0, cursor.character);
  const read = (first: number, context?: LexContext): Reader => {
    const reader = new Reader(new Lexer(rules, context));
    for (let index = first; index < cursor.line; index++) reader.line(`${lines.line(index)}\n`, index);
    reader.line(prefix, cursor.line);
    return reader;
  };
  let reader = read(from);
  const { context } = reader.lexer;
  if (within === "code" && (context.in === "string" || context.in === "comment")) {
    // The window begins inside a string or comment, so that all was read inside out; else a quote was misunderstood.
    reader = read(from, context);
    if (!reader.isInCode()) reader = read(cursor.line);
  } else if (within !== undefined && within !== "code" && context.in === "code") {
    return { lexer: new Lexer(rules, { in: "prose" }), open: [], enclosed: undefined };
  }
  return { lexer: reader.lexer, ...closings(snapshot, reader, reader.lexer.context) };
}

interface Bracket {
  readonly open: string;
  readonly line: number;
}

/** Follows brackets over lines; a closer that fits a bracket further out closes what was left open inside it. */
export class Reader {
  readonly open: Bracket[] = [];
  /** Closers that closed nothing of `open`. */
  readonly unmatched: string[] = [];

  constructor(readonly lexer: Lexer) {}

  line(text: string, index: number): void {
    if (text.length > longestLine) return;
    for (let at = 0; at < text.length;) {
      const token = this.lexer.next(text, at, true);
      if (token === undefined) return;
      at += token.text.length;
      if (token.kind === "open") this.open.push({ open: token.text, line: index });
      else if (token.kind === "close") this.close(token.text);
    }
  }

  isInCode(): boolean {
    return this.lexer.context.in === "code";
  }

  private close(closer: string): void {
    const match = this.open.findLastIndex(({ open }) => closerOf(open) === closer);
    if (match >= 0) this.open.splice(match);
    else this.unmatched.push(closer);
  }
}

/** Which of the open brackets are closed after the cursor, by the closers there and how far those lines are indented. */
function closings(
  snapshot: EditorSnapshot,
  before: Reader,
  context: LexContext,
): Pick<Surroundings, "open" | "enclosed"> {
  const { lines, cursor, indent } = snapshot;
  const to = Math.min(lines.lineCount, cursor.line + 1 + linesAfter);
  const enclosed = closingOfString(snapshot, before.lexer, context, to);
  const after = new Reader(before.lexer.copy());
  const open = before.open.map((one): { -readonly [Key in keyof OpenBracket]: OpenBracket[Key] } => ({
    ...one,
    closed: "open",
  }));
  const columns = open.map(({ line }) => columnsOf(lines.line(line), indent.size));
  const own = columnsOf(lines.line(cursor.line), indent.size);
  /** The innermost bracket whose end is not yet known. */
  let inner = open.length - 1;
  const takeClosers = (where: "line" | "below", column: number): void => {
    for (const closer of after.unmatched.splice(0)) {
      // A closer further out than the line that opened cannot be meant for it.
      while (where === "below" && inner >= 0 && (columns[inner] ?? 0) > column) inner--;
      const bracket = open[inner];
      if (bracket === undefined || closerOf(bracket.open) !== closer) return;
      bracket.closed = where;
      inner--;
    }
  };
  after.line(lines.line(cursor.line).slice(cursor.character), cursor.line);
  takeClosers("line", 0);
  after.line("\n", cursor.line);
  if (enclosed === "open") after.lexer.context = { in: "code" };
  for (let index = cursor.line + 1; index < to && inner >= 0; index++) {
    const line = lines.line(index);
    if (isBlank(line)) continue;
    const column = columnsOf(line, indent.size);
    const isCode = after.isInCode();
    after.line(`${line}\n`, index);
    // A line of the same depth that closes nothing means that a brace, or what the lines so far were indented for,
    // stays open.
    if (isCode && !/^\s*(?:[)\]}]|#)/.test(line)) {
      while (inner >= 0 && column <= (columns[inner] ?? 0)) {
        const bracket = open[inner];
        const isMeant = bracket?.open === "{" || bracket?.line === cursor.line || own > (columns[inner] ?? 0);
        if (!isMeant) break;
        inner--;
      }
    }
    takeClosers("below", column);
  }
  if (to < lines.lineCount) {
    // Lists are short, as a rule; blocks, and what begins far above, end further down, where nobody looks.
    for (const bracket of open.slice(0, inner + 1)) {
      if (bracket.open === "{" || cursor.line - bracket.line > nearLines) bracket.closed = "below";
    }
  }
  return { open, enclosed };
}

/** Where the string or comment that the cursor stands in is closed, if it stands in one. */
function closingOfString(
  { lines, cursor }: EditorSnapshot,
  lexer: Lexer,
  context: LexContext,
  to: number,
): Surroundings["enclosed"] {
  const isEnclosed = context.in === "string" || (context.in === "comment" && context.close !== undefined);
  if (!isEnclosed) return undefined;
  const after = new Reader(lexer.copy());
  after.line(lines.line(cursor.line).slice(cursor.character), cursor.line);
  if (after.isInCode()) return "line";
  after.line("\n", cursor.line);
  if (after.isInCode()) return "open";
  // A quote further down may as well open another string: only if all is well in the end, it closed this one.
  for (let index = cursor.line + 1; index < to; index++) after.line(`${lines.line(index)}\n`, index);
  return after.isInCode() ? "below" : "open";
}
