import { existsSync } from "node:fs";
import { setImmediate as breathe } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { PaddockError } from "../../platform/core/errors";
import type { Cell, PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import { bestHits, MAX_VALUE_LENGTH, standsIn } from "../core/questionValues";
import type { DatabaseSchema } from "../core/schema";
import { kindOfSqliteType } from "../core/valueKinds";
import { bytesCell, floatCell, integerCell, textCell } from "./cells";
import { Budget, type Driver, otherRows, times, VALUE_ROWS } from "./driver";
import { nodeSqlite } from "./nodeSqlite";
import { OpenFile } from "./openFile";
import { planTree } from "./planTree";
import { quoted } from "./quoting";
import type { RowSink } from "./rowSink";
import { cannotWriteBeside, fromSqlite } from "./sqliteErrors";
import { guard } from "./sqliteGuard";
import { readSqliteSchema } from "./sqliteSchema";

/** How long rows are read in one go, ms; in between, messages are heard and sent. */
const SLICE_MS = 20;

/** What one statement may ask of SQLite: far beyond what is sensible, and far below what exhausts a machine. */
const limits = {
  length: 64 * 1024 * 1024,
  sqlLength: 1_000_000,
  column: 2000,
  exprDepth: 500,
  compoundSelect: 200,
  functionArg: 127,
  attach: 0,
  likePatternLength: 10_000,
  variableNumber: 100,
  triggerDepth: 100,
};

/**
 * SQLite by Node's own module. It runs on this thread and cannot be interrupted: who wants to stop it in the middle of
 * a step ends the process. Reading goes through a handle that is read-only, and asks its authorizer for everything.
 */
export class SqliteDriver implements Driver {
  readonly engine = "sqlite";
  private known: DatabaseSchema | undefined;

  private constructor(
    private readonly database: DatabaseSync,
    private readonly file: OpenFile,
    private readonly mutable: boolean,
    readonly version: string,
  ) {}

  /** @throws PaddockError sql/connection, sql/locked, unsupported. */
  static open(path: string): SqliteDriver {
    const file = new OpenFile(path);
    try {
      const { database, mutable } = openReadOnly(path);
      const version = String(database.prepare("SELECT sqlite_version() AS version").get()?.version);
      return new SqliteDriver(database, file, mutable, version);
    } catch (error) {
      throw fromSqlite(error, path);
    }
  }

  schema(samples: boolean): Promise<DatabaseSchema> {
    return this.use(() => this.readSchema(samples));
  }

  prepare(sql: string): Promise<readonly ResultColumn[]> {
    return this.use(() => columnsOf(this.compile(sql)));
  }

  query(sql: string, _limits: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.use(async () => {
      const statement = this.compile(sql);
      const columns = columnsOf(statement);
      statement.setReadBigInts(true);
      statement.setReturnArrays(true);
      let slice = new Budget(SLICE_MS);
      // With arrays asked for, a row is its values in order.
      for (const row of statement.iterate() as Iterable<unknown>) {
        if (!sink.take((row as readonly unknown[]).map(toCell))) break;
        if (!slice.spent) continue;
        await breathe();
        signal.throwIfAborted();
        slice = new Budget(SLICE_MS);
      }
      return columns;
    });
  }

  explain(sql: string): Promise<readonly PlanStep[]> {
    return this.use(() =>
      planTree(
        this.compile(`EXPLAIN QUERY PLAN ${sql}`)
          .all()
          .map((row) => ({ id: Number(row.id), parent: Number(row.parent), text: String(row.detail) })),
      ),
    );
  }

  findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]> {
    return this.use(async () => {
      const schema = this.known ?? this.readSchema(false);
      const budget = new Budget(times.findValues);
      const hits: ValueHit[] = [];
      for (const table of schema.tables) {
        if (table.kind === "view") continue;
        await breathe();
        signal.throwIfAborted();
        for (const { name, kind } of table.columns) {
          if (kind !== "text" || budget.spent) continue;
          const column = quoted(name);
          // lower() knows ASCII only; other letters are found as they stand in the question.
          const found = this.database
            .prepare(
              `SELECT DISTINCT ${column} AS value FROM (SELECT ${column} FROM ${quoted(table.name)} LIMIT ${VALUE_ROWS})
               WHERE typeof(${column}) = 'text' AND length(${column}) BETWEEN 1 AND ${MAX_VALUE_LENGTH}
               AND (instr(?, lower(${column})) > 0 OR instr(?, ${column}) > 0) LIMIT 100`,
            )
            .all(question.toLowerCase(), question)
            .map((row) => String(row.value));
          for (const value of found)
            if (standsIn(question, value)) hits.push({ table: table.name, column: name, value });
        }
      }
      return bestHits(hits, limit);
    });
  }

  preview(sql: string): Promise<number> {
    return this.use(() => this.change(sql, () => false));
  }

  execute(sql: string, expectedRows: number): Promise<number> {
    return this.use(() => {
      const rows = this.change(sql, (changed) => changed === expectedRows);
      if (rows !== expectedRows) throw otherRows(rows, expectedRows);
      return rows;
    });
  }

  close(): Promise<void> {
    if (this.database.isOpen) this.database.close();
    return Promise.resolve();
  }

  /** Our own statements, which read the catalogue, are not asked about. */
  private readSchema(samples: boolean): DatabaseSchema {
    this.database.setAuthorizer(null);
    try {
      this.known = readSqliteSchema(this.database, this.file.file, samples);
      connectVirtualTables(this.database);
      return this.known;
    } finally {
      guard(this.database, false);
    }
  }

  private compile(sql: string): StatementSync {
    const statement = this.database.prepare(sql);
    if (statement.columns().length === 0)
      throw new PaddockError("sql/refused", "SQLite says that this statement gives no rows, so it does not only read.");
    return statement;
  }

  /** Runs a statement that writes in a handle and a transaction of its own. @returns the rows it changed. */
  private change(sql: string, keep: (rows: number) => boolean): number {
    if (!this.mutable) throw new PaddockError("sql/refused", "The folder of this database is read-only.");
    const database = new (nodeSqlite().DatabaseSync)(this.file.file, {
      timeout: times.lock,
      enableForeignKeyConstraints: true,
      enableDoubleQuotedStringLiterals: false,
      defensive: true,
      limits,
    });
    try {
      database.exec("PRAGMA trusted_schema = OFF");
      database.exec("BEGIN IMMEDIATE");
      guard(database, true);
      const rows = Number(database.prepare(sql).run().changes);
      database.setAuthorizer(null);
      database.exec(keep(rows) ? "COMMIT" : "ROLLBACK");
      return rows;
    } finally {
      // What was not committed is taken back.
      database.close();
    }
  }

  /** @throws PaddockError: what SQLite throws, as one of ours. */
  private async use<T>(work: () => T | Promise<T>): Promise<T> {
    this.file.check();
    try {
      return await work();
    } catch (error) {
      throw fromSqlite(error, this.file.file);
    }
  }
}

function openReadOnly(file: string): { readonly database: DatabaseSync; readonly mutable: boolean } {
  const open = (where: string | URL): DatabaseSync => {
    const database = new (nodeSqlite().DatabaseSync)(where, {
      readOnly: true,
      timeout: times.lock,
      enableDoubleQuotedStringLiterals: false,
      allowExtension: false,
      defensive: true,
      limits,
    });
    database.exec("PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON");
    connectVirtualTables(database);
    guard(database, false);
    return database;
  };
  try {
    return { database: open(file), mutable: true };
  } catch (error) {
    // In WAL mode even a reader writes beside the file. Where it cannot, and nobody else does, the file alone is read.
    if (!cannotWriteBeside(error) || existsSync(`${file}-wal`)) throw error;
    const where = pathToFileURL(file);
    where.searchParams.set("immutable", "1");
    return { database: open(where), mutable: false };
  }
}

/**
 * Some modules (R*Tree) prepare statements that write when one of their tables is first used, whatever it is used for,
 * so that happens before anything is guarded. The handle is read-only all the same.
 */
function connectVirtualTables(database: DatabaseSync): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL TABLE%'").all();
  for (const { name } of tables) {
    try {
      database.prepare(`SELECT 1 FROM ${quoted(String(name))} LIMIT 0`).get();
    } catch {
      // Its module is not part of this SQLite: using it will say so.
    }
  }
}

function columnsOf(statement: StatementSync): ResultColumn[] {
  return statement.columns().map(({ name, type }) => ({ name, type: type ?? "", kind: kindOfSqliteType(type ?? "") }));
}

/** Of node:sqlite, which gives null, bigints, numbers, strings and bytes. */
function toCell(value: unknown): Cell {
  if (value === null) return null;
  switch (typeof value) {
    case "bigint":
      return integerCell(value);
    case "number":
      return floatCell(value);
    case "string":
      return textCell(value);
    default:
      return value instanceof Uint8Array ? bytesCell(value) : null;
  }
}
