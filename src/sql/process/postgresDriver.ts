import * as v from "valibot";
import type { Cell, PlanStep, ResultColumn } from "../core/database";
import { MAX_VALUE_LENGTH } from "../core/questionValues";
import type { ServerTarget } from "../core/protocol";
import type { DatabaseSchema, TableSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { decimalCell, floatCell, textCell } from "./cells";
import { VALUE_ROWS } from "./driver";
import { PostgresConnection } from "./postgresConnection";
import { catalogueQuery, toPostgresSchema, withPostgresValues } from "./postgresSchema";
import { type PostgresField, PostgresStatement } from "./postgresStatement";
import { literal, quoted } from "./quoting";
import { changesNoRows, givesNoRows } from "./serverConnection";
import { ServerDriver } from "./serverDriver";

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

/** PostgreSQL. */
export class PostgresDriver extends ServerDriver<PostgresConnection> {
  readonly engine = "postgres";
  private readonly typeNames = new Map<string, string>();

  private constructor(
    connection: PostgresConnection,
    readonly version: string,
  ) {
    super(connection);
  }

  /** @throws PaddockError sql/connection, sql/authentication. */
  static async open(target: ServerTarget, password: string | undefined): Promise<PostgresDriver> {
    const connection = await PostgresConnection.open(target, password);
    const version = await connection.json("SELECT current_setting('server_version')");
    return new PostgresDriver(connection, String(version).split(" ")[0] ?? "");
  }

  protected async readSchema(samples: boolean, signal: AbortSignal): Promise<DatabaseSchema> {
    const ask = (sql: string, ms: number): Promise<unknown> =>
      this.reading(ms, signal, () => this.connection.json(sql));
    const { schema, bytes } = toPostgresSchema(await ask(catalogueQuery, 60_000));
    return withPostgresValues(schema, bytes, samples, ask);
  }

  protected async columns(sql: string): Promise<readonly ResultColumn[]> {
    const fields = await this.connection.run(new PostgresStatement(sql, "describe"));
    if (fields === undefined) throw givesNoRows("PostgreSQL");
    return this.named(fields);
  }

  protected async stream(
    sql: string,
    _columns: readonly ResultColumn[],
    onRow: (cells: readonly Cell[]) => void,
  ): Promise<void> {
    const take = (row: readonly (string | null)[], fields: readonly PostgresField[]): void =>
      onRow(row.map((text, at) => toCell(text, fields[at])));
    await this.connection.run(new PostgresStatement(sql, take));
  }

  protected async plan(sql: string): Promise<readonly PlanStep[]> {
    let text = "";
    await this.connection.run(new PostgresStatement(`EXPLAIN (FORMAT JSON) ${sql}`, (row) => (text += row[0] ?? "")));
    return v.parse(v.array(v.object({ Plan: planNodeSchema })), JSON.parse(text)).map(({ Plan }) => toStep(Plan));
  }

  protected async valuesIn(table: TableSchema, columns: readonly string[], question: string) {
    const from = `${quoted(table.schema ?? "public")}.${quoted(table.name)}`;
    const parts = columns.map(
      (column) => `(SELECT DISTINCT ${literal(column)} AS column, v AS value FROM
         (SELECT ${quoted(column)}::text AS v FROM ${from} LIMIT ${VALUE_ROWS}) s
         WHERE length(v) BETWEEN 1 AND ${MAX_VALUE_LENGTH} AND position(lower(v) in lower($1)) > 0 LIMIT 100)`,
    );
    const sql = `SELECT COALESCE(json_agg(f), '[]') FROM (${parts.join(" UNION ALL ")}) f`;
    return v.parse(hitsSchema, await this.connection.json(sql, [question]));
  }

  protected async change(sql: string): Promise<number> {
    const statement = new PostgresStatement(sql, () => undefined);
    await this.connection.run(statement);
    const changed = /^(?:INSERT \d+|UPDATE|DELETE|MERGE) (\d+)$/.exec(statement.tag)?.[1];
    if (changed === undefined) throw changesNoRows("PostgreSQL");
    // What would be checked by the commit alone is checked now, so that a preview meets it too.
    await this.connection.json("SET CONSTRAINTS ALL IMMEDIATE");
    return Number(changed);
  }

  /** With the names of types, which the protocol leaves out. */
  private async named(fields: readonly PostgresField[]): Promise<ResultColumn[]> {
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
