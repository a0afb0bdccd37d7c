import type { GgufArray, GgufHeader, GgufValue } from "../../gguf/core/ggufHeader";
import { maxValuePiece, type MetadataRow } from "./inspectorContract";

/** GGUF value types 0 to 12 by the names that llama.cpp prints. */
const typeNames = ["u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "str", "arr", "u64", "i64", "f64"];
/** Of a value in the table; more of it can be asked for. */
const MAX_SHOWN = 300;

/** The rows of the metadata table, in the file's order. A text of a megabyte is a row of 300 characters. */
export function metadataRows({ metadata }: GgufHeader): MetadataRow[] {
  return [...metadata].map(([key, value]) => {
    const text = shown(value, MAX_SHOWN + 1);
    const isCut = text.length > MAX_SHOWN;
    return {
      key,
      type: typeOf(value),
      value: isCut ? text.slice(0, MAX_SHOWN) : text,
      length: typeof value === "string" || typeof value === "object" ? value.length : null,
      // Of a list of texts no more was kept than its first.
      more: isCut && (typeof value === "string" || (typeof value === "object" && value.numbers !== undefined)),
    };
  });
}

/** A piece of a value, in characters; undefined for a key that is not there. */
export function valuePiece(
  { metadata }: GgufHeader,
  key: string,
  from: number,
): { readonly text: string; readonly total: number } | undefined {
  const value = metadata.get(key);
  if (value === undefined) return undefined;
  const text = shown(value, Infinity);
  let end = Math.min(from + maxValuePiece, text.length);
  // Not between the halves of a surrogate pair.
  if (end < text.length && /[\ud800-\udbff]/.test(text.charAt(end - 1))) end--;
  return { text: text.slice(from, end), total: text.length };
}

function typeOf(value: GgufValue): string {
  if (typeof value === "object") return `arr[${typeNames[value.arrayOf] ?? value.arrayOf}]`;
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  return typeof value === "bigint" || Number.isInteger(value) ? "int" : "float";
}

function shown(value: GgufValue, most: number): string {
  if (typeof value === "string") return value.slice(0, most);
  if (typeof value === "object") return listOf(value, most);
  return typeof value === "number" ? formatNumber(value) : String(value);
}

/** A 32-bit float has seven digits; the others come from its conversion. */
function formatNumber(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(7)));
}

function listOf({ arrayOf, numbers, sample, length }: GgufArray, most: number): string {
  const items = numbers ?? sample;
  const isBoolean = typeNames[arrayOf] === "bool";
  let text = "";
  for (const [index, item] of items.entries()) {
    if (text.length > most) return text;
    if (index > 0) text += ", ";
    text += typeof item === "string" ? JSON.stringify(item) : isBoolean ? String(item === 1) : formatNumber(item);
  }
  return items.length < length ? `[${text}, …]` : `[${text}]`;
}
