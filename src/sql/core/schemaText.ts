import type { ConnectionProfile } from "./connection";
import { noteKey, quotedName, tableName } from "./names";
import type { ColumnSchema, DatabaseSchema, TableSchema } from "./schema";

type Notes = ConnectionProfile["notes"];

export interface SchemaText {
  readonly text: string;
  /** Tables for which there was no room. */
  readonly left: number;
}

/**
 * A schema as DDL for a model or a person to read; what is said of tables and columns stands in comments. Everything in
 * it is data of the database, on lines that no name or note can end.
 * @param room in UTF-16 units; tables that do not fit are left out whole, and counted.
 */
export function schemaText(schema: DatabaseSchema, notes: Notes, room: number): SchemaText {
  const parts: string[] = [];
  let length = 0;
  let left = 0;
  for (const table of schema.tables) {
    const text = tableText(table, schema, notes);
    if (length + text.length + 1 > room) {
      left++;
      continue;
    }
    length += text.length + 1;
    parts.push(text);
  }
  return { text: parts.join("\n"), left };
}

/** One table, a line a column. */
export function tableText(table: TableSchema, schema: DatabaseSchema, notes: Notes): string {
  const head = comment([table.comment, ...said(notes[noteKey(table, schema)])]);
  const keys = table.columns
    .filter(({ keyPlace }) => keyPlace !== undefined)
    .sort((a, b) => (a.keyPlace ?? 0) - (b.keyPlace ?? 0));
  const name = (one: string): string => oneLine(quotedName(one, schema.engine));
  const lines = [
    ...table.columns.map((column) => ({
      code: columnText(column, schema, keys.length === 1),
      remark: comment([
        column.comment,
        ...said(notes[noteKey(table, schema, column.name)]),
        column.samples === undefined || column.samples.length === 0
          ? undefined
          : `values: ${column.samples.map((value) => `'${value.replaceAll("'", "''")}'`).join(", ")}`,
      ]),
    })),
    ...(keys.length > 1 ? [{ code: `PRIMARY KEY (${keys.map((key) => name(key.name)).join(", ")})`, remark: "" }] : []),
    ...table.foreignKeys.map(({ columns, toSchema, toTable, toColumns }) => {
      const target = tableName({ name: toTable, ...(toSchema === undefined ? {} : { schema: toSchema }) }, schema);
      return {
        code: `FOREIGN KEY (${columns.map(name).join(", ")}) REFERENCES ${oneLine(target)} (${toColumns.map(name).join(", ")})`,
        remark: "",
      };
    }),
  ];
  const body = lines.map(
    ({ code, remark }, at) => `  ${code}${at < lines.length - 1 ? "," : ""}${remark === "" ? "" : ` ${remark}`}`,
  );
  const what = table.kind === "view" ? "CREATE VIEW" : "CREATE TABLE";
  return [`${what} ${oneLine(tableName(table, schema))} (${head === "" ? "" : ` ${head}`}`, ...body, ");", ""].join(
    "\n",
  );
}

function columnText({ name, type, nullable, keyPlace }: ColumnSchema, schema: DatabaseSchema, isKey: boolean): string {
  return [
    oneLine(quotedName(name, schema.engine)),
    oneLine(type),
    keyPlace !== undefined && isKey ? "PRIMARY KEY" : nullable ? "" : "NOT NULL",
  ]
    .filter((part) => part !== "")
    .join(" ");
}

function said(note: Notes[string] | undefined): (string | undefined)[] {
  const synonyms = note?.synonyms ?? [];
  return [note?.note, synonyms.length === 0 ? undefined : `also called: ${synonyms.join(", ")}`];
}

function comment(parts: readonly (string | undefined)[]): string {
  const text = parts.filter((part) => part !== undefined && part.trim() !== "").join("; ");
  return text === "" ? "" : `-- ${oneLine(text)}`;
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}
