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
  let reader = new Reader(new Lexer(rules));
  const prefix = lines.line(cursor.line).slice(0, cursor.character);
  for (let index = from; index < cursor.line; index++) reader.line(`${lines.line(index)}\n`, index);
  reader.line(prefix, cursor.line);
  const found = reader.lexer.context.in;
  if (within === "code" && (found === "string" || found === "comment")) {
    // The window began inside a string or comment, so that everything was read inside out.
    reader = new Reader(new Lexer(rules));
    reader.line(prefix, cursor.line);
  } else if (within !== undefined && within !== "code" && found === "code") {
    return { lexer: new Lexer(rules, { in: "prose" }), open: [], enclosed: undefined };
  }
  return { lexer: reader.lexer, ...closings(snapshot, reader, reader.lexer.context) };
}

interface Bracket {
  readonly open: string;
  readonly line: number;
}

/** Follows brackets over lines; a closer that fits a bracket further out closes what was left open inside it. */
class Reader {
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
  const after = new Reader(before.lexer.copy());
  const open = before.open.map((one): { -readonly [Key in keyof OpenBracket]: OpenBracket[Key] } => ({
    ...one,
    closed: "open",
  }));
  const columns = open.map(({ line }) => columnsOf(lines.line(line), indent.size));
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
  const enclosing = context.in === "string" || (context.in === "comment" && context.close !== undefined);
  let enclosed: Surroundings["enclosed"] = enclosing ? "open" : undefined;
  const seeEnd = (where: "line" | "below"): void => {
    if (enclosed === "open" && after.lexer.context.in === "code") enclosed = where;
  };
  const rest = lines.line(cursor.line).slice(cursor.character);
  after.line(rest, cursor.line);
  seeEnd("line");
  takeClosers("line", 0);
  after.line("\n", cursor.line);
  const endsWithLine = after.lexer.context.in === "code";
  const to = Math.min(lines.lineCount, cursor.line + 1 + linesAfter);
  for (let index = cursor.line + 1; index < to && (inner >= 0 || !endsWithLine); index++) {
    const line = lines.line(index);
    if (isBlank(line)) continue;
    const column = columnsOf(line, indent.size);
    const isCode = after.lexer.context.in === "code";
    after.line(`${line}\n`, index);
    if (!endsWithLine) seeEnd("below");
    // A line of the same depth that closes nothing means that what the cursor's line, or a brace, opened stays open.
    if (isCode && !/^\s*(?:[)\]}]|#)/.test(line)) {
      while (inner >= 0 && column <= (columns[inner] ?? 0) && isBlockOf(open[inner], cursor.line)) inner--;
    }
    takeClosers("below", column);
  }
  // The rest is closed further down, where nobody looks.
  if (to < lines.lineCount) for (const bracket of open.slice(0, inner + 1)) bracket.closed = "below";
  return { open, enclosed };
}

function isBlockOf(bracket: Bracket | undefined, line: number): boolean {
  return bracket !== undefined && (bracket.open === "{" || bracket.line === line);
}
