import type { Position, TextLines } from "./editorSnapshot";

/** An import as it stands in a file. */
export interface ImportStatement {
  readonly firstLine: number;
  /** One or more, where names stand on lines of their own. */
  readonly lines: readonly string[];
  /** Names that it brings in, where their definition can be asked for. */
  readonly names: readonly ImportedName[];
  /** What it imports is a file of the same project, as far as the statement tells. */
  readonly isLocal: boolean;
}

export interface ImportedName {
  readonly name: string;
  readonly at: Position;
}

/** Imports stand at the top; a few languages have some further down, which are left out. */
const maxLines = 300;
/** Of one statement. */
const maxStatementLines = 40;
/** No import is longer; generated and minified files have such lines. */
const maxLineLength = 400;

type Style = "ecmascript" | "python" | "go" | "rust" | "dotted" | "include" | "ruby" | "php";

const styles: Readonly<Record<string, Style>> = {
  javascript: "ecmascript",
  javascriptreact: "ecmascript",
  typescript: "ecmascript",
  typescriptreact: "ecmascript",
  vue: "ecmascript",
  svelte: "ecmascript",
  python: "python",
  go: "go",
  rust: "rust",
  java: "dotted",
  kotlin: "dotted",
  scala: "dotted",
  groovy: "dotted",
  csharp: "dotted",
  swift: "dotted",
  dart: "ecmascript",
  c: "include",
  cpp: "include",
  "cuda-cpp": "include",
  "objective-c": "include",
  "objective-cpp": "include",
  ruby: "ruby",
  php: "php",
};

const starts: Readonly<Record<Style, RegExp>> = {
  ecmascript: /^\s*(?:import\b(?!\s*\()|export\b[^=(]*\bfrom\b|(?:const|let|var)\b.*=\s*require\()/u,
  python: /^\s*(?:import\s|from\s+\S+\s+import\b)/u,
  go: /^import\b/u,
  rust: /^\s*(?:pub(?:\([^)]*\))?\s+)?(?:use|extern crate)\s/u,
  // C# has "using var x = …;" and "using (…)" for something else.
  dotted: /^\s*(?:import\s|(?:global\s+)?using\s+(?!var\b)[\w.=<>,\s]+;)/u,
  include: /^\s*#\s*(?:include|import)\b/u,
  ruby: /^\s*require(?:_relative)?\b/u,
  php: /^\s*(?:use|require|require_once|include|include_once)\b/u,
};

/** Words of the statements themselves. */
const keywords: ReadonlySet<string> = new Set(
  (
    "import export from as type typeof default const let var require use using global static extern crate self super pub mod " +
    "package in hide show public private func function namespace alias async await"
  ).split(" "),
);

/** The imports at the top of a file; none for a language whose imports are not known. Reads 300 lines at most. */
export function importsOf(lines: TextLines, languageId: string): readonly ImportStatement[] {
  const style = Object.hasOwn(styles, languageId) ? styles[languageId] : undefined;
  if (style === undefined) return [];
  const found: ImportStatement[] = [];
  const end = Math.min(lines.lineCount, maxLines);
  for (let index = 0; index < end; index++) {
    const line = lines.line(index);
    if (line.length > maxLineLength || !starts[style].test(line)) continue;
    const statement = [line];
    while (isOpen(statement) && statement.length < maxStatementLines && index + statement.length < end) {
      const next = lines.line(index + statement.length);
      if (next.length > maxLineLength) break;
      statement.push(next);
    }
    found.push({
      firstLine: index,
      lines: statement,
      names: namesIn(statement, index, style),
      isLocal: isLocal(statement.join("\n"), style),
    });
    index += statement.length - 1;
  }
  return found;
}

/** Whether a bracket of the statement waits to be closed, or its line goes on. */
function isOpen(statement: readonly string[]): boolean {
  let depth = 0;
  for (const [letter] of withoutTexts(statement.join("\n")).matchAll(/[()[\]{}]/gu)) {
    depth += "([{".includes(letter) ? 1 : -1;
  }
  return depth > 0 || /\\\s*$/u.test(statement.at(-1) ?? "");
}

/** The same text with strings and comments blanked, so that places stay. */
function withoutTexts(text: string): string {
  return text.replace(/"[^"\n]*"|'[^'\n]*'|`[^`\n]*`|\/\/.*|\/\*[^]*?\*\/|(?<=^|\s)#\s.*/gu, (found) =>
    found.replace(/[^\n]/gu, " "),
  );
}

function namesIn(statement: readonly string[], firstLine: number, style: Style): readonly ImportedName[] {
  if (style === "include" || style === "go" || style === "ruby") return [];
  const text = withoutTexts(statement.join("\n"));
  // In Python what stands before "import" is the module.
  const from = style === "python" ? text.search(/\bimport\b/u) : 0;
  const names: ImportedName[] = [];
  for (const match of text.slice(from).matchAll(/[\p{L}_$][\p{L}\p{N}_$]*/gu)) {
    const [name] = match;
    const at = from + match.index;
    const before = text.slice(0, at);
    const after = text.slice(at + name.length);
    // The way to a name is none of the names, nor is what it is called here: its definition has the other one.
    if (keywords.has(name) || /^\s*(?:\.|::|\\)/u.test(after) || /\bas\s+$/u.test(before)) continue;
    const newLines = before.split("\n");
    names.push({ name, at: { line: firstLine + newLines.length - 1, character: newLines.at(-1)?.length ?? 0 } });
  }
  return names;
}

function isLocal(text: string, style: Style): boolean {
  switch (style) {
    case "ecmascript":
      return /["'](?:\.|~|@\/|#)/u.test(text);
    case "python":
      return /^\s*from\s+\./u.test(text);
    case "rust":
      return /\b(?:crate|self|super)::/u.test(text);
    case "include":
      return text.includes('"');
    default:
      return false;
  }
}
