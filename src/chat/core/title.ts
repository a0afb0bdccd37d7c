/** What fits a sidebar's list on one line. */
const maxTitle = 60;

/** Control characters, line separators and the bidi controls that could turn a list around. Joiners (ZWJ, ZWNJ) are text. */
const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;
const hasWords = /[\p{L}\p{N}]/u;
/** Where a block of code begins or ends. */
const fence = /^\s*(`{3,}|~{3,})/u;
const listOrHeading = /^\s*(?:#{1,6}\s+|[-*>+]\s+|\d{1,3}[.)]\s+)/u;

/** Said before the question, and no part of it. English only: in other languages the words stay. */
const greeting =
  /^(?:hi|hello|hey|hiya|greetings|good (?:morning|afternoon|evening|day))(?:\s+(?:there|all|everyone|again|paddock|llama))?(?=[\s,.!:;)-]|$)[\s,.!:;)–-]*/iu;
const politeness =
  /^(?:please|pls|kindly|(?:can|could|would|will) you(?: please| kindly)?|i(?:'d| would) like you to|i (?:want|need) you to|help me(?: to)?)(?:\s+(?=\S)|\s*,\s*)/iu;

/** One clean line: what a person typed as a title, made safe to show. May be empty. */
export function cleanTitle(text: string): string {
  return text.replace(unprintable, " ").replace(/\s+/gu, " ").trim();
}

/**
 * A title from the first question: its first line that says what is asked, without greeting, politeness, code and
 * markup, cut at a word. Code gives the title only where there is nothing else. Empty when there are no words at all.
 */
export function titleFrom(text: string): string {
  let inside: string | undefined;
  let code = "";
  let greeted = "";
  for (const line of text.slice(0, 20_000).split(/\r?\n/u)) {
    const mark = fence.exec(line)?.[1];
    if (mark !== undefined && (inside === undefined || mark.startsWith(inside))) {
      inside = inside === undefined ? mark : undefined;
      continue;
    }
    // What comes so far into a line is cut off anyway.
    const words = cleanTitle(plainWords(line.slice(0, 500)));
    if (!hasWords.test(words)) continue;
    if (inside !== undefined) {
      if (code === "") code = words;
      continue;
    }
    const asked = gist(words);
    if (hasWords.test(asked)) return shorten(asked);
    if (greeted === "") greeted = words;
  }
  return shorten(code === "" ? greeted : code);
}

/**
 * A title as a model gave it, or undefined where it is none: more than a line, too long, without words, or markup.
 * A model wraps what it says in quotes and labels; these go, and what is left must stand as it is.
 */
export function modelTitle(said: string): string | undefined {
  const line = said
    .trim()
    .replace(/^#{1,6}\s+/u, "")
    .replace(/^\**title\**\s*:\s*\**/iu, "")
    .replace(/^["'“”‘’«»*_`]+|["'“”‘’«»*_`.]+$/gu, "")
    .trim();
  if (/[\r\n]/u.test(line) || /[<>`|[\]{}]|\*\*|https?:/u.test(line)) return undefined;
  if (cleanTitle(line) !== line || !hasWords.test(line)) return undefined;
  const length = Array.from(line).length;
  return length < 3 || length > maxTitle || line.split(" ").length > 12 ? undefined : line;
}

function plainWords(line: string): string {
  return line
    .replace(listOrHeading, "")
    .replace(/!?\[([^\]]*)\]\([^)]*\)/gu, "$1")
    .replace(/[`*]+/gu, "")
    .replace(/(^|\s)[@#/](?:file|selection|folder|symbol|problems|terminal|diff|editors)(?::\S+)?(?=\s|$)/giu, "$1");
}

function gist(words: string): string {
  let rest = words.replace(greeting, "");
  for (let shorter = rest.replace(politeness, ""); shorter !== rest; shorter = rest.replace(politeness, "")) {
    rest = shorter;
  }
  if (!hasWords.test(rest) || rest === words) return rest;
  const first = Array.from(rest)[0] ?? "";
  return first.toLocaleUpperCase("en") + rest.slice(first.length);
}

function shorten(title: string): string {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(title.slice(0, 2000));
  const characters = Array.from(segments, ({ segment }) => segment);
  if (characters.length <= maxTitle) return title;
  const cut = characters.slice(0, maxTitle - 1).join("");
  const space = cut.lastIndexOf(" ");
  return `${(space > cut.length / 2 ? cut.slice(0, space) : cut).trimEnd()}…`;
}
