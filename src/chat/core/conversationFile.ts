import * as v from "valibot";
import { type Conversation, idSchema, type Message, messageSchema, pathTo } from "./conversation";
import { decodeLine, type EntryDraft, JOURNAL_VERSION } from "./journal";

/**
 * Conversations as a file of their own: the whole tree with its versions, figures and settings. A file may come from
 * anywhere, so reading takes nothing on trust: what is no message, stands twice, or has no place in the tree is left
 * out and counted.
 */
export const conversationFileVersion = 1;
/** More than years of writing. */
const maxConversations = 10_000;
const maxMessages = 100_000;
/** Characters of one message, as much as one can be sent with and what a model makes of it. */
const maxMessageText = 8_000_000;

type Draft<T extends EntryDraft["t"]> = Extract<EntryDraft, { t: T }>;
/** What belongs to a conversation besides its messages: title, pin, shown path, settings. */
export type StateDraft = Exclude<
  EntryDraft,
  Draft<"created" | "message" | "resume" | "text" | "reasoning" | "end" | "removed" | "restored">
>;
const messageDrafts: ReadonlySet<string> = new Set([
  "created",
  "message",
  "resume",
  "text",
  "reasoning",
  "end",
  "removed",
  "restored",
]);

export interface PortableConversation {
  readonly messages: readonly Message[];
  readonly state: readonly StateDraft[];
}

export interface ReadConversations {
  readonly conversations: readonly PortableConversation[];
  /** Messages, parts and entries that were left out. */
  readonly dropped: number;
}

export function portable(conversation: Conversation, drafts: readonly EntryDraft[]): PortableConversation {
  const state = drafts.filter((draft): draft is StateDraft => !messageDrafts.has(draft.t));
  return { messages: [...conversation.messages.values()], state };
}

/** One conversation of the file, so that a large file can be put together piece by piece. */
export function conversationJson(title: string, conversation: Conversation, drafts: readonly EntryDraft[]): string {
  const { createdAt, updatedAt } = conversation;
  return JSON.stringify({ title, createdAt, updatedAt, ...portable(conversation, drafts) });
}

export function conversationFile(conversations: readonly string[], exportedAt: number): string {
  return `{"paddock":"conversations","version":${conversationFileVersion},"exportedAt":${exportedAt},"conversations":[\n${conversations.join(",\n")}\n]}\n`;
}

const fileSchema = v.object({
  paddock: v.literal("conversations"),
  version: v.pipe(v.number(), v.integer(), v.minValue(1)),
  conversations: v.pipe(v.array(v.unknown()), v.maxLength(maxConversations)),
});
const conversationSchema = v.object({
  title: v.optional(v.pipe(v.string(), v.maxLength(1000)), ""),
  messages: v.pipe(v.array(v.unknown()), v.maxLength(maxMessages)),
  state: v.optional(v.pipe(v.array(v.unknown()), v.maxLength(1000)), []),
});
/** Parts one by one, so that a newer version's part costs that part and not the message. */
const looseMessageSchema = v.looseObject({ id: idSchema, parts: v.array(v.unknown()) });

export type NotReadable = "not-ours" | "newer";

/** @returns why not, when the text is no file of ours as a whole. Never throws. */
export function readConversationFile(text: string): ReadConversations | NotReadable {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return "not-ours";
  }
  const file = v.safeParse(fileSchema, raw);
  if (!file.success) return "not-ours";
  if (file.output.version > conversationFileVersion) return "newer";
  let dropped = 0;
  const conversations: PortableConversation[] = [];
  for (const one of file.output.conversations) {
    const parsed = v.safeParse(conversationSchema, one);
    if (!parsed.success) {
      dropped++;
      continue;
    }
    const { messages, lost } = readMessages(parsed.output.messages);
    const ids = new Set(messages.map(({ id }) => id));
    const state = parsed.output.state.flatMap((entry) => readState(entry, ids) ?? []);
    dropped += lost + parsed.output.state.length - state.length;
    if (messages.length === 0) {
      dropped++;
      continue;
    }
    if (!state.some(({ t }) => t === "title") && parsed.output.title !== "") {
      state.push({ t: "title", at: 0, title: parsed.output.title });
    }
    conversations.push({ messages, state });
  }
  return { conversations, dropped };
}

/** In an order in which every message stands after its parent. */
function readMessages(raw: readonly unknown[]): { messages: Message[]; lost: number } {
  const known = new Map<string, Message>();
  let lost = 0;
  for (const one of raw) {
    const loose = v.safeParse(looseMessageSchema, one);
    if (!loose.success || known.has(loose.output.id)) {
      lost++;
      continue;
    }
    const parts = loose.output.parts.flatMap((part) => {
      const parsed = v.safeParse(messageSchema.entries.parts.item, part);
      return parsed.success && JSON.stringify(parsed.output).length <= maxMessageText ? [parsed.output] : [];
    });
    lost += loose.output.parts.length - parts.length;
    const message = v.safeParse(messageSchema, { ...loose.output, parts });
    if (!message.success || !isTime(message.output.at)) lost++;
    else known.set(message.output.id, message.output);
  }
  const tree: Conversation = {
    id: "",
    title: "",
    createdAt: 0,
    updatedAt: 0,
    messages: known,
    leaf: null,
    settings: {},
  };
  // A message that doesn't go back to a first one, through a circle or a parent that is not there, has no place.
  const rooted = new Set<string>();
  const messages: Message[] = [];
  for (const id of known.keys()) {
    if (rooted.has(id)) continue;
    const path = pathTo(tree, id);
    if (path[0]?.parent !== null) continue;
    for (const message of path) {
      if (rooted.has(message.id)) continue;
      rooted.add(message.id);
      messages.push(message);
    }
  }
  return { messages, lost: lost + known.size - messages.length };
}

/** Through the journal's own gate: an entry that it does not know is none. */
function readState(entry: unknown, messages: ReadonlySet<string>): StateDraft | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const line = decodeLine(JSON.stringify({ ...entry, v: JOURNAL_VERSION, w: "imported", n: 0 }));
  if (line.kind !== "entry" || messageDrafts.has(line.entry.t)) return undefined;
  if (line.entry.t === "leaf" && !messages.has(line.entry.id)) return undefined;
  // The stamp that it was given for the gate comes off again; the rest has just been parsed.
  const draft = Object.entries(line.entry).filter(([key]) => key !== "v" && key !== "w" && key !== "n");
  return Object.fromEntries(draft) as unknown as StateDraft;
}

function isTime(at: number): boolean {
  return Number.isInteger(at) && at >= 0 && at <= 8.64e15;
}

/** The journal of a conversation that was read: the same tree, as a conversation that begins now. */
export function importDrafts({ messages, state }: PortableConversation, now: number): EntryDraft[] {
  const drafts: EntryDraft[] = [{ t: "created", at: now }];
  for (const { id, parent, role, at, parts, model, status, ...figures } of messages) {
    const start = { t: "message" as const, at, id, parent, role, ...(model === undefined ? {} : { model }) };
    if (role === "user") {
      drafts.push({ ...start, parts });
      continue;
    }
    const ended = status === "streaming" ? "interrupted" : status;
    drafts.push({ ...start, parts: [] }, { t: "end", at, status: ended, parts, ...figures });
  }
  return [...drafts, ...state];
}
