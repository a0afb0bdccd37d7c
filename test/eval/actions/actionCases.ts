import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { ActionRequest, ChangedFile, CodeSubject } from "../../../src/actions/core/actionRequest";
import { type Language, languageOf, languages } from "./languages";

/** The layout is documented beside the cases, in cases/README.md. */
const text = v.string();
const expression = v.pipe(
  text,
  v.check((source) => isExpression(source), "no regular expression"),
  v.transform((source) => new RegExp(source, "iu")),
);
const mentions = v.pipe(v.array(expression), v.minLength(1));

const common = { id: v.pipe(text, v.minLength(1)), instruction: v.optional(text), reference: text, wrong: text };
const code = {
  ...common,
  path: v.pipe(
    text,
    v.check((name) => languageOf(name) !== undefined, "a file of no language that can be judged"),
  ),
  before: text,
  selected: v.pipe(text, v.minLength(1)),
  after: text,
  problems: v.optional(
    v.array(v.strictObject({ line: v.pipe(v.number(), v.integer(), v.minValue(1)), message: text })),
    [],
  ),
};

const caseSchema = v.variant("action", [
  v.strictObject({ action: v.picklist(["fix", "edit", "simplify"]), ...code, program: text }),
  v.strictObject({ action: v.literal("translate"), ...code, target: v.picklist(languages), program: text }),
  v.strictObject({ action: v.literal("document"), ...code, mentions }),
  v.strictObject({ action: v.literal("explain"), ...code, mentions }),
  v.strictObject({
    action: v.literal("tests"),
    ...code,
    mutants: v.pipe(v.array(v.strictObject({ from: v.pipe(text, v.minLength(1)), to: text })), v.minLength(1)),
  }),
  v.strictObject({ action: v.literal("name"), ...code, names: expression }),
  v.strictObject({ action: v.literal("commit"), ...common, diff: text, types: v.array(text), mentions }),
  v.strictObject({
    action: v.literal("explainCommand"),
    ...{ ...common, command: text, status: v.pipe(v.number(), v.integer()), output: text, mentions },
  }),
  v.strictObject({ action: v.literal("summarize"), ...common, path: text, text, mentions }),
  v.strictObject({ action: v.literal("askFolder"), ...common, path: text, outline: text, mentions }),
]);

export type ActionCase = v.InferOutput<typeof caseSchema>;
export type CodeCase = Extract<ActionCase, { readonly selected: string }>;
export type CaseOf<Action extends ActionCase["action"]> = Extract<ActionCase, { readonly action: Action }>;

/**
 * The cases of all `*.jsonl` files of a folder, those of one file together.
 * @param limit how many, drawn evenly over the whole set; undefined: all.
 * @throws Error naming the file and line of a case that is not in the layout.
 */
export async function readActionCases(folder: string, limit?: number): Promise<ActionCase[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".jsonl")).sort();
  const cases: ActionCase[] = [];
  for (const name of names) {
    const lines = (await readFile(path.join(folder, name), "utf8")).split("\n");
    for (const [index, line] of lines.entries()) {
      if (line.trim() !== "") cases.push(parsed(line, `${name}:${index + 1}`));
    }
  }
  if (cases.length === 0) throw new Error(`${folder} holds no cases: a set is *.jsonl files, a case on each line.`);
  if (limit === undefined || limit >= cases.length) return cases;
  return Array.from({ length: limit }, (_, index) => cases[Math.floor((index * cases.length) / limit)]).filter(
    (one) => one !== undefined,
  );
}

function parsed(line: string, place: string): ActionCase {
  try {
    return v.parse(caseSchema, JSON.parse(line));
  } catch (error) {
    const words = v.isValiError(error)
      ? error.issues.map((issue) => `${v.getDotPath(issue) ?? "the case"}: ${issue.message}`).join("; ")
      : String(error);
    throw new Error(`${place} is no case. ${words}`, { cause: error });
  }
}

function isExpression(source: string): boolean {
  try {
    new RegExp(source, "iu");
    return true;
  } catch {
    return false;
  }
}

export function isCodeCase(one: ActionCase): one is CodeCase {
  return "selected" in one;
}

/** What the product would be asked by a person who is where the case is. */
export function requestOf(one: ActionCase): ActionRequest {
  const instruction = one.instruction === undefined ? {} : { instruction: one.instruction };
  switch (one.action) {
    case "commit":
      return { kind: one.action, ...instruction, subject: { files: changedFiles(one.diff), recent: [] } };
    case "explainCommand":
      return {
        ...{ kind: one.action, ...instruction },
        subject: { commandLine: one.command, output: one.output, exitCode: one.status },
      };
    case "summarize":
      return {
        ...{ kind: one.action, ...instruction },
        subject: { path: one.path, languageId: languageOf(one.path) ?? "plaintext", text: one.text },
      };
    case "askFolder":
      return { kind: one.action, ...instruction, subject: { path: one.path, outline: one.outline } };
    case "translate":
      return { kind: one.action, ...instruction, subject: subjectOf(one), targetLanguage: one.target };
    default:
      return { kind: one.action, ...instruction, subject: subjectOf(one) };
  }
}

function subjectOf(one: CodeCase): CodeSubject {
  const { path: name, before, selected, after } = one;
  return {
    ...{ path: name, languageId: languageOfCase(one), before, selected, after, eol: eolOf(one) },
    problems: one.problems.map(({ line, message }) => ({ severity: "error", line, message })),
  };
}

export function languageOfCase({ path: name }: CodeCase): Language {
  const language = languageOf(name);
  if (language === undefined) throw new Error(`${name} is of no language that can be judged.`);
  return language;
}

export function eolOf({ before, selected, after }: CodeCase): "\n" | "\r\n" {
  return (before + selected + after).includes("\r\n") ? "\r\n" : "\n";
}

/** A diff as git prints it, file by file. */
function changedFiles(diff: string): ChangedFile[] {
  return diff
    .split(/^(?=diff --git )/mu)
    .filter((part) => part.trim() !== "")
    .map((part) => ({ path: /^diff --git a\/\S+ b\/(\S+)/u.exec(part)?.[1] ?? "file", diff: part }));
}
