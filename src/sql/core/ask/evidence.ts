import type { Cell, QueryResult, ValueHit } from "../database";
import type { DatabaseSchema } from "../schema";
import { tellingWords, wordsOf } from "./words";

/** What is known of a candidate when it is compared with others. */
export interface Candidate {
  /** In SQLite's dialect, as the model wrote it. */
  readonly sql: string;
  readonly logProbability: number;
  /** Absent: it was not run. */
  readonly result?: Pick<QueryResult, "rows">;
}

export interface Asked {
  readonly question: string;
  readonly hits: readonly ValueHit[];
  readonly schema: DatabaseSchema;
}

/** What speaks for or against a candidate, by name; most are 0 or 1, and 0 says nothing. */
export type Evidence = Readonly<Record<string, number>>;

const aggregate = /\b(?:COUNT|SUM|AVG|MIN|MAX)\(/;
const asks = {
  count: /\b(?:how many|number|count|total number|amount of)\b/i,
  average: /\b(?:average|mean|avg)\b/i,
  sum: /\b(?:total|sum|overall|altogether|combined)\b/i,
  most: /\b(?:most|least|fewest|highest|lowest|largest|smallest|biggest|maximum|minimum|max|min|top|best|worst|newest|oldest|youngest|longest|shortest|latest|earliest|greatest|cheapest|first|last)\b/i,
  maximum: /\b(?:maximum|max|highest|largest|greatest|latest|oldest|biggest)\b/i,
  minimum: /\b(?:minimum|min|lowest|smallest|earliest|youngest|shortest|least)\b/i,
  negation: /\b(?:not|no|never|without|except|neither|nor|none|exclud\w*|other than)\b|n't\b/i,
  distinct: /\b(?:different|distinct|unique)\b/i,
  each: /\b(?:each|every|per|respective|by)\b/i,
  order:
    /\b(?:order|ordered|sort|sorted|alphabetical\w*|ascending|descending|asc|desc|increasing|decreasing|rank\w*)\b/i,
  several: /\b(?:more than|at least|less than|fewer than|over|under|above|below|exceed\w*|greater|least)\b/i,
  everything: /\b(?:all (?:the )?(?:information|info|details|data|columns)|everything)\b/i,
  both: /\bboth\b/i,
};
const numberWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** What a statement says, as far as it takes no parser to see. */
interface Seen {
  readonly bare: string;
  readonly tables: readonly string[];
  readonly columns: readonly string[];
  readonly selected: readonly string[];
  readonly compared: readonly { readonly column: string; readonly text: string }[];
  readonly numbers: readonly string[];
  readonly idleJoins: number;
}

export function evidenceOf(candidate: Candidate, asked: Asked): Evidence {
  const { question, hits } = asked;
  const seen = see(candidate.sql, asked.schema);
  const { bare } = seen;
  const has = (pattern: RegExp): boolean => pattern.test(bare);
  const rows = candidate.result?.rows;
  const values = [...new Set(hits.map(({ value }) => value.toLowerCase()))];
  const outermost = values.filter((value) => !values.some((other) => other !== value && other.includes(value)));
  const used = new Set(seen.compared.map(({ text }) => text.replaceAll("%", "").toLowerCase()));
  const missed = outermost.filter((value) => ![...used].some((text) => text.includes(value) || value.includes(text)));
  const names = naming(seen, asked);
  const flag = (one: boolean): number => (one ? 1 : 0);
  const either = (asksFor: boolean, does: boolean): number => flag(asksFor && !does);
  const numbers = numbersOf(question, hits);
  return {
    logProbability: candidate.logProbability,
    empty: flag(rows?.length === 0),
    nothing: flag(rows?.length === 1 && (rows[0] ?? []).every(isNothing)),
    missedValues: outermost.length === 0 ? 0 : missed.length / outermost.length,
    inventedTexts: seen.compared.filter(
      ({ text }) => !question.toLowerCase().includes(text.replaceAll("%", "").toLowerCase()),
    ).length,
    idleJoins: seen.idleJoins,
    joins: (bare.match(/\bJOIN\b/g) ?? []).length,
    oddAggregates: oddAggregates(bare, asked.schema),
    uncovered: names.uncovered,
    unasked: names.unasked,
    unaskedSelected: names.unaskedSelected,
    unaskedTables: names.unaskedTables,
    noCount: either(asks.count.test(question), has(/\bCOUNT\(/)),
    count: flag(
      has(/\bCOUNT\(/) && !asks.count.test(question) && !asks.most.test(question) && !asks.several.test(question),
    ),
    noAverage: either(asks.average.test(question), has(/\bAVG\(/)),
    average: flag(has(/\bAVG\(/) && !asks.average.test(question)),
    noSum: either(asks.sum.test(question), has(/\bSUM\(/)),
    sum: flag(has(/\bSUM\(/) && !asks.sum.test(question)),
    noMost: either(asks.most.test(question), has(/\b(?:LIMIT|MAX\(|MIN\()/)),
    most: flag(has(/\b(?:LIMIT|MAX\(|MIN\()/) && !asks.most.test(question)),
    wrongEnd: flag(
      (asks.maximum.test(question) && !asks.minimum.test(question) && has(/\bMIN\(/) && !has(/\bMAX\(/)) ||
        (asks.minimum.test(question) && !asks.maximum.test(question) && has(/\bMAX\(/) && !has(/\bMIN\(/)),
    ),
    noNegation: either(asks.negation.test(question), has(/\b(?:NOT|EXCEPT)\b|!=|<>/)),
    negation: flag(has(/\b(?:NOT|EXCEPT)\b|!=|<>/) && !asks.negation.test(question)),
    noDistinct: either(asks.distinct.test(question), has(/\bDISTINCT\b/)),
    distinct: flag(has(/\bDISTINCT\b/) && !asks.distinct.test(question)),
    noGroup: either(asks.each.test(question), has(/\bGROUP BY\b/)),
    group: flag(
      has(/\bGROUP BY\b/) && !asks.each.test(question) && !asks.most.test(question) && !asks.several.test(question),
    ),
    noOrder: either(asks.order.test(question), has(/\bORDER BY\b/)),
    order: flag(has(/\bORDER BY\b/) && !asks.order.test(question) && !asks.most.test(question)),
    missedNumbers: numbers.filter((number) => !seen.numbers.includes(number)).length,
    inventedNumbers: seen.numbers.filter((number) => number !== "1" && !numbers.includes(number)).length,
    star: flag(bare.includes("SELECT *") && !asks.everything.test(question)),
    askedBack: seen.compared.filter(({ column, text }) => !text.includes("%") && seen.selected.includes(column)).length,
    compound: flag(has(/\b(?:INTERSECT|UNION|EXCEPT)\b/)),
    nested: flag(has(/\(SELECT\b/)),
    selected: seen.selected.length,
    noBoth: either(asks.both.test(question), has(/\bINTERSECT\b/)),
    length: bare.length / 100,
    // A name selected beside an aggregate says something only where there are groups.
    loose: flag(
      /SELECT (?=[^()]*(?:COUNT|SUM|AVG|MIN|MAX)\()(?=.*?,).*? FROM/.test(bare) &&
        aggregate.test(bare) &&
        !has(/\bGROUP BY\b/) &&
        selectedBare(bare),
    ),
    twice: flag(new Set(seen.selected).size < seen.selected.length),
  };
}

function selectedBare(bare: string): boolean {
  const [, list = ""] = /^SELECT (?:DISTINCT )?(.*?) FROM/.exec(bare) ?? [];
  const items = list.split(", ");
  return items.some((item) => aggregate.test(item)) && items.some((item) => !aggregate.test(item));
}

function isNothing(cell: Cell): boolean {
  return cell === null || cell === 0;
}

function see(sql: string, schema: DatabaseSchema): Seen {
  const compared: { column: string; text: string }[] = [];
  const name = String.raw`(?:(?:"[^"]+"|\w+)\.)?("[^"]+"|\w+)`;
  for (const [, column = "", text = ""] of sql.matchAll(
    new RegExp(String.raw`${name} (?:=|!=|<>|<=|>=|<|>|LIKE|NOT LIKE) '((?:[^']|'')*)'`, "g"),
  ))
    compared.push({ column: plain(column), text: text.replaceAll("''", "'") });
  const bare = sql.replaceAll(/'(?:[^']|'')*'/g, "''");
  const tables = [...bare.matchAll(/\b(?:FROM|JOIN) ("[^"]+"|\w+)/g)].map(([, table = ""]) => plain(table));
  const known = new Set(schema.tables.flatMap((table) => table.columns.map((column) => column.name.toLowerCase())));
  const withoutJoints = bare.replaceAll(/ ON \S+ = \S+(?: AND \S+\.\S+ = \S+\.\S+)*/g, "");
  const columnsIn = (text: string): string[] =>
    [...text.matchAll(/"[^"]+"|\w+/g)].map(([word]) => plain(word)).filter((word) => known.has(word.toLowerCase()));
  const [, list = ""] = /^SELECT (.*?) FROM/.exec(bare) ?? [];
  return {
    bare,
    tables,
    columns: columnsIn(
      withoutJoints.replaceAll(/\b(?:FROM|JOIN) (?:"[^"]+"|\w+)/g, "").replaceAll(/(?:"[^"]+"|\w+)\./g, ""),
    ),
    selected: columnsIn(list.replaceAll(/(?:"[^"]+"|\w+)\./g, "")),
    compared,
    numbers: [...bare.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map(([number]) => number),
    idleJoins:
      tables.length < 2
        ? 0
        : tables.filter(
            (table) =>
              !withoutJoints.includes(`${table}.`) &&
              !withoutJoints.includes(`"${table}".`) &&
              bare.includes(`JOIN ${table} ON`),
          ).length,
  };
}

function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}

/** SUM and AVG of what is no quantity: keys and texts. */
function oddAggregates(bare: string, { tables }: DatabaseSchema): number {
  let odd = 0;
  for (const [, name = ""] of bare.matchAll(/\b(?:SUM|AVG)\((?:DISTINCT )?(?:(?:"[^"]+"|\w+)\.)?("[^"]+"|\w+)\)/g)) {
    const columns = tables.flatMap((table) =>
      table.columns.filter((column) => column.name === plain(name)).map((column) => ({ table, column })),
    );
    if (columns.every(({ table, column }) => isKey(table, column.name) || column.kind === "text")) odd++;
  }
  return odd;
}

function isKey(table: DatabaseSchema["tables"][number], name: string): boolean {
  const column = table.columns.find((one) => one.name === name);
  return (
    column?.keyPlace !== undefined ||
    table.foreignKeys.some(({ columns }) => columns.includes(name)) ||
    /(^|_)id$|[a-z]ID$|Id$/i.test(name)
  );
}

function numbersOf(question: string, hits: readonly ValueHit[]): string[] {
  let text = question.toLowerCase();
  for (const { value } of hits) text = text.replaceAll(value.toLowerCase(), " ");
  const digits = [...text.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?!\w)/g)].map(([number]) => number);
  const words = text.split(/\W+/).flatMap((word) => {
    const value = numberWords.indexOf(word);
    return value > 1 ? [String(value)] : [];
  });
  return [...digits, ...words];
}

/** How the names used and the words of the question agree. */
function naming(
  { tables, columns, selected }: Seen,
  { question, hits, schema }: Asked,
): {
  readonly uncovered: number;
  readonly unasked: number;
  readonly unaskedSelected: number;
  readonly unaskedTables: number;
} {
  let text = question;
  for (const { value } of hits) text = text.replaceAll(value, " ");
  const asked = new Set(tellingWords(text));
  const vocabulary = new Set(
    schema.tables.flatMap((table) => [
      ...wordsOf(table.name),
      ...table.columns.flatMap((column) => wordsOf(column.name)),
    ]),
  );
  const said = new Set([...tables, ...columns].flatMap(wordsOf));
  const relevant = [...asked].filter((word) => vocabulary.has(word));
  const share = (names: readonly string[]): number =>
    names.length === 0
      ? 0
      : names.filter((name) => !wordsOf(name).some((word) => asked.has(word))).length / names.length;
  return {
    uncovered: relevant.length === 0 ? 0 : relevant.filter((word) => !said.has(word)).length / relevant.length,
    unasked: share([...new Set(columns)]),
    unaskedSelected: share([...new Set(selected)]),
    unaskedTables: share([...new Set(tables)]),
  };
}
