import type { QueryResult, ValueHit } from "../database";
import type { DatabaseSchema, TableSchema } from "../schema";
import { see, type Seen } from "./seen";
import { tellingWords, wordsOf } from "./words";

/** A statement that may be the answer, when it is compared with others. */
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
  readonly schema: Pick<DatabaseSchema, "tables">;
}

/** Words of a question that ask for something of SQL. */
const asksFor = {
  count: /\b(?:how many|number|count|amount of)\b/i,
  average: /\b(?:average|mean|avg)\b/i,
  negation: /\b(?:not|no|never|without|except|neither|nor|none|exclud\w*|other than)\b|n't\b/i,
  distinct: /\b(?:different|distinct|unique)\b/i,
  atLeast: /\b(?:at least|or more|or above|minimum of|no less than|\d+ or (?:later|higher|older))\b/i,
  atMost: /\b(?:at most|or less|or fewer|or below|no more than|maximum of)\b/i,
  above:
    /\b(?:more than|over|above|greater than|higher than|larger than|older than|after|later than|exceed\w*|longer than|better than)\b/i,
  below:
    /\b(?:less than|fewer than|under|below|smaller than|lower than|younger than|before|earlier than|shorter than|cheaper than)\b/i,
};
const numberWords = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

/** What speaks for or against a candidate; 0 says nothing. Most are 0 or 1, some count or are shares. */
export function evidenceOf(candidate: Candidate, asked: Asked) {
  const { question } = asked;
  const seen = see(candidate.sql, asked.schema);
  const says = (what: keyof typeof asksFor): boolean => asksFor[what].test(question);
  const has = (sql: RegExp): boolean => sql.test(seen.bare);
  const negates = has(/\b(?:NOT|EXCEPT)\b|!=|<>/);
  return {
    logProbability: candidate.logProbability,
    // What came out of it.
    empty: flag(candidate.result?.rows.length === 0),
    // Names and numbers.
    ...namesOf(seen, asked),
    missedNumbers: missedNumbers(seen, asked),
    // Words of the question without their SQL, and SQL without its words.
    noCount: flag(says("count") && !has(/\bCOUNT\(/)),
    noAverage: flag(says("average") && !has(/\bAVG\(/)),
    noNegation: flag(says("negation") && !negates),
    negation: flag(negates && !says("negation")),
    distinct: flag(has(/\bDISTINCT\b/) && !says("distinct")),
    wrongComparison: wrongComparisons(seen.bare, says),
    // What is odd whatever was asked.
    compound: flag(has(/\b(?:INTERSECT|UNION|EXCEPT)\b/)),
    nested: flag(has(/\(SELECT\b/)),
    oddAggregates: seen.summed.filter((name) =>
      everywhere(name, asked, (table) => isKey(table, name) || isText(table, name)),
    ).length,
    oddMembership: seen.matched.filter(([one, other]) => !belong(one, other, asked)).length,
    comparedKeys: comparedKeys(seen, asked),
  };
}

export type Evidence = ReturnType<typeof evidenceOf>;

function flag(one: boolean): number {
  return one ? 1 : 0;
}

/** How the names used and the words of the question agree, as shares. */
function namesOf(
  { tables, columns, selected }: Seen,
  { question, hits, schema }: Asked,
): Record<"uncovered" | "unasked" | "unaskedSelected", number> {
  const asked = new Set(tellingWords(without(question, hits)));
  const vocabulary = new Set(
    schema.tables.flatMap((table) => [table.name, ...table.columns.map(({ name }) => name)].flatMap(wordsOf)),
  );
  const said = new Set([...tables, ...columns].flatMap(wordsOf));
  const relevant = [...asked].filter((word) => vocabulary.has(word));
  const share = <T>(all: readonly T[], of: (one: T) => boolean): number =>
    all.length === 0 ? 0 : all.filter(of).length / all.length;
  const unasked = (names: readonly string[]): number =>
    share([...new Set(names)], (name) => !wordsOf(name).some((word) => asked.has(word)));
  return {
    uncovered: share(relevant, (word) => !said.has(word)),
    unasked: unasked(columns),
    unaskedSelected: unasked(selected),
  };
}

/** Numbers of the question that the statement has not. */
function missedNumbers({ numbers }: Seen, { question, hits }: Asked): number {
  return numbersOf(without(question.toLowerCase(), hits)).filter((number) => !numbers.includes(number)).length;
}

function without(question: string, hits: readonly ValueHit[]): string {
  const lower = question.toLowerCase();
  let text = question;
  for (const { value } of hits) {
    const at = lower.indexOf(value.toLowerCase());
    if (at >= 0 && lower.length === text.length)
      text = text.slice(0, at) + " ".repeat(value.length) + text.slice(at + value.length);
  }
  return text;
}

function numbersOf(text: string): string[] {
  const digits = [...text.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?!\w)/g)].map(([number]) => number);
  // "One" is seldom meant as a number.
  const words = text.split(/\W+/).map((word) => numberWords.indexOf(word));
  return [...digits, ...words.filter((value) => value > 1).map(String)];
}

/** Comparisons that say another thing than the question: at least for more than, below for above. */
function wrongComparisons(bare: string, says: (what: "atLeast" | "atMost" | "above" | "below") => boolean): number {
  const has = (sign: string): boolean => bare.includes(` ${sign} `);
  const [atLeast, atMost, above, below] = [says("atLeast"), says("atMost"), says("above"), says("below")];
  return [
    has(">=") && !atLeast && above,
    has("<=") && !atMost && below,
    has(">") && !above && (atLeast || below),
    has("<") && !below && (atMost || above),
    (above || atLeast) && !has(">") && !has(">="),
    (below || atMost) && !has("<") && !has("<="),
  ].filter((wrong) => wrong).length;
}

/** Keys compared with something, where the question does not speak of the key. */
function comparedKeys({ compared, measured }: Seen, asked: Asked): number {
  const words = new Set(tellingWords(asked.question));
  return [...compared.map(({ column }) => column), ...measured].filter(
    (name) =>
      everywhere(name, asked, (table) => isKey(table, name)) &&
      !wordsOf(name)
        .slice(-1)
        .some((word) => words.has(word)),
  ).length;
}

/** Whether values of one column can be values of the other: they have one name, or a foreign key ties them. */
function belong(one: string, other: string, { schema }: Asked): boolean {
  const names = [one.toLowerCase(), other.toLowerCase()];
  return (
    names[0] === names[1] ||
    schema.tables.some(({ foreignKeys }) =>
      foreignKeys.some(({ columns, toColumns }) =>
        columns.some((column, index) => {
          const ends = [column.toLowerCase(), toColumns[index]?.toLowerCase()];
          return names.every((name) => ends.includes(name));
        }),
      ),
    )
  );
}

/** Whether something holds of a column in every table that has one of this name, and one has. */
function everywhere(name: string, { schema }: Asked, holds: (table: TableSchema) => boolean): boolean {
  const owners = schema.tables.filter(({ columns }) => columns.some((column) => column.name === name));
  return owners.length > 0 && owners.every(holds);
}

function isKey({ columns, foreignKeys }: TableSchema, name: string): boolean {
  return (
    columns.some((column) => column.name === name && column.keyPlace !== undefined) ||
    foreignKeys.some((key) => key.columns.includes(name)) ||
    /(?:^|_)id$|[a-z]I[Dd]$/i.test(name)
  );
}

function isText({ columns }: TableSchema, name: string): boolean {
  return columns.some((column) => column.name === name && column.kind === "text");
}
