import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import type { ServerTarget } from "../core/protocol";
import { MAX_VALUE_LENGTH } from "../core/questionValues";
import type { DatabaseEngine, DatabaseSchema } from "../core/schema";
import { type Driver, otherRows, times, VALUE_ROWS } from "./driver";
import { mysqlCell, mysqlColumn } from "./mysqlCells";
import { MysqlConnection } from "./mysqlConnection";
import { backticked, mysqlName, readMysqlSchema, withMysqlValues } from "./mysqlSchema";
import type { RowSink } from "./rowSink";
import { findServerValues } from "./serverValues";

/** MySQL and MariaDB: every statement alone, in a transaction that is read-only and taken back. */
export class MysqlDriver implements Driver {
  readonly engine: DatabaseEngine;
  readonly version: string;
  private known: DatabaseSchema | undefined;

  private constructor(private readonly connection: MysqlConnection) {
    this.engine = connection.engine;
    this.version = connection.version;
  }

  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<MysqlDriver> {
    return new MysqlDriver(await MysqlConnection.open(target, password));
  }

  async schema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    const ask = (sql: string, ms: number): Promise<string[][]> =>
      this.connection.transaction("READ ONLY", ms, signal, () => this.connection.texts(sql));
    const { engine, version } = this.connection;
    const schema = await readMysqlSchema((sql) => ask(sql, 60_000), engine, version);
    this.known = await withMysqlValues(schema, samples, ask);
    return this.known;
  }

  prepare(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.connection.transaction("READ ONLY", times.prepare, signal, () => this.columns(sql));
  }

  query(sql: string, { timeoutMs }: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.connection.transaction("READ ONLY", timeoutMs, signal, async () => {
      // INTO OUTFILE and INTO DUMPFILE are reading to the transaction, but give no rows: they end here.
      const columns = await this.columns(sql);
      let cancelling: Promise<void> | undefined;
      try {
        await this.connection.stream(sql, (row) => {
          if (cancelling !== undefined) return;
          const cells = row.map((cell, at) => {
            const column = columns[at];
            return column === undefined ? null : mysqlCell(cell, column);
          });
          // The rest is not wanted: the server is told so.
          if (!sink.take(cells)) cancelling = this.connection.cancel();
        });
      } catch (error) {
        if (cancelling === undefined || signal.aborted) throw error;
      }
      await cancelling;
      return columns;
    });
  }

  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]> {
    return this.connection.transaction("READ ONLY", times.prepare, signal, async () => {
      await this.columns(sql);
      const [[text = "{}"] = []] = await this.connection.texts(`EXPLAIN FORMAT=JSON ${sql}`);
      return toSteps(JSON.parse(text));
    });
  }

  async findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]> {
    const schema = this.known ?? (await this.schema(false, signal));
    return findServerValues(schema, question, limit, signal, (table, columns, ms) => {
      const parts = columns.map(
        (column, at) => `(SELECT DISTINCT ${at}, v FROM
           (SELECT CONVERT(${backticked(column)} USING utf8mb4) AS v FROM ${mysqlName(table)} LIMIT ${VALUE_ROWS}) s
           WHERE CHAR_LENGTH(v) BETWEEN 1 AND ${MAX_VALUE_LENGTH} AND LOCATE(LOWER(v), LOWER(CONVERT(? USING utf8mb4))) > 0 LIMIT 100)`,
      );
      const values = columns.map(() => question);
      return this.connection.transaction("READ ONLY", Math.max(1, ms), signal, async () =>
        (await this.connection.texts(parts.join(" UNION ALL "), values)).map(([at, value = ""]) => ({
          column: columns[Number(at)] ?? "",
          value,
        })),
      );
    });
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

  private async columns(sql: string): Promise<readonly ResultColumn[]> {
    const columns = (await this.connection.describe(sql)).map(mysqlColumn);
    if (columns.length > 0) return columns;
    throw new PaddockError(
      "sql/refused",
      "The server says that this statement gives no rows, so it does not only read.",
    );
  }

  private async change(sql: string): Promise<number> {
    await this.refuseLasting(sql);
    const rows = await this.connection.change(sql);
    if (rows === undefined)
      throw new PaddockError("sql/refused", "The server says that this statement does not change rows.");
    return rows;
  }

  /** Some storage engines cannot take back what was written, so there is neither a preview nor a second thought. */
  private async refuseLasting(sql: string): Promise<void> {
    const lasting = await this.connection.texts(
      `SELECT t.table_name, t.engine FROM information_schema.tables t JOIN information_schema.engines e ON e.engine = t.engine
       WHERE t.table_type = 'BASE TABLE' AND COALESCE(e.transactions, 'NO') <> 'YES'
       AND t.table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')`,
    );
    const named = lasting.find(([name = ""]) => sql.toLowerCase().includes(name.toLowerCase()));
    if (named === undefined) return;
    throw new PaddockError("sql/refused", `What is written to ${named[0] ?? ""} could not be taken back.`, {
      remedy: `Its storage engine ${named[1] ?? ""} has no transactions; InnoDB has.`,
    });
  }
}

const nodeSchema = v.record(v.string(), v.unknown());

/** The servers' plans are objects within objects, of other shapes in each version: each table and operation is a step. */
function toSteps(plan: unknown): PlanStep[] {
  if (Array.isArray(plan)) return plan.flatMap(toSteps);
  const node = v.safeParse(nodeSchema, plan);
  if (!node.success) return [];
  const steps: PlanStep[] = [];
  for (const [key, value] of Object.entries(node.output)) {
    if (value === null || typeof value !== "object" || key === "cost_info" || isPlain(value)) continue;
    const own = Array.isArray(value) ? undefined : v.safeParse(nodeSchema, value);
    const below = toSteps(value);
    if (own?.success !== true) {
      steps.push(...below);
      continue;
    }
    const { table_name: name, access_type: access } = own.output;
    const text = [
      key.replaceAll("_", " "),
      ...(typeof name === "string" ? [name] : []),
      ...(typeof access === "string" ? [`(${access})`] : []),
    ].join(" ");
    const told = Object.entries(own.output).filter(
      ([what, which]) => !["table_name", "access_type"].includes(what) && ["string", "number"].includes(typeof which),
    );
    steps.push({
      text,
      ...(told.length === 0 ? {} : { detail: told.map(([what, which]) => `${what}: ${String(which)}`).join("; ") }),
      steps: below,
    });
  }
  return steps;
}

/** A list of names, which is a detail and no step. */
function isPlain(value: object): boolean {
  return Array.isArray(value) && value.every((item) => typeof item !== "object");
}
