import { statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import type { ColumnSchema, DatabaseSchema, ForeignKey, IndexSchema, TableSchema } from "../core/schema";
import { kindOfSqliteType } from "../core/valueKinds";
import { Budget, MAX_SAMPLES, samplesOf, times, VALUE_ROWS } from "./driver";
import { grouped } from "./grouped";
import { quoted } from "./quoting";

/** Bytes; in a file of this size all tables are counted, in a larger one only those that are certainly small. */
const COUNTED_FILE = 64 * 1024 * 1024;
const COUNTED_ROWS = 50_000;

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads what a database holds. Views whose tables are gone have no columns, and are left out.
 * @throws SQLite's own errors.
 */
export function readSqliteSchema(database: DatabaseSync, file: string, samples: boolean): DatabaseSchema {
  const all = (sql: string, ...values: string[]): Row[] => database.prepare(sql).all(...values);
  const listed = all(
    `SELECT m.name, l.type FROM main.sqlite_schema m JOIN pragma_table_list l ON l.name = m.name AND l.schema = 'main'
     WHERE m.type IN ('table', 'view') AND l.type IN ('table', 'view', 'virtual') AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
     ORDER BY m.rowid`,
  ).map((row) => ({
    name: String(row.name),
    kind: row.type === "view" ? ("view" as const) : ("table" as const),
  }));
  const columns = byTable(all(`${ofTables("x.*", "pragma_table_xinfo(m.name) x")} ORDER BY m.rowid, x.cid`));
  for (const { name, kind } of listed) {
    if (kind === "view") columns.set(name, columnsOfView(all, name));
  }
  const keys = byTable(all(`${ofTables("f.*", "pragma_foreign_key_list(m.name) f")} ORDER BY m.rowid, f.id, f.seq`));
  const indexes = byTable(
    all(
      `${ofTables('i.name AS index_name, i."unique", c.name AS column_name', "pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c", "i.origin <> 'pk'")} ORDER BY m.rowid, i.seq, c.seqno`,
    ),
  );
  const tables = listed.flatMap(({ name, kind }): TableSchema[] => {
    const read = (columns.get(name) ?? []).filter((row) => Number(row.hidden) !== 1).map(toColumn);
    if (read.length === 0) return [];
    return [
      {
        name,
        kind,
        columns: read,
        foreignKeys: toForeignKeys(keys.get(name) ?? [], (table) => (columns.get(table) ?? []).map(toColumn)),
        indexes: toIndexes(indexes.get(name) ?? []),
      },
    ];
  });
  const counted = withCounts(database, tables, statSync(file).size);
  const version = String(all("SELECT sqlite_version() AS version")[0]?.version);
  return { engine: "sqlite", version, tables: samples ? withSamples(database, counted) : counted };
}

/** Something of each table; `CREATE VIRTUAL TABLE`s and their shadows are among them and filtered by who asks. */
function ofTables(what: string, from: string, where = "1"): string {
  return `SELECT m.name AS of_table, ${what} FROM main.sqlite_schema m JOIN ${from} WHERE m.type = 'table' AND ${where}`;
}

function columnsOfView(all: (sql: string, ...values: string[]) => Row[], name: string): Row[] {
  try {
    return all("SELECT * FROM pragma_table_xinfo(?)", name);
  } catch {
    // What it selects from is gone; it can be asked nothing.
    return [];
  }
}

function byTable(rows: readonly Row[]): Map<string, Row[]> {
  return grouped(rows, (row) => String(row.of_table));
}

function toColumn(row: Row): ColumnSchema {
  const type = String(row.type);
  const keyPlace = Number(row.pk);
  return {
    name: String(row.name),
    type,
    kind: kindOfSqliteType(type),
    // SQLite lets NULL into some primary keys, by an old mistake that nobody means.
    nullable: Number(row.notnull) === 0 && keyPlace === 0,
    ...(keyPlace > 0 ? { keyPlace } : {}),
  };
}

function toForeignKeys(rows: readonly Row[], columnsOf: (table: string) => readonly ColumnSchema[]): ForeignKey[] {
  return [...grouped(rows, (row) => Number(row.id)).values()].reverse().map((parts) => {
    const toTable = String(parts[0]?.table);
    const key = columnsOf(toTable)
      .filter(({ keyPlace }) => keyPlace !== undefined)
      .sort((a, b) => (a.keyPlace ?? 0) - (b.keyPlace ?? 0));
    return {
      columns: parts.map((part) => String(part.from)),
      toTable,
      // Without columns it means the other table's primary key.
      toColumns: parts.map((part, at) => (typeof part.to === "string" ? part.to : (key[at]?.name ?? "rowid"))),
    };
  });
}

function toIndexes(rows: readonly Row[]): IndexSchema[] {
  return [...grouped(rows, (row) => String(row.index_name))].map(([name, parts]) => ({
    name,
    unique: Number(parts[0]?.unique) === 1,
    // An expression has no name.
    columns: parts.map((part) => (typeof part.column_name === "string" ? part.column_name : "(expression)")),
  }));
}

function withCounts(database: DatabaseSync, tables: readonly TableSchema[], fileBytes: number): TableSchema[] {
  const budget = new Budget(times.counts);
  const most = fileBytes <= COUNTED_FILE ? Number.POSITIVE_INFINITY : COUNTED_ROWS;
  const number = (sql: string): number => Number(Object.values(database.prepare(sql).get() ?? {})[0] ?? 0);
  return tables.map((table) => {
    if (table.kind === "view" || budget.spent) return table;
    try {
      const name = quoted(table.name);
      const highest = most === Number.POSITIVE_INFINITY ? 0 : number(`SELECT max(rowid) FROM ${name}`);
      return highest <= most
        ? { ...table, rows: { count: number(`SELECT count(*) FROM ${name}`), exact: true } }
        : { ...table, rows: { count: highest, exact: false } };
    } catch {
      // A virtual table whose module is missing, or a large table without row numbers.
      return table;
    }
  });
}

function withSamples(database: DatabaseSync, tables: readonly TableSchema[]): TableSchema[] {
  const budget = new Budget(times.samples);
  return tables.map((table) => {
    if (table.rows === undefined || table.rows.count > VALUE_ROWS) return table;
    const columns = table.columns.map((column): ColumnSchema => {
      if (column.kind !== "text" || budget.spent) return column;
      const name = quoted(column.name);
      const sql = `SELECT DISTINCT ${name} AS value FROM ${quoted(table.name)} WHERE ${name} IS NOT NULL LIMIT ${MAX_SAMPLES + 1}`;
      const samples = samplesOf(
        database
          .prepare(sql)
          .all()
          .map((row) => row.value),
      );
      return samples === undefined ? column : { ...column, samples };
    });
    return { ...table, columns };
  });
}
