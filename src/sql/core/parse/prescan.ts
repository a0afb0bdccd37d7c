import type { DatabaseEngine } from "../schema";
import { forbidden, Refused } from "./refused";

/** No statement that somebody reads is longer, characters. */
const maxLength = 200_000;
/**
 * Words and operators that may follow each other without a comma, those in the deepest parentheses counted with the
 * ones around them. It bounds how deep the parser's tree can be: from some 800 levels on its stack overflows.
 */
const maxChain = 550;
const maxSetOperations = 100;

const mysqlLike = (engine: DatabaseEngine): boolean => engine === "mysql" || engine === "mariadb";

/**
 * Looks at a text before it is parsed: refuses what no statement needs and some program in between might read
 * otherwise, and what would be too deep for the parser. Its reading of quotes decides nothing else: what is sent to an
 * engine is printed from what the parser understood.
 *
 * @returns the text for the parser, with all offsets as in the one given.
 */
export function prescan(sql: string, engine: DatabaseEngine): string {
  if (sql.length > maxLength) throw forbidden("The statement is too long.");

  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/.test(sql) || /\p{Surrogate}/u.test(sql))
    throw forbidden("The statement has control characters in it.");
  if (mysqlLike(engine) && /\/\*(?:M?!|\+)/i.test(sql))
    throw forbidden("The statement has a comment in it that the database would run.");
  const chain = new Chain();
  const parts: string[] = [];
  let copied = 0;
  let setOperations = 0;
  for (const token of tokens(sql, engine)) {
    chain.add(token.text, token.kind);
    if (token.kind !== "word") continue;
    const word = token.text.toUpperCase();
    if (word === "UNION" || word === "EXCEPT" || word === "INTERSECT") setOperations++;
    // The parser knows no GLOB between two operands; see operators.ts.
    if (word === "GLOB" && engine === "sqlite" && !/^\s*\(/.test(sql.slice(token.end))) {
      parts.push(sql.slice(copied, token.start), "~   ");
      copied = token.end;
    }
  }
  if (chain.depth() > maxChain || setOperations > maxSetOperations)
    throw forbidden("The statement is nested too deeply, or has too many terms.");
  return parts.length === 0 ? sql : parts.join("") + sql.slice(copied);
}

interface Token {
  readonly kind: "word" | "quoted" | "number" | "mark";
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const space = /[\s]+|--[^\n]*/y;
const word = /[\p{L}_][\p{L}\p{M}\p{N}_$]*/uy;
const number = /\.?\d[\w.]*/y;
const dollar = /\$(?:[a-z_]\w*)?\$/iy;

/** Roughly the tokens of a text. */
function* tokens(sql: string, engine: DatabaseEngine): Generator<Token> {
  const match = (pattern: RegExp, at: number): number => {
    pattern.lastIndex = at;
    return pattern.test(sql) ? pattern.lastIndex : at;
  };
  let at = 0;
  while (at < sql.length) {
    const start = at;
    at = match(space, start);
    if (at > start) continue;
    if (sql.startsWith("/*", start)) {
      at = commentEnd(sql, start);
      continue;
    }
    const quote = quoteEnd(sql, start, engine);
    if (quote !== undefined) {
      at = quote;
      yield { kind: "quoted", text: "", start, end: at };
      continue;
    }
    const opening = engine === "postgres" || engine === "duckdb" ? match(dollar, start) : start;
    if (opening > start) {
      const closing = sql.indexOf(sql.slice(start, opening), opening);
      at = closing === -1 ? sql.length : closing + opening - start;
      yield { kind: "quoted", text: "", start, end: at };
      continue;
    }
    at = match(word, start);
    if (at > start) {
      yield { kind: "word", text: sql.slice(start, at), start, end: at };
      continue;
    }
    at = match(number, start);
    if (at === start) at = start + 1;
    yield {
      kind: at > start + 1 || /\d/.test(sql.charAt(start)) ? "number" : "mark",
      text: sql.slice(start, at),
      start,
      end: at,
    };
  }
}

/** A comment's end; comments inside of it count, as PostgreSQL counts them. One without an end is refused. */
function commentEnd(sql: string, start: number): number {
  let depth = 0;
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  for (let found = marks.exec(sql); found !== null; found = marks.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  throw new Refused("unparsed", "A comment in the statement has no end.");
}

function quoteEnd(sql: string, start: number, engine: DatabaseEngine): number | undefined {
  const opening = sql.charAt(start);
  if (opening !== "'" && opening !== '"' && opening !== "`" && !(opening === "[" && engine === "sqlite"))
    return undefined;
  const closing = opening === "[" ? "]" : opening;
  const escapes = mysqlLike(engine) && opening !== "`";
  for (let at = start + 1; at < sql.length; at++) {
    if (escapes && sql[at] === "\\") at++;
    else if (sql[at] === closing && sql[at + 1] === closing && opening !== "[") at++;
    else if (sql[at] === closing) return at + 1;
  }
  return sql.length;
}

/** How many words and operators stand without a comma between them, with those of the parentheses among them. */
class Chain {
  private readonly open: { own: number; inner: number; most: number }[] = [{ own: 0, inner: 0, most: 0 }];

  add(text: string, kind: Token["kind"]): void {
    const frame = this.open.at(-1);
    if (frame === undefined) return;
    if (text === "(" || text === "[" || text === "{") this.open.push({ own: 0, inner: 0, most: 0 });
    else if ((text === ")" || text === "]" || text === "}") && this.open.length > 1) {
      const closed = this.close();
      const outer = this.open.at(-1);
      if (outer !== undefined) outer.inner = Math.max(outer.inner, closed + 1);
      // A list of subscripts is as deep as it is long.
      if (outer !== undefined) outer.own++;
    } else if (text === ",") {
      frame.most = Math.max(frame.most, frame.own + frame.inner);
      frame.own = 0;
      frame.inner = 0;
    } else if (kind === "word" || kind === "mark") frame.own++;
  }

  depth(): number {
    let inner = 0;
    while (this.open.length > 0) inner = Math.max(inner, this.close() + inner);
    return inner;
  }

  private close(): number {
    const frame = this.open.pop();
    return frame === undefined ? 0 : Math.max(frame.most, frame.own + frame.inner);
  }
}
