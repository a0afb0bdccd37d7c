import type { EditorSnapshot, TextLines } from "./editorSnapshot";

/** How a document is indented. */
export interface IndentStyle {
  readonly spaces: boolean;
  /** Columns of one level; with tabs, of one tab. */
  readonly size: number;
  /** The document shows it; else it is what the editor is set to. */
  readonly shown: boolean;
}

export function leadingSpace(line: string): string {
  return /^[ \t]*/.exec(line)?.[0] ?? "";
}

export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** Columns that the line's indentation takes. */
export function columnsOf(line: string, tabSize: number): number {
  let columns = 0;
  for (const character of leadingSpace(line)) {
    columns = character === "\t" ? (Math.floor(columns / tabSize) + 1) * tabSize : columns + 1;
  }
  return columns;
}

export function indentation(columns: number, { spaces, size }: IndentStyle): string {
  return spaces ? " ".repeat(columns) : "\t".repeat(Math.floor(columns / size)) + " ".repeat(columns % size);
}

/** Enough to see how a file is indented. */
const looked = 100;

/**
 * The document's own style around the cursor; what the editor is set to where the document does not show one. A file
 * that mixes both goes by its majority, as the person sees it.
 */
export function indentStyle({ lines, cursor, indent }: EditorSnapshot): IndentStyle {
  const from = Math.max(0, cursor.line - looked);
  const to = Math.min(lines.lineCount, cursor.line + looked);
  let tabs = 0;
  let spaced = 0;
  let last = 0;
  const steps = new Map<number, number>();
  for (let index = from; index < to; index++) {
    const line = lines.line(index);
    if (isBlank(line) || index === cursor.line) continue;
    const lead = leadingSpace(line);
    if (lead.startsWith("\t")) tabs++;
    else if (lead.length > 1) spaced++;
    const columns = columnsOf(line, indent.size);
    const step = columns - last;
    last = columns;
    if (index > from && step > 1 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  if (tabs + spaced === 0) return { ...indent, shown: false };
  if (tabs > spaced) return { spaces: false, size: indent.size, shown: true };
  const [size] = [...steps].sort((a, b) => b[1] - a[1])[0] ?? [indent.size];
  return { spaces: true, size, shown: true };
}

/** The first line from `from` on, in the direction of `step`, that is not blank. */
export function nextText(lines: TextLines, from: number, step: 1 | -1): number | undefined {
  for (let index = from; index >= 0 && index < lines.lineCount; index += step) {
    if (!isBlank(lines.line(index))) return index;
  }
  return undefined;
}
