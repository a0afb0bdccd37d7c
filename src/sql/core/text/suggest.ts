import { quotedName, tableName } from "../names";
import type { DatabaseSchema, TableSchema } from "../schema";
import type { SqlToken } from "./lexSql";
import { type SqlFileParts, statementAt } from "./statements";

export interface SqlSuggestion {
  readonly kind: "table" | "view" | "column" | "schema";
  readonly label: string;
  /** What is put in, in quotes where the name needs them. */
  readonly insert: string;
  readonly detail: string;
  /** What comes first: 0 before 1. */
  readonly rank: number;
}

interface InScope {
  /** What columns are qualified with, in lower case. */
  readonly name: string;
  readonly table: TableSchema;
}

/** After these a table is meant. */
const beforeTable = new Set(["from", "join", "into", "update", "table", "describe"]);
/** These end the list of tables after FROM. */
const clause = new Set([
  ..."where group order having limit on using set values select union except intersect window returning".split(" "),
  ..."join inner left right full cross natural outer lateral fetch offset qualify".split(" "),
]);

/** Tables and columns that fit at an offset of a file; none inside a string, a comment or a number. */
export function suggestNames(
  text: string,
  parts: SqlFileParts,
  offset: number,
  schema: DatabaseSchema,
): readonly SqlSuggestion[] {
  const inside = parts.tokens.find(({ start, end, isOpen }) => start < offset && (offset < end || isOpen === true));
  if (inside?.kind === "string" || inside?.kind === "blockComment") return [];
  if (parts.tokens.some(({ kind, start, end }) => kind === "number" && start < offset && offset <= end)) return [];
  if (parts.tokens.some(({ kind, start, end }) => kind === "lineComment" && start < offset && offset <= end)) return [];
  const statement = statementAt(parts, text, offset);
  const tokens = (statement?.tokens ?? []).filter(({ kind }) => kind !== "lineComment" && kind !== "blockComment");
  const before = tokens.filter(({ end, start }) => end < offset || (end === offset && text.charAt(start) === "."));
  // What is being typed ends at the cursor and is not what stands before it.
  const wordOf = (token: SqlToken | undefined): string => (token === undefined ? "" : nameOf(text, token));
  const last = before.at(-1);
  if (wordOf(last) === "." && last?.kind === "sign") return afterDot(wordOf(before.at(-2)), text, tokens, schema);
  const previous = lastKeyword(text, before);
  if (previous !== undefined && isTablePlace(text, before, previous)) return tables(schema);
  const scope = tablesInScope(text, tokens, schema);
  return [...columnsOf(scope, schema), ...tables(schema).map((one) => ({ ...one, rank: scope.length === 0 ? 0 : 1 }))];
}

function afterDot(
  qualifier: string,
  text: string,
  tokens: readonly SqlToken[],
  schema: DatabaseSchema,
): readonly SqlSuggestion[] {
  const name = qualifier.toLowerCase();
  const scope = tablesInScope(text, tokens, schema).filter((one) => one.name === name);
  if (scope.length > 0) return columnsOf(scope, schema);
  return schema.tables
    .filter((table) => table.schema?.toLowerCase() === name)
    .map((table) => tableSuggestion(table, quotedName(table.name, schema.engine)));
}

/** The last word before the cursor that is a keyword of interest, where only names and commas follow it. */
function lastKeyword(text: string, before: readonly SqlToken[]): number | undefined {
  for (let at = before.length - 1; at >= 0; at--) {
    const token = before[at];
    if (token === undefined) continue;
    const word = nameOf(text, token).toLowerCase();
    if (token.kind === "word" && (beforeTable.has(word) || clause.has(word))) return at;
    if (token.kind === "sign" && (word === "(" || word === ")")) return undefined;
  }
  return undefined;
}

/** Directly after FROM and the like, or after a comma of FROM's list. */
function isTablePlace(text: string, before: readonly SqlToken[], keyword: number): boolean {
  const word = nameOf(text, before[keyword]).toLowerCase();
  if (!beforeTable.has(word)) return false;
  const last = before.at(-1);
  return before.length - 1 === keyword || (word === "from" && nameOf(text, last) === "," && last?.kind === "sign");
}

/** The tables that a statement names after FROM, JOIN, UPDATE and INTO, with what they are called there. */
function tablesInScope(text: string, tokens: readonly SqlToken[], schema: DatabaseSchema): readonly InScope[] {
  const found: InScope[] = [];
  for (let at = 0; at < tokens.length; at++) {
    const token = tokens[at];
    if (token?.kind !== "word" || !beforeTable.has(nameOf(text, token).toLowerCase())) continue;
    const isList = nameOf(text, token).toLowerCase() === "from";
    for (let next = at + 1; next < tokens.length;) {
      const named = tableAt(text, tokens, next, schema);
      if (named === undefined) break;
      if (named.table !== undefined) found.push({ name: named.alias.toLowerCase(), table: named.table });
      next = named.next;
      if (!isList || nameOf(text, tokens[next]) !== ",") break;
      next++;
    }
  }
  return found;
}

function tableAt(
  text: string,
  tokens: readonly SqlToken[],
  at: number,
  schema: DatabaseSchema,
): { readonly table: TableSchema | undefined; readonly alias: string; readonly next: number } | undefined {
  if (!isName(tokens[at])) return undefined;
  let name = nameOf(text, tokens[at]);
  let space: string | undefined;
  let next = at + 1;
  while (nameOf(text, tokens[next]) === "." && isName(tokens[next + 1])) {
    space = name;
    name = nameOf(text, tokens[next + 1]);
    next += 2;
  }
  const isThere = (table: TableSchema): boolean =>
    table.name.toLowerCase() === name.toLowerCase() &&
    (space === undefined || table.schema === undefined || table.schema.toLowerCase() === space.toLowerCase());
  const table =
    schema.tables.find((one) => isThere(one) && (space !== undefined || one.schema === schema.defaultSchema)) ??
    schema.tables.find(isThere);
  if (nameOf(text, tokens[next]).toLowerCase() === "as") next++;
  const alias = tokens[next];
  const isAlias = isName(alias) && !(alias?.kind === "word" && clause.has(nameOf(text, alias).toLowerCase()));
  return isAlias ? { table, alias: nameOf(text, alias), next: next + 1 } : { table, alias: name, next };
}

function isName(token: SqlToken | undefined): boolean {
  return token?.kind === "word" || token?.kind === "quoted";
}

/** The token's text; a quoted name without its quotes. */
function nameOf(text: string, token: SqlToken | undefined): string {
  if (token === undefined) return "";
  const whole = text.slice(token.start, token.end);
  if (token.kind !== "quoted") return whole;
  const mark = whole.startsWith("[") ? "]" : whole.charAt(0);
  return whole.slice(1, token.isOpen === true ? undefined : -1).replaceAll(mark + mark, mark);
}

function columnsOf(scope: readonly InScope[], schema: DatabaseSchema): readonly SqlSuggestion[] {
  const seen = new Set<string>();
  return scope.flatMap(({ table }) =>
    table.columns.flatMap((column) => {
      const key = `${table.schema ?? ""}.${table.name}.${column.name}`;
      if (seen.has(key)) return [];
      seen.add(key);
      const insert = quotedName(column.name, schema.engine);
      return [
        { kind: "column" as const, label: column.name, insert, detail: `${table.name} · ${column.type}`, rank: 0 },
      ];
    }),
  );
}

function tables(schema: DatabaseSchema): readonly SqlSuggestion[] {
  return schema.tables.map((table) => tableSuggestion(table, tableName(table, schema)));
}

function tableSuggestion(table: TableSchema, insert: string): SqlSuggestion {
  return { kind: table.kind, label: table.name, insert, detail: table.schema ?? "", rank: 0 };
}
