import type { PromptMessage, Tool } from "../../engine/protocol";
import { wireMessages, wireTool } from "./requests";

/** UTF-8 bytes of a token in code and prose are 3 to 4.5; what is guessed decides what fits, so it is rather too many. */
const FIRST_GUESS = 3;
const LEAST = 1.5;
const MOST = 6;
/** What a chat template puts around each message, tokens. */
const AROUND = 8;

/**
 * Reckons tokens for servers that have no way to count them. What a server says of finished prompts teaches it how long
 * the model's tokens are.
 */
export class TokenGuess {
  private bytesPerToken = FIRST_GUESS;

  texts(texts: readonly string[]): number[] {
    return texts.map((text) => Math.ceil(utf8Bytes(text) / this.bytesPerToken));
  }

  messages(messages: readonly PromptMessage[], tools: readonly Tool[] = []): number {
    const [total = 0] = this.texts([bodyOf(messages, tools)]);
    return total + AROUND * (messages.length + 1);
  }

  /** @param tokens that the server counted for the prompt, found in its cache or not. */
  learn(messages: readonly PromptMessage[], tools: readonly Tool[], tokens: number): void {
    const own = tokens - AROUND * (messages.length + 1);
    // Of a short prompt the template is most.
    if (own < 64) return;
    const measured = utf8Bytes(bodyOf(messages, tools)) / own;
    // A little less than measured, so that the guess stays on the safe side.
    this.bytesPerToken = Math.min(MOST, Math.max(LEAST, measured * 0.9));
  }
}

function bodyOf(messages: readonly PromptMessage[], tools: readonly Tool[]): string {
  const parts = [...wireMessages(messages), ...tools.map(wireTool)];
  return parts.map((part) => (typeof part.content === "string" ? part.content : "") + callsOf(part)).join("\n");
}

function callsOf(part: Readonly<Record<string, unknown>>): string {
  const more = part.tool_calls ?? part.function;
  return more === undefined ? "" : JSON.stringify(more);
}

function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}
