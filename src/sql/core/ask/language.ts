import type { SqlLanguage } from "../../../engine/core/sqlLanguage";
import type { ValueHit } from "../database";
import type { DatabaseSchema } from "../schema";
import { isWritable, writtenName } from "./writtenNames";

/** Values of a column that has no more of them are known to the model. */
const MOST_LISTED = 50;

/** The statements that may be written over these tables, for a question in which these values stand. */
export function languageOf(
  { tables }: Pick<DatabaseSchema, "tables">,
  question: string,
  hits: readonly ValueHit[],
): SqlLanguage {
  const listed = tables.flatMap(({ name: table, columns }) =>
    columns.flatMap(({ name: column, samples = [] }) =>
      samples.length > MOST_LISTED ? [] : samples.map((value) => ({ table, column, value })),
    ),
  );
  return {
    texts: {
      question,
      values: [...listed, ...hits].map(({ table, column, value }) => ({
        ...{ table: writtenName(table), column: writtenName(column), value },
      })),
    },
    tables: tables.map(({ name, columns }) => ({
      name: writtenName(name),
      columns: columns.flatMap((column) => (isWritable(column.name) ? [writtenName(column.name)] : [])),
    })),
    joins: tables.flatMap(({ name, foreignKeys }) =>
      foreignKeys.flatMap(({ columns, toTable, toColumns }) =>
        columns.map((column, index) => ({
          ...{ table: writtenName(name), column: writtenName(column) },
          ...{ toTable: writtenName(toTable), toColumn: writtenName(toColumns[index] ?? column) },
        })),
      ),
    ),
  };
}
