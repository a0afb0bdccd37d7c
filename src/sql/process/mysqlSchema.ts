import type { ColumnSchema, DatabaseSchema, ForeignKey, IndexSchema, TableSchema } from "../core/schema";
import { kindOfType } from "../core/valueKinds";
import { Budget, MAX_SAMPLES, samplesOf, times } from "./driver";
import { grouped } from "./grouped";
import { isSlowOrHidden } from "./serverValues";

/** Tables with more rows, by the server's own estimate, are not counted, or not read for samples. */
const COUNTED_ROWS = 100_000;
const SAMPLED_ROWS = 1_000_000;

/** A name in backticks. */
export function backticked(name: string): string {
  return `\`${name.replaceAll("`", "``")}\``;
}

/** The table with its database, in backticks. */
export function mysqlName({ schema, name }: Pick<TableSchema, "schema" | "name">): string {
  return `${schema === undefined ? "" : `${backticked(schema)}.`}${backticked(name)}`;
}

type Ask = (sql: string) => Promise<readonly (readonly string[])[]>;

/** Reads what a server's database holds; of a connection without one, all that the user sees. */
export async function readMysqlSchema(ask: Ask, engine: "mysql" | "mariadb", version: string): Promise<DatabaseSchema> {
  const [[chosen = ""] = []] = await ask("SELECT DATABASE()");
  const here =
    chosen === ""
      ? "table_schema NOT IN ('mysql', 'sys', 'information_schema', 'performance_schema')"
      : "table_schema = DATABASE()";
  const key = ([schema, table]: readonly string[]): string => JSON.stringify([schema, table]);
  const from = (what: string, catalogue: string, more = ""): string =>
    `SELECT table_schema, table_name, ${what} FROM information_schema.${catalogue} WHERE ${here} ${more}`;
  const tables = await ask(
    from(
      "table_type, COALESCE(table_rows, ''), table_comment",
      "tables",
      "ORDER BY table_schema, create_time, table_name",
    ),
  );
  const columns = grouped(
    await ask(from("column_name, column_type, is_nullable, column_comment", "columns", "ORDER BY ordinal_position")),
    key,
  );
  const keys = grouped(
    await ask(
      from(
        "constraint_name, column_name, COALESCE(referenced_table_schema, ''), COALESCE(referenced_table_name, ''), COALESCE(referenced_column_name, '')",
        "key_column_usage",
        "ORDER BY constraint_name, ordinal_position",
      ),
    ),
    key,
  );
  const indexes = grouped(
    await ask(
      from(
        "index_name, non_unique, COALESCE(column_name, '')",
        "statistics",
        "AND index_name <> 'PRIMARY' ORDER BY index_name, seq_in_index",
      ),
    ),
    key,
  );
  return {
    engine,
    version: /^[\d.]+/.exec(version)?.[0] ?? version,
    ...(chosen === "" ? {} : { defaultSchema: chosen }),
    tables: tables.map(([schema = "", name = "", type = "", rows = "", comment = ""]) => {
      const own = keys.get(key([schema, name])) ?? [];
      const primary = own.filter(([, , constraint]) => constraint === "PRIMARY").map(([, , , column = ""]) => column);
      const view = type.includes("VIEW");
      return {
        ...{ schema, name, kind: view ? ("view" as const) : ("table" as const) },
        columns: (columns.get(key([schema, name])) ?? []).map((row) => toColumn(row, primary)),
        foreignKeys: toForeignKeys(own),
        indexes: toIndexes(indexes.get(key([schema, name])) ?? []),
        ...(view || rows === "" ? {} : { rows: { count: Number(rows), exact: false } }),
        // A view's comment is the word VIEW.
        ...(view || comment === "" ? {} : { comment }),
      };
    }),
  };
}

function toColumn(
  [, , name = "", type = "", nullable = "", comment = ""]: readonly string[],
  primary: readonly string[],
): ColumnSchema {
  const place = primary.indexOf(name) + 1;
  return {
    name,
    type,
    kind: kindOfType(type),
    nullable: nullable === "YES",
    ...(place > 0 ? { keyPlace: place } : {}),
    ...(comment === "" ? {} : { comment }),
  };
}

function toForeignKeys(rows: readonly (readonly string[])[]): ForeignKey[] {
  const references = rows.filter(([, , , , , toTable]) => toTable !== "");
  return [...grouped(references, ([, , constraint]) => constraint).values()].map((parts) => {
    const [, , , , toSchema = "", toTable = ""] = parts[0] ?? [];
    return {
      columns: parts.map(([, , , column = ""]) => column),
      ...{ toSchema, toTable },
      toColumns: parts.map(([, , , , , , column = ""]) => column),
    };
  });
}

function toIndexes(rows: readonly (readonly string[])[]): IndexSchema[] {
  return [...grouped(rows, ([, , name = ""]) => name)].map(([name, parts]) => ({
    name,
    unique: parts[0]?.[3] === "0",
    columns: parts.map(([, , , , column]) => (column === "" || column === undefined ? "(expression)" : column)),
  }));
}

/**
 * Counts what is small, and reads samples where they may be read; as far as time allows.
 * @param ask a statement of ours, within so many ms.
 */
export async function withMysqlValues(
  schema: DatabaseSchema,
  samples: boolean,
  ask: (sql: string, ms: number) => Promise<readonly (readonly string[])[]>,
): Promise<DatabaseSchema> {
  const counting = new Budget(times.counts);
  const sampling = new Budget(times.samples);
  const within = async (sql: string, budget: Budget): Promise<readonly (readonly string[])[] | undefined> => {
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
    if (table.rows === undefined || table.rows.count > SAMPLED_ROWS) {
      tables.push(table);
      continue;
    }
    const small = table.rows.count <= COUNTED_ROWS;
    const counted = small ? await within(`SELECT COUNT(*) FROM ${mysqlName(table)}`, counting) : undefined;
    const count = counted?.[0]?.[0];
    const texts = samples ? table.columns.filter(({ kind }) => kind === "text") : [];
    const parts = texts.map(({ name }) => {
      const column = backticked(name);
      return `(SELECT ${texts.findIndex((text) => text.name === name)}, CONVERT(v USING utf8mb4) FROM (SELECT DISTINCT ${column} AS v FROM ${mysqlName(table)} WHERE ${column} IS NOT NULL LIMIT ${MAX_SAMPLES + 1}) d)`;
    });
    const found = parts.length === 0 ? undefined : await within(parts.join(" UNION ALL "), sampling);
    const values = grouped(found ?? [], ([at]) => texts[Number(at)]?.name);
    tables.push({
      ...table,
      columns: table.columns.map((column) => {
        const of = samplesOf((values.get(column.name) ?? []).map(([, value]) => value).sort());
        return of === undefined ? column : { ...column, samples: of };
      }),
      ...(count === undefined ? {} : { rows: { count: Number(count), exact: true } }),
    });
  }
  return { ...schema, tables };
}
