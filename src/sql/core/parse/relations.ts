import type { DatabaseEngine } from "../schema";
import { tableFunctions } from "./functionNames";
import { forbidden } from "./refused";
import type { Name } from "./tree";

/** Tables of the systems' own that tell of tables, columns and keys, and of nothing else. */
const informationSchema = new Set(
  (
    "tables columns views schemata key_column_usage table_constraints referential_constraints check_constraints " +
    "constraint_column_usage constraint_table_usage statistics character_sets collations"
  ).split(" "),
);
const pgCatalog = new Set(
  (
    "pg_attribute pg_class pg_collation pg_constraint pg_description pg_enum pg_index pg_indexes pg_matviews " +
    "pg_namespace pg_tables pg_type pg_views"
  ).split(" "),
);
const sqliteOwn = new Set(
  "sqlite_schema sqlite_master sqlite_temp_schema sqlite_temp_master sqlite_sequence sqlite_stat1".split(" "),
);
const duckOwn = new Set(
  "duckdb_columns duckdb_constraints duckdb_indexes duckdb_schemas duckdb_tables duckdb_types duckdb_views".split(" "),
);

/** SQLite's tables that no CREATE made: modules that are tables by their own name. */
const sqliteModules =
  /^(?:pragma_.*|dbstat|sqlite_.*|fts[345].*|json_each|json_tree|generate_series|bytecode|tables_used|csv|fsdir|zipfile|completion|carray|rtree.*|geopoly.*)$/;

/** What DuckDB takes for a file, or a place on the network, where no table has the name. */
const fileName =
  /[/\\:*?[\]]|\.(?:csv|tsv|txt|parquet|pq|json|jsonl|ndjson|xlsx|avro|db|duckdb|sqlite|arrow|ipc|gz|zst|bz2)$/i;

/** Whether a name belongs to the system: of those, a few may be read and none may be changed. */
export function isSystemTable(engine: DatabaseEngine, schema: string | undefined, table: string): boolean {
  switch (engine) {
    case "sqlite":
      return table.startsWith("sqlite_") || sqliteModules.test(table);
    case "postgres":
      return schema === undefined
        ? table.startsWith("pg_")
        : schema === "information_schema" || schema.startsWith("pg_");
    case "duckdb":
      return (
        schema === "information_schema" ||
        schema === "pg_catalog" ||
        (schema === undefined &&
          (table.startsWith("duckdb_") || table.startsWith("pragma_") || table.startsWith("pg_"))) ||
        table.startsWith("sqlite_")
      );
    case "mysql":
    case "mariadb":
      return ["information_schema", "mysql", "performance_schema", "sys"].includes(schema ?? "");
  }
}

function readable(engine: DatabaseEngine, schema: string | undefined, table: string): boolean {
  if (schema === "information_schema") return informationSchema.has(table);
  switch (engine) {
    case "sqlite":
      return sqliteOwn.has(table);
    case "postgres":
      return (schema === undefined || schema === "pg_catalog") && pgCatalog.has(table);
    case "duckdb":
      return schema === undefined && duckOwn.has(table);
    case "mysql":
    case "mariadb":
      return false;
  }
}

/** Throws Refused where a name in FROM may stand for something else than a table of the database. */
export function checkTable(engine: DatabaseEngine, name: readonly Name[], use: "read" | "write" = "read"): void {
  const written = name.map((part) => part.text).join(".");
  if (name.length > (engine === "duckdb" || engine === "postgres" ? 3 : 2))
    throw forbidden(`The name ${written} has too many parts.`);
  const schema = name.at(-2)?.text.toLowerCase();
  const table = name.at(-1)?.text.toLowerCase() ?? "";
  const system = isSystemTable(engine, schema, table);
  if (system && (use === "write" || !readable(engine, schema, table)))
    throw forbidden(
      use === "write"
        ? `${written} belongs to the database system itself.`
        : `${written} belongs to the database system, and is not one of its tables that may be read.`,
    );
}

/** Whether a name that no table has would be opened as a file. */
export const isFileName = (engine: DatabaseEngine, name: readonly Name[]): boolean =>
  engine === "duckdb" && fileName.test(name.map((part) => part.text).join("."));

/** Throws Refused, naming the function, where it is not among the table functions that only compute. */
export function checkTableFunction(engine: DatabaseEngine, name: readonly Name[]): void {
  const written = name.map((part) => part.text).join(".");
  const own = name.length === 1 || (engine === "postgres" && name.length === 2 && name[0]?.text === "pg_catalog");
  if (!own || !tableFunctions[engine].has(name.at(-1)?.text.toLowerCase() ?? ""))
    throw forbidden(`The function ${written} is not among those that may stand in FROM.`);
}
