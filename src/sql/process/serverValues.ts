import type { ValueHit } from "../core/database";
import { bestHits, standsIn } from "../core/questionValues";
import type { DatabaseSchema, TableSchema } from "../core/schema";
import { Budget, times } from "./driver";

/**
 * Looks for the question's values in a server's tables, as long as there is time; a table that takes too long is passed
 * over.
 * @param search the texts of a table's columns that may stand in the question, within so many ms.
 */
export async function findServerValues(
  schema: DatabaseSchema,
  question: string,
  limit: number,
  signal: AbortSignal,
  search: (
    table: TableSchema,
    columns: readonly string[],
    ms: number,
  ) => Promise<readonly { readonly column: string; readonly value: string }[]>,
): Promise<readonly ValueHit[]> {
  const budget = new Budget(times.findValues);
  const hits: ValueHit[] = [];
  for (const table of schema.tables) {
    const columns = table.columns.flatMap(({ name, kind }) => (kind === "text" ? [name] : []));
    if (table.kind === "view" || columns.length === 0 || budget.spent) continue;
    signal.throwIfAborted();
    try {
      for (const { column, value } of await search(table, columns, Math.min(budget.left, times.findValuesColumn))) {
        const place = { ...(table.schema === undefined ? {} : { schema: table.schema }), table: table.name };
        if (standsIn(question, value)) hits.push({ ...place, column, value });
      }
    } catch (error) {
      if (signal.aborted || !isSlowOrHidden(error)) throw error;
    }
  }
  return bestHits(hits, limit);
}

/** Whether a statement of our own failed for a reason that leaves the others unharmed. */
export function isSlowOrHidden(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    ["sql/timeout", "sql/invalid", "sql/locked"].includes(String(error.code))
  );
}
