import type { Part } from "./conversation";

/** Adds generated text to the end, into the last part when it is of the same type. The input is left as it is. */
export function appendText(parts: readonly Part[], type: "text" | "reasoning", text: string): Part[] {
  if (text === "") return [...parts];
  const last = parts.at(-1);
  if (last?.type === type) return [...parts.slice(0, -1), { type, text: last.text + text }];
  return [...parts, { type, text }];
}

/** Puts two runs of one answer together, so that text goes on within the part where it stopped. */
export function joinParts(first: readonly Part[], second: readonly Part[]): Part[] {
  let joined = [...first];
  for (const part of second) {
    if (part.type === "text" || part.type === "reasoning") joined = appendText(joined, part.type, part.text);
    else joined.push(part);
  }
  return joined;
}

/** Where an answer stands: the characters (UTF-16 units) of text and reasoning, and one for every other part. */
export function partsLength(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + partLength(part), 0);
}

/** The first `length` of what partsLength counts. */
export function truncateParts(parts: readonly Part[], length: number): Part[] {
  const kept: Part[] = [];
  let left = length;
  for (const part of parts) {
    if (left <= 0) break;
    const size = partLength(part);
    if (size <= left) kept.push(part);
    else if (part.type === "text" || part.type === "reasoning")
      kept.push({ type: part.type, text: part.text.slice(0, left) });
    left -= size;
  }
  return kept;
}

export function samePartsText(a: readonly Part[], b: readonly Part[]): boolean {
  return JSON.stringify(joinParts([], a)) === JSON.stringify(joinParts([], b));
}

function partLength(part: Part): number {
  return part.type === "text" || part.type === "reasoning" ? part.text.length : 1;
}
