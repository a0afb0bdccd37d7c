import { type LanguageForm, languageForm } from "./languageForms";

/**
 * Code without its comments and without white space between words, to tell whether two texts are the same code.
 * Docstrings of Python are comments here: a string that is a statement of its own.
 */
export function codeOnly(lines: readonly string[], languageId: string): string {
  const form = languageForm(languageId);
  const text = lines.join("\n");
  let code = "";
  for (let at = 0; at < text.length;) {
    const skipped = commentAt(text, at, form) ?? docstringAt(text, at, code, languageId);
    if (skipped !== undefined) {
      at += skipped;
      continue;
    }
    const quote = form.quotes.find((mark) => text.startsWith(mark, at));
    const length = quote === undefined ? 1 : stringLength(text, at, quote);
    code += text.slice(at, at + length);
    at += length;
  }
  // Indentation is code in Python.
  const kept = code.split("\n").filter((line) => line.trim() !== "");
  return languageId === "python" || languageId === "yaml"
    ? kept.map((line) => line.trimEnd()).join("\n")
    : kept.map((line) => line.trim().replace(/\s+/gu, " ")).join("\n");
}

/** Characters of the comment that begins here; undefined: none does. */
function commentAt(text: string, at: number, { lineComment, blockComment }: LanguageForm): number | undefined {
  if (blockComment !== undefined && text.startsWith(blockComment[0], at)) {
    const end = text.indexOf(blockComment[1], at + blockComment[0].length);
    return (end < 0 ? text.length : end + blockComment[1].length) - at;
  }
  if (lineComment === undefined || !text.startsWith(lineComment, at)) return undefined;
  // "${#list}" and a URL's fragment are no comments.
  if (lineComment === "#" && at > 0 && !/\s/u.test(text[at - 1] ?? "")) return undefined;
  const end = text.indexOf("\n", at);
  return (end < 0 ? text.length : end) - at;
}

function docstringAt(text: string, at: number, code: string, languageId: string): number | undefined {
  if (languageId !== "python") return undefined;
  const quote = ['"""', "'''"].find((mark) => text.startsWith(mark, at));
  const isStatement = /(?:^|\n)[ \t]*$/u.test(code);
  if (quote === undefined || !isStatement) return undefined;
  const length = stringLength(text, at, quote);
  return /^[ \t]*(?:\n|$)/u.test(text.slice(at + length)) ? length : undefined;
}

function stringLength(text: string, at: number, quote: string): number {
  const isLong = quote.length > 1 || quote === "`";
  for (let end = at + quote.length; end < text.length; end++) {
    if (text[end] === "\\") end++;
    else if (text.startsWith(quote, end)) return end + quote.length - at;
    else if (text[end] === "\n" && !isLong) return end - at;
  }
  return text.length - at;
}

/** Whether a line is nothing but a comment. */
export function isCommentLine(line: string, languageId: string): boolean {
  const { lineComment, blockComment } = languageForm(languageId);
  const text = line.trim();
  if (text === "") return false;
  if (lineComment !== undefined && text.startsWith(lineComment)) return true;
  return blockComment !== undefined && (text.startsWith(blockComment[0]) || /^\*(?:\s|\/|$)/u.test(text));
}
