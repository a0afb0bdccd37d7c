import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { Cell, PlanStep, ResultColumn } from "../core/database";
import type { ServerTarget } from "../core/protocol";
import { MAX_VALUE_LENGTH } from "../core/questionValues";
import type { DatabaseSchema, TableSchema } from "../core/schema";
import { VALUE_ROWS } from "./driver";
import { mysqlCell, mysqlColumn } from "./mysqlCells";
import { MysqlConnection } from "./mysqlConnection";
import { backticked, mysqlName, readMysqlSchema, withMysqlValues } from "./mysqlSchema";
import { changesNoRows, givesNoRows } from "./serverConnection";
import { ServerDriver } from "./serverDriver";

/** MySQL and MariaDB. */
export class MysqlDriver extends ServerDriver<MysqlConnection> {
  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<MysqlDriver> {
    return new MysqlDriver(await MysqlConnection.open(target, password));
  }

  get engine(): MysqlConnection["engine"] {
    return this.connection.engine;
  }
  get version(): string {
    return this.connection.version;
  }

  protected async readSchema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    const ask = (sql: string, ms: number): Promise<string[][]> =>
      this.reading(ms, signal, () => this.connection.texts(sql));
    const schema = await readMysqlSchema((sql) => ask(sql, 60_000), this.engine, this.version);
    return withMysqlValues(schema, samples, ask);
  }

  protected async columns(sql: string): Promise<readonly ResultColumn[]> {
    const columns = (await this.connection.describe(sql)).map(mysqlColumn);
    // INTO OUTFILE and INTO DUMPFILE are reading to the transaction, but give no rows.
    if (columns.length === 0) throw givesNoRows("The server");
    return columns;
  }

  protected stream(
    sql: string,
    columns: readonly ResultColumn[],
    onRow: (cells: readonly Cell[]) => void,
  ): Promise<void> {
    return this.connection.stream(sql, (row) =>
      onRow(
        row.map((cell, at) => {
          const column = columns[at];
          return column === undefined ? null : mysqlCell(cell, column);
        }),
      ),
    );
  }

  protected async plan(sql: string): Promise<readonly PlanStep[]> {
    await this.columns(sql);
    const [[text = "{}"] = []] = await this.connection.texts(`EXPLAIN FORMAT=JSON ${sql}`);
    return toSteps(JSON.parse(text));
  }

  protected async valuesIn(table: TableSchema, columns: readonly string[], question: string) {
    const parts = columns.map(
      (column, at) => `(SELECT DISTINCT ${at}, v FROM
         (SELECT CONVERT(${backticked(column)} USING utf8mb4) AS v FROM ${mysqlName(table)} LIMIT ${VALUE_ROWS}) s
         WHERE CHAR_LENGTH(v) BETWEEN 1 AND ${MAX_VALUE_LENGTH} AND LOCATE(LOWER(v), LOWER(CONVERT(? USING utf8mb4))) > 0 LIMIT 100)`,
    );
    const values = columns.map(() => question);
    return (await this.connection.texts(parts.join(" UNION ALL "), values)).map(([at, value = ""]) => ({
      column: columns[Number(at)] ?? "",
      value,
    }));
  }

  protected async change(sql: string): Promise<number> {
    await this.refuseLasting(sql);
    const rows = await this.connection.change(sql);
    if (rows === undefined) throw changesNoRows("The server");
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
