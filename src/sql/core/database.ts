import type { DatabaseEngine, DatabaseSchema, ValueKind } from "./schema";

/**
 * One cell of a result, as it travels between processes. What JSON has no exact form for is tagged, so that nothing is
 * rounded or cut in silence.
 */
export type Cell =
  | null
  | boolean
  | number
  | string
  /** A whole number beyond 2^53, or a decimal: its digits. */
  | { readonly kind: "digits"; readonly digits: string }
  /** Bytes: how many, and the first of them in hexadecimal. */
  | { readonly kind: "bytes"; readonly bytes: number; readonly hex: string }
  /** A text of which only the beginning travels; `characters` is the length of the whole. */
  | { readonly kind: "cut"; readonly text: string; readonly characters: number };

export interface ResultColumn {
  readonly name: string;
  readonly type: string;
  readonly kind: ValueKind;
}

export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly Cell[])[];
  /** Why rows are missing at the end; absent: these are all. */
  readonly cut?: "rows" | "bytes";
  /** Of the engine, from sending the statement to the last row, ms. */
  readonly elapsedMs: number;
}

export interface QueryLimits {
  readonly maxRows: number;
  /** Of all cells as they travel. */
  readonly maxBytes: number;
  /** After so long the engine is stopped: rejects with sql/timeout. ms. */
  readonly timeoutMs: number;
}

/** One step of an engine's plan for a statement. */
export interface PlanStep {
  readonly text: string;
  /** Of the engine's own, such as cost or rows, in its words. */
  readonly detail?: string;
  readonly steps: readonly PlanStep[];
}

/** A text of the database that stands in a question. */
export interface ValueHit {
  readonly schema?: string;
  readonly table: string;
  readonly column: string;
  readonly value: string;
}

/**
 * One open database, in a process of its own that can be killed. Everything but `execute` is read-only: the statement
 * gate, the engine's own guard, and the caps hold for each call, in the process too. Aborting a signal really stops the
 * engine and rejects with `cancelled`.
 * Every method rejects with a PaddockError: sql/refused (a gate; the message names the reason), sql/invalid (the
 * engine's exact words as message), sql/timeout, sql/locked, sql/changed, sql/connection, sql/authentication.
 */
export interface OpenDatabase {
  readonly engine: DatabaseEngine;
  schema(options: { readonly samples: boolean; readonly signal: AbortSignal }): Promise<DatabaseSchema>;
  /** Has the engine compile the statement without running it. */
  prepare(sql: string, signal: AbortSignal): Promise<{ readonly columns: readonly ResultColumn[] }>;
  query(sql: string, limits: QueryLimits, signal: AbortSignal): Promise<QueryResult>;
  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]>;
  /** Text cells that stand in the question word for word, case aside; the longest first. Bounded in time and reading. */
  findValues(
    question: string,
    options: { readonly limit: number; readonly signal: AbortSignal },
  ): Promise<readonly ValueHit[]>;
  /** How many rows a statement that writes would touch: it is run and taken back. Only of a writable connection. */
  preview(sql: string, signal: AbortSignal): Promise<{ readonly rows: number }>;
  /** Runs a statement that writes; `expectedRows` is what the person confirmed, and another number takes it back. */
  execute(
    sql: string,
    options: { readonly expectedRows: number; readonly signal: AbortSignal },
  ): Promise<{ readonly rows: number }>;
  close(): Promise<void>;
}
