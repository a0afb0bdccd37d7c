import * as v from "valibot";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { Budget, MAX_SAMPLES, samplesOf, times } from "./driver";
import { literal, quoted } from "./quoting";
import { isSlowOrHidden } from "./serverValues";

/** Tables with more rows, by the server's own estimate, are not counted, or not read for samples. */
const COUNTED_ROWS = 100_000;
const SAMPLED_ROWS = 1_000_000;
/** Tables that were never analysed are counted up to this size, bytes. */
const COUNTED_BYTES = 16 * 1024 * 1024;

const text = v.nullable(v.string());
const columnSchema = v.object({
  name: v.string(),
  type: v.string(),
  /** Of a domain, the type below it; `e` of an enumeration. */
  base: text,
  typtype: v.string(),
  nullable: v.boolean(),
  comment: text,
});
const tableSchema = v.object({
  schema: v.string(),
  name: v.string(),
  view: v.boolean(),
  estimate: v.number(),
  bytes: v.number(),
  comment: text,
  columns: v.array(columnSchema),
  primary: v.nullable(v.array(v.string())),
  foreign: v.array(
    v.object({
      columns: v.array(v.string()),
      toSchema: v.string(),
      toTable: v.string(),
      toColumns: v.array(v.string()),
    }),
  ),
  indexes: v.array(v.object({ name: v.string(), unique: v.boolean(), columns: v.array(v.string()) })),
});
const catalogueSchema = v.object({
  version: v.string(),
  defaultSchema: text,
  tables: v.nullable(v.array(tableSchema)),
});

const columnNames = (table: string, numbers: string): string =>
  `(SELECT json_agg(k.attname ORDER BY o.at) FROM unnest(${numbers}) WITH ORDINALITY AS o(number, at)
    JOIN pg_catalog.pg_attribute k ON k.attrelid = ${table} AND k.attnum = o.number)`;

/** All that the user may read, in one statement; PostgreSQL writes the JSON. */
export const catalogueQuery = `SELECT json_build_object(
  'version', pg_catalog.current_setting('server_version'),
  'defaultSchema', pg_catalog.current_schema(),
  'tables', (SELECT json_agg(t) FROM (
    SELECT n.nspname AS schema, c.relname AS name, c.relkind = 'v' AS view, c.reltuples AS estimate,
      pg_catalog.pg_relation_size(c.oid) AS bytes, pg_catalog.obj_description(c.oid, 'pg_class') AS comment,
      COALESCE((SELECT json_agg(json_build_object('name', a.attname,
          'type', pg_catalog.format_type(a.atttypid, a.atttypmod), 'typtype', y.typtype,
          'base', CASE WHEN y.typtype = 'd' THEN pg_catalog.format_type(y.typbasetype, y.typtypmod) END,
          'nullable', NOT a.attnotnull, 'comment', pg_catalog.col_description(c.oid, a.attnum)) ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
      (SELECT ${columnNames("c.oid", "p.conkey")} FROM pg_catalog.pg_constraint p
        WHERE p.conrelid = c.oid AND p.contype = 'p') AS primary,
      COALESCE((SELECT json_agg(json_build_object('columns', ${columnNames("c.oid", "f.conkey")},
          'toSchema', rn.nspname, 'toTable', r.relname, 'toColumns', ${columnNames("r.oid", "f.confkey")}) ORDER BY f.oid)
        FROM pg_catalog.pg_constraint f JOIN pg_catalog.pg_class r ON r.oid = f.confrelid
        JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace
        WHERE f.conrelid = c.oid AND f.contype = 'f'), '[]') AS foreign,
      COALESCE((SELECT json_agg(json_build_object('name', x.relname, 'unique', i.indisunique, 'columns',
          (SELECT json_agg(pg_catalog.pg_get_indexdef(i.indexrelid, s.at, true) ORDER BY s.at)
            FROM generate_series(1, i.indnkeyatts) AS s(at))) ORDER BY x.relname)
        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
        WHERE i.indrelid = c.oid AND NOT i.indisprimary), '[]') AS indexes
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
      AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
      AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_any_column_privilege(c.oid, 'SELECT')
    ORDER BY n.nspname <> COALESCE(pg_catalog.current_schema(), ''), n.nspname, c.oid) t))`;

/** @throws valibot's error for a catalogue that is none. */
export function toPostgresSchema(answer: unknown): { schema: DatabaseSchema; bytes: ReadonlyMap<string, number> } {
  const { version, defaultSchema, tables } = v.parse(catalogueSchema, answer);
  const found = tables ?? [];
  return {
    schema: {
      engine: "postgres",
      version: version.split(" ")[0] ?? version,
      ...(defaultSchema === null ? {} : { defaultSchema }),
      tables: found.map(toTable),
    },
    bytes: new Map(found.map(({ schema, name, bytes }) => [`${schema}.${name}`, bytes])),
  };
}

function toTable(table: v.InferOutput<typeof tableSchema>): TableSchema {
  return {
    schema: table.schema,
    name: table.name,
    kind: table.view ? "view" : "table",
    columns: table.columns.map((column) => toColumn(column, table.primary ?? [])),
    foreignKeys: table.foreign,
    indexes: table.indexes.map(({ name, unique, columns }) => ({
      name,
      unique,
      columns: columns.map((column) =>
        /^"(?:[^"]|"")*"$/.test(column) ? column.slice(1, -1).replaceAll('""', '"') : column,
      ),
    })),
    ...(table.view || table.estimate < 0 ? {} : { rows: { count: Math.round(table.estimate), exact: false } }),
    ...(table.comment === null ? {} : { comment: table.comment }),
  };
}

function toColumn(column: v.InferOutput<typeof columnSchema>, primary: readonly string[]): ColumnSchema {
  const place = primary.indexOf(column.name) + 1;
  return {
    name: column.name,
    type: column.type,
    kind: column.typtype === "e" ? "text" : kindOfType(column.base ?? column.type),
    nullable: column.nullable,
    ...(place > 0 ? { keyPlace: place } : {}),
    ...(column.comment === null ? {} : { comment: column.comment }),
  };
}

/**
 * Counts what is small, and reads samples where they may be read; as far as time allows.
 * @param ask a statement of ours whose one value is JSON, within so many ms.
 */
export async function withPostgresValues(
  schema: DatabaseSchema,
  bytes: ReadonlyMap<string, number>,
  samples: boolean,
  ask: (sql: string, ms: number) => Promise<unknown>,
): Promise<DatabaseSchema> {
  const counting = new Budget(times.counts);
  const sampling = new Budget(times.samples);
  const within = async (sql: string, budget: Budget): Promise<unknown> => {
    if (budget.spent) return undefined;
    try {
      return await ask(sql, Math.max(1, budget.left));
    } catch (error) {
      if (isSlowOrHidden(error)) return undefined;
      throw error;
    }
  };
  const tables: TableSchema[] = [];
  for (const table of schema.tables) {
    if (table.kind === "view") {
      tables.push(table);
      continue;
    }
    const from = `${quoted(table.schema ?? "public")}.${quoted(table.name)}`;
    const size = bytes.get(`${table.schema ?? ""}.${table.name}`) ?? 0;
    const small = table.rows === undefined ? size <= COUNTED_BYTES : table.rows.count <= COUNTED_ROWS;
    const count = small ? await within(`SELECT count(*)::text::json FROM ${from}`, counting) : undefined;
    const rows = typeof count === "number" ? { count, exact: true } : table.rows;
    const texts = table.columns.filter(({ kind }) => kind === "text");
    let columns = table.columns;
    if (samples && texts.length > 0 && rows !== undefined && rows.count <= SAMPLED_ROWS) {
      const parts = texts.map(({ name }) => {
        const distinct = `SELECT DISTINCT ${quoted(name)}::text AS v FROM ${from} WHERE ${quoted(name)} IS NOT NULL LIMIT ${MAX_SAMPLES + 1}`;
        return `${literal(name)}, (SELECT COALESCE(json_agg(v ORDER BY v), '[]') FROM (${distinct}) d)`;
      });
      // A function takes a hundred arguments.
      const sets: string[] = [];
      for (let at = 0; at < parts.length; at += 40)
        sets.push(`json_build_object(${parts.slice(at, at + 40).join(", ")})`);
      const found = await within(`SELECT json_build_array(${sets.join(", ")})`, sampling);
      const listed = v.safeParse(v.array(v.record(v.string(), v.array(v.unknown()))), found);
      const all = listed.success ? (Object.assign({}, ...listed.output) as Record<string, unknown[]>) : {};
      columns = table.columns.map((column) => {
        const values = samplesOf(all[column.name] ?? []);
        return values === undefined ? column : { ...column, samples: values };
      });
    }
    tables.push({ ...table, columns, ...(rows === undefined ? {} : { rows }) });
  }
  return { ...schema, tables };
}
