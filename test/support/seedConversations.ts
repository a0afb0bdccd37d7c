import { randomUUID } from "node:crypto";
import type { Part } from "../../src/chat/core/conversation";
import type { ConversationSettings } from "../../src/chat/core/conversationSettings";
import { ConversationStore } from "../../src/chat/node/conversationStore";
import { silentLogger } from "../../src/platform/core/logger";
import { chatStorage } from "./workbench";

/** The starter says what it likes, so what a journey needs said is laid down before the editor starts. */
export interface SeededConversation {
  readonly title: string;
  readonly messages: readonly SeededMessage[];
  readonly settings?: ConversationSettings;
}

export interface SeededMessage {
  readonly role: "user" | "assistant";
  readonly parts: readonly Part[];
}

/** @param attached stands above the text. */
export function question(text: string, attached: readonly Part[] = []): SeededMessage {
  return { role: "user", parts: [...attached, { type: "text", text }] };
}

/** @param reasoning what the model thought before; none without it. */
export function answer(text: string, reasoning?: string): SeededMessage {
  const thought: Part[] = reasoning === undefined ? [] : [{ type: "reasoning", text: reasoning }];
  return { role: "assistant", parts: [...thought, { type: "text", text }] };
}

/**
 * Writes conversations as the extension does, each message below the one before it.
 * @param home the editor's, before it starts. @returns their ids, in the same order.
 */
export async function seedConversations(home: string, seeded: readonly SeededConversation[]): Promise<string[]> {
  const store = new ConversationStore({ folder: chatStorage(home), log: silentLogger });
  await store.start();
  const ids: string[] = [];
  for (const { title, messages, settings } of seeded) {
    const conversation = store.create();
    ids.push(conversation.id);
    await conversation.append([
      { t: "created" },
      { t: "title", title },
      ...(settings === undefined ? [] : [{ t: "settings" as const, settings }]),
    ]);
    let parent: string | null = null;
    for (const { role, parts } of messages) {
      const id = randomUUID();
      await conversation.append([
        { t: "message", id, parent, role, parts: [...parts] },
        ...(role === "assistant" ? [{ t: "end" as const, status: "complete" as const }] : []),
      ]);
      parent = id;
    }
    conversation.dispose();
  }
  await store.close();
  return ids;
}
