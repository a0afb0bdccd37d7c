import * as v from "valibot";
import type { DiffSubject } from "./actionRequest";
import { commitTypes, scopesFor, typesFor } from "./answerSchemas";
import { fencedBlocks } from "./fence";
import type { FittedAnswer } from "./fittedAnswer";
import { oneLine, parsedJson } from "./parsedJson";

/** Columns: what git and its hosts show of a header whole. */
export const maxHeader = 72;
const text = v.pipe(v.string(), v.maxLength(2_000));
const commitAnswer = v.object({
  type: v.optional(text, ""),
  scope: v.optional(text, ""),
  subject: text,
  body: v.optional(v.union([text, v.pipe(v.array(text), v.maxLength(20))]), []),
});
/** "type(scope)!: subject", as Conventional Commits has it. */
export const conventionalHeader = /^([a-z]+)(?:\(([^()\n]+)\))?(!)?: (\S.*)$/u;

/** A commit message with a valid header, whatever of it the model wrote; the rest is told by the changed files. */
export function commitMessage(subject: DiffSubject, answer: string): FittedAnswer {
  const parsed = v.safeParse(commitAnswer, parsedJson(answer));
  const given = parsed.success ? fromForm(parsed.output) : fromText(answer);
  const words = subjectWords(given.subject);
  if (words === "") return { kind: "refused", why: "empty" };
  const types = typesFor(subject.files);
  const known: readonly string[] = commitTypes;
  // A person's own answer may know better than the paths, such as "revert".
  const type = known.includes(given.type) ? given.type : (types[0] ?? "chore");
  const scopes = scopesFor(subject.files);
  const scope = scopes.includes(given.scope) ? given.scope : (scopes[0] ?? "");
  const start = `${type}${scope === "" ? "" : `(${scope})`}${given.breaking ? "!" : ""}: `;
  const header = start + shortened(words, maxHeader - start.length);
  const body = given.body.map(oneLine).filter((line) => line !== "" && line !== words);
  return {
    kind: "text",
    form: "message",
    text: body.length === 0 ? header : `${header}\n\n${body.map(bullet).join("\n")}`,
    header,
  };
}

interface Given {
  readonly type: string;
  readonly scope: string;
  readonly subject: string;
  readonly breaking: boolean;
  readonly body: readonly string[];
}

function fromForm({ type, scope, subject, body }: v.InferOutput<typeof commitAnswer>): Given {
  return {
    type: type.toLowerCase(),
    scope,
    subject,
    breaking: false,
    body: typeof body === "string" ? body.split("\n") : body,
  };
}

function fromText(answer: string): Given {
  const [block] = fencedBlocks(answer);
  const lines = (block?.text ?? answer).split(/\r\n?|\n/u).map((line) => line.trim());
  const found = lines.findIndex((line) => conventionalHeader.test(line));
  const at = Math.max(0, found < 0 ? lines.findIndex((line) => line !== "" && !line.endsWith(":")) : found);
  const [, type = "", scope = "", breaking, subject = lines[at] ?? ""] = conventionalHeader.exec(lines[at] ?? "") ?? [];
  const body = lines.slice(at + 1).map((line) => line.replace(/^[-*•]\s+/u, ""));
  return { type, scope, subject, breaking: breaking === "!", body: body.slice(0, 8) };
}

/** In the imperative's spelling: no capital, no full stop, no second header. */
function subjectWords(subject: string): string {
  const plain = oneLine(subject)
    .replace(/^["'`*]+|["'`*]+$/gu, "")
    .replace(/^(?:[a-z]+(?:\([^)]*\))?!?:\s+)+/u, "")
    .replace(/[.\s]+$/u, "");
  return /^\p{Lu}\p{Ll}/u.test(plain) ? plain.charAt(0).toLowerCase() + plain.slice(1) : plain;
}

function shortened(words: string, most: number): string {
  if (words.length <= most) return words;
  const cut = words.slice(0, most);
  const space = cut.lastIndexOf(" ");
  return (space > most / 2 ? cut.slice(0, space) : cut).replace(/[\s,;:–-]+$/u, "");
}

function bullet(line: string): string {
  return `- ${line}`;
}
