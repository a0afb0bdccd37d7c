import type { DuckDBPreparedStatement, DuckDBValue } from "@duckdb/node-api";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { Cell, PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import { bestHits, MAX_VALUE_LENGTH, standsIn } from "../core/questionValues";
import type { DatabaseSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { bytesCell, decimalCell, floatCell, integerCell, textCell } from "./cells";
import { Budget, type Driver, otherRows, times, VALUE_ROWS } from "./driver";
import { fromDuckdb } from "./duckdbErrors";
import { type Duckdb, type FileView, fileViews, openDuckdb, type OpenDuckdb } from "./duckdbInstance";
import { duckdbName, readDuckdbSchema, shortType } from "./duckdbSchema";
import { OpenFile } from "./openFile";
import { quoted } from "./quoting";
import type { RowSink } from "./rowSink";

interface PlanNode {
  readonly name: string;
  readonly children: readonly PlanNode[];
  readonly extra_info: Readonly<Record<string, unknown>>;
}
const planNodeSchema: v.GenericSchema<unknown, PlanNode> = v.object({
  name: v.string(),
  children: v.array(v.lazy(() => planNodeSchema)),
  extra_info: v.fallback(v.record(v.string(), v.unknown()), {}),
});

/**
 * DuckDB on threads of its own. It is interrupted to stop; where that does not help, who waits ends the process.
 */
export class DuckdbDriver implements Driver {
  readonly engine = "duckdb";
  private known: DatabaseSchema | undefined;

  private constructor(
    private readonly api: Duckdb,
    private open: OpenDuckdb,
    private readonly file: OpenFile | undefined,
    private readonly views: readonly FileView[],
    private readonly viewFiles: readonly OpenFile[],
    readonly version: string,
  ) {}

  /** @throws PaddockError sql/connection, sql/locked, unsupported. */
  static async open(path: string | undefined, files: readonly string[]): Promise<DuckdbDriver> {
    const file = path === undefined ? undefined : new OpenFile(path);
    const viewFiles = files.map((name) => new OpenFile(name));
    const api = await import("@duckdb/node-api");
    const views = fileViews(files);
    try {
      const open = await openDuckdb(api, path, views, false);
      const [[version] = []] = (await open.connection.runAndReadAll("SELECT version()")).getRows();
      return new DuckdbDriver(api, open, file, views, viewFiles, String(version).replace(/^v/, ""));
    } catch (error) {
      throw fromDuckdb(error, path);
    }
  }

  schema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    return this.use(signal, async () => {
      const isFile = (name: string): boolean => this.views.some((view) => view.name === name);
      this.known = await readDuckdbSchema(this.open.connection, this.version, samples, isFile);
      return this.known;
    });
  }

  prepare(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.use(signal, async () => {
      const statement = await this.compile(sql);
      try {
        return columnsOf(statement);
      } finally {
        statement.destroySync();
      }
    });
  }

  query(sql: string, _limits: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.use(signal, async () => {
      const statement = await this.compile(sql);
      try {
        const columns = columnsOf(statement);
        const result = await statement.stream();
        for (;;) {
          const chunk = await result.fetchChunk();
          if (chunk === null || chunk.rowCount === 0) return columns;
          for (const row of chunk.getRows()) if (!sink.take(row.map((value) => this.toCell(value)))) return columns;
          signal.throwIfAborted();
        }
      } finally {
        statement.destroySync();
      }
    });
  }

  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]> {
    return this.use(signal, async () => {
      // What it explains must itself be something that reads.
      (await this.compile(sql)).destroySync();
      const reader = await this.open.connection.runAndReadAll(`EXPLAIN (FORMAT json) ${sql}`);
      const text = String(reader.getRows().at(-1)?.[1] ?? "[]");
      return v.parse(v.array(planNodeSchema), JSON.parse(text)).map(toStep);
    });
  }

  async findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]> {
    const schema = this.known ?? (await this.schema(false, signal));
    return this.use(signal, async () => {
      const budget = new Budget(times.findValues);
      const hits: ValueHit[] = [];
      for (const table of schema.tables) {
        if (table.kind === "view" && !this.views.some(({ name }) => name === table.name)) continue;
        for (const { name, kind } of table.columns) {
          signal.throwIfAborted();
          if (kind !== "text" || budget.spent) continue;
          const sql = `SELECT DISTINCT v FROM (SELECT ${quoted(name)}::VARCHAR AS v FROM ${duckdbName(table)} LIMIT ${VALUE_ROWS})
             WHERE length(v) BETWEEN 1 AND ${MAX_VALUE_LENGTH} AND contains(lower(?), lower(v)) LIMIT 100`;
          for (const value of await this.values(sql, question, Math.min(budget.left, times.findValuesColumn))) {
            const place = { ...(table.schema === undefined ? {} : { schema: table.schema }), table: table.name };
            if (standsIn(question, value)) hits.push({ ...place, column: name, value });
          }
        }
      }
      return bestHits(hits, limit);
    });
  }

  preview(sql: string, signal: AbortSignal): Promise<number> {
    return this.change(sql, () => false, signal);
  }

  async execute(sql: string, expectedRows: number, signal: AbortSignal): Promise<number> {
    const rows = await this.change(sql, (changed) => changed === expectedRows, signal);
    if (rows !== expectedRows) throw otherRows(rows, expectedRows);
    return rows;
  }

  close(): Promise<void> {
    this.open.connection.closeSync();
    this.open.instance.closeSync();
    return Promise.resolve();
  }

  /** One statement that reads, compiled. */
  private async compile(sql: string): Promise<DuckDBPreparedStatement> {
    const statement = await this.open.connection.prepare(sql);
    if (statement.statementType === this.api.StatementType.SELECT && statement.parameterCount === 0) return statement;
    statement.destroySync();
    throw new PaddockError("sql/refused", "DuckDB says that this statement does something else than reading.");
  }

  /** Texts of one column; none where it takes too long or its file is not what it was. */
  private async values(sql: string, question: string, ms: number): Promise<string[]> {
    const timer = setTimeout(() => this.open.connection.interrupt(), ms);
    try {
      const reader = await this.open.connection.runAndReadAll(sql, [question]);
      return reader.getRows().map(([value]) => String(value));
    } catch {
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  /** Runs a statement that writes. A file has one kind of opening at a time, so reading pauses for it. */
  private async change(sql: string, keep: (rows: number) => boolean, signal: AbortSignal): Promise<number> {
    const { file } = this;
    if (file === undefined) throw new PaddockError("sql/refused", "Files that are read as tables cannot be written.");
    file.check();
    await this.close();
    try {
      const { connection, instance } = await openDuckdb(this.api, file.file, [], true);
      const interrupt = (): void => connection.interrupt();
      signal.addEventListener("abort", interrupt, { once: true });
      try {
        signal.throwIfAborted();
        await connection.run("BEGIN TRANSACTION");
        const statement = await connection.prepare(sql);
        const { INSERT, UPDATE, DELETE } = this.api.StatementType;
        if (![INSERT, UPDATE, DELETE].includes(statement.statementType))
          throw new PaddockError("sql/refused", "DuckDB says that this statement does not change rows.");
        const result = await statement.run();
        const changed = result.returnType === this.api.ResultReturnType.CHANGED_ROWS;
        const rows = changed ? result.rowsChanged : result.rowCount;
        await connection.run(keep(rows) ? "COMMIT" : "ROLLBACK");
        return rows;
      } finally {
        signal.removeEventListener("abort", interrupt);
        // What was not committed is taken back.
        connection.closeSync();
        instance.closeSync();
      }
    } catch (error) {
      throw fromDuckdb(error, file.file);
    } finally {
      this.open = await openDuckdb(this.api, file.file, this.views, false);
    }
  }

  /** In a transaction that is read-only, interrupted when the signal aborts. @throws PaddockError */
  private async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    this.file?.check();
    for (const file of this.viewFiles) file.check();
    const { connection } = this.open;
    const interrupt = (): void => connection.interrupt();
    try {
      await connection.run("BEGIN TRANSACTION READ ONLY");
      signal.addEventListener("abort", interrupt, { once: true });
      try {
        signal.throwIfAborted();
        return await work();
      } finally {
        signal.removeEventListener("abort", interrupt);
        await connection.run("ROLLBACK");
      }
    } catch (error) {
      throw fromDuckdb(error, this.file?.file);
    }
  }

  private toCell(value: DuckDBValue): Cell {
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number") return floatCell(value);
    if (typeof value === "bigint") return integerCell(value);
    if (typeof value === "string") return textCell(value);
    if (value instanceof this.api.DuckDBDecimalValue) return decimalCell(value.toString());
    if (value instanceof this.api.DuckDBBlobValue) return bytesCell(value.bytes);
    // Dates, times, identifiers, lists and structures, as DuckDB itself writes them.
    return textCell(value.toString());
  }
}

function columnsOf(statement: DuckDBPreparedStatement): ResultColumn[] {
  return Array.from({ length: statement.columnCount }, (_, at) => {
    const type = statement.columnType(at);
    const name = type.alias ?? type.toString();
    return { name: statement.columnName(at), type: shortType(name), kind: kindOfType(name) };
  });
}

function toStep({ name, children, extra_info: info }: PlanNode): PlanStep {
  const detail = Object.entries(info)
    .map(([key, value]) => `${key}: ${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join("; ");
  return { text: name.trim(), ...(detail === "" ? {} : { detail }), steps: children.map(toStep) };
}
