/**
 * Text as searching compares it: without case and diacritics. The result has exactly the length of the text given (in
 * UTF-16 units), so that where something is found in it is where it stands in the text. Give it text in NFC.
 */
export function foldText(text: string): string {
  // Most text is ASCII, where the platform's own lower case is right and fast.
  if (!/[^\u0000-\u007f]/u.test(text)) return text.toLowerCase();
  return text.replace(/[\u0080-\uffff]+/g, foldRun).replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

const folded = new Map<string, string>();
/** Beyond this many different characters the memory starts anew: only a text made for it has so many. */
const maxFolded = 20_000;

function foldRun(run: string): string {
  let result = "";
  for (const character of run) {
    let as = folded.get(character);
    if (as === undefined) {
      as = foldCharacter(character);
      if (folded.size >= maxFolded) folded.clear();
      folded.set(character, as);
    }
    result += as;
  }
  return result;
}

function foldCharacter(character: string): string {
  const lower = character.toLowerCase();
  const base = lower.normalize("NFD").replace(/\p{M}+/gu, "");
  if (base.length === character.length) return base;
  return lower.length === character.length ? lower : character;
}

/** How many words of a query count; more say nothing more. */
const maxTerms = 8;

/** The words of a query, folded, the longest first: that one is looked for, the others are checked where it stands. */
export function queryTerms(query: string): string[] {
  const words = foldText(query.normalize("NFC")).split(/\s+/u);
  const terms = [...new Set(words.filter((word) => word !== ""))];
  return terms.sort((a, b) => b.length - a.length).slice(0, maxTerms);
}

export interface Snippet {
  readonly text: string;
  /** What to mark in `text`: offset and length, in order, not overlapping. */
  readonly marks: readonly (readonly [number, number])[];
}

/** What stands around the first of the terms, on one line; the terms in it are marked. */
export function snippetOf(text: string, terms: readonly string[], length: number): Snippet {
  const whole = text.normalize("NFC");
  const foundAt = firstOf(foldText(whole), terms);
  // Little enough that the match is seen in a narrow side bar.
  const before = Math.floor(length / 6);
  let start = foundAt <= before ? 0 : foundAt - before;
  // Begin at a word where one is near, and never within a character.
  const space = start === 0 ? -1 : whole.slice(start, foundAt).search(/\s/u);
  if (space !== -1) start += space + 1;
  else if (/^[\udc00-\udfff]/u.test(whole.slice(start, start + 1))) start++;
  let end = Math.min(whole.length, start + length);
  if (/[\ud800-\udbff]$/u.test(whole.slice(start, end)) && end < whole.length) end--;
  const line = `${start > 0 ? "…" : ""}${whole.slice(start, end).replace(/\s/gu, " ")}${end < whole.length ? "…" : ""}`;
  return { text: line, marks: marksIn(line, terms) };
}

/** Where the terms stand in a text, merged where they meet. */
export function marksIn(text: string, terms: readonly string[]): readonly (readonly [number, number])[] {
  const folded = foldText(text);
  const found: [number, number][] = [];
  for (const term of terms) {
    for (let at = folded.indexOf(term); at !== -1; at = folded.indexOf(term, at + term.length)) {
      found.push([at, at + term.length]);
    }
  }
  found.sort((a, b) => a[0] - b[0] || b[1] - a[1]);
  const merged: [number, number][] = [];
  for (const [start, end] of found) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else merged.push([start, end]);
  }
  return merged.map(([start, end]) => [start, end - start] as const);
}

function firstOf(folded: string, terms: readonly string[]): number {
  const places = terms.map((term) => folded.indexOf(term)).filter((at) => at !== -1);
  return places.length === 0 ? 0 : Math.min(...places);
}
