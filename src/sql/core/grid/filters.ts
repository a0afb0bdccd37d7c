import type { Cell, ResultColumn } from "../database";
import { cellText, compareDigits, compareText, folded, numberOf, timeOf } from "./cells";

export const filterOperators = [
  "contains",
  "lacks",
  "is",
  "isNot",
  "starts",
  "ends",
  "less",
  "atMost",
  "more",
  "atLeast",
  "null",
  "notNull",
] as const;
export type FilterOperator = (typeof filterOperators)[number];

export interface ColumnFilter {
  readonly column: number;
  readonly operator: FilterOperator;
  /** As the person typed it; no matter for `null` and `notNull`. */
  readonly value: string;
}

/** Those that make sense for a column, the likeliest first. */
export function operatorsFor({ kind }: ResultColumn): readonly FilterOperator[] {
  const ordering = ["is", "isNot", "more", "atLeast", "less", "atMost"] as const;
  const words = ["contains", "lacks", "starts", "ends"] as const;
  switch (kind) {
    case "boolean":
      return ["is", "isNot", "null", "notNull"];
    case "integer":
    case "number":
    case "date":
    case "time":
    case "timestamp":
      return [...ordering, ...words, "null", "notNull"];
    default:
      return [...words, ...ordering, "null", "notNull"];
  }
}

/**
 * Whether a filter can be applied: one that orders the numbers or times of a column needs a number or a time. One that
 * can't hides nothing.
 */
export function isUsable({ operator, value }: ColumnFilter, column: ResultColumn): boolean {
  if (operator === "null" || operator === "notNull") return true;
  if (value === "") return false;
  if (!/^(?:less|atMost|more|atLeast)$/.test(operator)) return true;
  if (column.kind === "integer" || column.kind === "number") return isNumber(value);
  return /^(?:date|time|timestamp)$/.test(column.kind) ? timeOf(value.trim()) !== undefined : true;
}

/**
 * Words are compared without case and accents, `is` and `isNot` exactly, numbers and times by value. Rows without a value
 * pass what denies (`isNot`, `lacks`), as people expect, though SQL would leave them out.
 */
export function filterTest(filter: ColumnFilter, column: ResultColumn): (cell: Cell) => boolean {
  const { operator, value } = filter;
  if (!isUsable(filter, column)) return () => true;
  const wanted = folded(value);
  switch (operator) {
    case "null":
      return (cell) => cell === null;
    case "notNull":
      return (cell) => cell !== null;
    case "contains":
      return (cell) => cell !== null && folded(cellText(cell)).includes(wanted);
    case "lacks":
      return (cell) => cell === null || !folded(cellText(cell)).includes(wanted);
    case "starts":
      return (cell) => cell !== null && folded(cellText(cell)).startsWith(wanted);
    case "ends":
      return (cell) => cell !== null && folded(cellText(cell)).endsWith(wanted);
    case "is":
      return (cell) => cell !== null && isSame(cell, value);
    case "isNot":
      return (cell) => cell === null || !isSame(cell, value);
    default: {
      const compare = comparison(value, column);
      return (cell) => {
        const found = cell === null ? undefined : compare(cell);
        if (found === undefined) return false;
        if (operator === "less") return found < 0;
        if (operator === "atMost") return found <= 0;
        return operator === "more" ? found > 0 : found >= 0;
      };
    }
  }
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function isSame(cell: Cell, value: string): boolean {
  const text = cellText(cell);
  if (text === value) return true;
  if (typeof cell === "boolean") return text === value.trim().toLowerCase();
  return numberOf(cell) !== undefined && isNumber(value) && compareDigits(text, value.trim()) === 0;
}

/** A cell against the value: below 0, 0 or above; undefined: they can't be compared. */
function comparison(value: string, { kind }: ResultColumn): (cell: Cell) => number | undefined {
  const trimmed = value.trim();
  if (/^(?:date|time|timestamp)$/.test(kind)) {
    const wanted = timeOf(trimmed) ?? 0;
    return (cell) => {
      const time = typeof cell === "string" ? timeOf(cell) : undefined;
      return time === undefined ? undefined : time - wanted;
    };
  }
  const text = folded(value);
  if (!isNumber(value)) return (cell) => compareText(folded(cellText(cell)), text);
  const number = Number(value);
  return (cell) => {
    const own = numberOf(cell);
    if (own === undefined) {
      return kind === "integer" || kind === "number" ? undefined : compareText(folded(cellText(cell)), text);
    }
    return own !== number ? own - number : compareDigits(cellText(cell), trimmed);
  };
}
