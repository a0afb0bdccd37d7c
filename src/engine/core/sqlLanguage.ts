import * as v from "valibot";

const name = v.pipe(v.string(), v.minLength(1), v.maxLength(1000));

/**
 * The SQL that a model may write: one SELECT of these tables and columns and nothing else. Names are as they are to be
 * written, with quotes where they need them.
 */
export const sqlLanguageSchema = v.object({
  tables: v.array(v.object({ name, columns: v.array(name) })),
  /** Which columns join which, as foreign keys say; where a table has any, it is joined by one of them. */
  joins: v.array(v.object({ table: name, column: name, toTable: name, toColumn: name })),
  /** Absent: texts in quotes may be anything. */
  texts: v.optional(
    v.object({
      /** Any run of its words may stand in quotes. */
      question: v.string(),
      /** Texts known to be in these columns; one that is known is compared with a column that has it. */
      values: v.array(v.object({ table: name, column: name, value: v.string() })),
    }),
  ),
});
export type SqlLanguage = v.InferOutput<typeof sqlLanguageSchema>;
