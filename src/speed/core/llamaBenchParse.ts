import type { Field } from "./llamaBenchRow";
import { shortNames } from "./llamaBenchText";

/** A row as it stands in a file: checked by nobody yet. */
export type RawRow = Readonly<Record<string, unknown>>;

export interface ParsedRows {
  readonly rows: readonly RawRow[];
  /** Lines or elements that looked like a result and could not be read. */
  readonly broken: number;
}

/** Rows that are read of a file. */
export const mostRows = 20_000;

/** Rows of a file in any of llama-bench's formats, by what the text looks like; undefined: in none of them. */
export function parseRows(text: string): ParsedRows | undefined {
  const trimmed = text.replace(/^\ufeff/, "").trim();
  if (trimmed.startsWith("[")) return parseJson(trimmed);
  if (trimmed.startsWith("{")) return parseJsonLines(trimmed);
  if (/^"?build_commit"?,/m.test(trimmed)) return parseCsv(trimmed);
  if (/\bINSERT\s+INTO\s+"?llama_bench"?\s*\(/i.test(trimmed)) return parseSql(trimmed);
  if (/^[ \t]*\|[ \t]*model[ \t]*\|/m.test(trimmed)) return parseMarkdown(trimmed);
  return undefined;
}

function isRow(value: unknown): value is RawRow {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function parseJson(text: string): ParsedRows | undefined {
  // A run that was stopped leaves its list open, after a row or after the comma behind it.
  const value =
    parsed(text) ?? parsed(`${text.replace(/,\s*$/, "")}]`) ?? parsed(text.slice(0, lastRowEnd(text)) + "]");
  if (!Array.isArray(value)) return undefined;
  const rows = value.filter(isRow);
  return { rows, broken: value.length - rows.length };
}

/** Where llama-bench's last whole row ends: it closes each with two spaces and a brace. */
function lastRowEnd(text: string): number {
  const at = text.lastIndexOf("\n  }");
  return at < 0 ? text.length : at + 4;
}

function parseJsonLines(text: string): ParsedRows | undefined {
  const whole = parsed(text);
  if (isRow(whole)) return { rows: [whole], broken: 0 };
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  // What is beyond is left out all the same, and a line that cannot be read takes longest.
  const rows = lines.slice(0, mostRows).map(parsed).filter(isRow);
  return rows.length === 0 ? undefined : { rows, broken: lines.length - rows.length };
}

function parseCsv(text: string): ParsedRows {
  // Whatever a terminal printed before the header is not of the table.
  const [header = [], ...lines] = csvLines(text.slice(text.search(/^"?build_commit"?,/m)));
  const whole = lines.filter((cells) => cells.length === header.length);
  return { rows: whole.map((cells) => rowOf(header, cells)), broken: lines.length - whole.length };
}

function rowOf(names: readonly string[], cells: readonly string[]): RawRow {
  return Object.fromEntries(names.map((name, index) => [name, cells[index] ?? ""]));
}

/** RFC 4180; empty lines are none. */
function csvLines(text: string): string[][] {
  const lines: string[][] = [];
  let cells: string[] = [];
  const plain = /[^,\r\n]*/y;
  const lineEnd = /[\r\n]*/y;
  for (let at = 0; at < text.length;) {
    const quoted = text.charAt(at) === '"' ? quotedAt(text, at) : undefined;
    // What stands behind a closing quote belongs to nothing.
    plain.lastIndex = quoted?.end ?? at;
    const rest = plain.exec(text)?.[0] ?? "";
    cells.push(quoted?.value ?? rest);
    at = plain.lastIndex;
    if (text.charAt(at) === ",") {
      at++;
      if (at < text.length) continue;
      cells.push("");
    }
    lineEnd.lastIndex = at;
    lineEnd.exec(text);
    at = lineEnd.lastIndex;
    if (cells.length > 1 || cells[0] !== "") lines.push(cells);
    cells = [];
  }
  return lines;
}

/** What stands in quotes, each of its own doubled; up to the text's end where they are not closed. */
function quotedAt(text: string, from: number): { readonly value: string; readonly end: number } {
  const quote = text.charAt(from);
  let end = text.indexOf(quote, from + 1);
  while (end >= 0 && text.charAt(end + 1) === quote) end = text.indexOf(quote, end + 2);
  const last = end < 0 ? text.length : end;
  return { value: text.slice(from + 1, last).replaceAll(quote + quote, quote), end: Math.min(last + 1, text.length) };
}

function parseSql(text: string): ParsedRows {
  const rows: RawRow[] = [];
  let broken = 0;
  const insert = /\bINSERT\s+INTO\s+"?llama_bench"?\s*\(([\w\s,"]{1,4000})\)\s*VALUES\s*\(/gi;
  for (let found = insert.exec(text); found !== null; found = insert.exec(text)) {
    const names = (found[1] ?? "").split(",").map((name) => name.replace(/["\s]/g, ""));
    const { values, end } = sqlValues(text, insert.lastIndex);
    insert.lastIndex = end;
    if (values.length === names.length) rows.push(rowOf(names, values));
    else broken++;
  }
  return { rows, broken };
}

/** Literals up to the closing parenthesis; none where it does not come. */
function sqlValues(text: string, from: number): { readonly values: string[]; readonly end: number } {
  const space = /\s*/y;
  const bare = /-?[\w.+-]{1,60}/y;
  const values: string[] = [];
  const skip = (to: number): number => {
    space.lastIndex = to;
    space.exec(text);
    return space.lastIndex;
  };
  for (let at = skip(from); at < text.length;) {
    bare.lastIndex = at;
    const quoted = text.charAt(at) === "'" ? quotedAt(text, at) : undefined;
    const word = quoted === undefined ? bare.exec(text)?.[0] : undefined;
    const value = quoted?.value ?? word;
    if (value === undefined) break;
    values.push(value);
    at = skip(quoted?.end ?? at + (word?.length ?? 0));
    if (text.charAt(at) === ")") return { values, end: at + 1 };
    if (text.charAt(at) !== ",") break;
    at = skip(at + 1);
  }
  return { values: [], end: from };
}

// --- the table, as it stands in many an issue -------------------------------------------------------------------------

const longNames: ReadonlyMap<string, string> = new Map([
  ...Object.entries(shortNames).map(([field, name]) => [name, field] as const),
  ["mmap", "use_mmap"],
  ["dio", "use_direct_io"],
  ["backend", "backends" satisfies Field],
  ["model", "model_type" satisfies Field],
]);
const units: Readonly<Record<string, number>> = { KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, TiB: 1024 ** 4 };
const counts: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

function parseMarkdown(text: string): ParsedRows {
  const rows: RawRow[] = [];
  let broken = 0;
  let header: readonly string[] | undefined;
  /** Rows that wait for the line below their table. */
  let open: RawRow[] = [];
  for (const line of text.split("\n")) {
    const build = /^\s*build:\s*(\S{1,200}) \((\d{1,9})\)\s*$/.exec(line);
    if (build !== null) {
      rows.push(...open.map((row) => ({ ...row, build_commit: build[1], build_number: build[2] })));
      open = [];
    }
    const cells = cellsOf(line);
    if (cells === undefined) header = undefined;
    else if (cells[0] === "model") header = cells;
    else if (header !== undefined && !cells.every((cell) => /^:?-+:?$/.test(cell))) {
      const row = tableRow(header, cells);
      if (row === undefined) broken++;
      else open.push(row);
    }
  }
  return { rows: [...rows, ...open], broken };
}

function cellsOf(line: string): string[] | undefined {
  const inner = /^\s*\|(.*)\|\s*$/.exec(line)?.[1];
  return inner?.split(/(?<!\\)\|/).map((cell) => cell.trim().replace(/\\([\\|<>`])/g, "$1"));
}

function tableRow(header: readonly string[], cells: readonly string[]): RawRow | undefined {
  if (cells.length !== header.length) return undefined;
  const by = new Map(header.map((name, index) => [name, cells[index] ?? ""]));
  const test = /^(?:pp ?(\d+))?\+?(?:tg ?(\d+))?(?: @ d(\d+))?$/.exec(by.get("test") ?? "");
  const rate = /^([\d.]+)(?: ± ([\d.]+))?$/.exec(by.get("t/s") ?? "");
  if (test === null || rate === null) return undefined;
  const named = [...by]
    .filter(([name]) => !["size", "params", "test", "t/s"].includes(name))
    .map(([name, value]) => [longNames.get(name) ?? name, value] as const);
  return {
    ...Object.fromEntries(named),
    model_size: amount(by.get("size"), units),
    model_n_params: amount(by.get("params"), counts),
    n_prompt: test[1] ?? "0",
    n_gen: test[2] ?? "0",
    n_depth: test[3] ?? "0",
    avg_ts: rate[1],
    stddev_ts: rate[2] ?? "0",
  };
}

function amount(text: string | undefined, of: Readonly<Record<string, number>>): number {
  const found = /^([\d.]{1,20}) ?([A-Za-z]{1,3})$/.exec(text ?? "");
  const value = Number(found?.[1]) * (of[found?.[2] ?? ""] ?? 0);
  return Number.isFinite(value) ? Math.round(value) : 0;
}
