import type * as vscode from "vscode";
import type { Disposable } from "../../platform/core/disposables";
import type { PaddockError } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { Asker, ConfirmedPair, EarlierTurn } from "../core/asking";
import type { ConnectionProfile } from "../core/connection";
import type { OpenDatabase, QueryLimits } from "../core/database";
import type { StatementGate } from "../core/gate";
import type { ResultsSink } from "../core/resultsSink";
import type { DatabaseSchema } from "../core/schema";

/** One connection that is open, as a panel needs it. */
export interface ConnectedDatabase {
  readonly profile: ConnectionProfile;
  readonly database: OpenDatabase;
  readonly schema: DatabaseSchema;
  readonly asker: Asker;
}

/** A table or a column of a connection's schema. */
export interface SchemaPlace {
  readonly schema?: string;
  readonly table: string;
  readonly column?: string;
}

/** All that the panels are given. */
export interface AskPanelDeps {
  readonly extensionUri: vscode.Uri;
  /** The extension's storage on this machine, of all windows. */
  readonly storage: vscode.Uri;
  /** What is kept of a connection; undefined: there is none of this id (any more). */
  readonly profile: (id: string) => ConnectionProfile | undefined;
  /** The id of a connection that was changed, opened, closed or removed. */
  readonly onDidChangeConnection: Event<string>;
  /** Opens the database, or gives the one that is open. Rejects with PaddockError sql/*; `cancelled`. */
  readonly connect: (id: string, signal: AbortSignal) => Promise<ConnectedDatabase>;
  readonly gate: StatementGate;
  /** Of a result, by the settings of now. */
  readonly limits: () => QueryLimits;
  /** Whether an answer that only reads is run at once. */
  readonly runsAnswers: () => boolean;
  /** Shows a table or a column in the tree. */
  readonly reveal: (id: string, place: SchemaPlace) => Promise<void>;
  /** Asks the person whether statements may change the database. @returns whether they may now. */
  readonly allowWriting: (id: string) => Promise<boolean>;
  /** Opens a statement in an editor of its own that runs on this connection. */
  readonly openSql: (id: string, sql: string) => Promise<void>;
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
}

/** `show` is for statements from files, the tree and the chat too; `open` is its short form for asking. */
export interface AskPanels extends Disposable, ResultsSink {
  /** Shows the panel of a connection, and asks at once where a question is given. */
  open(id: string, question?: string): Promise<void>;
  /** Pairs that the person confirmed, the newest first: examples for whoever asks this database. */
  examples(id: string): Promise<readonly ConfirmedPair[]>;
  /** What was asked elsewhere, in the chat or a file, goes into the history too. */
  remember(id: string, turn: EarlierTurn): Promise<void>;
  /** A connection was removed: what was asked of it is deleted. */
  forget(id: string): Promise<void>;
  /** Ends what runs and deletes all that was ever asked. */
  erase(): Promise<void>;
}
