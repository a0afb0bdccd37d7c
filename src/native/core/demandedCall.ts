import type { PromptMessage, Tool } from "../../engine/protocol";
import { PaddockError } from "../../platform/core/errors";

/**
 * A call that is demanded (LanguageModelChatToolMode.Required) needs no template that knows tools: the answer is held
 * to the arguments' schema, and so every model here can make one.
 */
export function demandedPrompt(messages: readonly PromptMessage[], { name, description }: Tool): PromptMessage[] {
  const words = `Give the arguments of the tool ${name} as JSON, and nothing else. What the tool does: ${description}`;
  const last = messages.at(-1);
  return last?.role === "user"
    ? [...messages.slice(0, -1), { role: "user", text: `${last.text}\n\n${words}` }]
    : [...messages, { role: "user", text: words }];
}

/** An object without a say about its properties has none, or a grammar would let a model write on for ever. */
export function argumentsSchema({ parameters }: Tool): Readonly<Record<string, unknown>> {
  return parameters ?? { type: "object", properties: {} };
}

/** @throws PaddockError unsupported: the answer ended before it was whole, or is no object. */
export function argumentsIn(text: string, { name }: Tool): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new PaddockError("unsupported", `The model gave no whole arguments for the tool ${name}.`, {
    remedy: "Ask again, or raise paddock.chat.maxTokens.",
    detail: text.slice(0, 200),
  });
}
