import type { Cell, ResultColumn } from "../database";
import { cellText, compareDigits, compareText, folded, numberOf, shownText, timeOf } from "./cells";
import { type ColumnFilter, filterTest } from "./filters";

export interface SortKey {
  readonly column: number;
  readonly direction: "ascending" | "descending";
  /** Where rows without a value stand, whichever way it is sorted. */
  readonly nulls: "first" | "last";
}

/** How a result is looked at; the rows themselves stay as they came. */
export interface GridView {
  /** The most important first. */
  readonly sorts: readonly SortKey[];
  /** A row must pass all. */
  readonly filters: readonly ColumnFilter[];
  /** A text that some cell of a row must hold, case and accents aside; empty: no matter. */
  readonly search: string;
}

export const plainView: GridView = { sorts: [], filters: [], search: "" };

type Row = readonly Cell[];

/** The order of values of different kinds, SQLite's. */
const Rank = { Null: 0, Boolean: 1, Number: 2, Text: 3, Bytes: 4 } as const;

/** A column's values in a form that compares fast. */
interface Keys {
  readonly ranks: Uint8Array;
  readonly numbers: Float64Array;
  /** Of texts, folded; of bytes, in hexadecimal. */
  readonly texts: string[];
  /** Some of its numbers are more exact than a double, or some times more than a millisecond. */
  readonly hasTies: boolean;
}

/**
 * The rows of a result, and in which order they are shown. What makes sorting and searching fast is made once for each
 * column that is asked for, and again when rows were added.
 */
export class GridData {
  private readonly all: Row[] = [];
  private keys: (Keys | undefined)[] = [];
  private searchTexts: string[] = [];

  constructor(readonly columns: readonly ResultColumn[]) {}

  get rows(): readonly Row[] {
    return this.all;
  }

  add(rows: readonly Row[]): void {
    for (const row of rows) this.all.push(row);
    this.keys = [];
  }

  cell(row: number, column: number): Cell {
    return this.all[row]?.[column] ?? null;
  }

  /** The rows that are shown, by their places in the result. */
  arrange(view: GridView): Uint32Array {
    const order = this.filtered(view);
    if (view.sorts.length === 0) return order;
    const by = view.sorts.map(({ column, direction, nulls }) => ({
      column,
      keys: this.keysOf(column),
      sign: direction === "ascending" ? 1 : -1,
      nullSign: nulls === "first" ? -1 : 1,
    }));
    return order.sort((one, other) => {
      for (const { column, keys, sign, nullSign } of by) {
        const [rankA, rankB] = [keys.ranks[one] ?? 0, keys.ranks[other] ?? 0];
        if (rankA !== rankB) {
          if (rankA === Rank.Null) return nullSign;
          if (rankB === Rank.Null) return -nullSign;
          return sign * (rankA - rankB);
        }
        const found = this.compare(column, keys, rankA, one, other);
        if (found !== 0) return sign * found;
      }
      return one - other;
    });
  }

  private compare(column: number, keys: Keys, rank: number, one: number, other: number): number {
    if (rank <= Rank.Number) {
      const [a, b] = [keys.numbers[one] ?? 0, keys.numbers[other] ?? 0];
      if (a !== b) return a < b ? -1 : a > b ? 1 : Number(Number.isNaN(a)) - Number(Number.isNaN(b));
      if (!keys.hasTies) return 0;
      const [textA, textB] = [cellText(this.cell(one, column)), cellText(this.cell(other, column))];
      return typeof this.cell(one, column) === "string" ? compareText(textA, textB) : compareDigits(textA, textB);
    }
    const found = compareText(keys.texts[one] ?? "", keys.texts[other] ?? "");
    return found !== 0 || rank === Rank.Bytes
      ? found
      : compareText(cellText(this.cell(one, column)), cellText(this.cell(other, column)));
  }

  private filtered({ filters, search }: GridView): Uint32Array {
    const wanted = folded(search.trim());
    const tests = filters.flatMap((filter) => {
      const column = this.columns[filter.column];
      return column === undefined ? [] : [{ column: filter.column, test: filterTest(filter, column) }];
    });
    const order = new Uint32Array(this.all.length);
    let count = 0;
    for (const [index, row] of this.all.entries()) {
      if (wanted !== "" && !this.searchText(index, row).includes(wanted)) continue;
      if (!tests.every(({ column, test }) => test(row[column] ?? null))) continue;
      order[count++] = index;
    }
    return order.slice(0, count);
  }

  /** All of a row in one text; a character that nobody searches for keeps cells apart. */
  private searchText(index: number, row: Row): string {
    return (this.searchTexts[index] ??= folded(
      row.map((cell) => (cell === null ? "" : typeof cell === "object" ? searched(cell) : String(cell))).join("\u0000"),
    ));
  }

  private keysOf(column: number): Keys {
    return (this.keys[column] ??= makeKeys(this.all, column, this.columns[column]));
  }
}

/** Of bytes what is shown of them, so that what one sees is found. */
function searched(cell: Exclude<Cell, null | string | number | boolean>): string {
  return cell.kind === "bytes" ? shownText(cell) : cellText(cell);
}

/** Of a time more decimals than a number of milliseconds orders; without them, times that are one are not looked at again. */
const finerThanMs = /\.\d{4}/;

function makeKeys(rows: readonly Row[], column: number, described: ResultColumn | undefined): Keys {
  const ranks = new Uint8Array(rows.length);
  const numbers = new Float64Array(rows.length);
  const texts = new Array<string>(rows.length).fill("");
  let hasTies = false;
  const isTime = /^(?:date|time|timestamp)$/.test(described?.kind ?? "");
  const isNumber = described?.kind === "integer" || described?.kind === "number";
  for (const [index, row] of rows.entries()) {
    const cell = row[column] ?? null;
    if (cell === null) continue;
    const number = numberOf(cell) ?? (typeof cell === "boolean" ? Number(cell) : undefined);
    if (number !== undefined) {
      ranks[index] = typeof cell === "boolean" ? Rank.Boolean : Rank.Number;
      numbers[index] = number;
      hasTies ||= typeof cell === "object";
    } else if (typeof cell === "object" && cell.kind === "bytes") {
      ranks[index] = Rank.Bytes;
      texts[index] = cell.hex.toLowerCase();
    } else {
      const text = cellText(cell);
      const value = isTime ? timeOf(text) : isNumber ? unusualNumber(text) : undefined;
      if (value === undefined) {
        ranks[index] = Rank.Text;
        texts[index] = folded(text);
      } else {
        ranks[index] = Rank.Number;
        numbers[index] = value;
        hasTies ||= isTime && finerThanMs.test(text);
      }
    }
  }
  return { ranks, numbers, texts, hasTies };
}

/** What JSON has no number for; PostgreSQL and DuckDB keep NaN above all others, and so do we. */
function unusualNumber(text: string): number | undefined {
  if (/^[+]?inf(?:inity)?$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (/^-inf(?:inity)?$/i.test(text)) return Number.NEGATIVE_INFINITY;
  return /^nan$/i.test(text) ? Number.NaN : undefined;
}
