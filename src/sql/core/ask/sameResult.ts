import type { Cell, QueryResult } from "../database";

/**
 * What a result says, as a text: two statements with the same text have the same result. Rows are a multiset unless
 * their order was asked for; the order of columns counts, and numbers compare as numbers, 15 digits of them.
 */
export function resultKey({ rows }: Pick<QueryResult, "rows">, ordered: boolean): string {
  const written = rows.map((row) => JSON.stringify(row.map(comparable)));
  return (ordered ? written : written.toSorted()).join("\n");
}

function comparable(cell: Cell): unknown {
  if (typeof cell === "number") return Number(cell.toPrecision(15));
  if (typeof cell === "boolean") return cell ? 1 : 0;
  if (cell === null || typeof cell === "string") return cell;
  if (cell.kind === "digits") {
    const value = Number(cell.digits);
    // A decimal that a number holds is that number; a whole one beyond 2^53 is its digits.
    return Number.isSafeInteger(value) || cell.digits.includes(".") ? Number(value.toPrecision(15)) : cell.digits;
  }
  return cell;
}
