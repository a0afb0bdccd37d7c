import type { ValueHit } from "../database";
import type { DatabaseSchema, TableSchema } from "../schema";
import type { Lexicon } from "./lexicon";
import { tellingWords } from "./words";

/** A word of a table's name says more than one of a column's, a value that stands in the question most of all. */
const WEIGHTS = { table: 3, column: 1, said: 0.5, value: 4 };

/**
 * The tables a question may need, best first: those that share words with it or hold values of it, then those that join
 * them, then the others. Nothing is left out here: the caller takes as many as fit, so that a table is only missed where
 * there is no room for it.
 */
export function byRelevance(
  { tables }: Pick<DatabaseSchema, "tables">,
  question: string,
  hits: readonly ValueHit[],
  lexicon: Lexicon,
): TableSchema[] {
  const asked = new Set(tellingWords(question));
  const scores = new Map(tables.map((table) => [table, score(table, asked, hits, lexicon)]));
  const scored = (table: TableSchema): number => scores.get(table) ?? 0;
  // The sort is stable: of equals the one that comes first in the database comes first.
  const ranked = tables.filter((table) => scored(table) > 0).toSorted((a, b) => scored(b) - scored(a));
  const chosen = new Set<TableSchema>();
  for (const table of ranked) {
    for (const between of path(tables, chosen, table)) chosen.add(between);
    chosen.add(table);
  }
  for (const table of tables) if (isNeighbour(table, chosen)) chosen.add(table);
  return [...chosen, ...tables.filter((table) => !chosen.has(table))];
}

/** As many of the tables, best first, as fit; in the database's order. */
export async function thatFit(
  ranked: readonly TableSchema[],
  all: readonly TableSchema[],
  fits: (tables: readonly TableSchema[]) => Promise<boolean>,
): Promise<TableSchema[]> {
  const inOrder = (count: number): TableSchema[] => {
    const kept = new Set(ranked.slice(0, count));
    return all.filter((table) => kept.has(table));
  };
  let least = 1;
  let most = ranked.length;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (await fits(inOrder(middle))) least = middle;
    else most = middle - 1;
  }
  return inOrder(least);
}

/**
 * A table without the columns that have nothing to do with the question, for one that is too wide to fit alone: keys,
 * columns that share words with the question, and then others from the first on, up to `count`.
 */
export function narrowed(
  table: TableSchema,
  question: string,
  hits: readonly ValueHit[],
  lexicon: Lexicon,
  count: number,
): TableSchema {
  const asked = new Set(tellingWords(question));
  const keys = new Set(table.foreignKeys.flatMap(({ columns }) => columns));
  const scoreOf = (column: TableSchema["columns"][number]): number =>
    (hits.some((hit) => hit.table === table.name && hit.column === column.name) ? WEIGHTS.value : 0) +
    lexicon.all(table, column).filter((word) => asked.has(word)).length +
    (column.keyPlace !== undefined || keys.has(column.name) ? 0.5 : 0);
  const kept = new Set(table.columns.toSorted((a, b) => scoreOf(b) - scoreOf(a)).slice(0, count));
  return { ...table, columns: table.columns.filter((column) => kept.has(column)) };
}

function score(table: TableSchema, asked: ReadonlySet<string>, hits: readonly ValueHit[], lexicon: Lexicon): number {
  const shared = (words: readonly string[]): number => new Set(words.filter((word) => asked.has(word))).size;
  const names = lexicon.names(table);
  const columns = table.columns.flatMap((column) => lexicon.names(table, column));
  const said = [table, ...table.columns].flatMap((thing) =>
    thing === table
      ? lexicon.all(table)
      : lexicon.all(
          table,
          table.columns.find((column) => column === thing),
        ),
  );
  return (
    WEIGHTS.table * shared(names) +
    WEIGHTS.column * shared(columns) +
    WEIGHTS.said * shared(said) +
    WEIGHTS.value * hits.filter((hit) => hit.table === table.name && hit.schema === table.schema).length
  );
}

function isNeighbour(table: TableSchema, chosen: ReadonlySet<TableSchema>): boolean {
  return [...chosen].some((other) => joined(table, other));
}

function joined(one: TableSchema, other: TableSchema): boolean {
  const points = (from: TableSchema, to: TableSchema): boolean =>
    from.foreignKeys.some(({ toTable }) => toTable === to.name);
  return points(one, other) || points(other, one);
}

/** Tables on a shortest way by foreign keys from what is chosen to a table; none where there is no way. */
function path(tables: readonly TableSchema[], chosen: ReadonlySet<TableSchema>, end: TableSchema): TableSchema[] {
  if (chosen.size === 0 || chosen.has(end)) return [];
  const cameFrom = new Map<TableSchema, TableSchema | undefined>([...chosen].map((table) => [table, undefined]));
  // A map yields what is added while it is walked: breadth first.
  for (const [table] of cameFrom) {
    if (table === end) break;
    for (const other of tables) if (!cameFrom.has(other) && joined(table, other)) cameFrom.set(other, table);
  }
  const way: TableSchema[] = [];
  for (let table = cameFrom.get(end); table !== undefined && !chosen.has(table); table = cameFrom.get(table))
    way.push(table);
  return way;
}
