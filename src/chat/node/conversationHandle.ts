import type { Disposable } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { Conversation } from "../core/conversation";
import type { TitleRank } from "../core/journalFold";
import type { EntryRequest } from "./openConversation";
import type { StoreFiles } from "./storeFiles";
import type { StoredSummary } from "./summaryIndex";

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
  /** Where its title is from; undefined where it has none. */
  titleRank(): TitleRank | undefined;
  answering(): { readonly message: string; readonly writer: string } | undefined;
  ownsRun(message: string): boolean;
  /** Counts at once; settles when written or held back. Never rejects: see onDidChangeProblem. */
  append(requests: readonly EntryRequest[], options?: { durable?: boolean }): Promise<void>;
  /** Takes in what other windows wrote. Never rejects; what is in memory stays usable. */
  refresh(): Promise<void>;
}
