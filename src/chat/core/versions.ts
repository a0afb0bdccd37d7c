import * as v from "valibot";
import { type Conversation, idSchema, type Message, messageSchema } from "./conversation";

/** Where a message stands among what was asked, or answered, at the same place; absent when it is the only one. */
export const versionsSchema = v.object({
  /** 1 for the oldest. */
  at: v.pipe(v.number(), v.integer(), v.minValue(1)),
  of: v.pipe(v.number(), v.integer(), v.minValue(2)),
  previous: v.nullable(idSchema),
  next: v.nullable(idSchema),
});
export type Versions = v.InferOutput<typeof versionsSchema>;

export const shownMessageSchema = v.object({
  ...messageSchema.entries,
  versions: v.optional(versionsSchema),
  /** The name of the model that answered, where it is not the one that answers now. */
  otherModel: v.optional(v.string()),
});
export type ShownMessage = v.InferOutput<typeof shownMessageSchema>;

/** The messages with their places among their versions, oldest first, the same in every window. */
export function withVersions(conversation: Conversation, messages: readonly Message[]): ShownMessage[] {
  const children = childrenByParent(conversation);
  return messages.map((message) => {
    const versions = children.get(message.parent) ?? [];
    if (versions.length < 2) return message;
    const index = versions.findIndex(({ id }) => id === message.id);
    return {
      ...message,
      versions: {
        at: index + 1,
        of: versions.length,
        previous: versions[index - 1]?.id ?? null,
        next: versions[index + 1]?.id ?? null,
      },
    };
  });
}

/** The end of the path that goes through a message: at every fork below it, the newest version. */
export function newestBelow(conversation: Conversation, message: string): string {
  const children = childrenByParent(conversation);
  const seen = new Set<string>();
  let leaf = message;
  for (;;) {
    seen.add(leaf);
    const next = children.get(leaf)?.at(-1)?.id;
    // A circle can only come from a file that somebody wrote by hand.
    if (next === undefined || seen.has(next)) return leaf;
    leaf = next;
  }
}

function childrenByParent({ messages }: Conversation): ReadonlyMap<string | null, readonly Message[]> {
  const children = new Map<string | null, Message[]>();
  for (const message of messages.values()) {
    const siblings = children.get(message.parent);
    if (siblings === undefined) children.set(message.parent, [message]);
    else siblings.push(message);
  }
  for (const siblings of children.values()) siblings.sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  return children;
}
