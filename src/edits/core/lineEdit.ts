/** Lines [start, end) are replaced. Edits of one list are in order and don't touch each other. */
export interface LineEdit {
  readonly start: number;
  readonly end: number;
  readonly lines: readonly string[];
}

/** The same as an editor takes it: zero-based lines, characters in UTF-16 units, the end exclusive. */
export interface TextRangeEdit {
  readonly startLine: number;
  readonly startCharacter: number;
  readonly endLine: number;
  readonly endCharacter: number;
  readonly text: string;
}

export function applyLineEdits(lines: readonly string[], edits: readonly LineEdit[]): string[] {
  const result: string[] = [];
  let at = 0;
  for (const { start, end, lines: inserted } of edits) {
    for (; at < start; at++) result.push(lines[at] ?? "");
    for (const line of inserted) result.push(line);
    at = end;
  }
  for (; at < lines.length; at++) result.push(lines[at] ?? "");
  // A text has at least one line.
  return result.length === 0 ? [""] : result;
}

/** @param eol what ends a line in the document. Only whole lines are touched: unchanged ones keep every byte. */
export function textEdits(lines: readonly string[], edits: readonly LineEdit[], eol: "\n" | "\r\n"): TextRangeEdit[] {
  const last = lines.length - 1;
  const lastLength = lines[last]?.length ?? 0;
  return edits.map(({ start, end, lines: inserted }) => {
    if (end < lines.length) {
      const text = inserted.map((line) => line + eol).join("");
      return { startLine: start, startCharacter: 0, endLine: end, endCharacter: 0, text };
    }
    // The last line has no line end of its own, so the one before it is taken along.
    if (start > 0 && (inserted.length === 0 || start === lines.length)) {
      const text = inserted.map((line) => eol + line).join("");
      const startCharacter = lines[start - 1]?.length ?? 0;
      return { startLine: start - 1, startCharacter, endLine: last, endCharacter: lastLength, text };
    }
    return {
      startLine: start,
      startCharacter: 0,
      endLine: last,
      endCharacter: lastLength,
      text: inserted.join(eol),
    };
  });
}
