import * as v from "valibot";
import { type Conversation, idSchema, type Message, messageSchema } from "./conversation";
import { decodeLine, type EntryDraft, JOURNAL_VERSION } from "./journal";

/**
 * Conversations as a file of their own: the whole tree with its versions, figures and settings. A file may come from
 * anywhere, so reading takes nothing on trust: what is no message, stands twice, or has no place in the tree is left
 * out and counted.
 */
export const conversationFileVersion = 1;
/** More than years of writing. */
const maxMessages = 100_000;
const placesAtOnce = 1_000;
const maxTitle = 1_000;
const maxState = 1_000;
/** Parts one by one, so that a newer version's part costs that part and not the message. */
const looseMessageSchema = v.looseObject({ id: idSchema, parts: v.array(v.unknown()) });

type Draft<T extends EntryDraft["t"]> = Extract<EntryDraft, { t: T }>;
/** What belongs to a conversation besides its messages: title, pin, shown path, settings. */
export type StateDraft = Exclude<
  EntryDraft,
  Draft<"created" | "message" | "resume" | "text" | "reasoning" | "part" | "end" | "removed" | "restored">
>;
const messageDrafts: ReadonlySet<string> = new Set([
  "created",
  "message",
  "resume",
  "text",
  "reasoning",
  "part",
  "end",
  "removed",
  "restored",
]);

export interface PortableConversation {
  readonly messages: readonly Message[];
  readonly state: readonly StateDraft[];
}

export function portable(conversation: Conversation, drafts: readonly EntryDraft[]): PortableConversation {
  const state = drafts.filter((draft): draft is StateDraft => !messageDrafts.has(draft.t));
  return { messages: [...conversation.messages.values()], state };
}

/** One conversation of the file, in pieces, so that a large one can be put together in short slices. */
export function* conversationJson(
  title: string,
  conversation: Conversation,
  drafts: readonly EntryDraft[],
): Generator<string> {
  const { createdAt, updatedAt } = conversation;
  const { messages, state } = portable(conversation, drafts);
  yield `{"title":${JSON.stringify(title)},"createdAt":${createdAt},"updatedAt":${updatedAt},"messages":[`;
  for (const [index, message] of messages.entries()) yield `${index === 0 ? "" : ","}${JSON.stringify(message)}`;
  yield `],"state":${JSON.stringify(state)}}`;
}

/** What stands before, between and behind the conversations of a file. */
export const conversationFileFrame = {
  head: (exportedAt: number): string =>
    `{"paddock":"conversations","version":${conversationFileVersion},"exportedAt":${exportedAt},"conversations":[\n`,
  between: ",\n",
  foot: "\n]}\n",
};

/** A conversation of a file while it is read, piece by piece: what does not fit is left out and counted. */
export class ConversationReader {
  dropped = 0;
  private title = "";
  private readonly known = new Map<string, Message>();
  private readonly state: StateDraft[] = [];

  get isFull(): boolean {
    return this.known.size >= maxMessages;
  }

  addTitle(raw: unknown): void {
    if (typeof raw === "string" && raw.length <= maxTitle) this.title = raw;
    else this.dropped++;
  }

  addState(raw: unknown): void {
    const draft = this.state.length < maxState ? readState(raw) : undefined;
    if (draft === undefined) this.dropped++;
    else this.state.push(withoutTools(draft));
  }

  addMessage(raw: unknown): void {
    const loose = v.safeParse(looseMessageSchema, raw);
    if (!loose.success || this.known.has(loose.output.id) || this.isFull) {
      this.dropped++;
      return;
    }
    const parts = loose.output.parts.flatMap((part) => {
      const parsed = v.safeParse(messageSchema.entries.parts.item, part);
      return parsed.success ? [parsed.output] : [];
    });
    this.dropped += loose.output.parts.length - parts.length;
    const message = v.safeParse(messageSchema, { ...loose.output, parts });
    if (!message.success || !isTime(message.output.at)) this.dropped++;
    else this.known.set(message.output.id, message.output);
  }

  /** In slices. @returns undefined when no message is left. */
  *end(): Generator<undefined, PortableConversation | undefined> {
    const messages = yield* rooted(this.known);
    this.dropped += this.known.size - messages.length;
    const ids = new Set(messages.map(({ id }) => id));
    const state = this.state.filter((draft) => draft.t !== "leaf" || ids.has(draft.id));
    this.dropped += this.state.length - state.length;
    if (messages.length === 0) return undefined;
    if (!state.some(({ t }) => t === "title") && this.title !== "") {
      state.push({ t: "title", at: 0, title: this.title });
    }
    return { messages, state };
  }
}

/**
 * In an order in which every message stands after its parent. One that doesn't go back to a first one, through a circle
 * or a parent that is not there, has no place.
 */
function* rooted(known: ReadonlyMap<string, Message>): Generator<undefined, Message[]> {
  const hasPlace = new Map<string, boolean>();
  const messages: Message[] = [];
  for (const first of known.values()) {
    const path: Message[] = [];
    let placed: boolean | undefined;
    for (let message = first; placed === undefined;) {
      placed = hasPlace.get(message.id);
      if (placed !== undefined) break;
      path.push(message);
      if (path.length % placesAtOnce === 0) yield undefined;
      // On the way up a message has no place yet, so that a circle ends where it began.
      hasPlace.set(message.id, false);
      const parent = message.parent === null ? null : known.get(message.parent);
      if (parent === null) placed = true;
      else if (parent === undefined) placed = false;
      else message = parent;
    }
    for (const message of path.reverse()) {
      hasPlace.set(message.id, placed);
      if (placed && messages.push(message) % placesAtOnce === 0) yield undefined;
    }
  }
  return messages;
}

/** Through the journal's own gate: an entry that it does not know is none. */
function readState(entry: unknown): StateDraft | undefined {
  if (typeof entry !== "object" || entry === null) return undefined;
  const line = decodeLine(JSON.stringify({ ...entry, v: JOURNAL_VERSION, w: "imported", n: 0 }));
  if (line.kind !== "entry" || messageDrafts.has(line.entry.t)) return undefined;
  // The stamp that it was given for the gate comes off again; the rest has just been parsed.
  const draft = Object.entries(line.entry).filter(([key]) => key !== "v" && key !== "w" && key !== "n");
  return Object.fromEntries(draft) as unknown as StateDraft;
}

/** Which tools a model may call here, the person here says, and no file from anywhere. */
function withoutTools(draft: StateDraft): StateDraft {
  if (draft.t !== "settings") return draft;
  const { tools: _, ...settings } = draft.settings;
  return { ...draft, settings };
}

function isTime(at: number): boolean {
  return Number.isInteger(at) && at >= 0 && at <= 8.64e15;
}

/**
 * The journal of a conversation that was read: the same tree, as a conversation that begins now. It is a removed one until
 * its last entry: what an end in the middle leaves behind is in no list, and its file goes with the others of its kind.
 * Times to come are now's, or whatever is said next would have to be later still.
 */
export function* importDrafts({ messages, state }: PortableConversation, now: number): Generator<EntryDraft> {
  yield { t: "created", at: now };
  yield { t: "removed", at: now };
  for (const { id, parent, role, at: said, parts, model, status, ...figures } of messages) {
    const at = Math.min(said, now);
    const start = { t: "message" as const, at, id, parent, role, ...(model === undefined ? {} : { model }) };
    if (role === "user") {
      yield { ...start, parts };
      continue;
    }
    const ended = status === "streaming" ? "interrupted" : status;
    yield { ...start, parts: [] };
    yield { t: "end", at, status: ended, parts, ...figures };
  }
  for (const draft of state) yield { ...draft, at: Math.min(draft.at, now) };
  yield { t: "restored", at: now + 1 };
}
