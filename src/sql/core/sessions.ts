import type { Event } from "../../platform/core/event";
import type { Asker } from "./asking";
import type { ConnectionProfile } from "./connection";
import type { OpenDatabase } from "./database";
import type { StatementGate } from "./gate";
import type { DatabaseSchema } from "./schema";

/** An open database with all that is needed to ask it. Another schema or other notes make another session. */
export interface DatabaseSession {
  readonly profile: ConnectionProfile;
  readonly database: OpenDatabase;
  readonly schema: DatabaseSchema;
  readonly asker: Asker;
}

/** What the panel needs of the connections. */
export interface DatabaseAccess {
  readonly gate: StatementGate;
  /** In the order of the view. */
  connections(): readonly ConnectionProfile[];
  /** Of the list, a name, a switch, or what is open. */
  readonly onDidChange: Event<void>;
  isOpen(connection: string): boolean;
  /** Opens it where it is not open. Rejects with PaddockError sql/*; cancelled. Ask anew for each piece of work. */
  session(connection: string, signal: AbortSignal): Promise<DatabaseSession>;
  /**
   * Runs a statement that writes: shows it with the number of rows it would touch, and runs it when the person agrees.
   * Where the connection's switch is off, the person is told so and may turn it on. Rejects as OpenDatabase.execute.
   * @returns undefined: the person did not agree.
   */
  write(connection: string, sql: string, signal: AbortSignal): Promise<{ readonly rows: number } | undefined>;
  /** Shows a table, or one of its columns, in the Databases view. */
  reveal(
    connection: string,
    table: { readonly schema?: string; readonly table: string },
    column?: string,
  ): Promise<void>;
  /** A new SQL document that uses this connection. */
  openInEditor(connection: string, sql: string): Promise<void>;
}

/** What the panel is asked to show, by the id of a connection. */
export type ShowRequest =
  /** Where one asks; a question is asked at once. */
  | { readonly kind: "ask"; readonly connection: string; readonly question?: string }
  /** A statement that reads: it passes the gate and runs at once. One that writes is handed to DatabaseAccess.write. */
  | { readonly kind: "run"; readonly connection: string; readonly sql: string }
  /** The engine's plan for a statement. */
  | { readonly kind: "explain"; readonly connection: string; readonly sql: string };

/** Where answers, rows and plans are shown. */
export interface ResultsSink {
  /** Shows the panel. What fails is shown there; resolves when the work is begun. */
  show(request: ShowRequest): Promise<void>;
}
