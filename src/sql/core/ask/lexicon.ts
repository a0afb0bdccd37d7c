import type { ConnectionProfile } from "../connection";
import type { ColumnSchema, TableSchema } from "../schema";
import { tableKey } from "./writtenNames";
import { wordsOf } from "./words";

export type Notes = ConnectionProfile["notes"];

/** What the things of a schema are called: by their names, and by the other words a person gave for them. */
export class Lexicon {
  constructor(private readonly notes: Notes) {}

  synonyms(table: TableSchema, column?: ColumnSchema): readonly string[] {
    return this.entry(table, column)?.synonyms ?? [];
  }

  note(table: TableSchema, column?: ColumnSchema): string | undefined {
    return this.entry(table, column)?.note;
  }

  /** Words of its name and synonyms. */
  names(table: TableSchema, column?: ColumnSchema): string[] {
    return [column?.name ?? table.name, ...this.synonyms(table, column)].flatMap(wordsOf);
  }

  /** As names, and those of its note and of the database's own comment. */
  all(table: TableSchema, column?: ColumnSchema): string[] {
    const said = [this.note(table, column), column === undefined ? table.comment : column.comment];
    return [...this.names(table, column), ...said.flatMap((text) => wordsOf(text ?? ""))];
  }

  private entry(table: TableSchema, column?: ColumnSchema): Notes[string] | undefined {
    const end = column === undefined ? "" : `.${column.name}`;
    return this.notes[`${table.name}${end}`] ?? this.notes[`${tableKey(table)}${end}`];
  }
}

/**
 * The question with a person's other words replaced by the names they stand for, for a model that can be told of names
 * in no other way.
 */
export function inNames(question: string, tables: readonly TableSchema[], lexicon: Lexicon): string {
  let text = question;
  for (const table of tables) {
    for (const column of [undefined, ...table.columns]) {
      for (const synonym of lexicon.synonyms(table, column)) {
        if (synonym.trim() === "") continue;
        const name = (column?.name ?? table.name).replaceAll("_", " ");
        text = text.replaceAll(
          new RegExp(String.raw`(?<![\p{L}\p{N}])${escaped(synonym)}(?![\p{L}\p{N}])`, "giu"),
          () => name,
        );
      }
    }
  }
  return text;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
