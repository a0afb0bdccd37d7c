import type { PromptMessage } from "../../engine/protocol";
import { PaddockError } from "../../platform/core/errors";

/** What a message of VS Code's chat is made of, without VS Code's classes. */
export type GivenPart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "call"; readonly id: string; readonly name: string; readonly input: unknown }
  | { readonly kind: "result"; readonly id: string; readonly text: string }
  /** Bytes: a picture, or a mark that only its own provider understands. */
  | { readonly kind: "data"; readonly mediaType: string };

export interface GivenMessage {
  readonly role: "system" | "user" | "assistant";
  readonly parts: readonly GivenPart[];
}

type AssistantPart = Extract<PromptMessage, { role: "assistant" }>["parts"][number];

/**
 * The messages that another extension gave, as a backend takes them: one system message in front, and turns that take
 * turns, because many chat templates insist on both.
 * @throws PaddockError `unsupported` for a picture; invalid-message where nothing is asked.
 */
export function promptOf(given: readonly GivenMessage[]): PromptMessage[] {
  const system: string[] = [];
  const prompt: PromptMessage[] = [];
  /** A result names its call, and a template the tool. */
  const called = new Map<string, string>();
  for (const { role, parts } of given) {
    if (role === "system") system.push(textIn(parts));
    else if (role === "assistant") {
      const made = parts.flatMap(assistantPart);
      for (const part of made) if (part.type === "toolCall") called.set(part.id, part.name);
      addAnswer(prompt, made);
    } else {
      for (const part of parts) {
        if (part.kind !== "result") continue;
        const name = called.get(part.id);
        if (name === undefined) {
          throw new PaddockError("invalid-message", "A tool's result belongs to no call in this conversation.");
        }
        prompt.push({ role: "tool", callId: part.id, name, result: part.text });
      }
      addQuestion(prompt, textIn(parts));
    }
  }
  if (prompt.length === 0) throw new PaddockError("invalid-message", "There is no message to answer.");
  const told = system.filter((text) => text !== "").join("\n\n");
  return told === "" ? prompt : [{ role: "system", text: told }, ...prompt];
}

/** All that a message says, for counting it alone. */
export function allText({ parts }: GivenMessage): string {
  return parts
    .map((part) => {
      switch (part.kind) {
        case "text":
        case "result":
          return part.text;
        case "call":
          return `${part.name} ${JSON.stringify(part.input)}`;
        case "data":
          return "";
      }
    })
    .join("");
}

function addQuestion(prompt: PromptMessage[], text: string): void {
  if (text === "") return;
  const last = prompt.at(-1);
  if (last?.role === "user") prompt[prompt.length - 1] = { role: "user", text: `${last.text}\n\n${text}` };
  else prompt.push({ role: "user", text });
}

function addAnswer(prompt: PromptMessage[], made: readonly AssistantPart[]): void {
  if (made.length === 0) return;
  const last = prompt.at(-1);
  if (last?.role === "assistant") prompt[prompt.length - 1] = { role: "assistant", parts: [...last.parts, ...made] };
  else prompt.push({ role: "assistant", parts: [...made] });
}

function assistantPart(part: GivenPart): AssistantPart[] {
  switch (part.kind) {
    case "text":
      return part.text === "" ? [] : [{ type: "text", text: part.text }];
    case "call":
      return [{ type: "toolCall", id: part.id, name: part.name, arguments: part.input }];
    case "result":
    case "data":
      return [];
  }
}

function textIn(parts: readonly GivenPart[]): string {
  return parts
    .flatMap((part) => {
      if (part.kind === "text") return [part.text];
      // What is no picture is a note to another provider, such as where it may cache.
      if (part.kind !== "data" || !part.mediaType.startsWith("image/")) return [];
      throw new PaddockError("unsupported", "This model reads text only, and a message has a picture in it.", {
        remedy: "Ask without the picture.",
      });
    })
    .join("");
}
