import type { PromptMessage } from "../../engine/protocol";
import { PaddockError } from "../../platform/core/errors";
import type { ActionKind } from "./actionKinds";
import { type ActionPlan, type DroppablePart, droppableParts, type ModelRoom } from "./actionPlan";
import { type ActionRequest, type CodeRequest, isCodeRequest } from "./actionRequest";
import { problemLine, sourceLine, systemWords, taskWords } from "./actionWords";
import { commitSchema, documentationSchema, documentedDefinition, namesSchema } from "./answerSchemas";
import { keptHead } from "./begunDefinition";
import { exampleFor } from "./examples";
import { fenced, fenceFor } from "./fence";
import { languageForm } from "./languageForms";
import { modelSize } from "./modelSize";
import { selectionShape } from "./selectionShape";
import { surroundingsFor } from "./surroundings";

/** UTF-8 bytes a token has at least, in code; the runner counts with the model itself before it asks. */
const bytesPerToken = 3;
/** What a template adds around three or four messages, tokens. */
const templateTokens = 48;
/** An answer that may not have so many is none. */
const leastAnswer = 32;

interface Section {
  /** Absent: it stays, whatever happens. */
  readonly part?: DroppablePart;
  readonly text: string;
}

interface Draft {
  readonly sections: readonly Section[];
  /** What may be shortened in itself once all parts are gone, such as a diff. */
  readonly cuttable: { readonly title: string; readonly info: string; readonly text: string } | undefined;
  readonly example: readonly PromptMessage[];
  readonly task: string;
}

/**
 * What a model is asked for an action. Parts are dropped whole, in the order of `droppableParts`, until prompt and
 * answer fit; then the answer is given less room; a diff, an output or a file is cut last.
 * @throws PaddockError context/overflow where the selection itself is too long for the model.
 */
export function planAction(request: ActionRequest, room: ModelRoom): ActionPlan {
  const schema = room.canHold === false ? undefined : schemaFor(request, room);
  const draft = draftOf(request, room, schema !== undefined);
  const begins = schema === undefined && room.canBegin ? beginning(request, room) : undefined;
  const wanted = answerTokens(request);
  const least = Math.max(leastAnswer, Math.ceil(wanted / 2));
  const dropped: DroppablePart[] = [];
  const messages = (cutTo?: number): PromptMessage[] => messagesOf(request, draft, dropped, begins, cutTo);
  const left = (cutTo?: number): number => room.contextSize - templateTokens - tokensOf(messages(cutTo));
  const isThere = present(request, draft);
  for (const part of droppableParts) {
    if (left() >= wanted) break;
    if (isThere.has(part)) dropped.push(part);
  }
  let cutTo: number | undefined;
  if (left() < least && draft.cuttable !== undefined) {
    const over = least - left();
    cutTo = Math.max(0, draft.cuttable.text.length - (over + 8) * bytesPerToken);
    // Texts of many bytes a character take more to fit.
    while (cutTo > 0 && left(cutTo) < least) cutTo = Math.floor(cutTo * 0.8);
  }
  const free = left(cutTo);
  if (free < least) throw tooLong();
  return {
    messages: messages(cutTo),
    ...(begins === undefined ? {} : { begins }),
    ...(schema === undefined ? {} : { schema }),
    maxTokens: Math.min(wanted, free),
    sampling: samplingFor(request),
    dropped,
    cut: cutTo !== undefined,
  };
}

function tooLong(): PaddockError {
  return new PaddockError("context/overflow", "This is too long for the model's context.", {
    remedy: "Select less, or choose a model with a larger context.",
  });
}

function schemaFor(request: ActionRequest, room: ModelRoom): ActionPlan["schema"] {
  switch (request.kind) {
    case "name":
      return namesSchema;
    case "commit":
      return commitSchema(request.subject, modelSize(room.parameters) !== "small");
    case "document": {
      const definition = documentedDefinition(request.subject);
      return definition === undefined ? undefined : documentationSchema(definition);
    }
    default:
      return undefined;
  }
}

/** Code is begun for the model: it can say nothing before it, and no fence is of another language. */
function beginning(request: ActionRequest, { parameters }: ModelRoom): string | undefined {
  switch (request.kind) {
    case "fix":
    case "edit":
    case "document":
    case "simplify":
    case "tests": {
      const { selected, languageId } = request.subject;
      const head = modelSize(parameters) === "small" ? keptHead(request) : "";
      return `${fenceFor(selected)}${languageForm(languageId).fence}\n${head}`;
    }
    case "translate":
      return `${fenceFor("")}${languageForm(request.targetLanguage ?? "python").fence}\n`;
    default:
      return undefined;
  }
}

function draftOf(request: ActionRequest, room: ModelRoom, asJson: boolean): Draft {
  const isSmall = modelSize(room.parameters) === "small";
  const example = isSmall && request.refine === undefined ? exampleFor(request) : [];
  const base = { example, task: taskWords(request, asJson) };
  if (isCodeRequest(request)) return { ...base, sections: codeSections(request, room), cuttable: undefined };
  switch (request.kind) {
    case "commit": {
      const { files, recent } = request.subject;
      const named =
        recent.length === 0 ? "" : `The last commits here:\n${recent.map((line) => `- ${line}`).join("\n")}`;
      const names = `Changed files:\n${files.map(({ path }) => `- ${path}`).join("\n")}`;
      const sections: Section[] = [{ part: "recentCommits", text: isSmall ? "" : named }, { text: names }];
      const text = files.map(({ diff }) => diff.trimEnd()).join("\n");
      return { ...base, sections, cuttable: { title: "The change:", info: "diff", text } };
    }
    case "explainCommand": {
      const { commandLine, exitCode, output } = request.subject;
      const code = exitCode === undefined ? "" : ` It ended with exit code ${exitCode}.`;
      const sections = [{ text: `The command \`${commandLine}\` was run in a terminal.${code}` }];
      return { ...base, sections, cuttable: { title: "It wrote:", info: "", text: output } };
    }
    case "summarize": {
      const { path, languageId, text } = request.subject;
      const { fence } = languageForm(languageId);
      return { ...base, sections: [], cuttable: { title: `File: ${path}`, info: fence, text } };
    }
    case "askFolder": {
      const { path, outline } = request.subject;
      return { ...base, sections: [], cuttable: { title: `Files of the folder ${path}:`, info: "", text: outline } };
    }
  }
}

/** The order of a prompt: what is far first, the code itself last, so that it is next to the task. */
function codeSections(request: CodeRequest, room: ModelRoom): Section[] {
  const { subject, kind } = request;
  const { name, fence } = languageForm(subject.languageId);
  const around = surroundingsFor(modelSize(room.parameters), request);
  const block = (part: DroppablePart, title: string, text: string): Section => ({
    part,
    text: text === "" ? "" : `${title}\n${fenced(text, fence)}`,
  });
  const [first, ...others] = subject.problems;
  const attached = request.attached?.map(({ label, text }) => `${label}:\n${fenced(text)}`) ?? [];
  const sections: Section[] = [
    { part: "attached", text: attached.join("\n\n") },
    { text: `File: ${subject.path} (${name})` },
    block("imports", "Its imports:", around.imports),
    block("farBefore", "Further above:", around.farBefore),
    block("nearBefore", "Right above the code:", around.nearBefore),
    block("nearAfter", "Right below the code:", around.nearAfter),
    block("farAfter", "Further below:", around.farAfter),
    { text: `The code:\n${fenced(selectionShape(subject).lines.join("\n"), fence)}` },
  ];
  if (first === undefined || (kind !== "fix" && kind !== "explain")) return sections;
  sections.push({ text: `Reported:\n${problemLine(first)}\n${quoted(request, first.line)}`.trim() });
  const rest = others.slice(0, 5).map(problemLine).join("\n");
  sections.push({ part: "otherProblems", text: rest === "" ? "" : `Reported besides:\n${rest}` });
  return sections;
}

/** The line itself: a model does not count lines. */
function quoted({ subject }: CodeRequest, line: number): string {
  const text = sourceLine(subject, line);
  return text === "" ? "" : `That line is: \`${text}\``;
}

function present({ refine }: ActionRequest, { sections, example }: Draft): ReadonlySet<DroppablePart> {
  const found = new Set<DroppablePart>();
  for (const { part, text } of sections) if (part !== undefined && text !== "") found.add(part);
  if (example.length > 0) found.add("example");
  if (refine !== undefined) found.add("earlierAnswer");
  return found;
}

function messagesOf(
  request: ActionRequest,
  { sections, cuttable, example, task }: Draft,
  dropped: readonly DroppablePart[],
  begins: string | undefined,
  cutTo: number | undefined,
): PromptMessage[] {
  const has = (part: DroppablePart): boolean => !dropped.includes(part);
  const kept = sections.filter(({ part, text }) => text !== "" && (part === undefined || has(part)));
  const pieces = kept.map(({ text }) => text);
  if (cuttable !== undefined) {
    const { title, info, text } = cuttable;
    pieces.push(`${title}\n${fenced(cutTo === undefined ? text : shortened(request.kind, text, cutTo), info)}`);
  }
  const messages: PromptMessage[] = [
    { role: "system", text: systemWords },
    ...(has("example") ? example : []),
    { role: "user", text: [...pieces, task].join("\n\n") },
  ];
  const { refine } = request;
  if (refine !== undefined) {
    if (has("earlierAnswer")) {
      messages.push({ role: "assistant", parts: [{ type: "text", text: refine.answer }] });
      messages.push({ role: "user", text: refine.wish });
    } else {
      messages.pop();
      messages.push({ role: "user", text: [...pieces, task, `Also: ${refine.wish}`].join("\n\n") });
    }
  }
  if (begins !== undefined) messages.push({ role: "assistant", parts: [{ type: "text", text: begins }] });
  return messages;
}

/** A failed command says at its end why; everything else says at its beginning what it is. */
function shortened(kind: ActionKind, text: string, length: number): string {
  const mark = "[…]";
  if (kind !== "explainCommand") return `${text.slice(0, length)}\n${mark}`;
  return length === 0 ? mark : `${mark}\n${text.slice(-length)}`;
}

/** What an answer may have, tokens: a little more than it needs, so that one who repeats itself is stopped. */
function answerTokens(request: ActionRequest): number {
  switch (request.kind) {
    case "fix":
    case "edit":
      return bounded(1.5 * tokensIn(request.subject.selected) + 96, 4096);
    case "simplify":
      return bounded(1.1 * tokensIn(request.subject.selected) + 48, 4096);
    case "document":
      return documentedDefinition(request.subject) === undefined
        ? bounded(1.8 * tokensIn(request.subject.selected) + 128, 4096)
        : 320;
    case "translate":
      return bounded(1.8 * tokensIn(request.subject.selected) + 128, 4096);
    case "tests":
      return bounded(2.5 * tokensIn(request.subject.selected) + 256, 1536);
    case "name":
      return 96;
    case "commit":
      return 224;
    default:
      return 512;
  }
}

function bounded(tokens: number, most: number): number {
  return Math.min(Math.ceil(tokens), most);
}

/** Code and forms want the likeliest answer; another try wants another one. */
function samplingFor({ kind, attempt = 0 }: ActionRequest): ActionPlan["sampling"] {
  if (attempt > 0) {
    // The next try is bolder. What went on and on: what repeats more than a line of code does is made less likely.
    const temperature = 0.6 + 0.2 * ((attempt - 1) % 3);
    return { temperature, topP: 0.95, seed: attempt, dryStrength: 0.8, dryAllowedLength: 12 };
  }
  const isProse = kind === "explain" || kind === "explainCommand" || kind === "summarize" || kind === "askFolder";
  // Small models repeat themselves in prose; code has to repeat names.
  return isProse
    ? { temperature: 0.3, topP: 0.95, seed: 0, repeatPenalty: { penalty: 1.1, lastTokens: 128 } }
    : { temperature: 0 };
}

function tokensOf(messages: readonly PromptMessage[]): number {
  return messages.reduce((sum, message) => sum + tokensIn(textOf(message)), 0);
}

function textOf(message: PromptMessage): string {
  switch (message.role) {
    case "system":
    case "user":
      return message.text;
    case "assistant":
      return message.parts.map((part) => (part.type === "toolCall" ? "" : part.text)).join("");
    case "tool":
      return "";
  }
}

/** At most so many, before a model counts. */
export function tokensIn(text: string): number {
  let bytes = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3;
  }
  return Math.ceil(bytes / bytesPerToken);
}
