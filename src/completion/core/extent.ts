import type { TextLines } from "./editorSnapshot";
import { importsOf } from "./imports";
import { tellingLine } from "./lineSets";

/** A definition's head says what it takes and gives. */
export const maxDefinitionLines = 20;
/** What a file is about shows in so many lines. */
export const maxHeadLines = 20;
/** A comment at the top, such as a license, is looked past for so many lines. */
const maxScanned = 300;
/** A longer line is no code that a person wrote. */
const maxLineLength = 500;

/** Lines from `from` to `to`, exclusive. */
export interface Extent {
  readonly from: number;
  readonly to: number;
}

/**
 * Where the definition that begins in `line` ends, by indentation: what stands further in belongs to it, and a closing
 * bracket at its own depth. Of 20 lines at most.
 */
export function definitionExtent(lines: TextLines, line: number): Extent {
  const depth = indentOf(lines.line(line));
  const most = Math.min(lines.lineCount, line + maxDefinitionLines);
  let to = line + 1;
  for (let index = line + 1; index < most; index++) {
    const text = lines.line(index);
    if (text.trim() === "") continue;
    const indent = indentOf(text);
    const isEnd = indent === depth && /^\s*(?:[)\]}>]|end\b)/u.test(text);
    // A long list of parameters is closed at the definition's own depth, and its body follows.
    const goesOn = isEnd && /[{(:[]\s*$/u.test(text);
    if (indent <= depth && !isEnd) break;
    to = index + 1;
    if (isEnd && !goesOn) break;
  }
  return { from: line, to };
}

/** The first lines of a file that say something: past a comment at its top and its imports. */
export function headExtent(lines: TextLines, languageId: string): Extent {
  const end = Math.min(lines.lineCount, maxScanned);
  const imports = importsOf(lines, languageId);
  const last = imports.at(-1);
  let from = last === undefined ? 0 : last.firstLine + last.lines.length;
  let inComment = false;
  for (; from < end; from++) {
    const text = lines.line(from).trim();
    if (inComment) inComment = !text.includes("*/");
    else if (text.startsWith("/*") && last === undefined) inComment = !text.includes("*/");
    else if (!isAside(text, last === undefined)) break;
  }
  const to = Math.min(lines.lineCount, from + maxHeadLines);
  return from >= end && last !== undefined ? { from: 0, to: Math.min(lines.lineCount, maxHeadLines) } : { from, to };
}

/** Nothing, or a line of the comment at the top. After imports a comment belongs to what follows it. */
function isAside(text: string, atTop: boolean): boolean {
  return text === "" || (atTop && /^(?:\/\/|#(?!\s*(?:include|define|if|pragma))|--|;|%)/u.test(text));
}

/** The text of lines, each with "\n"; undefined where a line is longer than code is, or all of it says nothing. */
export function textOf(lines: TextLines, { from, to }: Extent): string | undefined {
  let text = "";
  let says = false;
  for (let index = from; index < Math.min(to, lines.lineCount); index++) {
    const line = lines.line(index);
    if (line.length > maxLineLength) return undefined;
    says ||= tellingLine(line) !== undefined;
    text += `${line}\n`;
  }
  return says ? text : undefined;
}

function indentOf(line: string): number {
  // A tab and a space are as good as each other: a file is indented with one of them.
  return line.length - line.trimStart().length;
}
