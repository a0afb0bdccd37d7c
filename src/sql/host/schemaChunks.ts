import { quotedName, tableName } from "../core/names";
import type { DatabaseSchema, TableSchema } from "../core/schema";
import type { Connected } from "../node/connections";

/** A piece of text that a suggestion is shown before the file, as the room of the suggestions takes it. */
export interface SchemaChunk {
  readonly name: string;
  readonly uri: string;
  readonly firstLine: number;
  readonly text: string;
}

/** What of a schema a suggestion is shown: some 1,000 tokens, UTF-16 units, and as many lines as one chunk may have. */
const room = 4_000;
const mostTables = 40;

/**
 * The schema as a suggestion is shown it, a line a table in the database's own order. Where not all of it fits, the
 * tables that the file names are taken before others: the next line is likely to be about them.
 */
export function schemaChunks({ schema, profile }: Connected, fileText: string): readonly SchemaChunk[] {
  const words = new Set((fileText.match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []).map((word) => word.toLowerCase()));
  const isNamed = ({ name }: TableSchema): boolean => words.has(name.toLowerCase());
  const ranked = [...schema.tables.filter(isNamed), ...schema.tables.filter((table) => !isNamed(table))];
  const chosen = new Set<TableSchema>();
  let length = 0;
  for (const table of ranked) {
    length += tableLine(table, schema).length;
    if (length > room || chosen.size === mostTables) break;
    chosen.add(table);
  }
  const text = schema.tables
    .filter((table) => chosen.has(table))
    .map((table) => tableLine(table, schema))
    .join("");
  return text === "" ? [] : [{ name: "schema.sql", uri: `paddock-database:/${profile.id}`, firstLine: 0, text }];
}

function tableLine(table: TableSchema, schema: DatabaseSchema): string {
  const columns = table.columns.map(({ name, type }) => `${quotedName(name, schema.engine)} ${type}`.trim());
  const line = `CREATE TABLE ${tableName(table, schema)} (${columns.join(", ")});`;
  return `${line.replace(/[\s\p{Cc}]+/gu, " ")}\n`;
}
