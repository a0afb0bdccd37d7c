import { randomUUID } from "node:crypto";
import * as path from "node:path";
import { toDisposable } from "../../platform/core/disposables";
import { Emitter, type Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import type { ConversationHandle, ListedConversation, StorageProblem, StoreOptions } from "./conversationHandle";
import { Epoch } from "./epoch";
import { FolderWatch } from "./folderWatch";
import { idOfJournal, journalName } from "./journalName";
import { type OpenEnvironment, OpenConversation } from "./openConversation";
import { deleteStoreFiles } from "./deleteStoreFiles";
import { StorageHealth } from "./storageHealth";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles";
import { type IndexRow, readIndex, writeIndex } from "./summaryIndex";
import { Writers } from "./writers";

const epochName = "epoch.json";
const watchSettleMs = 60;
/** What a killed window had not put into the index is read again by the next one; it need not be fresh. */
const indexDelayMs = 30_000;
/** Conversations kept in memory besides those in use. */
const keptOpen = 16;
const scanAtOnce = 8;
/** How long a removed conversation can come back: a day is longer than anyone's "undo". */
const trashMs = 24 * 60 * 60 * 1000;

/**
 * All conversations of this machine's user, one append-only journal each, shared by every window without a lock:
 * records are appended whole, and every window folds all of them. Nothing is ever rewritten; a removed conversation
 * is marked so, and its file goes a day later.
 */
export class ConversationStore {
  private readonly files: StoreFiles;
  private readonly log: Logger;
  private readonly folder: string;
  private readonly indexPath: string;
  private readonly writers: Writers;
  private readonly loaded = new Map<string, OpenConversation>();
  private readonly opening = new Map<string, Promise<OpenConversation>>();
  private readonly rows = new Map<string, IndexRow>();
  private readonly settling = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly changes = new Emitter<{ readonly id: string | null }>();
  private readonly health: StorageHealth;
  /** A conversation changed, by this window or another; null: several, or none in particular. */
  readonly onDidChange = this.changes.event;
  private readonly forgettings = new Emitter<void>();
  /** All data was deleted, here or in another window: nothing of it may be shown or kept any longer. */
  readonly onDidForget = this.forgettings.event;
  private readonly env: OpenEnvironment;
  private readonly watching: FolderWatch;
  private readonly epoch: Epoch;
  private readonly epochWatching: FolderWatch;
  private indexTimer: ReturnType<typeof setTimeout> | undefined;
  private refreshing: Promise<void> | undefined;
  private count = 0;
  private closed = false;

  constructor(options: StoreOptions) {
    this.files = options.files ?? nodeStoreFiles;
    this.log = options.log;
    this.health = new StorageHealth(() => this.loaded.values(), this.log);
    this.folder = path.join(options.folder, "conversations");
    this.indexPath = path.join(options.folder, "index.json");
    this.writers = new Writers(path.join(options.folder, "writers"), this.files);
    this.watching = new FolderWatch(
      this.folder,
      (name) => this.noticed(name),
      () => void this.refresh(),
    );
    this.epoch = new Epoch(path.join(options.folder, epochName), this.files);
    this.epochWatching = new FolderWatch(
      options.folder,
      (name) => (name === epochName ? void this.wasDeleted() : undefined),
      () => void this.wasDeleted(),
    );
    this.writers.onDidChange(() => this.changes.fire({ id: null }));
    this.env = {
      files: this.files,
      folder: this.folder,
      writer: this.writers.own,
      isLive: (writer) => this.writers.isLive(writer),
      nextCount: () => this.count++,
      isHolding: () => this.health.isHolding,
      wasDeleted: () => this.wasDeleted(),
      onFolderMade: () => this.watching.start(),
      onWritten: (conversation, problem) => this.health.written(conversation, problem),
    };
  }

  /** Reads the list. Never rejects: a storage that can't be used is a problem, and conversations live in memory. */
  async start(): Promise<void> {
    try {
      await this.files.makeFolder(this.folder);
      await this.writers.start();
    } catch (error) {
      this.health.startFailed(error);
    }
    await this.epoch.start();
    this.watching.start();
    this.epochWatching.start();
    for (const [id, row] of await readIndex(this.files, this.indexPath)) this.rows.set(id, row);
    await this.refresh();
    await this.purge();
  }

  /** Not removed, the latest first. */
  list(): ListedConversation[] {
    const listed: ListedConversation[] = [];
    const ids = new Set([...this.rows.keys(), ...this.loaded.keys()]);
    for (const id of ids) {
      const row = this.loaded.get(id)?.row({ size: 0, mtimeMs: 0 }) ?? this.rows.get(id);
      if (row?.summary.removedAt !== null || row.summary.updatedAt === 0) continue;
      const answering = row.summary.openWriters.some((writer) => this.writers.isLive(writer));
      listed.push({ id, ...row.summary, answering });
    }
    return listed.sort((a, b) => b.updatedAt - a.updatedAt);
  }

  /** Changes with the conversation's file. */
  revision(id: string): string {
    const row = this.rows.get(id);
    return row === undefined ? "" : `${row.size} ${row.mtimeMs}`;
  }

  /** A conversation as it is, without keeping it in memory. @throws PaddockError storage/* */
  async peek(id: string): Promise<Pick<OpenConversation, "conversation" | "drafts">> {
    const open = this.loaded.get(id) ?? new OpenConversation(id, this.path(id), this.env, true);
    try {
      if (!this.loaded.has(id)) await open.read();
      return open;
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /** A random name that is another one after each deletion of all data; null before the first. */
  get epochName(): string | null {
    return this.epoch.current;
  }

  /**
   * Deletes all conversations, with what was removed and could still come back, for every window: those forget them
   * too, and write none of them again. There is no way back. What can't be removed is tried once more.
   * @throws PaddockError storage/*
   */
  async deleteEverything(): Promise<void> {
    try {
      await this.files.makeFolder(this.folder);
      await this.epoch.begin();
      const open = [...this.loaded.values()];
      this.forget();
      await Promise.all(open.map((conversation) => conversation.settled()));
      await deleteStoreFiles(this.files, path.dirname(this.folder), this.epoch.path);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  problem(): StorageProblem | undefined {
    return this.health.problem();
  }

  get onDidChangeProblem(): Event<StorageProblem | undefined> {
    return this.health.onDidChangeProblem;
  }

  /** A new conversation, in memory until the first append. */
  create(): ConversationHandle {
    const id = randomUUID();
    const conversation = new OpenConversation(id, this.path(id), this.env, false);
    this.loaded.set(id, conversation);
    return this.handle(conversation);
  }

  /** @throws PaddockError storage/*: it does not exist or can't be read. */
  async open(id: string): Promise<ConversationHandle> {
    return this.handle(await this.load(id));
  }

  /**
   * Takes a conversation back that this window has made and nobody has written in, with its file. Never rejects: where the
   * file can't be deleted now, it is a removed one's, and goes with those.
   */
  async withdraw(id: string): Promise<void> {
    const conversation = await this.load(id).catch(() => undefined);
    if (conversation === undefined) return;
    await conversation.append([{ t: "removed" }]);
    try {
      await this.files.remove(this.path(id));
      conversation.discard();
      this.loaded.delete(id);
      this.rows.delete(id);
    } catch (error) {
      this.log.debug(`conversation ${id}: ${String(error)}`);
    }
    this.changes.fire({ id });
  }

  /** Looks for changes of other windows everywhere: on focus, and where the file system can't be watched. */
  refresh(): Promise<void> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Writes what is held, once more, and lets go of everything. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.watching.close();
    this.epochWatching.close();
    this.health.stop();
    clearTimeout(this.indexTimer);
    for (const timer of this.settling.values()) clearTimeout(timer);
    await Promise.all([...this.loaded.values()].map((conversation) => conversation.flush()));
    await this.writers.dispose();
    await this.saveIndex();
    this.changes.dispose();
    this.health.dispose();
    this.forgettings.dispose();
  }

  private async wasDeleted(): Promise<boolean> {
    if (this.closed || !(await this.epoch.hasPassed())) return false;
    this.forget();
    return true;
  }

  private forget(): void {
    for (const conversation of this.loaded.values()) conversation.discard();
    this.loaded.clear();
    this.rows.clear();
    this.changes.fire({ id: null });
    this.health.forget();
    this.forgettings.fire();
  }

  private handle(conversation: OpenConversation): ConversationHandle {
    conversation.pins++;
    conversation.lastUsed = Date.now();
    const release = toDisposable(() => {
      conversation.pins--;
      conversation.lastUsed = Date.now();
      this.evict();
    });
    return {
      id: conversation.id,
      share: () => this.handle(conversation),
      conversation: () => conversation.conversation(),
      removed: () => conversation.removed,
      hasNewerEntries: () => conversation.hasNewerEntries,
      titleRank: () => conversation.titleRank,
      answering: () => conversation.answering(),
      ownsRun: (message) => conversation.ownsRun(message),
      append: (requests, options) => {
        const written = conversation.append(requests, options?.durable);
        if (requests.some(({ t }) => t !== "text" && t !== "reasoning")) this.changes.fire({ id: conversation.id });
        return written;
      },
      refresh: () => this.refreshOne(conversation.id),
      dispose: () => release.dispose(),
    };
  }

  private load(id: string): Promise<OpenConversation> {
    const open = this.loaded.get(id);
    if (open !== undefined) return Promise.resolve(open);
    let opening = this.opening.get(id);
    if (opening === undefined) {
      opening = this.readNew(id).finally(() => this.opening.delete(id));
      this.opening.set(id, opening);
    }
    return opening;
  }

  private async readNew(id: string): Promise<OpenConversation> {
    const conversation = new OpenConversation(id, this.path(id), this.env, true);
    try {
      await conversation.read();
    } catch (error) {
      throw toStorageError(error);
    }
    conversation.lastUsed = Date.now();
    this.loaded.set(id, conversation);
    return conversation;
  }

  private async scan(): Promise<void> {
    await this.wasDeleted();
    await this.writers.refresh();
    let names: string[];
    try {
      names = await this.files.names(this.folder);
    } catch (error) {
      this.log.debug(`chat storage: ${String(error)}`);
      return;
    }
    let changed = false;
    const ids = names.flatMap((name) => idOfJournal(name) ?? []);
    const found = new Set(ids);
    for (const id of [...this.rows.keys()]) if (!found.has(id)) changed = this.rows.delete(id);
    const queue = [...ids];
    await Promise.all(
      Array.from({ length: scanAtOnce }, async () => {
        for (let id = queue.pop(); id !== undefined && !this.closed; id = queue.pop()) {
          changed = (await this.scanOne(id)) || changed;
        }
      }),
    );
    this.evict();
    if (changed) this.changes.fire({ id: null });
    this.health.flushHeld();
  }

  /** Brings the row of one file up to date. @returns whether its conversation changed. */
  private async scanOne(id: string): Promise<boolean> {
    try {
      const facts = await this.files.facts(this.path(id));
      const row = this.rows.get(id);
      if (row?.size === facts.size && row.mtimeMs === facts.mtimeMs) return false;
      const open = this.loaded.get(id);
      const conversation = open ?? new OpenConversation(id, this.path(id), this.env, true);
      const changed = await conversation.read();
      this.rows.set(id, conversation.row(facts));
      this.scheduleIndex();
      return changed || open === undefined;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT" || !(await this.wasDeleted())) {
        this.log.warn(`conversation ${id}: ${String(error)}`);
      }
      return false;
    }
  }

  private async refreshOne(id: string): Promise<void> {
    const before = this.revision(id);
    const wasLoaded = this.loaded.has(id);
    // A file that another window writes to is read piece by piece, not from the start at each piece.
    if (this.rows.has(id)) await this.load(id).catch(() => undefined);
    // What has just been loaded has what is new in it already.
    const changed = (await this.scanOne(id)) || (!wasLoaded && this.revision(id) !== before);
    // A window that has just opened is not known yet, and its answer would look interrupted.
    const writers = this.rows.get(id)?.summary.openWriters ?? [];
    if (writers.some((writer) => !this.writers.isLive(writer))) await this.writers.refresh();
    if (changed) this.changes.fire({ id });
    this.evict();
  }

  private noticed(name: string | null): void {
    const id = idOfJournal(name ?? "");
    if (this.closed || id === undefined || this.settling.has(id)) return;
    const timer = setTimeout(() => {
      this.settling.delete(id);
      void this.refreshOne(id);
    }, watchSettleMs);
    this.settling.set(id, timer);
  }

  private evict(): void {
    const idle = [...this.loaded.values()]
      .filter(({ id, pins, held }) => pins === 0 && held === 0 && this.rows.has(id))
      .sort((a, b) => b.lastUsed - a.lastUsed);
    for (const { id } of idle.slice(keptOpen)) this.loaded.delete(id);
  }

  private async purge(): Promise<void> {
    for (const { id, summary } of [...this.rows.values()]) {
      if (summary.removedAt === null || summary.removedAt > Date.now() - trashMs || this.loaded.has(id)) continue;
      await this.files.remove(this.path(id)).then(
        () => this.rows.delete(id),
        (error: unknown) => this.log.warn(`conversation ${id}: ${String(error)}`),
      );
    }
  }

  private scheduleIndex(): void {
    if (this.closed || this.indexTimer !== undefined) return;
    this.indexTimer = setTimeout(() => {
      this.indexTimer = undefined;
      void this.saveIndex();
    }, indexDelayMs);
    this.indexTimer.unref();
  }

  private async saveIndex(): Promise<void> {
    try {
      await this.wasDeleted();
      await writeIndex(this.files, this.indexPath, [...this.rows.values()]);
    } catch (error) {
      this.log.debug(`chat index: ${String(error)}`);
    }
  }

  private path(id: string): string {
    return path.join(this.folder, journalName(id));
  }
}
