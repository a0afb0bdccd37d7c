import type { Cell, PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import type { DatabaseEngine, DatabaseSchema, TableSchema } from "../core/schema";
import { type Driver, otherRows, times } from "./driver";
import type { RowSink } from "./rowSink";
import type { ServerConnection } from "./serverConnection";
import { findServerValues } from "./serverValues";

/** A server: every statement alone, in a transaction that is read-only and taken back. */
export abstract class ServerDriver<C extends ServerConnection> implements Driver {
  abstract readonly engine: DatabaseEngine;
  abstract readonly version: string;
  private known: DatabaseSchema | undefined;

  protected constructor(protected readonly connection: C) {}

  protected abstract readSchema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema>;
  /** The columns of a statement's rows, without running it. @throws PaddockError sql/refused where it gives no rows. */
  protected abstract columns(sql: string): Promise<readonly ResultColumn[]>;
  /** Runs a statement, its rows handed on as they come. */
  protected abstract stream(
    sql: string,
    columns: readonly ResultColumn[],
    onRow: (cells: readonly Cell[]) => void,
  ): Promise<void>;
  protected abstract plan(sql: string): Promise<readonly PlanStep[]>;
  /** Values of a table's columns that stand in the question. */
  protected abstract valuesIn(
    table: TableSchema,
    columns: readonly string[],
    question: string,
  ): Promise<readonly { readonly column: string; readonly value: string }[]>;
  /** Runs a statement that writes. @returns the rows it changed. @throws PaddockError sql/refused where it changes none. */
  protected abstract change(sql: string): Promise<number>;

  async schema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    this.known = await this.readSchema(samples, signal);
    return this.known;
  }

  prepare(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.reading(times.prepare, signal, () => this.columns(sql));
  }

  query(sql: string, { timeoutMs }: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.reading(timeoutMs, signal, async () => {
      // What gives no rows ends here, whatever the transaction takes for reading. A transaction that failed answers
      // nothing more, so its columns cannot be asked for afterwards either.
      const columns = await this.columns(sql);
      let cancelling: Promise<void> | undefined;
      try {
        await this.stream(sql, columns, (cells) => {
          // The rest is not wanted: the server is told so.
          if (cancelling === undefined && !sink.take(cells)) cancelling = this.connection.cancel();
        });
      } catch (error) {
        if (cancelling === undefined || signal.aborted) throw error;
      }
      await cancelling;
      return columns;
    });
  }

  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]> {
    return this.reading(times.prepare, signal, () => this.plan(sql));
  }

  async findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]> {
    const schema = this.known ?? (await this.schema(false, signal));
    return findServerValues(schema, question, limit, signal, (table, columns, ms) =>
      this.reading(Math.max(1, ms), signal, () => this.valuesIn(table, columns, question)),
    );
  }

  preview(sql: string, signal: AbortSignal): Promise<number> {
    return this.connection.transaction("READ WRITE", times.write, signal, () => this.change(sql));
  }

  execute(sql: string, expectedRows: number, signal: AbortSignal): Promise<number> {
    return this.connection.transaction("READ WRITE", times.write, signal, async (commit) => {
      const rows = await this.change(sql);
      if (rows !== expectedRows) throw otherRows(rows, expectedRows);
      await commit();
      return rows;
    });
  }

  close(): Promise<void> {
    return this.connection.close();
  }

  /** In a transaction of its own that only reads. @param ms how long each statement may take. */
  protected reading<T>(ms: number, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    return this.connection.transaction("READ ONLY", ms, signal, work);
  }
}
