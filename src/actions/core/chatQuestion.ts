import { type DroppablePart, droppableParts } from "./actionPlan";
import { tokensIn } from "./actionPrompt";
import type { CodeRequest } from "./actionRequest";
import { problemLine } from "./actionWords";
import type { ModelSize } from "./modelSize";
import { surroundingsFor } from "./surroundings";

/** Of a context, what a question of the chat may take; the rest is for its frame and the answer. */
const shareForQuestion = 0.6;
/** What a label and its fence add to a part, tokens. */
const frameTokens = 24;
/** More of them say no more. */
const mostProblems = 6;
/** A terminal's reference begins with the command and how it ended: they stay, whatever is cut. */
const commandHead = 2;
const mark = "[…]";

/** What a question is about. */
export type QuestionSubject =
  | ({ readonly kind: "code" } & Pick<CodeRequest, "subject" | "alone">)
  | { readonly kind: "command" | "file" | "folder"; readonly text: string };

type Around = "imports" | "farBefore" | "nearBefore" | "nearAfter" | "farAfter";

/** Something that a question carries. */
export interface QuestionPart {
  readonly what: QuestionSubject["kind"] | Around | "problems";
  readonly text: string;
}

export interface PlannedQuestion {
  readonly parts: readonly QuestionPart[];
  /** In the order in which they went. */
  readonly dropped: readonly DroppablePart[];
  /** Part of what it is about is left out. */
  readonly cut: boolean;
}

/** Tokens that a question with all it carries may have. */
export function roomForQuestion(contextSize: number): number {
  return contextSize * shareForQuestion;
}

/**
 * What goes along with a question to the chat, for a model of this size. Parts go whole, in the order of
 * `droppableParts`; an output, a file or an outline is cut. Code never is: whether it is too long is for the chat to
 * say, which counts with the model.
 * @param room tokens for all of it.
 */
export function planQuestion(about: QuestionSubject, size: ModelSize, room: number): PlannedQuestion {
  if (about.kind !== "code") {
    const text = shortened(about, room - frameTokens);
    return { parts: [{ what: about.kind, text }], dropped: [], cut: text !== about.text };
  }
  const dropped: DroppablePart[] = [];
  let parts = codeParts(about, size, dropped);
  for (const part of droppableParts) {
    if (tokensOf(parts) <= room) break;
    const fewer = codeParts(about, size, [...dropped, part]);
    if (tokensOf(fewer) === tokensOf(parts)) continue;
    dropped.push(part);
    parts = fewer;
  }
  return { parts, dropped, cut: false };
}

function codeParts(
  code: Pick<CodeRequest, "subject" | "alone">,
  size: ModelSize,
  dropped: readonly DroppablePart[],
): QuestionPart[] {
  const { subject } = code;
  const around = surroundingsFor(size, code);
  const side = (what: Around): QuestionPart => ({ what, text: dropped.includes(what) ? "" : around[what] });
  const problems = subject.problems.slice(0, dropped.includes("otherProblems") ? 1 : mostProblems);
  const parts: QuestionPart[] = [
    ...(["imports", "farBefore", "nearBefore", "nearAfter", "farAfter"] as const).map(side),
    { what: "code", text: subject.selected },
    { what: "problems", text: problems.map(problemLine).join("\n") },
  ];
  return parts.filter(({ text }) => text.trim() !== "");
}

function tokensOf(parts: readonly QuestionPart[]): number {
  return parts.reduce((sum, { text }) => sum + tokensIn(text) + frameTokens, 0);
}

/** Whole lines of it. A failed command says at its end why; everything else says at its beginning what it is. */
function shortened({ kind, text }: Exclude<QuestionSubject, { kind: "code" }>, room: number): string {
  if (tokensIn(text) <= room) return text;
  const lines = text.split("\n");
  const head = kind === "command" ? lines.splice(0, commandHead) : [];
  if (kind === "command") lines.reverse();
  const kept: string[] = [];
  let left = room - tokensIn([...head, mark].join("\n"));
  for (const line of lines) {
    const tokens = tokensIn(`${line}\n`);
    if (tokens > left) {
      // A character is a token at most. Of a file that is one line, its beginning is better than nothing.
      const most = Math.max(0, Math.floor(left));
      if (kept.length === 0 && most > 0) kept.push(kind === "command" ? line.slice(-most) : line.slice(0, most));
      break;
    }
    left -= tokens;
    kept.push(line);
  }
  return kind === "command" ? [...head, mark, ...kept.reverse()].join("\n") : [...kept, mark].join("\n");
}
