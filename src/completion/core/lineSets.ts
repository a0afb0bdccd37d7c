/** Comparing texts by the lines that say something: indentation aside, and without those that every file has. */

/** Letters and digits that a line needs to say something: "} else {" and "return;" do not. */
const leastCharacters = 7;

const silent = /[^\p{L}\p{N}_]+/gu;
/** One character of these scripts says as much as several Latin ones. */
const dense = /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}]/gu;

/** The line as it is compared, or undefined where it says nothing. */
export function tellingLine(line: string): string | undefined {
  const trimmed = line.trim();
  if (trimmed.length * 3 < leastCharacters) return undefined;
  const said = trimmed.replace(silent, "");
  if (said.length >= leastCharacters) return trimmed;
  return said.replace(dense, "xxx").length >= leastCharacters ? trimmed : undefined;
}

export function tellingLines(text: string): ReadonlySet<string> {
  const telling = new Set<string>();
  for (const line of text.split("\n")) {
    const one = tellingLine(line);
    if (one !== undefined) telling.add(one);
  }
  return telling;
}

/** What both have of what either has (Jaccard), 0 to 1. Two empty sets are not alike. */
export function likeness(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  const both = countIn(a, b);
  const either = a.size + b.size - both;
  return either === 0 ? 0 : both / either;
}

/** The share of `lines` that `all` has, 0 to 1; of none, 1. */
export function shareIn(lines: ReadonlySet<string>, all: ReadonlySet<string>): number {
  return lines.size === 0 ? 1 : countIn(lines, all) / lines.size;
}

function countIn(lines: ReadonlySet<string>, all: ReadonlySet<string>): number {
  let count = 0;
  for (const line of lines) if (all.has(line)) count++;
  return count;
}
