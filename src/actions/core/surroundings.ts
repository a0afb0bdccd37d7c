import type { CodeRequest, CodeSubject } from "./actionRequest";
import { commonLead, isBlank, withoutLead } from "./indentation";
import { languageForm } from "./languageForms";
import type { ModelSize } from "./modelSize";

/** What stands around a selection, in the parts that a prompt may leave out. Texts of whole lines, "" for none. */
export interface Surroundings {
  readonly imports: string;
  readonly farBefore: string;
  readonly nearBefore: string;
  readonly nearAfter: string;
  readonly farAfter: string;
}

/** Lines next to the selection: what opens and closes the scope it stands in. */
const nearLines = 12;
/** Lines beyond; more is no help for a change of a few lines. */
const farLines = 150;
/** Imports stand at the top. */
const importLines = 200;
const maxLine = 400;

export function surroundings({ before, after, languageId }: CodeSubject): Surroundings {
  const above = wholeLines(before.replace(/\r\n?/gu, "\n"), "above");
  const below = wholeLines(after.replace(/\r\n?/gu, "\n"), "below");
  const { imports } = languageForm(languageId);
  const isImport = (line: string): boolean => imports?.test(line) === true && line.length <= maxLine;
  const near = above.slice(-nearLines);
  // What is shown right above the selection need not be shown twice.
  const top = above.slice(0, Math.max(0, above.length - nearLines)).slice(0, importLines);
  return {
    imports: text(top.filter(isImport)),
    farBefore: text(above.slice(-nearLines - farLines, -nearLines).filter((line) => !isImport(line))),
    nearBefore: text(near),
    nearAfter: text(below.slice(0, nearLines)),
    farAfter: text(below.slice(nearLines, nearLines + farLines)),
  };
}

/** Of that, what a model of this size makes use of: "" for the rest. */
export function surroundingsFor(
  size: ModelSize,
  { subject, alone }: Pick<CodeRequest, "subject" | "alone">,
): Surroundings {
  const around = surroundings(alone === true ? { ...subject, before: "", after: "" } : subject);
  if (size === "large") return around;
  const near = { ...around, farBefore: "", farAfter: "" };
  return size === "middle" ? near : { ...near, nearBefore: "", nearAfter: "" };
}

/** The line that the selection is in belongs to the selection. */
function wholeLines(part: string, side: "above" | "below"): string[] {
  const lines = part.split("\n");
  if (side === "above") lines.pop();
  else lines.shift();
  return lines;
}

function text(lines: readonly string[]): string {
  const first = lines.findIndex((line) => !isBlank(line));
  if (first < 0) return "";
  const kept = lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1);
  return withoutLead(kept, commonLead(kept)).join("\n");
}
