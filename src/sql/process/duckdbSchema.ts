import type { DuckDBConnection } from "@duckdb/node-api";
import * as v from "valibot";
import type { ColumnSchema, DatabaseSchema, ForeignKey, IndexSchema, TableSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { Budget, MAX_SAMPLES, samplesOf, times } from "./driver";
import { grouped } from "./grouped";
import { quoted } from "./quoting";

/** Rows; DuckDB reads a column alone, so distinct values of this many are a matter of milliseconds. */
const SAMPLED_ROWS = 2_000_000;

const names = v.nullable(v.array(v.string()));
const place = { schema: v.string(), table: v.string() };
const tableSchema = v.object({ ...place, view: v.boolean(), comment: v.nullable(v.string()) });
const columnSchema = v.object({
  ...place,
  name: v.string(),
  type: v.string(),
  nullable: v.boolean(),
  comment: v.nullable(v.string()),
});
const constraintSchema = v.object({
  ...place,
  type: v.string(),
  columns: names,
  toTable: v.nullable(v.string()),
  toColumns: names,
});
const indexSchema = v.object({ ...place, name: v.string(), unique: v.boolean(), columns: v.nullable(v.string()) });

/** Reads what a database holds; with the views for files, which stand in its temporary catalogue. */
export async function readDuckdbSchema(
  connection: DuckDBConnection,
  version: string,
  samples: boolean,
  isFile: (name: string) => boolean,
): Promise<DatabaseSchema> {
  const here = "database_name IN (current_database(), 'temp') AND NOT internal";
  const read = async <T extends v.GenericSchema>(schema: T, sql: string): Promise<v.InferOutput<T>[]> => {
    const reader = await connection.runAndReadAll(sql);
    return v.parse(v.array(schema), reader.getRowObjectsJson());
  };
  const tables = await read(
    tableSchema,
    `SELECT schema_name AS "schema", table_name AS "table", false AS "view", comment FROM duckdb_tables() WHERE ${here}
     UNION ALL SELECT schema_name, view_name, true, comment FROM duckdb_views() WHERE ${here}`,
  );
  const columns = await read(
    columnSchema,
    `SELECT schema_name AS "schema", table_name AS "table", column_name AS name, data_type AS "type", is_nullable AS nullable, comment
     FROM duckdb_columns() WHERE ${here} ORDER BY table_oid, column_index`,
  );
  const constraints = await read(
    constraintSchema,
    `SELECT schema_name AS "schema", table_name AS "table", constraint_type AS "type", constraint_column_names AS columns,
     referenced_table AS "toTable", referenced_column_names AS "toColumns" FROM duckdb_constraints()
     WHERE database_name = current_database() AND constraint_type IN ('PRIMARY KEY', 'FOREIGN KEY')`,
  );
  const indexes = await read(
    indexSchema,
    `SELECT schema_name AS "schema", table_name AS "table", index_name AS name, is_unique AS "unique", expressions AS columns
     FROM duckdb_indexes() WHERE database_name = current_database()`,
  );
  const key = (row: { readonly schema: string; readonly table: string }): string =>
    JSON.stringify([row.schema, row.table]);
  const columnsOf = grouped(columns, key);
  const constraintsOf = grouped(constraints, key);
  const indexesOf = grouped(indexes, key);
  const plain = tables.map((table): TableSchema => {
    const own = constraintsOf.get(key(table)) ?? [];
    const primary = own.find(({ type }) => type === "PRIMARY KEY")?.columns ?? [];
    return {
      // A view for a file is in the temporary catalogue, where it has its name alone.
      ...(table.view && isFile(table.table) ? {} : { schema: table.schema }),
      name: table.table,
      kind: table.view ? "view" : "table",
      columns: (columnsOf.get(key(table)) ?? []).map((column) => toColumn(column, primary)),
      foreignKeys: own.flatMap(({ type, columns: from, toTable, toColumns }): ForeignKey[] =>
        type === "FOREIGN KEY" && from !== null && toTable !== null
          ? [{ columns: from, toSchema: table.schema, toTable, toColumns: toColumns ?? [] }]
          : [],
      ),
      indexes: (indexesOf.get(key(table)) ?? []).map(toIndex),
      ...(table.comment === null ? {} : { comment: table.comment }),
    };
  });
  const schema = { engine: "duckdb", version, defaultSchema: "main" } as const;
  return { ...schema, tables: await withValues(connection, plain, samples, isFile) };
}

function toColumn(column: v.InferOutput<typeof columnSchema>, primary: readonly string[]): ColumnSchema {
  const place = primary.indexOf(column.name) + 1;
  return {
    name: column.name,
    type: shortType(column.type),
    kind: kindOfType(column.type),
    nullable: column.nullable,
    ...(place > 0 ? { keyPlace: place } : {}),
    ...(column.comment === null ? {} : { comment: column.comment }),
  };
}

/** The table with its schema, quoted. */
export function duckdbName({ schema, name }: Pick<TableSchema, "schema" | "name">): string {
  return schema === undefined ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

/** A type can hold all values of an enumeration or a whole document's structure. */
export function shortType(type: string): string {
  return type.length <= 80 ? type : `${type.slice(0, 79)}…`;
}

/** DuckDB writes an index's columns as a list: `[a, "b c"]`. */
function toIndex({ name, unique, columns }: v.InferOutput<typeof indexSchema>): IndexSchema {
  const listed = (columns ?? "").replace(/^\[|\]$/g, "").split(", ");
  return { name, unique, columns: listed.map((column) => column.replace(/^'?"?|"?'?$/g, "")) };
}

/** Counts rows and, where they may be read, samples; as far as time allows. */
async function withValues(
  connection: DuckDBConnection,
  tables: readonly TableSchema[],
  samples: boolean,
  isFile: (name: string) => boolean,
): Promise<TableSchema[]> {
  const counting = new Budget(times.counts);
  const sampling = new Budget(times.samples);
  const values = async (sql: string, budget: Budget): Promise<unknown[]> => {
    const timer = setTimeout(() => connection.interrupt(), budget.left);
    try {
      return (await connection.runAndReadAll(sql)).getRows().map(([value]) => value);
    } finally {
      clearTimeout(timer);
    }
  };
  const result: TableSchema[] = [];
  for (const table of tables) {
    const from = duckdbName(table);
    let now = table;
    try {
      if ((table.kind === "table" || isFile(table.name)) && !counting.spent) {
        const count = Number((await values(`SELECT count(*) FROM ${from}`, counting))[0]);
        now = { ...now, rows: { count, exact: true } };
      }
      const columns: ColumnSchema[] = [];
      for (const column of table.columns) {
        const few =
          samples && column.kind === "text" && (now.rows?.count ?? SAMPLED_ROWS) < SAMPLED_ROWS && !sampling.spent;
        const name = quoted(column.name);
        const sql = `SELECT v FROM (SELECT DISTINCT ${name}::VARCHAR AS v FROM ${from} WHERE v IS NOT NULL LIMIT ${MAX_SAMPLES + 1}) ORDER BY v`;
        const found = few ? samplesOf(await values(sql, sampling)) : undefined;
        columns.push(found === undefined ? column : { ...column, samples: found });
      }
      now = { ...now, columns };
    } catch {
      // It took too long, or a file is not what its view was made for; the table is shown without.
    }
    result.push(now);
  }
  return result;
}
