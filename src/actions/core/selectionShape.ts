import type { CodeSubject } from "./actionRequest";
import { commonLead, isBlank, leadOf, withoutLead } from "./indentation";

/** A selection as a model is shown it, and what has to be put back around an answer. */
export interface SelectionShape {
  /** Without common indentation and blank ends. */
  readonly lines: readonly string[];
  /** What all lines of an answer get but, where `startsInside`, the first. */
  readonly lead: string;
  /** The selection begins after its line's indentation. */
  readonly startsInside: boolean;
  /** White space around the code inside the selection, kept as it is. */
  readonly head: string;
  readonly tail: string;
}

export function selectionShape({ before, selected }: CodeSubject): SelectionShape {
  const text = selected.replace(/\r\n?/gu, "\n");
  const lineStart = before.slice(Math.max(before.lastIndexOf("\n"), before.lastIndexOf("\r")) + 1);
  const blankHead = /^(?:[ \t]*\n)*/u.exec(text)?.[0] ?? "";
  const tail = isBlank(text) ? "" : (/\s*$/u.exec(text)?.[0] ?? "");
  const lines = text.slice(blankHead.length, text.length - tail.length).split("\n");
  // Only what stands before the first line of the selection itself can be half a line.
  const inside = blankHead === "" && lineStart !== "";
  const [first = "", ...rest] = lines;
  const lead = inside ? shared(rest, leadOf(lineStart + first)) : commonLead(lines);
  const own = inside ? [first.trimStart(), ...withoutLead(rest, lead)] : withoutLead(lines, lead);
  const head = blankHead + (inside ? leadOf(first) : "");
  return { lines: own, lead, startsInside: inside, head, tail };
}

/** As much of the indentation as the other lines have: they may stand further out than the first. */
function shared(lines: readonly string[], lead: string): string {
  const common = commonLead(lines);
  return lines.every(isBlank) || common.startsWith(lead) ? lead : common;
}
