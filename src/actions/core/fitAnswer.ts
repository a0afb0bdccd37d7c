import * as v from "valibot";
import { type ActionRequest, type CodeRequest, isCodeRequest } from "./actionRequest";
import { isEditing } from "./actionKinds";
import { documentedDefinition } from "./answerSchemas";
import { codeOnly } from "./comments";
import { commitMessage } from "./commitMessage";
import { definitionIn } from "./definition";
import { mergeComments, withDocumentation } from "./documentation";
import { fitCode, replacementFor, withoutBlankEnds } from "./fitCode";
import type { AnswerRefusal, FittedAnswer } from "./fittedAnswer";
import { commonLead, withoutLead } from "./indentation";
import { suggestedNames } from "./names";
import { oneLine, parsedJson } from "./parsedJson";
import { selectionShape } from "./selectionShape";
import { hasElision, repeats, takeCode } from "./takeCode";

export interface AnswerText {
  readonly text: string;
  /** The model ended by itself, rather than by a limit or by being stopped. Absent: it did. */
  readonly ended?: boolean;
}

/**
 * What a model wrote, made to be what was asked for: an edit of the selection and of nothing else, a text, or a reason
 * why it is neither. Never throws, whatever was written.
 */
export function fitAnswer(request: ActionRequest, answer: AnswerText | string): FittedAnswer {
  const { text, ended = true } = typeof answer === "string" ? { text: answer } : answer;
  if (isCodeRequest(request)) return fitCodeAnswer(request, text, ended);
  return request.kind === "commit" ? commitMessage(request.subject, text) : prose(text);
}

function fitCodeAnswer(request: CodeRequest, text: string, ended: boolean): FittedAnswer {
  const { kind, subject } = request;
  if (kind === "explain") return prose(text);
  if (kind === "name") return suggestedNames(subject, text);
  if (kind === "document") {
    const documented = documentedBySchema(request, text);
    if (documented !== undefined) return documented;
  }
  const taken = takeCode(text, ended);
  if (taken.kind !== "code") return refused(taken.kind === "none" ? "empty" : taken.kind);
  if (!isEditing(kind)) {
    const lines = withoutLead(taken.lines, commonLead(taken.lines));
    const languageId = kind === "translate" ? (request.targetLanguage ?? "python") : subject.languageId;
    return { kind: "text", form: "code", text: `${lines.join("\n")}\n`, languageId };
  }
  const { lines: original } = selectionShape(subject);
  if (hasElision(taken.lines, original, subject.languageId)) return refused("elided");
  const { lines, imports } = fitCode(subject, taken.lines);
  if (kind === "document") {
    const merged = mergeComments(original, lines, subject.languageId);
    return merged === undefined ? refused("unchanged") : edit(request, merged, []);
  }
  if (lines.length === 0) return refused("empty");
  if (lines.join("\n") === withoutBlankEnds(original).join("\n")) return refused("unchanged");
  // A fix that only changes comments or blank space fixes nothing.
  if (kind !== "edit" && sameCode(lines, original, subject.languageId)) return refused("unchanged");
  if (kind !== "edit" && losesBody(lines, original, subject.languageId)) return refused("elided");
  if (kind !== "edit" && losesName(lines, original, subject.languageId)) return refused("lost");
  return edit(request, lines, imports);
}

function edit({ subject }: CodeRequest, lines: readonly string[], imports: readonly string[]): FittedAnswer {
  const replacement = replacementFor(subject, lines);
  if (replacement === subject.selected) return refused("unchanged");
  return { kind: "edit", replacement, file: subject.before + replacement + subject.after, imports };
}

function refused(why: AnswerRefusal): FittedAnswer {
  return { kind: "refused", why };
}

function prose(text: string): FittedAnswer {
  const trimmed = text.trim();
  if (trimmed === "") return refused("empty");
  return repeats(trimmed.split("\n")) ? refused("repeats") : { kind: "text", form: "prose", text: trimmed };
}

/** In a script, a comment may be a directive; then the line that it stands in is another. */
function sameCode(lines: readonly string[], original: readonly string[], languageId: string): boolean {
  if (codeOnly(lines, languageId) !== codeOnly(original, languageId)) return false;
  return !lines.some((line) => /(?:eslint|@ts-|prettier|noqa|type:\s*ignore|pylint|nolint|NOLINT)/u.test(line));
}

/** Small models end where they have only just begun: a head and its bracket, and nothing of what stood in between. */
function losesBody(lines: readonly string[], original: readonly string[], languageId: string): boolean {
  const headEnd = definitionIn(original, languageId)?.headEnd;
  if (headEnd === undefined) return false;
  const code = (some: readonly string[]): string[] =>
    codeOnly(some, languageId)
      .split("\n")
      .map((line) => line.trim().replace(/\s*[{:;]$/u, ""))
      .filter((line) => !/^(?:[)\]}]*[;,]?|end|fi|done|esac)$/u.test(line));
  const head = new Set(code(original.slice(0, headEnd + 1)));
  return code(original.slice(headEnd + 1)).length > 0 && code(lines).every((line) => head.has(line));
}

/** What the selection defines first is still defined, or at least named: others use it. */
function losesName(lines: readonly string[], original: readonly string[], languageId: string): boolean {
  const name = definitionIn(original, languageId)?.name;
  return name !== undefined && !lines.some((line) => line.includes(name));
}

const words = v.pipe(v.string(), v.maxLength(1_000));
const documentedSchema = v.object({
  summary: v.pipe(words, v.trim(), v.minLength(1)),
  parameters: v.optional(v.record(v.string(), words), {}),
  returns: v.optional(words),
});

/** @returns undefined where the answer is no such form: it may be code then. */
function documentedBySchema(request: CodeRequest, text: string): FittedAnswer | undefined {
  const { subject } = request;
  const definition = documentedDefinition(subject);
  const parsed = v.safeParse(documentedSchema, parsedJson(text));
  if (definition === undefined || !parsed.success) return undefined;
  const { summary, parameters, returns } = parsed.output;
  const named = definition.parameters.flatMap((name) => {
    const own = Object.hasOwn(parameters, name) ? oneLine(parameters[name] ?? "") : "";
    return own === "" ? [] : [[name, own] as const];
  });
  const given = definition.returns && returns !== undefined ? oneLine(returns) : "";
  const { lines } = selectionShape(subject);
  const documented = withDocumentation(lines, subject.languageId, {
    summary: oneLine(summary),
    parameters: named,
    returns: given === "" ? undefined : given,
  });
  return edit(request, documented, []);
}
