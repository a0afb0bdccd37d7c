import type { Cell, ResultColumn } from "../database";
import type { DatabaseEngine } from "../schema";
import { cellText, isCut, toneOf } from "./cells";

export const resultFormats = ["csv", "tsv", "json", "markdown", "insert"] as const;
export type ResultFormat = (typeof resultFormats)[number];

export interface WriterOptions {
  readonly format: ResultFormat;
  /**
   * CSV and TSV: texts that a spreadsheet would take for a formula get an apostrophe before them (OWASP's advice against
   * CSV injection). It changes what is written, so it can be switched off; how many were changed is counted.
   */
  readonly guardsFormulas: boolean;
  /** CSV, TSV: with the columns' names. */
  readonly hasHeading: boolean;
  /** INSERT: into this table, in this engine's dialect. */
  readonly table: string;
  readonly engine: DatabaseEngine;
}

/** A spreadsheet looks at these when a text begins with them. */
const formula = /^[=+\-@\t\r]/;

/** A name for each column that no other one has, as the keys of JSON objects must be. */
export function uniqueNames(columns: readonly ResultColumn[]): string[] {
  const taken = new Set<string>();
  const own = new Set(columns.map(({ name }) => name));
  return columns.map(({ name }) => {
    let unique = name;
    for (let next = 2; taken.has(unique) || (unique !== name && own.has(unique)); next++) unique = `${name}_${next}`;
    taken.add(unique);
    return unique;
  });
}

/**
 * Writes a result row by row, so that 100,000 of them are never one text in memory. CSV is RFC 4180's (CRLF, quotes where
 * needed), with NULL as nothing and an empty text as `""`; in TSV the same. JSON keeps NULL, numbers and booleans; digits
 * that a double would round are strings, bytes `0x…`. What came cut from the database ends with `…` and is counted.
 */
export class ResultWriter {
  /** Texts that got an apostrophe. */
  guarded = 0;
  /** Cells of which only the beginning is known. */
  cut = 0;
  private rows = 0;
  private readonly keys: readonly string[];
  private readonly insert: string;

  constructor(
    private readonly columns: readonly ResultColumn[],
    private readonly options: WriterOptions,
  ) {
    this.keys = uniqueNames(columns).map((name) => JSON.stringify(name));
    const names = columns.map(({ name }) => quotedName(name, options.engine)).join(", ");
    this.insert = `INSERT INTO ${quotedName(options.table, options.engine)} (${names}) VALUES (`;
  }

  head(): string {
    const names = this.columns.map(({ name }) => name);
    switch (this.options.format) {
      case "csv":
        return this.options.hasHeading ? `${names.map((name) => this.field(name, ",")).join(",")}\r\n` : "";
      case "tsv":
        return this.options.hasHeading ? `${names.map((name) => this.field(name, "\t")).join("\t")}\n` : "";
      case "json":
        return "[";
      case "markdown":
        return `${markdownRow(names.map((name) => markdownText(name)))}${markdownRow(
          this.columns.map(({ kind }) => (kind === "integer" || kind === "number" ? "---:" : "---")),
        )}`;
      case "insert":
        return "";
    }
  }

  row(cells: readonly Cell[]): string {
    this.rows++;
    for (const cell of cells) if (isCut(cell)) this.cut++;
    const all = this.columns.map((_, index) => cells[index] ?? null);
    switch (this.options.format) {
      case "csv":
        return `${all.map((cell) => this.cell(cell, ",")).join(",")}\r\n`;
      case "tsv":
        return `${all.map((cell) => this.cell(cell, "\t")).join("\t")}\n`;
      case "json":
        return `${this.rows === 1 ? "\n" : ",\n"}  {${all
          .map((cell, index) => `${this.keys[index] ?? '""'}: ${JSON.stringify(jsonValue(cell))}`)
          .join(", ")}}`;
      case "markdown":
        return markdownRow(all.map((cell) => (cell === null ? "_NULL_" : markdownText(wholeText(cell)))));
      case "insert":
        return `${this.insert}${all.map((cell) => literal(cell, this.options.engine)).join(", ")});\n`;
    }
  }

  tail(): string {
    if (this.options.format !== "json") return "";
    return this.rows === 0 ? "]\n" : "\n]\n";
  }

  private cell(cell: Cell, separator: string): string {
    if (cell === null) return "";
    return this.field(wholeText(cell), separator, toneOf(cell) === "text");
  }

  /** @param isText numbers with a sign are no formulas. */
  private field(text: string, separator: string, isText = true): string {
    if (text === "") return '""';
    let written = text;
    if (isText && this.options.guardsFormulas && formula.test(text)) {
      this.guarded++;
      written = `'${text}`;
    }
    return written.includes(separator) || /["\r\n]/.test(written) || written.trim() !== written
      ? `"${written.replaceAll('"', '""')}"`
      : written;
  }
}

/** What is here of a cell, with a sign where that is not all. */
function wholeText(cell: Cell): string {
  return isCut(cell) ? `${cellText(cell)}…` : cellText(cell);
}

function jsonValue(cell: Cell): null | boolean | number | string {
  return cell !== null && typeof cell === "object" ? wholeText(cell) : cell;
}

function markdownRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |\n`;
}

/** In one line, and nothing in it is markup. */
function markdownText(text: string): string {
  return text
    .replace(/[\\`*_[\]<>|~&$!#]/g, (character) =>
      character === "<" ? "&lt;" : character === ">" ? "&gt;" : character === "&" ? "&amp;" : `\\${character}`,
    )
    .replace(/\r\n?|\n/g, "<br>");
}

/** A name in the engine's quotes. */
export function quotedName(name: string, engine: DatabaseEngine): string {
  return engine === "mysql" || engine === "mariadb"
    ? `\`${name.replaceAll("`", "``")}\``
    : `"${name.replaceAll('"', '""')}"`;
}

/** A value as the engine reads it. What is not here as a whole can't be written, and is NULL with the reason beside it. */
function literal(cell: Cell, engine: DatabaseEngine): string {
  if (cell === null) return "NULL";
  if (isCut(cell)) return "NULL /* … */";
  if (typeof cell === "boolean") return engine === "sqlite" ? (cell ? "1" : "0") : cell ? "TRUE" : "FALSE";
  if (typeof cell === "number") return String(cell);
  if (typeof cell === "object" && cell.kind === "digits" && /^[-+]?\d+(?:\.\d+)?$/.test(cell.digits))
    return cell.digits;
  if (typeof cell === "object" && cell.kind === "bytes") {
    if (engine === "postgres") return `'\\x${cell.hex}'::bytea`;
    return engine === "duckdb" ? `'${cell.hex.replace(/../g, "\\x$&")}'::BLOB` : `X'${cell.hex}'`;
  }
  const text = cellText(cell).replaceAll("'", "''");
  return `'${engine === "mysql" || engine === "mariadb" ? text.replaceAll("\\", "\\\\") : text}'`;
}
