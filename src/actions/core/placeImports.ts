import { languageForm } from "./languageForms";

/** What stands above imports where a file has none: an interpreter, the language's own first lines, comments. */
const heads = /^(?:#!|<\?php\b|package\b|declare\(|["']use strict["']|\/\/|\/\*|\*|#(?!\s*(?:include|pragma)\b)|\s*$)/u;

/** The file with imports below those it has, or below what must stay at its top. They are whole lines. */
export function withImports(
  file: string,
  imports: readonly string[],
  { languageId, eol }: { readonly languageId: string; readonly eol: "\n" | "\r\n" },
): string {
  const lines = file.split(/\r\n|\r|\n/u);
  const at = belowImports(lines, languageId) ?? belowHead(lines);
  return [...lines.slice(0, at), ...imports, ...lines.slice(at)].join(eol);
}

/** The line after the last import that stands at the margin; one may go over several lines. */
function belowImports(lines: readonly string[], languageId: string): number | undefined {
  const pattern = languageForm(languageId).imports;
  if (pattern === undefined) return undefined;
  const last = lines.findLastIndex((line) => /^\S/u.test(line) && pattern.test(line));
  if (last === -1) return undefined;
  let open = 0;
  for (let at = last; at < lines.length; at++) {
    for (const sign of lines[at] ?? "") {
      if ("([{".includes(sign)) open++;
      else if (")]}".includes(sign)) open--;
    }
    if (open <= 0 && !/\\$/u.test(lines[at] ?? "")) return at + 1;
  }
  return last;
}

function belowHead(lines: readonly string[]): number {
  let at = 0;
  // A text that is the module's own comment, as Python has it, and block comments go on to their end.
  const closing = (line: string): string | undefined =>
    line.startsWith("/*") ? "*/" : (/^[rRuU]?("""|''')/u.exec(line)?.[1] ?? undefined);
  while (at < lines.length) {
    const line = lines[at] ?? "";
    const end = closing(line);
    if (end !== undefined) {
      const begun = at;
      const after = line.indexOf(end) + end.length;
      while (at < lines.length && !(lines[at] ?? "").slice(at === begun ? Math.max(after, 3) : 0).includes(end)) {
        if (at === begun && end === "*/" && line.includes(end)) break;
        at++;
      }
    } else if (!heads.test(line)) break;
    at++;
  }
  at = Math.min(at, lines.length);
  // Blank lines before the code stay with it.
  while (at > 0 && (lines[at - 1] ?? "").trim() === "") at--;
  return at;
}
