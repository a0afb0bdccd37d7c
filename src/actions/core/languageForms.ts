/** What actions know of a language's spelling. */
export interface LanguageForm {
  /** For a prompt: "TypeScript". */
  readonly name: string;
  /** At a Markdown fence. */
  readonly fence: string;
  readonly lineComment: string | undefined;
  readonly blockComment: readonly [open: string, close: string] | undefined;
  readonly documentation: Documentation;
  readonly quotes: readonly string[];
  readonly imports: RegExp | undefined;
}

/** Where and how a language documents a definition. */
export type Documentation =
  /** A block above, with "@param name text". */
  | "block"
  /** Lines above, each with this mark. */
  | { readonly mark: string }
  /** The first statement of the body. */
  | "docstring";

const scriptImports = /^\s*(?:import\b(?!\s*\()|export\b[^=(]*\bfrom\b|(?:const|let|var)\b.*=\s*require\()/u;
const dottedImports = /^\s*(?:import\s|(?:global\s+)?using\s+(?!var\b)[\w.=<>,\s]+;)/u;
const slashes = {
  lineComment: "//",
  blockComment: ["/*", "*/"] as const,
  documentation: "block" as Documentation,
  quotes: ['"', "'"],
};
const script = { ...slashes, quotes: ['"', "'", "`"], imports: scriptImports };
const dotted = { ...slashes, quotes: ['"'], imports: dottedImports };
const hash = {
  lineComment: "#",
  blockComment: undefined,
  documentation: { mark: "#" } as Documentation,
  quotes: ['"', "'"],
  imports: undefined,
};
const c = { ...slashes, quotes: ['"'], imports: /^\s*#\s*include\b/u };

const forms: Readonly<Record<string, LanguageForm>> = {
  typescript: { name: "TypeScript", fence: "typescript", ...script },
  typescriptreact: { name: "TypeScript", fence: "tsx", ...script },
  javascript: { name: "JavaScript", fence: "javascript", ...script },
  javascriptreact: { name: "JavaScript", fence: "jsx", ...script },
  python: {
    ...hash,
    name: "Python",
    fence: "python",
    documentation: "docstring",
    quotes: ['"""', "'''", '"', "'"],
    imports: /^\s*(?:import\s|from\s+\S+\s+import\b)/u,
  },
  c: { name: "C", fence: "c", ...c },
  cpp: { name: "C++", fence: "cpp", ...c },
  java: { name: "Java", fence: "java", ...dotted },
  kotlin: { name: "Kotlin", fence: "kotlin", ...dotted },
  scala: { name: "Scala", fence: "scala", ...dotted },
  swift: { name: "Swift", fence: "swift", ...dotted, documentation: { mark: "///" } },
  csharp: { name: "C#", fence: "csharp", ...dotted, documentation: { mark: "///" } },
  go: {
    ...slashes,
    name: "Go",
    fence: "go",
    documentation: { mark: "//" },
    quotes: ['"', "`"],
    imports: /^import\b/u,
  },
  rust: {
    ...slashes,
    name: "Rust",
    fence: "rust",
    documentation: { mark: "///" },
    quotes: ['"'],
    imports: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|extern crate)\s/u,
  },
  php: { name: "PHP", fence: "php", ...slashes, imports: /^\s*(?:use|require|require_once|include|include_once)\b/u },
  ruby: { name: "Ruby", fence: "ruby", ...hash, imports: /^\s*require(?:_relative)?\b/u },
  shellscript: { name: "shell script", fence: "bash", ...hash },
  yaml: { name: "YAML", fence: "yaml", ...hash },
  perl: { name: "Perl", fence: "perl", ...hash, imports: /^\s*use\s/u },
  r: { name: "R", fence: "r", ...hash, imports: /^\s*(?:library|require)\(/u },
  powershell: { name: "PowerShell", fence: "powershell", ...hash },
  lua: { name: "Lua", fence: "lua", ...hash, lineComment: "--", documentation: { mark: "--" } },
  sql: { name: "SQL", fence: "sql", ...hash, lineComment: "--", documentation: { mark: "--" }, quotes: ["'"] },
};

/** Of a language nobody here knows only what most have in common. */
export function languageForm(languageId: string): LanguageForm {
  const known = Object.hasOwn(forms, languageId) ? forms[languageId] : undefined;
  return known ?? { ...slashes, name: languageId, fence: languageId, blockComment: undefined, imports: undefined };
}

/** Languages that code can be translated to, by VS Code's names. */
export const translationTargets: readonly string[] = [
  "typescript",
  "javascript",
  "python",
  "java",
  "csharp",
  "c",
  "cpp",
  "go",
  "rust",
  "kotlin",
  "swift",
  "php",
  "ruby",
  "shellscript",
];
