/** What one call gives back at most, UTF-16 units: some 4,000 tokens. Whoever has less room cuts it further. */
export const maxResult = 16_000;
/** A longer line is data that somebody made and nobody reads. */
const maxLine = 400;

/** The longest beginning of whole lines that fits, and a last line that says how many are missing. */
export function clipLines(lines: readonly string[], most = maxResult): string {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines) {
    const short = shortLine(line);
    length += short.length + 1;
    if (length > most) break;
    kept.push(short);
  }
  const left = lines.length - kept.length;
  return left === 0 ? kept.join("\n") : [...kept, `(${left} more lines are left out.)`].join("\n");
}

/** A text from elsewhere that may not even have lines. */
export function clipText(text: string, most = maxResult): string {
  return text.length <= most ? text : `${text.slice(0, most)}\n(${text.length - most} more characters are left out.)`;
}

export function shortLine(line: string): string {
  return line.length <= maxLine ? line : `${line.slice(0, maxLine)}…`;
}

/**
 * Lines of a text with their numbers, as they are quoted back in an edit. @param from the first one, from 1.
 * @param count 0: to the end.
 */
export function numberedLines(text: string, from: number, count: number): string {
  const all = text.split(/\r\n|\r|\n/u);
  if (all.at(-1) === "") all.pop();
  const first = Math.max(1, from);
  if (first > all.length) return `The file has ${all.length} lines.`;
  const end = count === 0 ? all.length : Math.min(all.length, first - 1 + count);
  const lines = all.slice(first - 1, end).map((line, index) => `${first + index}: ${line}`);
  const head = first === 1 && end === all.length ? [] : [`Lines ${first} to ${end} of ${all.length}:`];
  return clipLines([...head, ...lines]);
}

export interface FoundLine {
  /** From 1. */
  readonly line: number;
  readonly text: string;
}

/** The first lines that contain a text, case aside. */
export function findLines(text: string, wanted: string, most: number): FoundLine[] {
  const needle = wanted.toLowerCase();
  const folded = text.toLowerCase();
  // Most files do not have it, and cutting them into lines is the dear part.
  if (!folded.includes(needle)) return [];
  const found: FoundLine[] = [];
  for (const [index, line] of text.split(/\r\n|\r|\n/u).entries()) {
    if (found.length >= most) break;
    if (line.toLowerCase().includes(needle)) found.push({ line: index + 1, text: line.trim() });
  }
  return found;
}

export type Replaced = { readonly kind: "replaced"; readonly text: string } | { readonly kind: "missing" | "several" };

/** Puts a text in the place of another that stands there exactly once. Line ends count as one, whichever they are. */
export function replaceOnce(whole: string, old: string, next: string): Replaced {
  const text = oneKindOfLineEnd(whole);
  const wanted = oneKindOfLineEnd(old);
  const at = wanted === "" ? -1 : text.indexOf(wanted);
  if (at === -1) return { kind: "missing" };
  if (text.includes(wanted, at + 1)) return { kind: "several" };
  return { kind: "replaced", text: text.slice(0, at) + oneKindOfLineEnd(next) + text.slice(at + wanted.length) };
}

function oneKindOfLineEnd(text: string): string {
  return text.replace(/\r\n?/gu, "\n");
}
