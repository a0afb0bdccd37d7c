import type { PromptPiece } from "../../../engine/core/search";
import type { ValueHit } from "../database";
import type { DatabaseSchema, TableSchema } from "../schema";
import { isWritable, writtenName, writtenText } from "./writtenNames";

/**
 * How the prompt of the starter's text-to-SQL adapter is laid out: the schema a line a table, then its foreign keys,
 * values that stand in the question, the question. It was trained on just this, so nothing may be told another way. What
 * does not depend on the question comes first, so that its KV cache serves every question.
 */
const LISTED_VALUES = { least: 2, most: 4, longest: 16 };
const MOST_HITS = 4;

export interface SchemaLines {
  /** One a table, in the database's order. */
  readonly tables: readonly string[];
  readonly keys: readonly string[];
}

export function schemaLines({ tables }: Pick<DatabaseSchema, "tables">): SchemaLines {
  const known = new Set(tables.map(({ name }) => name));
  return {
    tables: tables.map(tableLine),
    keys: tables.flatMap((table) =>
      keyLines(table)
        .filter(({ to }) => known.has(to))
        .map(({ line }) => line),
    ),
  };
}

export function linesPrompt({ tables, keys }: SchemaLines, hits: readonly ValueHit[], question: string): PromptPiece[] {
  return [...linesBeginning({ tables, keys }), { kind: "text", text: questionLines(hits, question) }, ...answerBegins];
}

/** The part of the prompt that is the same for every question. */
export function linesBeginning({ tables, keys }: SchemaLines): PromptPiece[] {
  return [
    { kind: "mark", text: "<|im_start|>" },
    { kind: "text", text: `user\n${[...tables, ...keys].map((line) => `${line}\n`).join("")}` },
  ];
}

const answerBegins: readonly PromptPiece[] = [
  { kind: "mark", text: "<|im_end|>" },
  { kind: "text", text: "\n" },
  { kind: "mark", text: "<|im_start|>" },
  { kind: "text", text: "assistant\n" },
];

function questionLines(hits: readonly ValueHit[], question: string): string {
  const shown = hits
    .slice(0, MOST_HITS)
    .map(({ table, column, value }) => `${writtenName(table)}.${writtenName(column)} = ${writtenText(value)}`);
  return `${shown.length === 0 ? "" : `values: ${shown.join(" and ")}\n`}question: ${oneLine(question)}`;
}

function tableLine({ name, columns }: TableSchema): string {
  const written = columns
    .filter((column) => isWritable(column.name))
    .map((column) => `${writtenName(column.name)}${listed(column.kind === "text" ? column.samples : undefined)}`);
  return `${writtenName(name)}(${written.join(", ")})`;
}

function listed(samples: readonly string[] | undefined): string {
  const { least, most, longest } = LISTED_VALUES;
  if (samples === undefined || samples.length < least || samples.length > most) return "";
  if (samples.some((value) => value.length > longest || !isWritable(value))) return "";
  return `: ${samples.map(writtenText).join(" ")}`;
}

function keyLines({ name, foreignKeys }: TableSchema): { readonly line: string; readonly to: string }[] {
  return foreignKeys.flatMap(({ columns, toTable, toColumns }) =>
    columns.map((column, index) => ({
      to: toTable,
      line: `${writtenName(name)}.${writtenName(column)} = ${writtenName(toTable)}.${writtenName(toColumns[index] ?? column)}`,
    })),
  );
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ").trim();
}
