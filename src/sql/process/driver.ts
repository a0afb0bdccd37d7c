import { PaddockError } from "../../platform/core/errors";
import type { PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import type { DatabaseEngine, DatabaseSchema } from "../core/schema";
import type { RowSink } from "./rowSink";

/**
 * One open database as its engine's driver gives it. Statements come here only after the gate; what a driver adds is
 * the engine's own guard, so that a statement that reads could do nothing else even if the gate were wrong.
 * Calls come one after the other. They reject with PaddockError sql/*, and with `cancelled` when the signal aborts.
 */
export interface Driver {
  readonly engine: DatabaseEngine;
  readonly version: string;
  schema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema>;
  prepare(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]>;
  /** Gives rows to the sink until that is full. */
  query(sql: string, limits: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]>;
  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]>;
  findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]>;
  preview(sql: string, signal: AbortSignal): Promise<number>;
  execute(sql: string, expectedRows: number, signal: AbortSignal): Promise<number>;
  close(): Promise<void>;
}

/** How long things may take that nobody gave a limit for, ms. */
export const times = {
  /** Compiling or planning a statement. */
  prepare: 10_000,
  /** Looking for the question's values in the whole database, and in one column of it. */
  findValues: 1500,
  findValuesColumn: 400,
  /** Counting rows and reading samples, of the whole schema. */
  counts: 1500,
  samples: 2500,
  /** Waiting for what another program has locked. */
  lock: 2000,
  /** A statement that writes, previewed or run. */
  write: 60_000,
  connect: 10_000,
} as const;

/** Rows of a table of which values are looked at; what stands further back is not found. */
export const VALUE_ROWS = 200_000;
/** Samples are all values of a column that has so few, each at most so long. */
export const MAX_SAMPLES = 4;
export const MAX_SAMPLE_LENGTH = 16;

/** What is left of a time, for work in many steps. */
export class Budget {
  private readonly ends: number;
  constructor(ms: number) {
    this.ends = performance.now() + ms;
  }
  get left(): number {
    return Math.max(0, this.ends - performance.now());
  }
  get spent(): boolean {
    return this.left === 0;
  }
}

/** The samples of a column, of the values that were found, one more than the most; undefined: it has too many. */
export function samplesOf(values: readonly unknown[]): readonly string[] | undefined {
  const fits = (value: unknown): value is string => typeof value === "string" && value.length <= MAX_SAMPLE_LENGTH;
  return values.length >= 2 && values.length <= MAX_SAMPLES && values.every(fits) ? values : undefined;
}

/** The error of a statement that would change other rows than were agreed to. */
export function otherRows(rows: number, expected: number): PaddockError {
  return new PaddockError(
    "sql/changed",
    `The statement now changes ${rows} rows, and ${expected} were agreed to. Nothing was written.`,
    { remedy: "The data has changed since. Look at the statement again." },
  );
}
