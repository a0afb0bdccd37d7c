import type { DatabaseEngine } from "./schema";

/** How a connection to a server is protected. */
export interface TlsOptions {
  /** off: never; prefer: where the server can; require: no other; verify: and its certificate must be trusted. */
  readonly mode: "off" | "prefer" | "require" | "verify";
  readonly caFile?: string;
  readonly certificateFile?: string;
  readonly keyFile?: string;
}

/** A tunnel by the person's own ssh program, with their keys and configuration. */
export interface SshTunnel {
  /** A host or an alias of their configuration, with or without `user@`. */
  readonly destination: string;
  readonly port?: number;
}

/** Where a database is. Passwords are never part of it: they are in the editor's secret storage, by the profile's id. */
export type ConnectionTarget =
  | { readonly engine: "sqlite"; readonly file: string }
  | {
      readonly engine: "duckdb";
      /** Absent: in memory, for `files` alone. */
      readonly file?: string;
      /** CSV, Parquet and JSON files, each of which becomes a view named after it. */
      readonly files: readonly string[];
    }
  | {
      readonly engine: Exclude<DatabaseEngine, "sqlite" | "duckdb">;
      readonly host: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly tls: TlsOptions;
      readonly ssh?: SshTunnel;
    };

/** A connection that a person keeps. */
export interface ConnectionProfile {
  readonly id: string;
  readonly name: string;
  readonly target: ConnectionTarget;
  /** Whether statements that write may be run at all, each after a confirmation. */
  readonly writable: boolean;
  /**
   * Whether values of columns may be read for the tree and the prompt. Values that stand in a question word for word are
   * looked for in any case: what the prompt then says besides is the column.
   */
  readonly sampleValues: boolean;
  /** What the person says of tables and columns, by `table` or `table.column`: a note, and other words for it. */
  readonly notes: Readonly<Record<string, { readonly note?: string; readonly synonyms?: readonly string[] }>>;
}
