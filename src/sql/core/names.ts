import type { DatabaseEngine, DatabaseSchema, TableSchema } from "./schema";

/** Words that no engine takes for a name without quotes, or only one that would surprise. In lower case. */
const reserved: ReadonlySet<string> = new Set(
  (
    "all alter analyse analyze and any array as asc authorization between both by case cast check collate column " +
    "constraint create cross current_date current_time current_timestamp current_user database default deferrable " +
    "delete desc distinct div do drop else end except exists explain false fetch for foreign from full grant group " +
    "groups having if in index inner insert intersect interval into is isnull join key keys lateral leading left like " +
    "limit localtime match natural not notnull null of offset on or order outer over partition primary procedure range " +
    "read references regexp rename replace returning right rlike row rows schema select session_user set show some " +
    "symmetric table then to trailing transaction trigger true union unique update usage use user using values view " +
    "when where window with write"
  ).split(" "),
);

/** The engine's mark around names. */
export function nameQuote(engine: DatabaseEngine): '"' | "`" {
  return engine === "mysql" || engine === "mariadb" ? "`" : '"';
}

/** A name as a statement may use it: in quotes where it needs them. */
export function quotedName(name: string, engine: DatabaseEngine): string {
  const isPlain = engine === "postgres" ? /^[a-z_][a-z0-9_]*$/u : /^[A-Za-z_][A-Za-z0-9_]*$/u;
  if (isPlain.test(name) && !reserved.has(name.toLowerCase())) return name;
  const quote = nameQuote(engine);
  return `${quote}${name.replaceAll(quote, quote + quote)}${quote}`;
}

/** A table as a statement may name it: with its namespace where that is not looked in anyway. */
export function tableName(
  { schema, name }: Pick<TableSchema, "schema" | "name">,
  database: Pick<DatabaseSchema, "engine" | "defaultSchema">,
): string {
  const own = quotedName(name, database.engine);
  return schema === undefined || schema === database.defaultSchema
    ? own
    : `${quotedName(schema, database.engine)}.${own}`;
}

/** The key of a profile's notes: `table` or `table.column`, the namespace before it where it is not the usual one. */
export function noteKey(
  { schema, name }: Pick<TableSchema, "schema" | "name">,
  database: Pick<DatabaseSchema, "defaultSchema">,
  column?: string,
): string {
  const table = schema === undefined || schema === database.defaultSchema ? name : `${schema}.${name}`;
  return column === undefined ? table : `${table}.${column}`;
}
