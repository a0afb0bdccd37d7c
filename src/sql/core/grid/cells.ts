import type { Cell } from "../database";
import { formatCount } from "../../../platform/core/format";

/** Characters of a cell that the grid shows; Enter opens the whole. */
const shownLength = 300;
const nonAscii = /[\u0080-\uffff]/;
const marks = /\p{M}+/gu;

/** What a cell looks like, whatever its column says: engines such as SQLite keep any value in any column. */
export type CellTone = "null" | "boolean" | "number" | "text" | "bytes";

export function toneOf(cell: Cell): CellTone {
  if (cell === null) return "null";
  switch (typeof cell) {
    case "boolean":
      return "boolean";
    case "number":
      return "number";
    case "string":
      return "text";
    default:
      return cell.kind === "digits" ? "number" : cell.kind === "bytes" ? "bytes" : "text";
  }
}

/** All that is here of a cell, as text. NULL is empty: `toneOf` tells it from an empty text. */
export function cellText(cell: Cell): string {
  if (cell === null) return "";
  if (typeof cell !== "object") return String(cell);
  switch (cell.kind) {
    case "digits":
      return cell.digits;
    case "bytes":
      return cell.hex === "" ? "" : `0x${cell.hex}`;
    case "cut":
      return cell.text;
  }
}

/** Whether more of the cell is in the database than came with the result. */
export function isCut(cell: Cell): boolean {
  if (cell === null || typeof cell !== "object") return false;
  return cell.kind === "cut" || (cell.kind === "bytes" && cell.hex.length < cell.bytes * 2);
}

/** As it stands in the grid: in one line, and not endless. */
export function shownText(cell: Cell): string {
  if (cell === null) return "NULL";
  if (typeof cell === "object" && cell.kind === "bytes") {
    const hex = cell.hex.slice(0, 32);
    return `${hex === "" ? "" : `0x${hex}${hex.length < cell.bytes * 2 ? "…" : ""} `}(${formatCount(cell.bytes)} B)`;
  }
  const text = cellText(cell);
  const isLong = text.length > shownLength;
  let begin = isLong ? text.slice(0, endOfCharacter(text, shownLength)) : text;
  if (/[\r\n\t]/.test(begin)) begin = begin.replace(/\r\n?|\n/g, "↵").replaceAll("\t", "⇥");
  return isLong || isCut(cell) ? `${begin}…` : begin;
}

/** Not between the halves of a surrogate pair. */
function endOfCharacter(text: string, at: number): number {
  return /[\ud800-\udbff]/.test(text.charAt(at - 1)) ? at - 1 : at;
}

/** For comparing as people do: without case and accents. */
export function folded(text: string): string {
  const lower = text.toLowerCase();
  return nonAscii.test(lower) ? lower.normalize("NFD").replace(marks, "") : lower;
}

const plainDecimal = /^([-+]?)0*(\d*)(?:\.(\d*?)0*)?$/;

/** Compares decimal numbers of any length by their digits; by their value as doubles where one has another form. */
export function compareDigits(one: string, other: string): number {
  const [a, b] = [plainDecimal.exec(one), plainDecimal.exec(other)];
  if (a === null || b === null) return Math.sign(Number(one) - Number(other)) || 0;
  const sign = (match: RegExpExecArray): number =>
    (match[2] ?? "") === "" && (match[3] ?? "") === "" ? 0 : match[1] === "-" ? -1 : 1;
  const [signA, signB] = [sign(a), sign(b)];
  if (signA !== signB) return signA - signB;
  const [wholeA, wholeB] = [a[2] ?? "", b[2] ?? ""];
  const size = wholeA.length - wholeB.length || compareText(wholeA, wholeB) || compareText(a[3] ?? "", b[3] ?? "");
  return signA * Math.sign(size) || 0;
}

/** By code units. */
export function compareText(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}

/** A number or its digits as a double, which is exact enough to order but for ties; undefined: it is no number. */
export function numberOf(cell: Cell): number | undefined {
  if (typeof cell === "number") return cell;
  if (cell !== null && typeof cell === "object" && cell.kind === "digits") return Number(cell.digits);
  return undefined;
}

const isoDate =
  /^(\d{4,6})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)? ?(?:Z|([-+])(\d{2})(?::?(\d{2}))?)?)?$/;
const clock = /^(\d{1,3}):(\d{2})(?::(\d{2}(?:\.\d+)?))?$/;

/** A date or a moment in ms since 1970, where no zone is given in UTC; a time of day in ms; undefined: another form. */
export function timeOf(text: string): number | undefined {
  const date = isoDate.exec(text);
  if (date !== null) {
    const [, year, month, day, hours = "0", minutes = "0", seconds = "0"] = date;
    const [, , , , , , , fraction = "0", sign = "+", zoneHours = "0", zoneMinutes = "0"] = date;
    // A month or a day that is none would run over into the next.
    if (Number(hours) > 24 || !isDay(Number(year), Number(month), Number(day))) return undefined;
    const at = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hours), Number(minutes), Number(seconds));
    const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * 60_000;
    return at + Number(fraction) * 1000 + (sign === "-" ? zone : -zone);
  }
  const ofDay = clock.exec(text);
  if (ofDay === null) return undefined;
  return (Number(ofDay[1]) * 3600 + Number(ofDay[2]) * 60 + Number(ofDay[3] ?? 0)) * 1000;
}

const monthDays = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDay(year: number, month: number, day: number): boolean {
  const isLeapYear = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (monthDays[month - 1] ?? 0) && (month !== 2 || day < 29 || isLeapYear);
}
