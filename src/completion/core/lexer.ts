import type { LanguageRules, StringRule } from "./languages";

export type TokenKind =
  | "newline"
  | "space"
  /** Letters, digits, "_" and "$" up to where they end. */
  | "word"
  | "open"
  | "close"
  | "stringStart"
  | "stringEnd"
  /** A character or regular-expression literal as a whole. */
  | "literal"
  /** The mark that opens or closes a comment. */
  | "comment"
  | "other"
  /** What no text that is inserted may hold: control and direction marks, halves of characters. */
  | "forbidden";

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** Where the text stands between two tokens. */
export type LexContext =
  | { readonly in: "code" }
  | { readonly in: "string"; readonly rule: StringRule }
  /** close: undefined for one that ends with its line. */
  | { readonly in: "comment"; readonly close: string | undefined }
  /** Text whose brackets say nothing. */
  | { readonly in: "prose" };

const code: LexContext = { in: "code" };
const word = /(?:\p{Nd}[\p{Nd}_]*\.\p{Nd}[\p{L}\p{N}_]*|[\p{L}\p{N}\p{M}_$]+)/uy;
/** In a string "$" may begin code. */
const plainWord = /[\p{L}\p{N}\p{M}_]+/uy;
const asciiWord = /^[A-Za-z0-9_]$/;
const spaces = /[ \t]+/y;
const character = /'(?:\\(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|[^\n])|[^'\\\n])'/uy;
const unfinishedCharacter = /^'(?:\\[^'\n]{0,9}|\\'|[^'\\\n])?$/u;
const regex =
  /\/(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\[\n*])(?:\\[^\n]|\[(?:\\[^\n]|[^\]\\\n])*\]|[^/\\[\n])*\/[a-z]*/uy;
// Besides C0 and C1: line separators, and the marks that make text read otherwise than it runs.
const forbidden = /[\p{Cc}\p{Cs}\u{2028}-\u{202e}\u{2066}-\u{2069}\u{fffd}\u{feff}]/u;
/** After these words a "/" begins a regular expression. */
const operators = new Set([
  "return",
  "typeof",
  "case",
  "in",
  "of",
  "delete",
  "void",
  "throw",
  "new",
  "do",
  "else",
  "yield",
  "await",
]);

/** A mark that begins a string or a comment. */
interface Opening {
  readonly open: string;
  readonly kind: TokenKind;
  readonly context: LexContext;
  /** What the character before must be. */
  readonly after: RegExp | undefined;
}

/** The longest first. */
function openingsOf(rules: LanguageRules): readonly Opening[] {
  const openings: Opening[] = [
    ...rules.blockComments.map(([open, close]): Opening => ({
      open,
      kind: "comment",
      context: { in: "comment", close },
      after: undefined,
    })),
    ...rules.lineComments.map((open): Opening => ({
      open,
      kind: "comment",
      context: { in: "comment", close: undefined },
      after: rules.commentsAfterSpace ? /\s/ : undefined,
    })),
    ...rules.strings.map((rule): Opening => ({
      open: rule.open,
      kind: "stringStart",
      context: { in: "string", rule },
      after: rule.notAfterWord ? /[^\p{L}\p{N}_]/u : undefined,
    })),
  ];
  return openings.sort((a, b) => b.open.length - a.open.length);
}

/**
 * Cuts a text that is still arriving into tokens. Small on purpose: it knows brackets, strings and comments, and errs
 * on the side of "code".
 */
export class Lexer {
  /** Open brackets, the innermost last, and for interpolated code the string it returns to. */
  private readonly open: { readonly close: string; readonly string: StringRule | undefined }[] = [];
  /** The token before, as far as it tells a division from a regular expression, a comment from a "#". */
  private afterValue = false;
  private before = "\n";

  constructor(
    private readonly rules: LanguageRules,
    public context: LexContext = rules.brackets ? code : { in: "prose" },
    private readonly openings: readonly Opening[] = openingsOf(rules),
  ) {}

  copy(): Lexer {
    const copy = new Lexer(this.rules, this.context, this.openings);
    copy.open.push(...this.open);
    copy.afterValue = this.afterValue;
    copy.before = this.before;
    return copy;
  }

  /**
   * The token at `at`, which must be inside the text.
   * @param final no more text will come.
   * @returns undefined: what comes next decides what it is.
   */
  next(text: string, at: number, final: boolean): Token | undefined {
    const token = this.read(text, at, final);
    if (token === undefined) return undefined;
    if (token.kind !== "space") {
      this.afterValue =
        token.kind === "close" || token.kind === "stringEnd" || token.kind === "literal"
          ? true
          : token.kind === "word" && !operators.has(token.text);
    }
    this.before = token.text.slice(-1);
    return token;
  }

  private read(text: string, at: number, final: boolean): Token | undefined {
    const first = text.codePointAt(at) ?? 0;
    const one = String.fromCodePoint(first);
    if (one === "\n") return this.newline(one);
    if (one === "\r") {
      if (at + 1 >= text.length && !final) return undefined;
      return text[at + 1] === "\n" ? this.newline("\r\n") : { kind: "forbidden", text: one };
    }
    if (one === " " || one === "\t") return { kind: "space", text: match(spaces, text, at) ?? one };
    // Most of a text; what begins with a letter itself is rare.
    if (asciiWord.test(one) && !this.openings.some(({ open }) => open.startsWith(one)))
      return this.word(text, at, final);
    if (first >= 0xd800 && first < 0xdc00 && at + 1 >= text.length && !final) return undefined;
    if (forbidden.test(one)) return { kind: "forbidden", text: one };
    const marked = this.marked(text, at, final);
    if (marked !== "none") return marked;
    return this.word(text, at, final);
  }

  private word(text: string, at: number, final: boolean): Token | undefined {
    const letters = match(this.context.in === "string" ? plainWord : word, text, at);
    if (letters === undefined) return { kind: "other", text: String.fromCodePoint(text.codePointAt(at) ?? 0) };
    const end = at + letters.length;
    if (end < text.length - 1 || final) return { kind: "word", text: letters };
    // The rest of a word, or the decimals of a number, may still come, and so may the other half of a letter.
    const goesOn = end === text.length || /^\p{Nd}+\.$|[\ud800-\udbff]$/u.test(text.slice(at));
    return goesOn ? undefined : { kind: "word", text: letters };
  }

  private newline(text: string): Token {
    const { context } = this;
    if (context.in === "comment" && context.close === undefined) this.context = code;
    if (context.in === "string" && !context.rule.multiline) this.context = code;
    return { kind: "newline", text };
  }

  /** What begins with a mark of the context; "none": nothing does. */
  private marked(text: string, at: number, final: boolean): Token | undefined | "none" {
    const { context } = this;
    if (context.in === "prose") return "none";
    if (context.in === "comment") {
      if (context.close === undefined) return "none";
      return this.mark([context.close], text, at, final, () => {
        this.context = code;
        return "comment";
      });
    }
    return context.in === "string" ? this.inString(context.rule, text, at, final) : this.inCode(text, at, final);
  }

  private inString(rule: StringRule, text: string, at: number, final: boolean): Token | undefined | "none" {
    if (rule.escapes && text[at] === "\\") {
      if (at + 1 >= text.length) return final ? { kind: "other", text: "\\" } : undefined;
      // A line end or a forbidden character is one behind a backslash too.
      const escaped = text[at + 1] ?? "";
      return { kind: "other", text: /["'`\\\w$]/.test(escaped) ? `\\${escaped}` : "\\" };
    }
    const marks = rule.interpolation === undefined ? [rule.close] : [rule.close, rule.interpolation];
    return this.mark(marks, text, at, final, (mark) => {
      this.context = code;
      if (mark === rule.close) return "stringEnd";
      this.open.push({ close: "}", string: rule });
      return "open";
    });
  }

  private inCode(text: string, at: number, final: boolean): Token | undefined | "none" {
    const { rules } = this;
    for (const { open, kind, context, after } of this.openings) {
      if (after !== undefined && !after.test(this.before)) continue;
      if (text.startsWith(open, at)) {
        this.context = context;
        return { kind, text: open };
      }
      if (!final && mayBecome(open, text, at)) return undefined;
    }
    const one = text[at] ?? "";
    if (one === "'" && rules.characterLiterals) {
      const literal = match(character, text, at);
      if (literal !== undefined) return { kind: "literal", text: literal };
      return !final && unfinishedCharacter.test(text.slice(at)) ? undefined : { kind: "other", text: one };
    }
    if (one === "/" && rules.regexLiterals && !this.afterValue && this.before !== "<") {
      const literal = match(regex, text, at);
      if (literal !== undefined && (at + literal.length < text.length || final))
        return { kind: "literal", text: literal };
      return final || text.includes("\n", at) ? { kind: "other", text: one } : undefined;
    }
    if ("([{".includes(one)) {
      this.open.push({ close: closerOf(one), string: undefined });
      return { kind: "open", text: one };
    }
    if (!")]}".includes(one)) return "none";
    const bracket = this.open.at(-1);
    if (bracket?.close === one) {
      this.open.pop();
      if (bracket.string !== undefined) this.context = { in: "string", rule: bracket.string };
    }
    return { kind: "close", text: one };
  }

  /** The first of the marks, the longest first, that stands at `at`; undefined where one of them may still come. */
  private mark(
    marks: readonly string[],
    text: string,
    at: number,
    final: boolean,
    found: (mark: string) => TokenKind,
  ): Token | undefined | "none" {
    for (const mark of marks) {
      if (text.startsWith(mark, at)) return { kind: found(mark), text: mark };
      if (!final && mayBecome(mark, text, at)) return undefined;
    }
    return "none";
  }
}

/** All that there is from `at` on is the beginning of the mark. */
function mayBecome(mark: string, text: string, at: number): boolean {
  return text.length - at < mark.length && mark.startsWith(text.slice(at));
}

/** What the sticky pattern finds at `at`, unless something is in it that no text may hold. */
function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  const found = pattern.exec(text)?.[0];
  return found !== undefined && forbidden.test(found.replaceAll("\t", "")) ? undefined : found;
}

const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}", "${": "}", "#{": "}" };

/** What closes an opening bracket. */
export function closerOf(open: string): string {
  return pairs[open] ?? "";
}
