import type { TableSchema } from "../schema";

/** Words that SQLite takes for no name without quotes: of all its keywords those that failed when they were tried. */
const reserved = new Set(
  `ADD ALL ALTER AND AS AUTOINCREMENT BETWEEN CASE CAST CHECK COLLATE COMMIT CONSTRAINT CREATE CURRENT_DATE CURRENT_TIME
  CURRENT_TIMESTAMP DEFAULT DEFERRABLE DELETE DISTINCT DROP ELSE ESCAPE EXCEPT EXISTS FOREIGN FROM GROUP HAVING IN INDEX
  INSERT INTERSECT INTO IS ISNULL JOIN LEFT LIMIT NOT NOTHING NOTNULL NULL ON OR ORDER PRIMARY RAISE REFERENCES RETURNING
  SELECT SET TABLE THEN TO TRANSACTION UNION UNIQUE UPDATE USING VALUES WHEN WHERE`.split(/\s+/),
);

/** A name as SQLite is to read it: in double quotes only where it needs them. */
export function writtenName(name: string): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !reserved.has(name.toUpperCase());
  return plain ? name : `"${name.replaceAll('"', '""')}"`;
}

/** A text as SQL writes it. */
export function writtenText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Whether a name can stand in a prompt and in a statement at all: one line, no more than a name is long. */
export function isWritable(name: string): boolean {
  return name !== "" && name.length <= 200 && !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
}

/** How a table is told apart from others: by its name, and by its namespace where two have one name. */
export function tableKey({ schema, name }: Pick<TableSchema, "schema" | "name">): string {
  return schema === undefined ? name : `${schema}.${name}`;
}
