import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { Cell, PlanStep, QueryLimits, ResultColumn, ValueHit } from "../core/database";
import { MAX_VALUE_LENGTH } from "../core/questionValues";
import type { ServerTarget } from "../core/protocol";
import type { DatabaseSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { decimalCell, floatCell, textCell } from "./cells";
import { type Driver, otherRows, times, VALUE_ROWS } from "./driver";
import { PostgresConnection } from "./postgresConnection";
import { catalogueQuery, toPostgresSchema, withPostgresValues } from "./postgresSchema";
import { type PostgresField, PostgresStatement } from "./postgresStatement";
import { literal, quoted } from "./quoting";
import type { RowSink } from "./rowSink";
import { findServerValues } from "./serverValues";

/** Bytes of a bytea that travel, as in cells.ts; PostgreSQL writes them as hexadecimal itself. */
const MAX_BYTES = 64;

interface PlanNode extends Readonly<Record<string, unknown>> {
  readonly "Node Type": string;
  readonly Plans?: readonly PlanNode[] | undefined;
}
const planNodeSchema: v.GenericSchema<unknown, PlanNode> = v.looseObject({
  "Node Type": v.string(),
  Plans: v.optional(v.array(v.lazy(() => planNodeSchema))),
});
const hitsSchema = v.array(v.object({ column: v.string(), value: v.string() }));

/** PostgreSQL: every statement alone, in a transaction that is read-only and taken back. */
export class PostgresDriver implements Driver {
  readonly engine = "postgres";
  private known: DatabaseSchema | undefined;
  private readonly typeNames = new Map<string, string>();

  private constructor(
    private readonly connection: PostgresConnection,
    readonly version: string,
  ) {}

  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<PostgresDriver> {
    const connection = await PostgresConnection.open(target, password);
    const version = await connection.json("SELECT current_setting('server_version')");
    return new PostgresDriver(connection, String(version).split(" ")[0] ?? "");
  }

  async schema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    const ask = (sql: string, ms: number): Promise<unknown> =>
      this.connection.transaction("READ ONLY", ms, signal, () => this.connection.json(sql));
    const { schema, bytes } = toPostgresSchema(await ask(catalogueQuery, 60_000));
    this.known = await withPostgresValues(schema, bytes, samples, ask);
    return this.known;
  }

  prepare(sql: string, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.connection.transaction("READ ONLY", times.prepare, signal, async () =>
      this.columns(rowsOnly(await this.connection.run(new PostgresStatement(sql, "describe")))),
    );
  }

  query(sql: string, { timeoutMs }: QueryLimits, sink: RowSink, signal: AbortSignal): Promise<readonly ResultColumn[]> {
    return this.connection.transaction("READ ONLY", timeoutMs, signal, async () => {
      // It is described first, because a transaction that failed answers nothing more.
      const columns = await this.columns(rowsOnly(await this.connection.run(new PostgresStatement(sql, "describe"))));
      let cancelling: Promise<void> | undefined;
      const statement = new PostgresStatement(sql, (row, fields) => {
        if (cancelling !== undefined) return;
        // The rest is not wanted: the server is told so.
        if (!sink.take(row.map((text, at) => toCell(text, fields[at])))) cancelling = this.connection.cancel();
      });
      try {
        await this.connection.run(statement);
      } catch (error) {
        if (cancelling === undefined || signal.aborted) throw error;
      }
      await cancelling;
      return columns;
    });
  }

  explain(sql: string, signal: AbortSignal): Promise<readonly PlanStep[]> {
    return this.connection.transaction("READ ONLY", times.prepare, signal, async () => {
      let text = "";
      await this.connection.run(new PostgresStatement(`EXPLAIN (FORMAT JSON) ${sql}`, (row) => (text += row[0] ?? "")));
      return v.parse(v.array(v.object({ Plan: planNodeSchema })), JSON.parse(text)).map(({ Plan }) => toStep(Plan));
    });
  }

  async findValues(question: string, limit: number, signal: AbortSignal): Promise<readonly ValueHit[]> {
    const schema = this.known ?? (await this.schema(false, signal));
    return findServerValues(schema, question, limit, signal, (table, columns, ms) => {
      const from = `${quoted(table.schema ?? "public")}.${quoted(table.name)}`;
      const parts = columns.map(
        (column) => `(SELECT DISTINCT ${literal(column)} AS column, v AS value FROM
           (SELECT ${quoted(column)}::text AS v FROM ${from} LIMIT ${VALUE_ROWS}) s
           WHERE length(v) BETWEEN 1 AND ${MAX_VALUE_LENGTH} AND position(lower(v) in lower($1)) > 0 LIMIT 100)`,
      );
      const sql = `SELECT COALESCE(json_agg(f), '[]') FROM (${parts.join(" UNION ALL ")}) f`;
      return this.connection.transaction("READ ONLY", Math.max(1, ms), signal, async () =>
        v.parse(hitsSchema, await this.connection.json(sql, [question])),
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

  private async change(sql: string): Promise<number> {
    const statement = new PostgresStatement(sql, () => undefined);
    await this.connection.run(statement);
    const changed = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(statement.tag)?.[1];
    if (changed === undefined)
      throw new PaddockError("sql/refused", "PostgreSQL says that this statement does not change rows.");
    // What would be checked by the commit alone is checked now, so that a preview meets it too.
    await this.connection.json("SET CONSTRAINTS ALL IMMEDIATE");
    return Number(changed);
  }

  /** With the names of types, which the protocol leaves out. */
  private async columns(fields: readonly PostgresField[]): Promise<ResultColumn[]> {
    const keyOf = ({ dataTypeID, dataTypeModifier }: PostgresField): string => `${dataTypeID}:${dataTypeModifier}`;
    const unknown = [...new Map(fields.map((field) => [keyOf(field), field])).entries()].filter(
      ([key]) => !this.typeNames.has(key),
    );
    if (unknown.length > 0) {
      const names = unknown.map(([, { dataTypeID: id, dataTypeModifier: modifier }]) => {
        const enumeration = `(SELECT typtype = 'e' FROM pg_catalog.pg_type WHERE oid = ${id})`;
        return `CASE WHEN ${enumeration} THEN 'enum ' ELSE '' END || pg_catalog.format_type(${id}, ${modifier})`;
      });
      const found = v.parse(
        v.array(v.string()),
        await this.connection.json(`SELECT to_json(ARRAY[${names.join(", ")}])`),
      );
      unknown.forEach(([key], at) => this.typeNames.set(key, found[at] ?? ""));
    }
    return fields.map((field) => {
      const type = this.typeNames.get(keyOf(field)) ?? "";
      return { name: field.name, type: type.replace(/^enum /, ""), kind: kindOfType(type) };
    });
  }
}

function rowsOnly(fields: readonly PostgresField[] | undefined): readonly PostgresField[] {
  if (fields !== undefined) return fields;
  throw new PaddockError("sql/refused", "PostgreSQL says that this statement gives no rows, so it does not only read.");
}

/** By the numbers that PostgreSQL's own types have in every version. */
function toCell(text: string | null, field: PostgresField | undefined): Cell {
  if (text === null) return null;
  switch (field?.dataTypeID) {
    case 16:
      return text === "t";
    case 17:
      return { kind: "bytes", bytes: (text.length - 2) / 2, hex: text.slice(2, 2 + 2 * MAX_BYTES) };
    case 20:
    case 21:
    case 23:
    case 26:
      return Number.isSafeInteger(Number(text)) ? Number(text) : { kind: "digits", digits: text };
    case 700:
    case 701:
      return floatCell(Number(text));
    case 1700:
      return /^-?[\d.]+$/.test(text) ? decimalCell(text) : text;
    default:
      return textCell(text);
  }
}

function toStep(node: PlanNode): PlanStep {
  const { "Node Type": type, Plans: plans } = node;
  const named = (word: string, ...keys: string[]): string[] => {
    const name = keys.map((key) => node[key]).find((value) => typeof value === "string");
    return name === undefined ? [] : [`${word} ${name}`];
  };
  const on = named("on", "Relation Name", "CTE Name", "Function Name");
  const told = Object.entries(node).filter(
    ([key, value]) => /^(Total Cost|Plan Rows|.*Cond|.*Filter|.*Key)$/.test(key) && value !== undefined,
  );
  return {
    text: [type, ...on, ...named("using", "Index Name")].join(" "),
    detail: told.map(([key, value]) => `${key}: ${Array.isArray(value) ? value.join(", ") : String(value)}`).join("; "),
    steps: (plans ?? []).map(toStep),
  };
}
