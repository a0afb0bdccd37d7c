import { randomBytes } from "node:crypto";
import path from "node:path";
import type { FittedAnswer } from "../../../src/actions/core/fittedAnswer";
import { type ActionCase, type CaseOf, type CodeCase, eolOf, isCodeCase, languageOfCase } from "./actionCases";
import { sameCode } from "./comments";
import {
  checkProgram,
  cppOptions,
  cppPrelude,
  exportingAll,
  type Program,
  type Subject,
  testProgram,
  type Tools,
} from "./programs";
import { TypeScriptCode } from "./typescriptCode";
import type { Workshop } from "./workshop";

export interface Verdict {
  /** It could be offered: an edit inside the selection, or a text of the form that the action has. */
  readonly applies: boolean;
  /** No byte of the file outside the selection is another one. */
  readonly untouched: boolean;
  /** It does what was asked: the case's own check has passed. */
  readonly useful: boolean;
  /** What was wrong with it, in a few words; "" for nothing. */
  readonly why: string;
}

/** A line of prose that a person would read; who writes more has lost the thread. */
const longestText = 6_000;
const longestHeader = 72;
const header = /^(?:build|chore|ci|docs|feat|fix|perf|refactor|revert|style|test)(?:\([^()\s]+\))?!?: (\S.*[^\s.])$/u;

/** Says what came of an answer, by compiling it, running it, and looking at it. */
export class Judge {
  private readonly compiler = new TypeScriptCode();
  private prelude: Promise<string> | undefined;

  constructor(private readonly workshop: Workshop) {}

  async judge(one: ActionCase, answer: FittedAnswer): Promise<Verdict> {
    if (answer.kind === "refused")
      return { applies: false, untouched: true, useful: false, why: `refused: ${answer.why}` };
    const untouched = answer.kind !== "edit" || (isCodeCase(one) && isUntouched(one, answer));
    const misfit = misfitOf(one, answer);
    if (misfit !== undefined) return { applies: false, untouched, useful: false, why: misfit };
    const why = await this.fault(one, answer);
    return { applies: true, untouched, useful: why === undefined, why: why ?? "" };
  }

  private async fault(
    one: ActionCase,
    answer: Exclude<FittedAnswer, { kind: "refused" }>,
  ): Promise<string | undefined> {
    switch (one.action) {
      case "fix":
      case "edit":
      case "simplify":
        return answer.kind === "edit" ? this.editFault(one, answer) : undefined;
      case "document":
        return answer.kind === "edit" ? this.documentFault(one, answer) : undefined;
      case "tests":
        return answer.kind === "text" ? this.testsFault(one, answer.text) : undefined;
      case "translate": {
        const text = exportingAll(answer.kind === "text" ? answer.text : "", one.target);
        return this.checked({ language: one.target, name: "translated", text }, one.program);
      }
      case "name": {
        const [first = ""] = answer.kind === "text" && answer.form === "names" ? answer.names : [];
        return nameFault(one, first);
      }
      case "commit":
        return answer.kind === "text" && answer.form === "message" ? commitFault(one, answer.header) : undefined;
      default:
        return answer.kind === "text" ? textFault(one.mentions, answer.text) : undefined;
    }
  }

  private editFault(
    one: CaseOf<"fix" | "edit" | "simplify">,
    { replacement, file }: EditAnswer,
  ): Promise<string | undefined> {
    if (one.action === "simplify" && sizeOf(replacement) >= sizeOf(one.selected)) {
      return Promise.resolve("it is not shorter");
    }
    return this.checked({ language: languageOfCase(one), name: nameOf(one), text: file }, one.program);
  }

  private async documentFault(one: CaseOf<"document">, { replacement, file }: EditAnswer): Promise<string | undefined> {
    const original = one.before + one.selected + one.after;
    if (!(await sameCode(languageOfCase(one), original, file, this.workshop))) return "the code itself was changed";
    // The code says these words too: a comment says them once more.
    const missing = one.mentions.find((mention) => countOf(mention, replacement) <= countOf(mention, one.selected));
    return missing === undefined ? undefined : `no comment says ${missing.source}`;
  }

  /** Tests pass on the code as it is, and fail on each of its mutants. */
  private async testsFault(one: CaseOf<"tests">, tests: string): Promise<string | undefined> {
    const original = one.before + one.selected + one.after;
    const subject = { language: languageOfCase(one), name: nameOf(one) };
    const tools = await this.tools(subject.language);
    const failure = await this.failureOf(testProgram({ ...subject, text: original }, tests, tools));
    if (failure !== undefined) return failure;
    for (const { from, to } of one.mutants) {
      const text = one.before + one.selected.replace(from, () => to) + one.after;
      if ((await this.failureOf(testProgram({ ...subject, text }, tests, tools))) === undefined) {
        return `it passes with ${to} in place of ${from}`;
      }
    }
    return undefined;
  }

  private async checked(subject: Subject, check: string): Promise<string | undefined> {
    const word = `passed ${randomBytes(8).toString("hex")}`;
    return this.failureOf(checkProgram(subject, check, word, await this.tools(subject.language)));
  }

  private async failureOf({ files, typed, steps, prints }: Program): Promise<string | undefined> {
    if (typed.length > 0) {
      const problem = this.compiler.problemOf(files, typed);
      if (problem !== undefined) return problem;
    }
    const folder = this.workshop.room(files);
    let last = "";
    for (const command of steps) {
      const { code, output } = await this.workshop.run({ folder, command });
      if (code !== 0) return wordsOf(output) || `${command[0] ?? ""} ended with ${code ?? "a signal"}`;
      last = output;
    }
    return prints === undefined || last.includes(prints) ? undefined : "it ends before its check is done";
  }

  private async tools(language: string): Promise<Tools> {
    return {
      node: this.workshop.node,
      cppPrelude: language === "cpp" ? await (this.prelude ??= this.compilePrelude()) : "",
    };
  }

  /** The library's headers take a second to read; compiled before, next to nothing. */
  private async compilePrelude(): Promise<string> {
    const folder = this.workshop.room({ "prelude.hpp": cppPrelude });
    const file = path.join(folder, "prelude.hpp");
    await this.workshop.run({ folder, command: ["g++", ...cppOptions, "-x", "c++-header", file, "-o", `${file}.gch`] });
    return file;
  }
}

type EditAnswer = Extract<FittedAnswer, { kind: "edit" }>;

function isUntouched({ before, selected, after }: CodeCase, { file }: EditAnswer): boolean {
  const rest = file.length - before.length - after.length;
  return rest >= 0 && file.startsWith(before) && file.endsWith(after) && selected !== "";
}

/** Why an answer is not of the form that its action has, or does not go where it belongs. */
function misfitOf(one: ActionCase, answer: Exclude<FittedAnswer, { kind: "refused" }>): string | undefined {
  const form = answer.kind === "edit" ? "edit" : answer.form;
  const wanted = formOf(one.action);
  if (form !== wanted) return `the answer is of the form ${form}, not ${wanted}`;
  if (answer.kind === "text") return answer.text.trim() === "" ? "the answer is empty" : undefined;
  if (!isCodeCase(one)) return "there is nothing to edit";
  if (answer.file !== one.before + answer.replacement + one.after) return "the file is not the edit's";
  const foreign = eolOf(one) === "\n" ? /\r/u : /(?<!\r)\n/u;
  return foreign.test(answer.replacement) ? "its lines do not end as the file's do" : undefined;
}

function formOf(action: ActionCase["action"]): string {
  switch (action) {
    case "fix":
    case "edit":
    case "simplify":
    case "document":
      return "edit";
    case "tests":
    case "translate":
      return "code";
    case "name":
      return "names";
    case "commit":
      return "message";
    default:
      return "prose";
  }
}

function nameFault(one: CaseOf<"name">, name: string): string | undefined {
  if (!/^[A-Za-z_$][\w$]*$/u.test(name)) return `${JSON.stringify(name)} is no name`;
  if (new RegExp(`\\b${name.replaceAll("$", "\\$")}\\b`, "u").test(one.selected)) return `${name} is taken`;
  return one.names.test(name) ? undefined : `${name} does not say what it is`;
}

function commitFault(one: CaseOf<"commit">, line: string): string | undefined {
  const [, words] = header.exec(line) ?? [];
  if (words === undefined || line.length > longestHeader) return `no valid header: ${line}`;
  const type = /^[a-z]+/u.exec(line)?.[0] ?? "";
  if (!one.types.includes(type)) return `the change is no ${type}`;
  // The type and the scope come from the files' names; what was done has to be in the words.
  return textFault(one.mentions, words);
}

function textFault(mentions: readonly RegExp[], text: string): string | undefined {
  if (text.length > longestText) return "it is far too long";
  // Code that is only repeated explains nothing.
  const prose = text.replaceAll(/```[\s\S]*?(?:```|$)/gu, "");
  const missing = mentions.find((mention) => !mention.test(prose));
  return missing === undefined ? undefined : `it does not say ${missing.source}`;
}

function countOf(expression: RegExp, text: string): number {
  return [...text.matchAll(new RegExp(expression.source, "giu"))].length;
}

function sizeOf(code: string): number {
  return code.replaceAll(/\s+/gu, "").length;
}

function nameOf(one: CodeCase): string {
  return path.posix.basename(one.path).replace(/\.\w+$/u, "");
}

/** The line that names the error, where one does; interpreters say other things after it. */
function wordsOf(output: string): string {
  const lines = output.trim().split("\n");
  const named = lines.filter((line) => /\berror\b|Error\b|assert/iu.test(line)).slice(0, 2);
  return (named.length > 0 ? named : lines.slice(-2)).join(" | ").slice(0, 300);
}
