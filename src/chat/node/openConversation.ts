import { PaddockError } from "../../platform/core/errors";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import type { Conversation } from "../core/conversation";
import { encodeEntry, type Entry, type EntryDraft, JOURNAL_VERSION } from "../core/journal";
import { type IsLive, JournalFold, type TitleRank } from "../core/journalFold";
import { maxJournalBytes, readJournal } from "./journalReader";
import type { StoreFiles } from "./storeFiles";
import type { IndexRow } from "./summaryIndex";

/** An entry as the chat asks for it; the time is put in where there is none. */
export type EntryRequest = EntryDraft extends infer E
  ? E extends { at: number }
    ? Omit<E, "at"> & { readonly at?: number }
    : E
  : never;

export interface OpenEnvironment {
  readonly files: StoreFiles;
  readonly folder: string;
  readonly writer: string;
  readonly isLive: IsLive;
  /** This writer's next count, the same row for all files. */
  nextCount(): number;
  /** Writing failed a moment ago, and a timer will try again: small entries wait for it. */
  isHolding(): boolean;
  /** The person has deleted all data: what is gone must not be written anew. Discards what is in memory when it is so. */
  wasDeleted(): Promise<boolean>;
  /** The folder was missing and was made again. */
  onFolderMade(): void;
  onWritten(conversation: OpenConversation, problem: PaddockError | undefined): void;
}

/**
 * One conversation in memory with its journal behind it. What is appended counts at once; it is written in order, and
 * what could not be written is held and tried again. Reads and writes of one file never overlap in this window.
 */
export class OpenConversation {
  /** Users of this conversation: while there are any, it stays in memory. */
  pins = 0;
  lastUsed = 0;
  private fold = new JournalFold();
  /** Bytes of the file that are in the fold. */
  private offset = 0;
  private unsaved: Entry[] = [];
  private tail: Promise<void> = Promise.resolve();
  private discarded = false;

  constructor(
    readonly id: string,
    private readonly path: string,
    private readonly env: OpenEnvironment,
    private exists: boolean,
  ) {}

  conversation(): Conversation {
    return this.fold.conversation(this.id, this.env.isLive);
  }

  /** What makes the same conversation anew, elsewhere. */
  drafts(): EntryDraft[] {
    return this.fold.drafts(() => false);
  }

  get removed(): boolean {
    return this.discarded || this.fold.removedAt !== null;
  }

  get titleRank(): TitleRank | undefined {
    return this.fold.titleRank;
  }

  get hasNewerEntries(): boolean {
    return this.fold.newer > 0;
  }

  get held(): number {
    return this.unsaved.length;
  }

  /** Whose answer is under way in this conversation, in any window; undefined when nobody's. */
  answering(): { readonly message: string; readonly writer: string } | undefined {
    return this.fold.openMessages().find(({ writer }) => this.env.isLive(writer));
  }

  /** Whether this window's run still has the word in a message, or another window took it over. */
  ownsRun(message: string): boolean {
    return this.fold.streamingWriter(message) === this.env.writer;
  }

  row(facts: { size: number; mtimeMs: number }): IndexRow {
    const summary = this.fold.summary();
    const openWriters = [...new Set(this.fold.openMessages().map(({ writer }) => writer))];
    const { newer, unreadable } = this.fold;
    return { id: this.id, ...facts, summary: { ...summary, openWriters, newer, unreadable } };
  }

  /** All data was deleted: forgets everything, for whoever still holds it, and takes nothing in any more. */
  discard(): void {
    this.discarded = true;
    this.fold = new JournalFold();
    this.unsaved = [];
  }

  /** Settles when no read or write of this conversation is under way. */
  settled(): Promise<void> {
    return this.inTurn(() => Promise.resolve());
  }

  /**
   * Takes the entries in, at once, and writes them.
   * @returns settles when they are written or held back for later; never rejects, the environment hears of problems.
   */
  append(requests: readonly EntryRequest[], durable = false): Promise<void> {
    if (this.discarded) return Promise.resolve();
    for (const request of requests) {
      const entry = this.stamp(request);
      this.fold.apply(entry);
      this.unsaved.push(entry);
    }
    return !durable && this.env.isHolding() ? Promise.resolve() : this.flush(durable);
  }

  /** Writes what is held. */
  flush(durable = false): Promise<void> {
    return this.inTurn(async () => {
      if (this.unsaved.length === 0) return;
      try {
        // Only a file that is not there can be one that was deleted.
        if (!this.exists && (await this.env.wasDeleted())) return;
        await this.write(durable);
        this.env.onWritten(this, undefined);
      } catch (error) {
        this.env.onWritten(this, toStorageError(error));
      }
    });
  }

  /**
   * Takes in what the file has gained.
   * @returns whether the conversation changed by it.
   * @throws Node's error or a PaddockError; what is in memory stays as it is.
   */
  async read(): Promise<boolean> {
    let changed = false;
    await this.inTurn(async () => {
      const { size } = await this.env.files.facts(this.path);
      if (size > maxJournalBytes) {
        throw new PaddockError("storage/failed", "This conversation's file is too large to be read.", {
          remedy: "Start a new conversation.",
          detail: `${this.path}: ${size} bytes`,
        });
      }
      // Shorter than it was: somebody put another file there. What was seen before is known by its count.
      if (size < this.offset) this.offset = 0;
      if (size === this.offset) return;
      this.offset = await readJournal(this.env.files, this.path, this.offset, (line) => {
        if (this.discarded) return;
        if (line.kind === "entry") changed = this.fold.apply(line.entry) || changed;
        else if (line.kind === "newer") this.fold.newer++;
        else this.fold.unreadable++;
      });
      this.exists = true;
    });
    return changed;
  }

  private async write(durable: boolean): Promise<void> {
    const { files, folder } = this.env;
    try {
      await this.writeUnsaved(durable);
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      if (await this.env.wasDeleted()) return;
      // The file or the whole folder is gone, while all of the conversation is here: write it anew.
      await files.makeFolder(folder);
      this.env.onFolderMade();
      if (this.exists) this.startAnew();
      await this.writeUnsaved(durable);
    }
  }

  private async writeUnsaved(durable: boolean): Promise<void> {
    const { files } = this.env;
    const batch = this.unsaved.slice();
    const data = Buffer.from(batch.map(encodeEntry).join(""), "utf8");
    await files.append(this.path, data, { create: !this.exists, durable });
    // Discarded meanwhile, it has none left, and none of a later one may go.
    if (!this.discarded) this.unsaved.splice(0, batch.length);
    this.exists = true;
    // Nobody else wrote in between: no need to read our own entries back. (If they did, the count tells ours.)
    const { size } = await files.facts(this.path).catch(() => ({ size: -1 }));
    if (size === this.offset + data.byteLength) this.offset = size;
  }

  private startAnew(): void {
    const drafts = this.fold.drafts((message) => this.ownsRun(message));
    this.fold = new JournalFold();
    this.offset = 0;
    this.exists = false;
    this.unsaved = drafts.map((draft) => this.stamp(draft));
    for (const entry of this.unsaved) this.fold.apply(entry);
  }

  private stamp(request: EntryRequest): Entry {
    const stamp = { v: JOURNAL_VERSION, w: this.env.writer, n: this.env.nextCount() } as const;
    if (request.t === "text" || request.t === "reasoning" || request.t === "part") return { ...stamp, ...request };
    return { ...stamp, ...request, at: request.at ?? Math.max(Date.now(), this.fold.latestAt + 1) };
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.tail.then(work);
    this.tail = turn.catch(() => undefined);
    return turn;
  }
}
