import type { DatabaseEngine } from "../schema";

export type SqlTokenKind = "word" | "quoted" | "string" | "number" | "lineComment" | "blockComment" | "sign";

/** A piece of SQL text; white space is between them. Offsets in UTF-16 units, the end not included. */
export interface SqlToken {
  readonly kind: SqlTokenKind;
  readonly start: number;
  readonly end: number;
  /** Ends with the text, without its closing mark. */
  readonly isOpen?: true;
}

/** What of an engine's spelling decides where things end. */
interface Spelling {
  /** Marks around names, by what opens them. */
  readonly names: Readonly<Record<string, string>>;
  /** A double quote opens a string, and a backslash in a string escapes. */
  readonly isMysql: boolean;
  readonly isNested: boolean;
  readonly hasDollarQuotes: boolean;
}

const standard = { names: { '"': '"' }, isMysql: false, isNested: true, hasDollarQuotes: true };
const mysql = { names: { "`": "`" }, isMysql: true, isNested: false, hasDollarQuotes: false };
const spellings: Readonly<Record<DatabaseEngine, Spelling>> = {
  sqlite: { names: { '"': '"', "`": "`", "[": "]" }, isMysql: false, isNested: false, hasDollarQuotes: false },
  duckdb: standard,
  postgres: standard,
  mysql,
  mariadb: mysql,
};

/** Takes any text apart, valid or not, in one pass: what is not understood is a sign. */
export function lexSql(text: string, engine: DatabaseEngine): readonly SqlToken[] {
  const spelling = spellings[engine];
  const tokens: SqlToken[] = [];
  let at = 0;
  while (at < text.length) {
    const token = tokenAt(text, at, spelling);
    if (token !== undefined) tokens.push(token);
    at = token?.end ?? at + 1;
  }
  return tokens;
}

function tokenAt(text: string, at: number, spelling: Spelling): SqlToken | undefined {
  const character = text.charAt(at);
  if (/\s/u.test(character)) return undefined;
  if (isLineComment(text, at, spelling)) {
    const end = text.indexOf("\n", at);
    return { kind: "lineComment", start: at, end: end < 0 ? text.length : end };
  }
  if (text.startsWith("/*", at)) return blockComment(text, at, spelling.isNested);
  const name = spelling.names[character];
  if (name !== undefined) return closed("quoted", text, at, at + 1, name, false);
  if (character === "'") return closed("string", text, at, at + 1, "'", spelling.isMysql || isEscapeString(text, at));
  if (character === '"') return closed("string", text, at, at + 1, '"', true);
  if (character === "$" && spelling.hasDollarQuotes) {
    const mark = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
    mark.lastIndex = at;
    const [opening] = mark.exec(text) ?? [];
    if (opening !== undefined) {
      const end = text.indexOf(opening, at + opening.length);
      if (end < 0) return { kind: "string", start: at, end: text.length, isOpen: true };
      return { kind: "string", start: at, end: end + opening.length };
    }
  }
  return (
    matched("number", /(?:\d[\p{L}\p{N}_]*(?:\.[\p{L}\p{N}_]*)?|\.\d[\p{L}\p{N}_]*)/uy, text, at) ??
    matched("word", /[\p{L}_@#][\p{L}\p{N}\p{M}_$@#]*/uy, text, at) ?? { kind: "sign", start: at, end: at + 1 }
  );
}

function matched(kind: SqlTokenKind, pattern: RegExp, text: string, at: number): SqlToken | undefined {
  pattern.lastIndex = at;
  const [found] = pattern.exec(text) ?? [];
  return found === undefined ? undefined : { kind, start: at, end: at + found.length };
}

/** MySQL takes two dashes for a comment only before white space: `5--1` is 6. */
function isLineComment(text: string, at: number, { isMysql }: Spelling): boolean {
  if (text.startsWith("--", at)) return !isMysql || at + 2 >= text.length || /[\s\p{Cc}]/u.test(text.charAt(at + 2));
  return isMysql && text.charAt(at) === "#";
}

/** PostgreSQL's E'…', in which a backslash escapes. */
function isEscapeString(text: string, at: number): boolean {
  return /[eE]/u.test(text.charAt(at - 1)) && !/[\p{L}\p{N}_$]/u.test(text.charAt(at - 2));
}

function blockComment(text: string, at: number, isNested: boolean): SqlToken {
  let depth = 1;
  const marks = /\/\*|\*\//gu;
  marks.lastIndex = at + 2;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === "*/") depth--;
    else if (isNested) depth++;
    if (depth === 0) return { kind: "blockComment", start: at, end: mark.index + 2 };
  }
  return { kind: "blockComment", start: at, end: text.length, isOpen: true };
}

/** Up to the closing mark; twice the mark is the mark itself. */
function closed(
  kind: SqlTokenKind,
  text: string,
  start: number,
  from: number,
  mark: string,
  escapes: boolean,
): SqlToken {
  for (let at = from; at < text.length; at++) {
    const character = text.charAt(at);
    if (escapes && character === "\\") at++;
    else if (character === mark) {
      if (text.charAt(at + 1) !== mark || mark === "]") return { kind, start, end: at + 1 };
      at++;
    }
  }
  return { kind, start, end: text.length, isOpen: true };
}
