import type { PromptMessage } from "../../engine/protocol";
import { markdownBlock } from "../../platform/core/markdownText";

/** A question to @paddock and what it answered. */
export interface ChatTurn {
  readonly question: string;
  /** Empty where it failed or was stopped before its first word. */
  readonly answer: string;
}

/** Something of the workspace that a question carries; it has passed the gate. */
export interface CarriedText {
  readonly label: string;
  readonly text: string;
}

/** The conversation as a model sees it, with the earlier turns that are given. */
export function conversationPrompt(
  turns: readonly ChatTurn[],
  question: string,
  carried: readonly CarriedText[],
): PromptMessage[] {
  const texts = carried.map(({ label, text }) => `${label.replace(/[\r\n`]+/gu, " ")}:\n${markdownBlock(text)}`);
  return [
    ...turns
      .filter(({ answer }) => answer !== "")
      .flatMap((turn): PromptMessage[] => [
        { role: "user", text: turn.question },
        { role: "assistant", parts: [{ type: "text", text: turn.answer }] },
      ]),
    { role: "user", text: [question, ...texts].join("\n\n") },
  ];
}

/**
 * Leaves out the oldest turns until the rest fits, whole turns only.
 * @param room tokens that the prompt may have.
 * @param count tokens of a prompt.
 * @returns undefined where the question alone has too many.
 */
export async function fitTurns(
  turns: readonly ChatTurn[],
  build: (turns: readonly ChatTurn[]) => PromptMessage[],
  room: number,
  count: (messages: readonly PromptMessage[]) => Promise<number>,
): Promise<{ readonly messages: PromptMessage[]; readonly left: number } | undefined> {
  // By halves: each count costs a trip to the engine, and more turns never make a prompt shorter.
  let least = 0;
  let most = turns.length + 1;
  let best: PromptMessage[] | undefined;
  while (least < most) {
    const left = Math.floor((least + most) / 2);
    const messages = build(turns.slice(left));
    if ((await count(messages)) <= room) {
      best = messages;
      most = left;
    } else least = left + 1;
  }
  return best === undefined ? undefined : { messages: best, left: most };
}
