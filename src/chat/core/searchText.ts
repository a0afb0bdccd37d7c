import { type Conversation, type Message, shownMessages } from "./conversation";

/** One message as it is searched: what a person wrote or read, and the names of what was attached. */
export interface SearchedMessage {
  readonly id: string;
  /** In NFC. */
  readonly text: string;
}

/** The messages of a conversation, those of the shown path first: a match there needs no other version to be shown. */
export function searchedMessages(conversation: Conversation): SearchedMessage[] {
  const shown = shownMessages(conversation);
  const onPath = new Set(shown.map(({ id }) => id));
  const others = [...conversation.messages.values()].filter(({ id }) => !onPath.has(id));
  return [...shown, ...others].map((message) => ({ id: message.id, text: textOf(message) }));
}

/** Reasoning stays out: it is folded away, and nobody remembers a conversation by it. */
function textOf({ parts }: Message): string {
  const words: string[] = [];
  for (const part of parts) {
    if (part.type === "text") words.push(part.text);
    else if (part.type === "reference") words.push(part.label);
  }
  return words.join("\n").normalize("NFC");
}
