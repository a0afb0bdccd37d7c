import type { UsedColumn } from "../gate";
import type { DatabaseEngine, DatabaseSchema, TableSchema } from "../schema";
import type { Name } from "./tree";

/** A column that a source offers, and the column of the database behind it, where it is one. */
export interface OfferedColumn {
  readonly name: string;
  readonly origin?: UsedColumn;
}

/** Something in FROM. Without columns it is one whose columns nobody knows here, and any name is taken to be right. */
export interface Source {
  readonly name?: string;
  readonly schema?: string;
  readonly columns: readonly OfferedColumn[] | undefined;
  readonly table?: TableSchema;
}

export type Outputs = readonly OfferedColumn[] | undefined;

/** Common tables that are known at a place, the innermost first. */
export interface KnownTables {
  readonly name: string;
  readonly columns: Outputs;
  readonly outer: KnownTables | undefined;
}

/** The sources that a name may come from, and those around them. */
export interface Scope {
  readonly sources: Source[];
  readonly outer: Scope | undefined;
  /** Names of the SELECT's own columns, where the engine lets them be used. */
  aliases: readonly OfferedColumn[];
  /** Parameters of lambdas. */
  readonly parameters: readonly string[];
}

export const scopeWithin = (outer: Scope | undefined, parameters: readonly string[] = []): Scope => ({
  sources: [],
  outer,
  aliases: [],
  parameters,
});

/** How an engine compares a name of a statement with one of its catalogue. */
export function sameName(engine: DatabaseEngine, written: Name, known: string): boolean {
  if (engine !== "postgres") return written.text.toLowerCase() === known.toLowerCase();
  return (written.quoted ? written.text : written.text.toLowerCase()) === known;
}

/** The name as the engine knows it: PostgreSQL folds what is not quoted. */
export const foldedName = (engine: DatabaseEngine, name: Name): string =>
  engine === "postgres" && !name.quoted ? name.text.toLowerCase() : name.text;

/** Columns that every table has without any catalogue telling of them. */
const hidden: Readonly<Record<DatabaseEngine, readonly string[]>> = {
  sqlite: ["rowid", "oid", "_rowid_"],
  duckdb: ["rowid"],
  postgres: ["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"],
  mysql: [],
  mariadb: [],
};

/** Words that are values by themselves, where no column has the name. */
const constants: ReadonlySet<string> = new Set(
  (
    "current_date current_time current_timestamp localtime localtimestamp current_user session_user user current_role " +
    "current_catalog current_schema true false default"
  ).split(" "),
);

export const isConstant = (name: Name): boolean => !name.quoted && constants.has(name.text.toLowerCase());

export function findColumn(engine: DatabaseEngine, source: Source, name: Name): OfferedColumn | "any" | undefined {
  if (source.columns === undefined) return "any";
  const found = source.columns.find((column) => sameName(engine, name, column.name));
  if (found !== undefined) return found;
  return source.table?.kind === "table" && hidden[engine].includes(name.text.toLowerCase())
    ? { name: name.text }
    : undefined;
}

/** The table that a name stands for, in its own schema or in the one where names are looked for. */
export function findTable(schema: DatabaseSchema, name: readonly Name[]): TableSchema | undefined {
  const [table, space] = [name.at(-1), name.at(-2)];
  if (table === undefined) return undefined;
  const { engine } = schema;
  const named = schema.tables.filter((one) => sameName(engine, table, one.name));
  if (space !== undefined) {
    const mains = engine === "sqlite" ? ["main"] : [];
    return named.find((one) =>
      one.schema === undefined
        ? mains.some((main) => sameName(engine, space, main))
        : sameName(engine, space, one.schema),
    );
  }
  const exact = named.filter((one) => one.name === table.text);
  const candidates = exact.length > 0 ? exact : named;
  return (
    candidates.find((one) => one.schema === undefined || one.schema === schema.defaultSchema) ??
    // Without a schema where names are looked for, the engine has a search path of its own.
    (schema.defaultSchema === undefined ? candidates[0] : undefined)
  );
}

export const originOf = (table: TableSchema, column: string): UsedColumn => ({
  ...(table.schema === undefined ? {} : { schema: table.schema }),
  table: table.name,
  column,
});
