import type { ValueHit } from "./database";

/** Characters; longer texts are sentences, which nobody writes into a question word for word. */
export const MAX_VALUE_LENGTH = 100;
/** Texts this short are also words of any question ("in", "me"), so their case must be that of the question. */
const CASE_MATTERS = 2;

const partOfWord = /[\p{L}\p{N}_]/u;

/**
 * Whether a text stands in a question word for word: not inside a longer word, and case aside unless it is very short.
 */
export function standsIn(question: string, value: string): boolean {
  const text = value.trim();
  if (text === "" || text.length > MAX_VALUE_LENGTH || !partOfWord.test(text)) return false;
  const [where, what] = text.length <= CASE_MATTERS ? [question, text] : [question.toLowerCase(), text.toLowerCase()];
  for (let at = where.indexOf(what); at >= 0; at = where.indexOf(what, at + 1)) {
    if (isEdge(where, at) && isEdge(where, at + what.length)) return true;
  }
  return false;
}

/** Whether no word goes on across this place. */
function isEdge(text: string, at: number): boolean {
  const before = /.$/su.exec(text.slice(0, at))?.[0] ?? " ";
  const after = String.fromCodePoint(text.codePointAt(at) ?? 0x20);
  return !partOfWord.test(before) || !partOfWord.test(after);
}

/** The longest first, each column's value once; of equal ones in the order they came. */
export function bestHits(hits: readonly ValueHit[], limit: number): ValueHit[] {
  const unique = new Map<string, ValueHit>();
  for (const hit of hits) {
    const key = JSON.stringify([hit.schema ?? "", hit.table, hit.column, hit.value]);
    if (!unique.has(key)) unique.set(key, hit);
  }
  return [...unique.values()].sort((a, b) => b.value.length - a.value.length).slice(0, limit);
}
