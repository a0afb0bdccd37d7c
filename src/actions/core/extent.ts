import { definedName } from "./definition";
import { isBlank, leadOf } from "./indentation";

/** Lines from `start` to `end`, exclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** More lines than this are no place for one change: then only what stands around the cursor is taken. */
export const mostLines = 80;

/** The end, exclusive, of a definition that begins at a line: its bracket, or the last line that stands further in. */
export function definitionEnd(lines: readonly string[], start: number): number {
  const width = leadOf(lines[start] ?? "").length;
  let end = start + 1;
  for (let at = start + 1; at < lines.length; at++) {
    const line = lines[at] ?? "";
    if (isBlank(line)) continue;
    if (leadOf(line).length > width) {
      end = at + 1;
      continue;
    }
    const closes = /^\s*(?:[)\]}]|end\b|fi\b|done\b|esac\b)/u.test(line);
    // "): number {" ends a list of parameters and opens the body.
    if (closes && /[{([:]\s*$/u.test(line)) {
      end = at + 1;
      continue;
    }
    return closes ? at + 1 : end;
  }
  return end;
}

/** The innermost definition around a line, as far as spelling and indentation tell. */
export function definitionAround(lines: readonly string[], line: number): LineRange | undefined {
  for (let start = Math.min(line, lines.length - 1); start >= 0; start--) {
    if (definedName(lines[start] ?? "") === undefined) continue;
    const end = definitionEnd(lines, start);
    if (end > line && end > start + 1) return { start, end };
  }
  return undefined;
}

/** The lines around a line up to the next blank ones: what belongs together where no definition says so. */
export function paragraphAround(lines: readonly string[], line: number, most = 24): LineRange {
  let start = line;
  let end = line + 1;
  while (start > 0 && !isBlank(lines[start - 1] ?? "") && end - start < most) start--;
  while (end < lines.length && !isBlank(lines[end] ?? "") && end - start < most) end++;
  return { start, end };
}
