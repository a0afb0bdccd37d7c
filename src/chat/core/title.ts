/** What fits a sidebar's list on one line. */
const maxTitle = 60;

/** Control characters, line separators and the bidi controls that could turn a list around. Joiners (ZWJ, ZWNJ) are text. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** One clean line: what a person typed as a title, made safe to show. May be empty. */
export function cleanTitle(text: string): string {
  return text.replace(unprintable, " ").replace(/\s+/gu, " ").trim();
}

/**
 * A title from the first question: its first line with words in it, cut at a word. Empty when there are none.
 */
export function titleFrom(text: string): string {
  for (const line of text.slice(0, 20_000).split(/\r?\n/u)) {
    const title = cleanTitle(line.replace(/^\s*(?:#{1,6}\s+|[-*>]\s+|`{3,}\S*|~{3,}\S*)/u, ""));
    if (/[\p{L}\p{N}]/u.test(title)) return shorten(title);
  }
  return "";
}

function shorten(title: string): string {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(title.slice(0, 2000));
  const characters = Array.from(segments, ({ segment }) => segment);
  if (characters.length <= maxTitle) return title;
  const cut = characters.slice(0, maxTitle - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${(space > cut.length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
