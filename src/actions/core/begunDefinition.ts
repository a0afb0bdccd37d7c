import type { CodeRequest } from "./actionRequest";
import { documentedDefinition } from "./answerSchemas";
import { definitionEnd } from "./extent";
import { isBlank, leadOf } from "./indentation";
import { selectionShape } from "./selectionShape";

/**
 * The head of the one definition that is selected, where it is to stay as it is: a small model that has to begin with it
 * does not write something else instead. Without its line end: models write that with the next line's indentation, and
 * lose both where it was written for them. @returns "" where the answer has to begin by itself.
 */
export function keptHead({ kind, subject }: CodeRequest): string {
  if (kind !== "fix" && kind !== "simplify") return "";
  const definition = documentedDefinition(subject);
  const { lines, head } = selectionShape(subject);
  if (definition === undefined || definition.headEnd >= lines.length - 1) return "";
  if (kind === "fix") {
    const [problem] = subject.problems;
    // A problem of the head, or one that nobody names, may need another head.
    if (problem === undefined || problem.line - 1 - newLines(subject.before + head) <= definition.headEnd) return "";
  }
  return lines.slice(0, definition.headEnd + 1).join("\n");
}

/**
 * An answer that was begun with a definition's head, up to that definition's end and closed there: what follows is not
 * wanted. @returns undefined where it was not begun so, or goes on.
 */
export function wholeDefinition(text: string, begins: string): string | undefined {
  const [fence = "", ...head] = begins.split("\n");
  if (head.at(-1) === "" || head.length === 0 || !text.startsWith(begins)) return undefined;
  const lines = text.split("\n");
  const start = head.length;
  const end = definitionEnd(lines, start);
  const last = lines[end - 1] ?? "";
  const first = lines[start] ?? "";
  const isClosed = end - 1 > start && leadOf(last).length <= leadOf(first).length;
  // A closing line is whole when another has begun; where nothing closes, a line further out is the end.
  const isLeft = /:\s*$/u.test(first) && lines.slice(end).some((line) => !isBlank(line));
  const isWhole = isClosed ? end < lines.length : isLeft;
  return isWhole ? [...lines.slice(0, end), /^`+/u.exec(fence)?.[0] ?? "", ""].join("\n") : undefined;
}

function newLines(text: string): number {
  return text.split(/\r\n?|\n/u).length - 1;
}
