import type { Cell } from "../core/database";
import type { ValueKind } from "../core/schema";

/** Of a text, what travels: more than anybody reads in a grid, and little enough that a row of such cells is no burden. */
const MAX_TEXT = 16_384;
/** Of bytes, what travels. */
const MAX_BYTES = 64;

export function textCell(text: string): Cell {
  if (text.length <= MAX_TEXT) return text;
  // Not in the middle of a character of two units.
  return { kind: "cut", text: text.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, ""), characters: text.length };
}

export function bytesCell(bytes: Uint8Array): Cell {
  const { buffer, byteOffset, length } = bytes;
  return {
    kind: "bytes",
    bytes: length,
    hex: Buffer.from(buffer, byteOffset, Math.min(length, MAX_BYTES)).toString("hex"),
  };
}

/** A whole number of any size. */
export function integerCell(value: bigint): Cell {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : { kind: "digits", digits: value.toString() };
}

/** A decimal as its engine writes it: as a number where that is the same, else its digits. */
export function decimalCell(digits: string): Cell {
  const number = Number(digits);
  return String(number) === digits ? number : { kind: "digits", digits };
}

/** JSON has no word for what is not finite. */
export function floatCell(value: number): Cell {
  return Number.isFinite(value) ? value : String(value);
}

const taggedKinds = { digits: "number", bytes: "blob", cut: "text" } as const;

/** What an expression's values are where the engine tells no type, by those that came. */
export function kindOfCell(cell: Cell): ValueKind | undefined {
  if (cell === null) return undefined;
  switch (typeof cell) {
    case "boolean":
      return "boolean";
    case "number":
      return Number.isInteger(cell) ? "integer" : "number";
    case "string":
      return "text";
    default:
      return taggedKinds[cell.kind];
  }
}
