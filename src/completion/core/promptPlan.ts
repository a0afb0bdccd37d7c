import type { InfillLayout, InfillPrompt } from "../../engine/infill";
import type { ContextChunk } from "./contextChunk";
import { type EditorSnapshot, type TextLines } from "./editorSnapshot";
import { isOnlyClosers } from "./when";

/** How much of the file and around it a prompt may hold, in UTF-16 units. Code has some three to a token. */
export interface PlanBudget {
  readonly prefix: number;
  readonly suffix: number;
  readonly chunks: number;
}

/** Lines before the cursor that a prompt has at most; what holds copies of lines needs no more. */
export const MOST_LINES_BEFORE = 256;
export const MOST_LINES_AFTER = 64;
/** Of a longer line the model sees the beginning. */
const LONGEST_LINE = 1000;
/** Of a window that has become too large this much is kept, so that the next cut is far away. */
const KEPT = 2 / 3;
/** Lines that a window may begin later for a better first one. */
const MOST_SKIPPED = 16;
/** What was typed since the anchor, in UTF-16 units: more of it belongs before the anchor, where its tokens are natural. */
const LONGEST_TYPED = 4000;
/** Closing brackets and the like that may have come or gone behind the cursor without a new prompt. */
const MOST_CLOSERS = 4;

/**
 * What stays of a prompt while somebody types: everything up to the anchor, which is the start of a line, and what
 * followed the cursor when the plan was made. What is typed then only appends to the prompt.
 */
export interface PromptPlan {
  readonly uri: string;
  readonly name: string;
  readonly order: InfillLayout["order"];
  readonly repository: string;
  readonly chunks: readonly ContextChunk[];
  /** The first line of the window, and the anchor's. */
  readonly firstLine: number;
  readonly anchor: number;
  /** The text of the window up to the anchor. */
  readonly prefix: string;
  readonly suffix: string;
}

/** The prompt for the cursor by a plan that still holds; undefined where a new plan is needed. */
export function follow(plan: PromptPlan, snapshot: EditorSnapshot): InfillPrompt | undefined {
  const { lines, cursor } = snapshot;
  if (plan.uri !== snapshot.uri || cursor.line < plan.anchor) return undefined;
  if (cursor.line - plan.firstLine > MOST_LINES_BEFORE) return undefined;
  if (windowText(lines, plan.firstLine, plan.anchor) !== plan.prefix) return undefined;
  const typed = windowText(lines, plan.anchor, cursor.line) + lines.line(cursor.line).slice(0, cursor.character);
  if (typed.length > LONGEST_TYPED || !suffixHolds(plan, snapshot)) return undefined;
  return promptOf(plan, typed);
}

export function promptOf(plan: PromptPlan, typed: string): InfillPrompt {
  return {
    repository: plan.repository,
    files: plan.chunks.map(({ name, text }) => ({ name, text })),
    file: plan.name,
    prefix: plan.prefix,
    suffix: plan.suffix,
    typed,
  };
}

/**
 * A new plan with its anchor at the cursor's line. The window begins where the previous one did while it is not too
 * large, because the tokens of all that follows depend on its first line.
 */
export function makePlan(
  snapshot: EditorSnapshot,
  order: InfillLayout["order"],
  budget: PlanBudget,
  around: { readonly repository: string; readonly chunks: readonly ContextChunk[] },
  previous?: PromptPlan,
): PromptPlan {
  const { uri, name, lines, cursor } = snapshot;
  const anchor = cursor.line;
  const firstLine = windowStart(snapshot, budget, previous);
  return {
    uri,
    name,
    order,
    ...around,
    firstLine,
    anchor,
    prefix: windowText(lines, firstLine, anchor),
    suffix: order === "prefix-only" ? "" : suffixText(snapshot, budget.suffix),
  };
}

function windowStart(
  { uri, lines, cursor }: EditorSnapshot,
  { prefix }: PlanBudget,
  previous: PromptPlan | undefined,
): number {
  const fits = (from: number, room: number): boolean => {
    if (cursor.line - from > MOST_LINES_BEFORE) return false;
    let size = 0;
    for (let line = cursor.line - 1; line >= from; line--) {
      size += Math.min(lines.line(line).length, LONGEST_LINE) + 1;
      if (size > room) return false;
    }
    return true;
  };
  if (previous?.uri === uri && previous.firstLine <= cursor.line && fits(previous.firstLine, prefix))
    return previous.firstLine;
  if (cursor.line <= MOST_LINES_BEFORE && fits(0, prefix)) return 0;
  let from = cursor.line;
  let size = 0;
  const fewest = Math.max(0, cursor.line - Math.floor(MOST_LINES_BEFORE * KEPT));
  while (from > fewest) {
    size += Math.min(lines.line(from - 1).length, LONGEST_LINE) + 1;
    if (size > prefix * KEPT) break;
    from--;
  }
  // Where the KV cache is shifted, the window's first token must be the one that stood there before: line ends and
  // indentation are often one token together.
  for (let line = from; line < Math.min(cursor.line, from + MOST_SKIPPED); line++) {
    const isPlain = /^\S/u.test(lines.line(line)) && (line === from || lines.line(line - 1).trim() !== "");
    if (isPlain) return line;
  }
  return from;
}

/** Lines `from` to `to` (exclusive), each with "\n". */
function windowText(lines: TextLines, from: number, to: number): string {
  let text = "";
  for (let index = from; index < to; index++) text += `${lines.line(index).slice(0, LONGEST_LINE)}\n`;
  return text;
}

function suffixText({ lines, cursor }: EditorSnapshot, room: number): string {
  let text = lines.line(cursor.line).slice(cursor.character, cursor.character + LONGEST_LINE);
  const last = Math.min(lines.lineCount, cursor.line + 1 + MOST_LINES_AFTER);
  for (let index = cursor.line + 1; index < last; index++) {
    const line = lines.line(index).slice(0, LONGEST_LINE);
    if (text.length + line.length + 1 > room) break;
    text += `\n${line}`;
  }
  return text;
}

/** The plan's suffix is what follows the cursor, but for brackets that the editor closed or the person typed over. */
function suffixHolds({ order, suffix }: PromptPlan, snapshot: EditorSnapshot): boolean {
  if (order === "prefix-only") return true;
  const now = suffixText(snapshot, suffix.length + MOST_CLOSERS);
  if (now.startsWith(suffix)) return true;
  const [line = ""] = now.split("\n", 1);
  const [planned = ""] = suffix.split("\n", 1);
  const below = suffix.slice(planned.length);
  if (below !== "" && !now.slice(line.length).startsWith(below)) return false;
  const [longer, shorter] = line.length > planned.length ? [line, planned] : [planned, line];
  const difference = longer.length - shorter.length;
  return difference <= MOST_CLOSERS && longer.endsWith(shorter) && isOnlyClosers(longer.slice(0, difference));
}
