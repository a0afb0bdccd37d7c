/** One word or sign of a statement that may be unfinished. */
export interface Lexeme {
  readonly kind: "word" | "quoted" | "string" | "number" | "sign";
  /** As it is written, quotes included. */
  readonly text: string;
  /** It is the last one, and what comes next may still be part of it. */
  readonly open: boolean;
  /** White space stands before it. */
  readonly spaced: boolean;
}

/** A text in quotes that is closed. */
export function isClosed(text: string): boolean {
  return /^'(?:[^']|'')*'$/.test(text) || /^"(?:[^"]|"")*"$/.test(text);
}

const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const number = /\d+(?:\.\d*)?/y;
const sign = /<=|>=|<>|!=|\|\||[(),.=<>!*+\-/;]/y;
/** Longer texts in quotes are a model that has lost its way. */
const LONGEST_TEXT = 200;

/**
 * Splits what a model has written so far; undefined where no statement can be written so: a sign that SQL does not
 * know, two spaces, words that run into each other.
 */
export function lexemes(text: string): Lexeme[] | undefined {
  const found: Lexeme[] = [];
  let at = 0;
  while (at < text.length) {
    let spaced = false;
    if (text[at] === " ") {
      spaced = true;
      at++;
      if (at === text.length) return /^[.(]$/.test(found.at(-1)?.text ?? ".") ? undefined : found;
    }
    const next = read(text, at);
    const before = found.at(-1);
    if (next === undefined || !separated(before, next.kind, next.text, spaced)) return undefined;
    found.push({ ...next, spaced });
    at += next.text.length;
  }
  return found;
}

function read(text: string, at: number): Omit<Lexeme, "spaced"> | undefined {
  const first = text[at];
  if (first === "'" || first === '"') {
    const end = closing(text, at, first);
    const whole = text.slice(at, end ?? text.length);
    if (whole.length > LONGEST_TEXT || whole.includes("\n")) return undefined;
    // A quote that ends the text may be the first of two, which are one of the text; and a name may be followed by a dot.
    const open = end === undefined || end === text.length;
    return { kind: first === "'" ? "string" : "quoted", text: whole, open };
  }
  for (const [kind, pattern] of [
    ["word", word],
    ["number", number],
    ["sign", sign],
  ] as const) {
    pattern.lastIndex = at;
    const [match] = pattern.exec(text) ?? [];
    if (match === undefined) continue;
    const last = at + match.length === text.length;
    return { kind, text: match, open: last && (kind !== "sign" || /^[<>!|]$/.test(match)) };
  }
  return undefined;
}

/** Where a text in quotes ends, behind its closing quote; a doubled quote is one of the text. */
function closing(text: string, at: number, quote: string): number | undefined {
  for (let index = at + 1; index < text.length; index++) {
    if (text[index] !== quote) continue;
    if (text[index + 1] !== quote) return index + 1;
    index++;
  }
  return undefined;
}

/** The one way to set spaces, so that a model cannot spell a statement in many: none before a comma, one after it. */
function separated(before: Lexeme | undefined, kind: Lexeme["kind"], text: string, spaced: boolean): boolean {
  if (before === undefined) return !spaced;
  if (kind === "sign") {
    // The engine would read a comment there.
    if (!spaced && (before.text + text === "--" || before.text + text === "/*")) return false;
    if (text === "," || text === ")" || text === "." || text === ";") return !spaced;
    if (before.text === "(" || before.text === ".") return !spaced;
    return true;
  }
  if (before.text === "." || before.text === "(") return !spaced;
  return spaced || (before.kind === "sign" && before.text !== ")" && before.text !== ",");
}
