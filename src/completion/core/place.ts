import { type OpenBracket, Reader, surroundings } from "./brackets";
import { type EditorSnapshot, linePrefix, lineSuffix } from "./editorSnapshot";
import { columnsOf, indentStyle, type IndentStyle, isBlank, nextText } from "./indentation";
import { type LanguageRules, languageRules } from "./languages";
import { Lexer } from "./lexer";
import type { SyntaxAt } from "./syntaxAt";

/** What the cursor's place asks for. */
export interface Place {
  readonly rules: LanguageRules;
  readonly style: IndentStyle;
  readonly tabSize: number;
  /** The cursor's line before it, and after it. */
  readonly prefix: string;
  readonly suffix: string;
  /** After the cursor come only closers, quotes and semicolons. */
  readonly atLineEnd: boolean;
  /** Stands at the cursor. */
  readonly lexer: Lexer;
  readonly open: readonly OpenBracket[];
  readonly enclosed: "line" | "below" | "open" | undefined;
  /** The next line of the document with something on it, as it is; undefined at its end. */
  readonly next: string | undefined;
  /** The body that is still empty and wants filling; undefined: one line is suggested. */
  readonly body: EmptyBody | undefined;
}

export interface EmptyBody {
  /** Columns that the line is indented by that opens it. */
  readonly base: number;
  /** The opener is the last thing before the cursor, on its line; else the cursor stands on an empty line in the body. */
  readonly onLine: boolean;
  /** Index in `open` of the bracket that opens it; undefined for one that ends with its indentation or with a word. */
  readonly bracket: number | undefined;
  /** The word that closes it stands there already. */
  readonly closedByWord: boolean;
}

export function placeOf(snapshot: EditorSnapshot, syntax: SyntaxAt | undefined): Place {
  const rules = languageRules(snapshot.languageId);
  const prefix = linePrefix(snapshot);
  const suffix = lineSuffix(snapshot);
  const { lexer, open, enclosed } = surroundings(snapshot, rules, syntax?.within);
  const { lines, cursor, indent } = snapshot;
  const below = nextText(lines, cursor.line + 1, 1);
  const atLineEnd = /^[\s)\]}>"'`;,:]*$/.test(suffix);
  const inCode = lexer.context.in === "code";
  return {
    rules,
    style: indentStyle(snapshot),
    tabSize: indent.size,
    prefix,
    suffix,
    atLineEnd,
    lexer,
    open,
    enclosed,
    next: below === undefined ? undefined : lines.line(below),
    body: atLineEnd && inCode ? emptyBody(snapshot, { rules, prefix, suffix, open, below }, syntax) : undefined,
  };
}

interface Found {
  readonly rules: LanguageRules;
  readonly prefix: string;
  readonly suffix: string;
  readonly open: readonly OpenBracket[];
  readonly below: number | undefined;
}

function emptyBody(
  snapshot: EditorSnapshot,
  { rules, prefix, suffix, open, below }: Found,
  syntax: SyntaxAt | undefined,
): EmptyBody | undefined {
  const { lines, cursor, indent } = snapshot;
  const onLine = !isBlank(prefix);
  const opener = onLine ? cursor.line : openerAbove(snapshot, rules, syntax);
  if (opener === undefined) return undefined;
  const head = onLine ? prefix : lines.line(opener);
  const base = columnsOf(lines.line(headLine(snapshot, rules, opener)), indent.size);
  // Whoever is further in stands in the body.
  if (below !== undefined && columnsOf(lines.line(below), indent.size) > base) return undefined;
  const last = head.trimEnd().at(-1) ?? "";
  const bracket = open.findLastIndex(({ line }) => line === opener);
  const closesHere = !isBlank(suffix);
  if (bracket >= 0 && (!onLine || last === open[bracket]?.open)) {
    // In `call(|)` the arguments stay on the line; a brace's body gets lines of its own.
    if (onLine && closesHere && (last !== "{" || !suffix.trimStart().startsWith("}"))) return undefined;
    return { base, onLine, bracket, closedByWord: false };
  }
  if (closesHere || (onLine && !opensByWord(head, rules))) return undefined;
  const after = below === undefined ? "" : lines.line(below);
  const isThere = columnsOf(after, indent.size) === base && rules.closes?.test(firstWord(after)) === true;
  return { base, onLine, bracket: undefined, closedByWord: isThere };
}

/** More lines of a head nobody writes. */
const longestHead = 20;

/** Where the statement begins that the line ends: parameters may stand on lines of their own, indented at will. */
function headLine({ lines, cursor }: EditorSnapshot, rules: LanguageRules, opener: number): number {
  for (let first = opener; first >= Math.max(0, opener - longestHead); first--) {
    const reader = new Reader(new Lexer(rules));
    for (let index = first; index <= opener; index++) {
      const line = lines.line(index);
      reader.line(`${index === cursor.line ? line.slice(0, cursor.character) : line}\n`, index);
    }
    if (!reader.unmatched.includes(")")) return first;
  }
  return opener;
}

/** The line that opens the body that the cursor's empty line is the first one of. */
function openerAbove(
  { lines, cursor }: EditorSnapshot,
  rules: LanguageRules,
  syntax: SyntaxAt | undefined,
): number | undefined {
  const above = nextText(lines, cursor.line - 1, -1);
  if (above === undefined) return undefined;
  const text = lines.line(above);
  if (/[{([]\s*$/.test(text) || opensByWord(text, rules)) return above;
  // Only the grammar sees an opener behind comments or a docstring.
  const body = syntax?.body;
  return body?.empty === true && body.openerLine < cursor.line ? body.openerLine : undefined;
}

function opensByWord(line: string, { opens }: LanguageRules): boolean {
  return opens?.test(line.trim()) === true;
}

export function firstWord(line: string): string {
  return /^\s*(\w*)/.exec(line)?.[1] ?? "";
}
