/** What a database holds, as its own catalogue tells it. Names are in the catalogue's own case. */

export const databaseEngines = ["sqlite", "duckdb", "postgres", "mysql", "mariadb"] as const;
export type DatabaseEngine = (typeof databaseEngines)[number];

/** What a column's values are, whatever the engine calls the type. */
export const valueKinds = [
  "integer",
  "number",
  "text",
  "boolean",
  "date",
  "time",
  "timestamp",
  "blob",
  "json",
  "other",
] as const;
export type ValueKind = (typeof valueKinds)[number];

export interface ColumnSchema {
  readonly name: string;
  /** In the engine's words, such as `varchar(40)`; empty where a column has none (SQLite). */
  readonly type: string;
  readonly kind: ValueKind;
  readonly nullable: boolean;
  /** Its place in the primary key, from 1; absent: not part of it. */
  readonly keyPlace?: number;
  readonly comment?: string;
  /** All values of a column that has few; only where the person let sample values be read. */
  readonly samples?: readonly string[];
}

export interface ForeignKey {
  readonly columns: readonly string[];
  readonly toSchema?: string;
  readonly toTable: string;
  /** As many as `columns`. */
  readonly toColumns: readonly string[];
}

export interface IndexSchema {
  readonly name: string;
  readonly columns: readonly string[];
  readonly unique: boolean;
}

export interface TableSchema {
  /** The namespace that holds it; absent where the engine has one only (SQLite). */
  readonly schema?: string;
  readonly name: string;
  readonly kind: "table" | "view";
  readonly columns: readonly ColumnSchema[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly indexes: readonly IndexSchema[];
  /** Rows; an estimate of the engine's own where counting would take long. */
  readonly rows?: { readonly count: number; readonly exact: boolean };
  readonly comment?: string;
}

export interface DatabaseSchema {
  readonly engine: DatabaseEngine;
  /** The engine's own, such as `3.51.0`. */
  readonly version: string;
  /** Where names without a namespace are looked for; absent where there is one only. */
  readonly defaultSchema?: string;
  /** In the database's own order. */
  readonly tables: readonly TableSchema[];
}
