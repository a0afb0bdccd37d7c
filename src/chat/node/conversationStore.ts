import { randomUUID } from "node:crypto";
import { type FSWatcher, watch } from "node:fs";
import * as path from "node:path";
import * as v from "valibot";
import { type Disposable, toDisposable } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { toStorageError } from "../../platform/node/storageError";
import { type Conversation, idSchema } from "../core/conversation";
import { type EntryRequest, type OpenEnvironment, OpenConversation } from "./openConversation";
import { nodeStoreFiles, type StoreFiles } from "./storeFiles";
import { type IndexRow, readIndex, type StoredSummary, writeIndex } from "./summaryIndex";
import { Writers } from "./writers";

const extension = ".jsonl";
const watchSettleMs = 60;
const pollMs = 2_000;
/** What a killed window had not put into the index is read again by the next one; it need not be fresh. */
const indexDelayMs = 30_000;
const firstRetryMs = 1_000;
const lastRetryMs = 15_000;
/** Conversations kept in memory besides those in use. */
const keptOpen = 16;
const scanAtOnce = 8;
/** How long a removed conversation can come back: a day is longer than anyone's "undo". */
const trashMs = 24 * 60 * 60 * 1000;

export interface StoreOptions {
  /** An absolute folder of the chat's own; made when missing. */
  readonly folder: string;
  readonly log: Logger;
  readonly files?: StoreFiles;
}

export interface ListedConversation extends StoredSummary {
  readonly id: string;
  /** Some living window is writing an answer into it. */
  readonly answering: boolean;
}

/** What could not be written, while it is only in memory. */
export interface StorageProblem {
  readonly error: PaddockError;
  /** Entries held; 0 when the storage can't be used but nothing waits. */
  readonly held: number;
}

/** A conversation in use. Dispose it when done, so that it may leave the memory. */
export interface ConversationHandle extends Disposable {
  readonly id: string;
  /** One more, for another user. */
  share(): ConversationHandle;
  conversation(): Conversation;
  removed(): boolean;
  hasNewerEntries(): boolean;
  answering(): { readonly message: string; readonly writer: string } | undefined;
  ownsRun(message: string): boolean;
  /** Counts at once; settles when written or held back. Never rejects: see onDidChangeProblem. */
  append(requests: readonly EntryRequest[], options?: { durable?: boolean }): Promise<void>;
  /** Takes in what other windows wrote. Never rejects; what is in memory stays usable. */
  refresh(): Promise<void>;
}

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
  private readonly problems = new Emitter<StorageProblem | undefined>();
  /** A conversation changed, by this window or another; null: several, or none in particular. */
  readonly onDidChange = this.changes.event;
  readonly onDidChangeProblem = this.problems.event;
  private readonly env: OpenEnvironment;
  private writeError: PaddockError | undefined;
  private startError: PaddockError | undefined;
  private watcher: FSWatcher | undefined;
  private poll: ReturnType<typeof setInterval> | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retryMs = firstRetryMs;
  private indexTimer: ReturnType<typeof setTimeout> | undefined;
  private refreshing: Promise<void> | undefined;
  private count = 0;
  private closed = false;

  constructor(options: StoreOptions) {
    this.files = options.files ?? nodeStoreFiles;
    this.log = options.log;
    this.folder = path.join(options.folder, "conversations");
    this.indexPath = path.join(options.folder, "index.json");
    this.writers = new Writers(path.join(options.folder, "writers"), this.files);
    this.writers.onDidChange(() => this.changes.fire({ id: null }));
    this.env = {
      files: this.files,
      folder: this.folder,
      writer: this.writers.own,
      isLive: (writer) => this.writers.isLive(writer),
      nextCount: () => this.count++,
      isHolding: () => this.retry !== undefined,
      onFolderMade: () => this.watch(),
      onWritten: (conversation, problem) => this.written(conversation, problem),
    };
  }

  /** Reads the list. Never rejects: a storage that can't be used is a problem, and conversations live in memory. */
  async start(): Promise<void> {
    try {
      await this.files.makeFolder(this.folder);
      await this.writers.start();
    } catch (error) {
      this.startError = toStorageError(error);
      this.log.warn(`chat storage: ${this.startError.detail ?? this.startError.message}`);
      this.problems.fire(this.problem());
    }
    this.watch();
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

  problem(): StorageProblem | undefined {
    const error = this.writeError ?? this.startError;
    if (error === undefined) return undefined;
    let held = 0;
    for (const conversation of this.loaded.values()) held += conversation.held;
    return { error, held };
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

  /** Looks for changes of other windows everywhere: on focus, and where the file system can't be watched. */
  refresh(): Promise<void> {
    this.refreshing ??= this.scan().finally(() => (this.refreshing = undefined));
    return this.refreshing;
  }

  /** Writes what is held, once more, and lets go of everything. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.watcher?.close();
    clearInterval(this.poll);
    clearTimeout(this.retry);
    clearTimeout(this.indexTimer);
    for (const timer of this.settling.values()) clearTimeout(timer);
    await Promise.all([...this.loaded.values()].map((conversation) => conversation.flush()));
    await this.writers.dispose();
    await this.saveIndex();
    this.changes.dispose();
    this.problems.dispose();
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
    await this.writers.refresh();
    let names: string[];
    try {
      names = await this.files.names(this.folder);
    } catch (error) {
      this.log.debug(`chat storage: ${String(error)}`);
      return;
    }
    let changed = false;
    const ids = names.flatMap((name) => {
      const id = name.endsWith(extension) ? name.slice(0, -extension.length) : "";
      return v.is(idSchema, id) ? [id] : [];
    });
    const found = new Set(ids);
    for (const id of [...this.rows.keys()]) {
      if (!found.has(id)) changed = this.rows.delete(id);
    }
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
    for (const conversation of this.loaded.values()) if (conversation.held > 0) void conversation.flush();
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
      this.log.warn(`conversation ${id}: ${String(error)}`);
      return false;
    }
  }

  private async refreshOne(id: string): Promise<void> {
    // A file that another window writes to is read piece by piece, not from the start at each piece.
    if (this.rows.has(id)) await this.load(id).catch(() => undefined);
    const changed = await this.scanOne(id);
    // A window that has just opened is not known yet, and its answer would look interrupted.
    const writers = this.rows.get(id)?.summary.openWriters ?? [];
    if (writers.some((writer) => !this.writers.isLive(writer))) await this.writers.refresh();
    if (changed) this.changes.fire({ id });
    this.evict();
  }

  private watch(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.closed) return;
    try {
      this.watcher = watch(this.folder, { persistent: false }, (_event, name) => this.noticed(name));
      this.watcher.on("error", () => this.pollInstead());
      clearInterval(this.poll);
      this.poll = undefined;
    } catch {
      this.pollInstead();
    }
  }

  private pollInstead(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.closed) return;
    this.poll ??= setInterval(() => void this.refresh(), pollMs);
    this.poll.unref();
  }

  private noticed(name: string | null): void {
    const id = name?.endsWith(extension) === true ? name.slice(0, -extension.length) : "";
    if (this.closed || !v.is(idSchema, id) || this.settling.has(id)) return;
    const timer = setTimeout(() => {
      this.settling.delete(id);
      void this.refreshOne(id);
    }, watchSettleMs);
    this.settling.set(id, timer);
  }

  private written(conversation: OpenConversation, problem: PaddockError | undefined): void {
    const before = this.problem()?.error.code;
    const anyHeld = [...this.loaded.values()].some(({ held }) => held > 0);
    if (problem !== undefined) {
      this.writeError = problem;
    } else {
      this.retryMs = firstRetryMs;
      this.startError = undefined;
      if (!anyHeld) this.writeError = undefined;
    }
    if (before !== this.problem()?.error.code) {
      if (problem !== undefined) this.log.warn(`conversation ${conversation.id}: ${problem.detail ?? problem.message}`);
      this.problems.fire(this.problem());
    }
    if (anyHeld) this.scheduleRetry();
  }

  private scheduleRetry(): void {
    if (this.closed || this.retry !== undefined) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      for (const conversation of this.loaded.values()) if (conversation.held > 0) void conversation.flush();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs);
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
      await writeIndex(this.files, this.indexPath, [...this.rows.values()]);
    } catch (error) {
      this.log.debug(`chat index: ${String(error)}`);
    }
  }

  private path(id: string): string {
    return path.join(this.folder, `${id}${extension}`);
  }
}
