/** What of a language's spelling the shape of a suggestion depends on. */
export interface LanguageRules {
  /** Prose has none: a bracket in it need not be closed. */
  readonly brackets: boolean;
  readonly lineComments: readonly string[];
  /** "#" in `${#list}` or a URL's fragment begins no comment: there it must stand after a space. */
  readonly commentsAfterSpace: boolean;
  readonly blockComments: readonly (readonly [open: string, close: string])[];
  /** The longest opening marks first. */
  readonly strings: readonly StringRule[];
  /** "'" is a character literal where it looks like one, else a lifetime, a label or part of a name. */
  readonly characterLiterals: boolean;
  readonly regexLiterals: boolean;
  /** A shell's `pattern)` closes nothing. */
  readonly looseParentheses: boolean;
  /** The end of a line that opens a body without a bracket. */
  readonly opens: RegExp | undefined;
  /** The word that ends such a body, at the line's start; undefined where a body ends with its indentation. */
  readonly closes: RegExp | undefined;
}

export interface StringRule {
  readonly open: string;
  readonly close: string;
  readonly multiline: boolean;
  readonly escapes: boolean;
  /** What opens code inside the string, up to "}". */
  readonly interpolation: string | undefined;
  /** Not directly after a letter: there it is an apostrophe. */
  readonly notAfterWord: boolean;
}

function string(open: string, options: Partial<StringRule> = {}): StringRule {
  return {
    open,
    close: open,
    multiline: false,
    escapes: true,
    interpolation: undefined,
    notAfterWord: false,
    ...options,
  };
}

const double = string('"');
const single = string("'");
const apostrophe = string("'", { notAfterWord: true });
const longDouble = string('"""', { multiline: true });
const longSingle = string("'''", { multiline: true });
const template = string("`", { multiline: true, interpolation: "${" });
const rawBackquote = string("`", { multiline: true, escapes: false });
const slashes = { lineComments: ["//"], blockComments: [["/*", "*/"]] } as const;

/** `case x:` and `default:` open a body in the languages with braces too. */
const caseLabel = /^(?:case\b.*|default\s*):$/u;
const arrowOrCase = /^(?:case\b.*|default\s*):$|(?:=>|\s->)$/u;

const braces: LanguageRules = {
  brackets: true,
  ...slashes,
  commentsAfterSpace: false,
  strings: [double, single],
  characterLiterals: false,
  regexLiterals: false,
  looseParentheses: false,
  opens: arrowOrCase,
  closes: undefined,
};
const script: LanguageRules = { ...braces, strings: [template, double, apostrophe], regexLiterals: true };
const characters: LanguageRules = { ...braces, strings: [longDouble, double], characterLiterals: true };
const hash: LanguageRules = { ...braces, lineComments: ["#"], blockComments: [], opens: undefined };
const configuration: LanguageRules = { ...hash, commentsAfterSpace: true, strings: [double, apostrophe] };
const indented: LanguageRules = { ...hash, strings: [longDouble, longSingle, double, single], opens: /:$/u };
const lisp: LanguageRules = { ...hash, lineComments: [";"], strings: [string('"', { multiline: true })] };
const percent: LanguageRules = { ...hash, lineComments: ["%"], strings: [double] };
const sheet: LanguageRules = { ...braces, opens: undefined };
const markup: LanguageRules = {
  ...braces,
  lineComments: [],
  blockComments: [["<!--", "-->"]],
  strings: [],
  opens: undefined,
};
const prose: LanguageRules = { ...markup, brackets: false };
const data: LanguageRules = { ...sheet, strings: [double] };
/** Of a language nobody here knows. */
const unknown: LanguageRules = {
  ...braces,
  lineComments: ["//", "#"],
  commentsAfterSpace: true,
  strings: [double, apostrophe],
};

const languages: Readonly<Record<string, LanguageRules>> = {
  c: { ...characters, strings: [double], opens: caseLabel },
  cpp: { ...characters, strings: [double], opens: caseLabel },
  "objective-c": { ...characters, strings: [double], opens: caseLabel },
  csharp: {
    ...characters,
    strings: [longDouble, string('@"', { close: '"', multiline: true, escapes: false }), double],
  },
  rust: {
    ...characters,
    strings: [string('r#"', { close: '"#', multiline: true, escapes: false }), string('"', { multiline: true })],
  },
  java: characters,
  kotlin: characters,
  scala: characters,
  swift: characters,
  zig: characters,
  go: { ...braces, strings: [rawBackquote, double, single], opens: caseLabel },
  dart: { ...braces, strings: [longDouble, longSingle, double, single] },
  groovy: { ...braces, strings: [longDouble, longSingle, double, single] },
  javascript: script,
  javascriptreact: script,
  typescript: script,
  typescriptreact: script,
  php: {
    ...braces,
    lineComments: ["//", "#"],
    strings: [string('"', { multiline: true }), string("'", { multiline: true })],
  },
  css: { ...sheet, lineComments: [] },
  scss: sheet,
  less: sheet,
  json: data,
  jsonc: data,
  python: indented,
  gdscript: indented,
  nim: indented,
  yaml: { ...configuration, opens: /(?:^|[\w"']):$/u },
  dockercompose: { ...configuration, opens: /(?:^|[\w"']):$/u },
  toml: { ...configuration, strings: [longDouble, longSingle, double, apostrophe] },
  ini: { ...configuration, lineComments: ["#", ";"] },
  properties: configuration,
  dockerfile: configuration,
  makefile: configuration,
  r: { ...hash, strings: [double, single] },
  perl: { ...hash, commentsAfterSpace: true, strings: [double, apostrophe] },
  powershell: { ...hash, blockComments: [["<#", "#>"]], strings: [double, single] },
  shellscript: {
    ...hash,
    commentsAfterSpace: true,
    looseParentheses: true,
    opens: /(?:^|[\s;])(?:then|do|else)$/u,
    closes: /^(?:fi|done|esac)$/u,
  },
  ruby: {
    ...hash,
    strings: [string('"', { interpolation: "#{" }), apostrophe],
    opens:
      /^(?:(?:private |public |protected )?(?:def|class|module|if|unless|while|until|case|begin|for|else)\b.*|.*\sdo(?:\s*\|[^|]*\|)?)$/u,
    closes: /^end$/u,
  },
  crystal: {
    ...hash,
    opens: /^(?:(?:def|class|module|struct|if|unless|while|until|case|begin)\b.*|.*\sdo(?:\s*\|[^|]*\|)?)$/u,
    closes: /^end$/u,
  },
  lua: {
    ...hash,
    lineComments: ["--"],
    blockComments: [["--[[", "]]"]],
    strings: [string("[[", { close: "]]", multiline: true, escapes: false }), double, single],
    opens: /(?:\b(?:then|do|else|repeat)|\bfunction\b[^()]*\([^()]*\))$/u,
    closes: /^(?:end|until)$/u,
  },
  elixir: { ...hash, strings: [longDouble, double], opens: /(?:\sdo|\s->)$/u, closes: /^end$/u },
  julia: {
    ...hash,
    strings: [longDouble, double],
    characterLiterals: true,
    opens: /^(?:function|if|for|while|begin|module|struct|mutable struct|let|try|else|macro)\b.*$|\sdo(?:\s.*)?$/u,
    closes: /^end$/u,
  },
  sql: {
    ...braces,
    lineComments: ["--"],
    strings: [string("'", { multiline: true, escapes: false }), double],
    opens: undefined,
  },
  haskell: {
    ...characters,
    lineComments: ["--"],
    blockComments: [["{-", "-}"]],
    strings: [double],
    opens: /\s(?:where|do|of|=)$/u,
  },
  clojure: lisp,
  lisp,
  scheme: lisp,
  erlang: percent,
  matlab: percent,
  vb: { ...hash, lineComments: ["'"], strings: [string('"', { escapes: false })] },
  html: markup,
  xml: markup,
  xsl: markup,
  vue: markup,
  svelte: markup,
  handlebars: markup,
  markdown: prose,
  plaintext: prose,
  restructuredtext: prose,
  asciidoc: prose,
  latex: prose,
  tex: prose,
  bibtex: prose,
  log: prose,
  csv: prose,
  "git-commit": prose,
  scminput: prose,
};

/** @param languageId VS Code's name for the language. */
export function languageRules(languageId: string): LanguageRules {
  return Object.hasOwn(languages, languageId) ? (languages[languageId] ?? unknown) : unknown;
}
