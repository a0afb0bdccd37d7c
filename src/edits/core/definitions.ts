/** Functions, classes and their like, as far as one line and its indentation tell. Good for most languages, exact for none. */

const forms = [
  /^\s*(?:[a-z]+\s+)*function\*?\s+([\w$]+)/,
  /^\s*(?:[a-z]+(?:\([^)]*\))?\s+)*(?:class|interface|enum|struct|trait|module|namespace|record|object|impl)\s+([\w$]+)/,
  /^\s*(?:[a-z]+(?:\([^)]*\))?\s+)*(?:def|fn|func|fun|sub|proc)\s+(?:\([^)]*\)\s*)?([\w$.!?]+)/,
  /^\s*(?:export\s+)?(?:const|let|var)\s+([\w$]+)[^=]*=\s*(?:async\s*)?(?:function\b|\([^)]*\)[^=]*=>|[\w$]+\s*=>)/,
  /^\s*(?:(?:public|private|protected|static|async|override|readonly|get|set|final|virtual|abstract)\s+)*\*?([\w$#]+)\s*(?:<[^>]*>)?\([^;"'`]*\)[^;{=]*\{\s*$/,
  /^\s*[A-Za-z_][\w<>:*&,[\]\s]*\s[*&]*([A-Za-z_][\w:~]*)\s*\([^;"'`]*\)[^;{=]*\{\s*$/,
];
const statements =
  /^\s*(?:\}\s*)?(?:if|else|for|foreach|while|switch|catch|return|with|do|try|new|throw|await|using|lock|elif|match)\b/;
const companion = /^\s*(?:@|\/\/|\/\*|\*|#|--|"""|\[)/;

export function indentOf(line: string): string {
  return /^\s*/.exec(line)?.[0] ?? "";
}

/** The name that a line defines; undefined where it defines none. */
export function definedName(line: string): string | undefined {
  if (statements.test(line)) return undefined;
  for (const form of forms) {
    const name = form.exec(line)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** The end, exclusive, of what begins at a line: its bracket or the last line that stands further in. */
export function extentEnd(lines: readonly string[], start: number): number {
  const width = indentOf(lines[start] ?? "").length;
  let end = start + 1;
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (line.trim() === "") continue;
    if (indentOf(line).length > width) {
      end = at + 1;
      continue;
    }
    const closes = /^\s*(?:[)\]}]|end\b|<\/)/.test(line) && indentOf(line).length === width;
    const opens = /[{([:]\s*$/.test(line);
    if (closes && !opens) return at + 1;
    if (closes || (line.trim() === "{" && end === at)) {
      end = at + 1;
      continue;
    }
    return end;
  }
  return end;
}

/** The first of the comment and decorator lines right above a line. */
export function companionsStart(lines: readonly string[], at: number, least = 0): number {
  let start = at;
  const indent = indentOf(lines[at] ?? "").length;
  while (start > least) {
    const above = lines[start - 1] ?? "";
    if (!companion.test(above) || Math.abs(indentOf(above).length - indent) > 1) break;
    start--;
  }
  return start;
}
