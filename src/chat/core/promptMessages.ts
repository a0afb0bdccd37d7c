import type { PromptMessage } from "../../engine/protocol";
import { PaddockError } from "../../platform/core/errors";
import { valueWithoutMarks, withoutMarks } from "../../platform/core/templateMarks";
import type { Message, Part } from "./conversation";

type PromptPart = Extract<PromptMessage, { role: "assistant" }>["parts"][number];

/**
 * The messages as the model is to see them, oldest first. What it generated is given back exactly as it came, so
 * that its KV cache holds. Failed and empty answers are left out; questions that then stand next to each other
 * become one, since many chat templates insist on turns.
 *
 * @param path root to the message that is to be answered or continued.
 * @param system the system message's text; none where it is empty.
 * @throws PaddockError `unsupported` for an image.
 */
export function promptMessages(path: readonly Message[], system: string): PromptMessage[] {
  const prompt: PromptMessage[] = system === "" ? [] : [{ role: "system", text: system }];
  for (const message of path) {
    if (message.role === "user") addQuestion(prompt, questionText(message.parts));
    else if (message.status !== "failed") addAnswer(prompt, message.parts);
  }
  return prompt;
}

/** The same prompt with what was answered, in place of the beginning of it that a continued answer was given. */
export function withAnswer(prompt: readonly PromptMessage[], parts: readonly Part[]): PromptMessage[] {
  const asked = prompt.findLastIndex(({ role }) => role === "user" || role === "system");
  const messages = prompt.slice(0, asked + 1);
  addAnswer(messages, parts);
  return messages;
}

function addQuestion(prompt: PromptMessage[], text: string): void {
  const last = prompt.at(-1);
  if (last?.role === "user") prompt[prompt.length - 1] = { role: "user", text: `${last.text}\n\n${text}` };
  else prompt.push({ role: "user", text });
}

function addAnswer(prompt: PromptMessage[], parts: readonly Part[]): void {
  let made: PromptPart[] = [];
  const calls = new Set(parts.flatMap((part) => (part.type === "toolCall" ? [part.id] : [])));
  const results = new Set(parts.flatMap((part) => (part.type === "toolResult" ? [part.callId] : [])));
  const close = (): void => {
    if (made.some((part) => part.type === "toolCall" || part.text !== ""))
      prompt.push({ role: "assistant", parts: made });
    // A call that was stopped, or that a killed window made: templates and servers want a result to each.
    for (const part of made) {
      if (part.type !== "toolCall" || results.has(part.id)) continue;
      prompt.push({ role: "tool", callId: part.id, name: part.name, result: { error: "The call was interrupted." } });
    }
    made = [];
  };
  for (const part of parts) {
    switch (part.type) {
      case "text":
      case "reasoning":
        made.push(part);
        break;
      case "toolCall":
        made.push({ ...part, name: withoutMarks(part.name), arguments: valueWithoutMarks(part.arguments) });
        break;
      case "toolResult":
        close();
        // One without its call, as in a file put together by hand, answers nothing.
        if (!calls.has(part.callId)) break;
        prompt.push({ role: "tool", callId: part.callId, name: part.name, result: part.result });
        break;
      case "image":
        throw noImages();
      case "reference":
        made.push({ type: "text", text: fenced(part) });
        break;
    }
  }
  close();
}

function questionText(parts: readonly Part[]): string {
  const pieces: string[] = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        pieces.push(part.text);
        break;
      case "reference":
        pieces.push(fenced(part));
        break;
      case "image":
        throw noImages();
      case "reasoning":
      case "toolCall":
      case "toolResult":
        // A person's message has none; a file put together by hand might.
        break;
    }
  }
  return pieces.join("\n\n");
}

/** The fence is longer than any run of backticks inside, so that the text can't end it. */
function fenced({ label, text }: Extract<Part, { type: "reference" }>): string {
  const longest = Math.max(2, ...(text.match(/`+/gu) ?? []).map((run) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${label.replace(/[\r\n`]+/gu, " ")}:\n${fence}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}

function noImages(): PaddockError {
  return new PaddockError("unsupported", "This model reads text only, and the conversation has an image in it.", {
    remedy: "Start a new conversation without the image.",
  });
}
