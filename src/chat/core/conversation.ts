import * as v from "valibot";
import { errorCodes } from "../../platform/core/errors";
import { machineUseSchema, timingsSchema } from "../../engine/timings";
import type { ConversationSettings } from "./conversationSettings";
import { promptReportSchema } from "./promptReport";

/**
 * A conversation is a tree of messages: every message names its parent, so that a retry or an edit is a sibling
 * and nothing is ever overwritten. What is shown is the path from the root to `leaf`.
 */
export const idSchema = v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,64}$/));

/** What a message is made of. Stores and prompts switch over `type`; an unknown type is a newer version's and is kept out. */
export const partSchema = v.variant("type", [
  v.object({ type: v.literal("text"), text: v.string() }),
  v.object({ type: v.literal("reasoning"), text: v.string() }),
  v.object({ type: v.literal("toolCall"), id: v.string(), name: v.string(), arguments: v.unknown() }),
  v.object({ type: v.literal("toolResult"), callId: v.string(), name: v.string(), result: v.unknown() }),
  /** `data` is base64; a text model refuses it politely. */
  v.object({ type: v.literal("image"), mediaType: v.string(), data: v.string() }),
  /** A file, symbol or selection of the workspace, with the text as it was when it was attached. */
  v.object({ type: v.literal("reference"), label: v.string(), uri: v.string(), text: v.string() }),
]);
export type Part = v.InferOutput<typeof partSchema>;

export const messageErrorSchema = v.object({
  code: v.picklist(errorCodes),
  message: v.string(),
  remedy: v.optional(v.string()),
});
export type MessageError = v.InferOutput<typeof messageErrorSchema>;

/**
 * streaming: being written now. complete: the model ended it. stopped: the person did.
 * interrupted: the engine or the window died in the middle; what is there can be continued. failed: nothing usable came.
 */
export const messageStatusSchema = v.picklist(["streaming", "complete", "stopped", "interrupted", "failed"]);
export type MessageStatus = v.InferOutput<typeof messageStatusSchema>;

export const messageSchema = v.object({
  id: idSchema,
  parent: v.nullable(idSchema),
  role: v.picklist(["user", "assistant"]),
  parts: v.array(partSchema),
  /** Milliseconds since the epoch. */
  at: v.number(),
  status: messageStatusSchema,
  error: v.optional(messageErrorSchema),
  /** Assistant only: the model's id and what the answer took. */
  model: v.optional(v.string()),
  timings: v.optional(timingsSchema),
  machine: v.optional(machineUseSchema),
  stopReason: v.optional(v.string()),
  /** Assistant only: what its prompt was made of besides the conversation. */
  prompt: v.optional(promptReportSchema),
});
export type Message = v.InferOutput<typeof messageSchema>;

export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly messages: ReadonlyMap<string, Message>;
  /** The message at the end of the path that is shown; null when empty. */
  readonly leaf: string | null;
  readonly settings: ConversationSettings;
}

/** Root-to-leaf path of what is shown. Stops at a missing parent. */
export function shownMessages(conversation: Conversation): Message[] {
  return conversation.leaf === null ? [] : pathTo(conversation, conversation.leaf);
}

/** The path from the root to one message, which is what a model is given. Stops at a missing parent or a circle. */
export function pathTo(conversation: Conversation, message: string): Message[] {
  const path: Message[] = [];
  const seen = new Set<string>();
  for (let id: string | null = message; id !== null && !seen.has(id);) {
    seen.add(id);
    const found = conversation.messages.get(id);
    if (found === undefined) break;
    path.push(found);
    id = found.parent;
  }
  return path.reverse();
}

export function plainText(parts: readonly Part[]): string {
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}
