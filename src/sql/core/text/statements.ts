import type { DatabaseEngine } from "../schema";
import { lexSql, type SqlToken } from "./lexSql";

/** A statement in a file: from its first token to its last, comments around it and the semicolon not included. */
export interface SqlStatement {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly SqlToken[];
}

/** A question in words, on comment lines of its own that follow one another. */
export interface WordsInComment {
  /** From the first comment's dashes to the end of the last. */
  readonly start: number;
  readonly end: number;
  readonly question: string;
}

export interface SqlFileParts {
  readonly statements: readonly SqlStatement[];
  readonly questions: readonly WordsInComment[];
  /** Where the cursor may be inside a string or comment. */
  readonly tokens: readonly SqlToken[];
}

/** Statements with a body of statements, each of which ends with a semicolon of its own. */
const withBody =
  /^create(?:\s+(?:or\s+replace|temp|temporary|definer\s*=\s*\S+))*\s+(?:trigger|procedure|function|event)\b/iu;
/** What asks for something, at the beginning of a comment that does not end with a question mark. */
const asks =
  /^(?:how|what|which|who|whose|where|when|why|show|list|count|find|give|get|name|tell|display|return|compare|are|is|do|does)\b/iu;
/** A statement that was taken out of use is no question. */
const commentedOut =
  /^(?:select|insert|update|delete|with|create|drop|alter|from|where|join|group|order|limit|values|set|and|or|on|union)\b.*[;=(*,]|;\s*$/iu;

/** Takes a file apart. Never throws: any text is a file. */
export function sqlFileParts(text: string, engine: DatabaseEngine): SqlFileParts {
  const tokens = lexSql(text, engine);
  const statements: SqlStatement[] = [];
  const outside: SqlToken[] = [];
  let current: SqlToken[] = [];
  /** Comments after the last token so far; they are inside only when another token follows. */
  let pending: SqlToken[] = [];
  let depth = 0;
  const finish = (): void => {
    const [first] = current;
    const last = current.at(-1);
    if (first !== undefined && last !== undefined)
      statements.push({ start: first.start, end: last.end, tokens: current });
    outside.push(...pending);
    current = [];
    pending = [];
    depth = 0;
  };
  for (const token of tokens) {
    if (token.kind === "lineComment" || token.kind === "blockComment") {
      if (current.length === 0) outside.push(token);
      else pending.push(token);
      continue;
    }
    const word = token.kind === "word" ? text.slice(token.start, token.end).toLowerCase() : text.charAt(token.start);
    if (word === ";" && token.kind === "sign" && depth === 0) {
      finish();
      continue;
    }
    current.push(...pending, token);
    pending = [];
    if (token.kind !== "word" || !hasBody(text, current)) continue;
    if (word === "begin" || word === "case") depth++;
    else if (word === "end" && depth > 0) depth--;
  }
  finish();
  return { statements, questions: questionsIn(text, outside), tokens };
}

/** The statement at an offset: the one around it, else the last that ends before it on the same line. */
export function statementAt(parts: SqlFileParts, text: string, offset: number): SqlStatement | undefined {
  const around = parts.statements.find(({ start, end }) => start <= offset && offset <= end);
  if (around !== undefined) return around;
  const before = parts.statements.filter(({ end }) => end < offset).at(-1);
  return before !== undefined && !text.slice(before.end, offset).includes("\n") ? before : undefined;
}

function hasBody(text: string, tokens: readonly SqlToken[]): boolean {
  const first = tokens.find(({ kind }) => kind !== "lineComment" && kind !== "blockComment");
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) return false;
  return withBody.test(text.slice(first.start, Math.min(last.end, first.start + 300)));
}

/** Comments that follow one another by the line are one question. */
function questionsIn(text: string, comments: readonly SqlToken[]): readonly WordsInComment[] {
  const groups: SqlToken[][] = [];
  for (const comment of comments) {
    if (comment.kind !== "lineComment" || !isOwnLine(text, comment.start)) continue;
    const group = groups.at(-1);
    const last = group?.at(-1);
    const follows = last !== undefined && /^\r?\n[ \t]*$/u.test(text.slice(last.end, comment.start));
    // A question mark ends a question; what follows it is another.
    const isDone = last !== undefined && /[?？]\s*$/u.test(wordsOf(text, last));
    if (commentedOut.test(wordsOf(text, comment))) groups.push([]);
    else if (follows && !isDone) group?.push(comment);
    else groups.push([comment]);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    const last = group.at(-1);
    if (first === undefined || last === undefined) return [];
    const question = group
      .map((comment) => wordsOf(text, comment))
      .join(" ")
      .trim();
    const said = question.replace(/^ask:\s*/iu, "");
    const isAsked = said !== question || isQuestion(question);
    return isAsked && said !== "" ? [{ start: first.start, end: last.end, question: said }] : [];
  });
}

/** Without its marks. */
function wordsOf(text: string, { start, end }: SqlToken): string {
  return text
    .slice(start, end)
    .replace(/^(?:--+|#+)/u, "")
    .trim();
}

function isQuestion(text: string): boolean {
  const words = text.match(/\p{L}[\p{L}\p{M}'’-]*/gu) ?? [];
  if (text.length > 500) return false;
  if (/[?？]$/u.test(text)) return words.length >= 2 || /\p{Script=Han}|\p{Script=Hiragana}/u.test(text);
  return words.length >= 3 && asks.test(text);
}

function isOwnLine(text: string, at: number): boolean {
  return text.slice(text.lastIndexOf("\n", at - 1) + 1, at).trim() === "";
}
