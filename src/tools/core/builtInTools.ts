import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";
import type { ToolDefinition } from "./toolDefinition";

/**
 * The tools that Paddock brings. Their descriptions are short, because every token of them stands before each question,
 * and every argument is always given: llama.cpp's grammars know no optional ones, so "" and 0 stand for “not said”.
 */
export const builtInNames = [
  "read_file",
  "search_workspace",
  "list_problems",
  "read_schema",
  "run_sql",
  "list_models",
  "propose_edit",
] as const;
export type BuiltInName = (typeof builtInNames)[number];

type Description = Omit<ToolDefinition, "title"> & { readonly name: BuiltInName };

const text = (description: string) => ({ type: "string", description });
const whole = (description: string) => ({ type: "integer", description });

function described(
  name: BuiltInName,
  description: string,
  properties: Readonly<Record<string, unknown>>,
  writes = false,
): Description {
  const parameters = { type: "object", properties, required: Object.keys(properties) };
  return { name, description, parameters, writes };
}

export const builtInTools: readonly Description[] = [
  described("read_file", "Read lines of a text file of the workspace, with their numbers.", {
    path: text("Path in the workspace, such as src/app.ts"),
    from: whole("First line, from 1"),
    lines: whole("How many lines; 0: as many as there is room for"),
  }),
  described("search_workspace", "Find files by name, and the lines of files that contain a text.", {
    text: text("What to look for, word for word; case does not matter"),
    folder: text("Only paths that contain this; empty: everywhere"),
  }),
  described("list_problems", "List the errors and warnings that the editor shows.", {
    path: text("Only of this file; empty: of all"),
  }),
  {
    ...described("read_schema", "Read the tables and columns of a database that the person keeps.", {
      database: text("Its name; empty where there is only one"),
    }),
    stays: true,
  },
  {
    ...described("run_sql", "Run one SQL statement that only reads, and see the rows.", {
      database: text("Its name; empty where there is only one"),
      sql: text("One SELECT statement in the database's dialect"),
    }),
    stays: true,
  },
  described("list_models", "List the language models on this machine and their measured speed.", {}),
  described(
    "propose_edit",
    "Show the person a change of one file, for review. It is made only if they accept it.",
    {
      path: text("Path in the workspace"),
      old_text: text("Text that stands in the file exactly once; empty for a new file"),
      new_text: text("What is to stand in its place"),
    },
    true,
  ),
];

/** A model may write a number as a text. */
const number = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.trim(), v.transform(Number))]),
  v.integer(),
  v.minValue(0),
);
const path = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(1_000));
const maybe = v.optional(v.pipe(v.string(), v.trim(), v.maxLength(1_000)), "");

const argumentSchemas = {
  read_file: v.object({ path, from: v.optional(number, 1), lines: v.optional(number, 0) }),
  search_workspace: v.object({ text: v.pipe(v.string(), v.trim(), v.minLength(2), v.maxLength(500)), folder: maybe }),
  list_problems: v.object({ path: maybe }),
  read_schema: v.object({ database: maybe }),
  run_sql: v.object({ database: maybe, sql: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(20_000)) }),
  list_models: v.object({}),
  propose_edit: v.object({
    path,
    old_text: v.pipe(v.string(), v.maxLength(200_000)),
    new_text: v.pipe(v.string(), v.maxLength(200_000)),
  }),
} as const;
export type ToolArguments<N extends BuiltInName> = v.InferOutput<(typeof argumentSchemas)[N]>;

/** @throws PaddockError invalid-message, in words that a model can mend its call by. */
export function parseArguments<N extends BuiltInName>(name: N, args: unknown): ToolArguments<N> {
  const parsed = v.safeParse(argumentSchemas[name], args ?? {});
  if (parsed.success) return parsed.output;
  const [issue] = parsed.issues;
  const key = v.getDotPath(issue);
  throw new PaddockError("invalid-message", `${key === null ? "The arguments" : `“${key}”`}: ${issue.message}.`);
}

/** What it gives may be told to a model on this machine only, also where there is nothing for it to read by now. */
export function staysHere(name: string): boolean {
  return builtInTools.some((tool) => tool.name === name && tool.stays === true);
}

export function isBuiltIn(name: string): name is BuiltInName {
  return builtInNames.some((one) => one === name);
}
