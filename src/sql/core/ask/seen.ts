import type { DatabaseSchema } from "../schema";

/** A name in a statement, with a table's name before it or without; its own part is captured. */
const NAME = String.raw`(?:(?:"[^"]+"|\w+)\.)?("[^"]+"|\w+)`;

/** What a statement says, as far as it can be seen in the short statements of small models without a parser. */
export interface Seen {
  /** The statement without what stands in quotes. */
  readonly bare: string;
  /** Of FROM and JOIN, in order. */
  readonly tables: readonly string[];
  /** Used anywhere but in a join's condition. */
  readonly columns: readonly string[];
  readonly selected: readonly string[];
  /** Columns compared with texts. */
  readonly compared: readonly { readonly column: string; readonly text: string }[];
  /** Columns compared with numbers. */
  readonly measured: readonly string[];
  readonly numbers: readonly string[];
  /** Columns that SUM and AVG are taken of. */
  readonly summed: readonly string[];
  /** Columns of which one's values are looked for among the other's, or taken away from them. */
  readonly matched: readonly (readonly [one: string, other: string])[];
}

export function see(sql: string, schema: Pick<DatabaseSchema, "tables">): Seen {
  const bare = sql.replaceAll(/'(?:[^']|'')*'/g, "''");
  const known = new Set(schema.tables.flatMap(({ columns }) => columns.map(({ name }) => name.toLowerCase())));
  const columnsIn = (text: string): string[] =>
    [...text.replaceAll(/(?:"[^"]+"|\w+)\./g, "").matchAll(/"[^"]+"|\w+/g)]
      .map(([word]) => plain(word))
      .filter((word) => known.has(word.toLowerCase()));
  const tables = [...bare.matchAll(/\b(?:FROM|JOIN) ("[^"]+"|\w+)/g)].map(([, table = ""]) => plain(table));
  const withoutJoints = bare.replaceAll(/ ON \S+ = \S+/g, "");
  const [, list = ""] = /^SELECT (.*?) FROM/.exec(bare) ?? [];
  return {
    bare,
    tables,
    columns: columnsIn(withoutJoints.replaceAll(/\b(?:FROM|JOIN) (?:"[^"]+"|\w+)/g, "")),
    selected: columnsIn(list),
    compared: [...sql.matchAll(pattern(`${NAME} (?:=|!=|<>|<=|>=|<|>|LIKE|NOT LIKE) '((?:[^']|'')*)'`))].map(
      ([, column = "", text = ""]) => ({ column: plain(column), text: text.replaceAll("''", "'") }),
    ),
    measured: captured(bare, String.raw`${NAME} (?:=|<>|!=|<=|>=|<|>) -?\d`),
    numbers: [...bare.matchAll(/(?<![\w.])\d+(?:\.\d+)?(?![\w.])/g)].map(([number]) => number),
    summed: captured(bare, String.raw`\b(?:SUM|AVG)\((?:DISTINCT )?${NAME}\)`),
    matched: [
      ...bare.matchAll(pattern(String.raw`${NAME} (?:NOT )?IN \(SELECT (?:DISTINCT )?${NAME} FROM`)),
      ...bare.matchAll(
        pattern(
          String.raw`SELECT (?:DISTINCT )?${NAME} FROM [^()]*(?:EXCEPT|INTERSECT) SELECT (?:DISTINCT )?${NAME} FROM`,
        ),
      ),
    ].map(([, one = "", other = ""]) => [plain(one), plain(other)] as const),
  };
}

function captured(text: string, source: string): string[] {
  return [...text.matchAll(pattern(source))].map(([, name = ""]) => plain(name));
}

function pattern(source: string): RegExp {
  return new RegExp(source, "g");
}

function plain(name: string): string {
  return name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name;
}
