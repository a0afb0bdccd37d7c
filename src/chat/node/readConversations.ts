import * as v from "valibot";
import { Breath } from "../../platform/node/breath";
import { ConversationReader, conversationFileVersion, type PortableConversation } from "../core/conversationFile";
import { readConversationMarkdown } from "../core/conversationMarkdown";
import { isArray, isObject, type JsonRange, JsonRangeError, membersOf, wholeValue } from "../core/jsonRanges";

/** A larger file is no export of conversations, and would fill the extension host's memory. */
export const maxImportBytes = 64 * 1024 * 1024;
/** A document is read in one go, so it has to be smaller. */
export const maxMarkdownBytes = 8 * 1024 * 1024;
const maxConversations = 10_000;
/** A file of which more than this can't be read is none of ours. */
const maxDropped = 100_000;
/**
 * Parsed in one go: as long as what a person can send (2,000,000 characters) with what it carries. A message beyond it
 * is left out; what it takes to parse the worst of this length is in test/unit/importFiles.test.ts.
 */
const maxMessageBytes = 8 * 1024 * 1024;
const maxStateBytes = 256 * 1024;
const maxWordBytes = 8 * 1024;

const versionSchema = v.pipe(v.number(), v.integer(), v.minValue(1));

export interface ReadConversations {
  readonly conversations: readonly PortableConversation[];
  /** Messages, parts and entries that were left out. */
  readonly dropped: number;
}

export type NotReadable = "not-ours" | "newer" | "too-large";

/**
 * Conversations from a file that anybody may have written, Markdown or JSON, parsed message by message with breaths in
 * between. @returns why not, when it is no file of ours as a whole. @throws AbortError and nothing else
 */
export async function readConversations(
  bytes: Uint8Array,
  signal: AbortSignal,
  progress: (done: number) => void = () => undefined,
): Promise<ReadConversations | NotReadable> {
  if (bytes.byteLength > maxImportBytes) return "too-large";
  if (!startsAsJson(bytes)) {
    if (bytes.byteLength > maxMarkdownBytes) return "too-large";
    const conversations = readConversationMarkdown(textOf(bytes), Date.now());
    return conversations.length === 0 ? "not-ours" : { conversations, dropped: 0 };
  }
  try {
    return await new JsonFile(bytes, new Breath(), signal, progress).read();
  } catch (error) {
    if (error instanceof JsonRangeError) return "not-ours";
    throw error;
  }
}

class JsonFile {
  private dropped = 0;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly breath: Breath,
    private readonly signal: AbortSignal,
    private readonly progress: (done: number) => void,
  ) {}

  async read(): Promise<ReadConversations | NotReadable> {
    const root = new Map<string, JsonRange>();
    const whole = await this.last(wholeValue(this.bytes));
    if (!isObject(this.bytes, whole)) return "not-ours";
    for await (const [name, range] of this.members(whole)) root.set(name, range);
    const all = root.get("conversations");
    if (this.parse(root.get("paddock"), maxWordBytes) !== "conversations") return "not-ours";
    const version = v.safeParse(versionSchema, this.parse(root.get("version"), maxWordBytes));
    if (!version.success || all === undefined || !isArray(this.bytes, all)) return "not-ours";
    if (version.output > conversationFileVersion) return "newer";
    const conversations: PortableConversation[] = [];
    for await (const [, range] of this.members(all)) {
      const read = conversations.length < maxConversations ? await this.conversation(range) : undefined;
      if (read === undefined) this.dropped++;
      else conversations.push(read);
      if (this.dropped > maxDropped) return "not-ours";
      this.progress((range.end - all.start) / (all.end - all.start));
    }
    return { conversations, dropped: this.dropped };
  }

  private async conversation(range: JsonRange): Promise<PortableConversation | undefined> {
    if (!isObject(this.bytes, range)) return undefined;
    const reader = new ConversationReader();
    for await (const [name, value] of this.members(range)) {
      if (name === "title") reader.addTitle(this.parse(value, maxWordBytes));
      if ((name !== "messages" && name !== "state") || !isArray(this.bytes, value)) continue;
      for await (const [, one] of this.members(value)) {
        if (name === "messages") reader.addMessage(this.parse(one, maxMessageBytes));
        else reader.addState(this.parse(one, maxStateBytes));
        if (reader.dropped > maxDropped) break;
      }
    }
    const read = await this.last(reader.end());
    this.dropped += reader.dropped;
    return read;
  }

  private async *members(range: JsonRange): AsyncGenerator<[name: string, value: JsonRange]> {
    for (const member of membersOf(this.bytes, range)) {
      await this.breath.take(this.signal);
      if (member === undefined) continue;
      const name = member.name === undefined ? undefined : this.parse(member.name, maxWordBytes);
      yield [typeof name === "string" ? name : "", member];
    }
  }

  private async last<T>(scan: Generator<undefined, T>): Promise<T> {
    for (;;) {
      const step = scan.next();
      if (step.done === true) return step.value;
      await this.breath.take(this.signal);
    }
  }

  /** Undefined for what is no JSON, too long or too complex: no reader takes that for anything. */
  private parse(range: JsonRange | undefined, maxBytes: number): unknown {
    if (range === undefined || range.tooComplex || range.end - range.start > maxBytes) return undefined;
    try {
      return JSON.parse(textOf(this.bytes.subarray(range.start, range.end)));
    } catch {
      return undefined;
    }
  }
}

function startsAsJson(bytes: Uint8Array): boolean {
  const first = bytes.findIndex((byte) => byte > 0x20 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf);
  return bytes[first] === 0x7b;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
}
