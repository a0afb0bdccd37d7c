import * as vscode from "vscode";
import { markdownBlock, markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import type { AnswerMetadata, SlashCommand } from "../core/participantNames";
import { buttonCommands } from "./participantButtons";
import { placeOf } from "./participantChat";
import { Growing, type Question, sign } from "./participantAnswer";
import type { ActionAnswer, CodeAsk, CodePlace } from "./participantDeps";

const asks = { explain: "explain", fix: "fix", tests: "tests", doc: "document" } as const satisfies Partial<
  Record<SlashCommand, CodeAsk>
>;

/** /explain, /fix, /tests and /doc: the actions, on what is attached or in front. */
export async function answerCode(command: keyof typeof asks, question: Question): Promise<AnswerMetadata> {
  const { request, stream, signal, model, deps } = question;
  const growing = new Growing(stream);
  stream.progress(workWords(command));
  const { place, ...answer } = await deps.actions.code(asks[command], attachedPlace(request), {
    model: model.id,
    signal,
    instruction: instructionOf(command, request.prompt),
    // Prose can be read while it grows; code is shown when it is known to fit.
    ...(command === "explain" ? { onText: growing.show } : {}),
  });
  stream.reference(place.range === undefined ? place.uri : new vscode.Location(place.uri, place.range));
  return { command, ofCode: true, answer: show(answer, question, growing) };
}

/** /commit: a message for what is staged. */
export async function answerCommit(question: Question): Promise<AnswerMetadata> {
  const { request, stream, signal, model, deps } = question;
  stream.progress(vscode.l10n.t("Reading what is staged…"));
  const instruction = request.prompt.trim();
  const answer = await deps.actions.commit({ model: model.id, signal, instruction });
  return { command: "commit", answer: show(answer, question, new Growing(stream)) };
}

/**
 * What came of it, who gave it, and last what can be done with it: VS Code folds everything that stands above the last
 * text of an answer, buttons too. @returns what the model wrote, for the turns after it; nothing where it could not be
 * used.
 */
function show(answer: ActionAnswer, question: Question, growing: Growing): string {
  const { stream } = question;
  switch (answer.kind) {
    case "prose":
      growing.show(answer.text);
      sign(question);
      return answer.text;
    case "code": {
      const block = markdownBlock(answer.text, answer.languageId);
      stream.markdown(`${block}\n`);
      sign(question);
      stream.button({
        command: buttonCommands.openCode,
        title: vscode.l10n.t("Open in a New Editor"),
        arguments: [{ text: answer.text, languageId: answer.languageId }],
      });
      return block;
    }
    case "edit": {
      const block = markdownBlock(answer.replacement, answer.languageId);
      stream.markdown(`${block}\n`);
      if (answer.imports.length > 0) {
        stream.markdown(
          `\n${vscode.l10n.t("It needs these imports, which the file does not have:")}\n${markdownBlock(answer.imports.join("\n"), answer.languageId)}\n`,
        );
      }
      sign(question);
      stream.button({
        command: buttonCommands.reviewEdit,
        title: vscode.l10n.t("Review the Change"),
        arguments: [{ target: answer.target.toString(), base: answer.base, text: answer.file }],
      });
      return block;
    }
    case "message": {
      const block = markdownBlock(answer.text);
      stream.markdown([block, ...commitNotes(answer)].map((text) => `${text}\n`).join("\n"));
      sign(question);
      stream.button({
        command: buttonCommands.useCommitMessage,
        title: vscode.l10n.t("Use as Commit Message"),
        arguments: [{ text: answer.text, repository: answer.repository.toString() }],
      });
      return block;
    }
    case "refused":
      stream.markdown(`${visibleText(answer.reason)}\n`);
      sign(question);
      return "";
  }
}

/** What the message does not know, as quotations below it. */
function commitNotes({ staged, refused }: Extract<ActionAnswer, { kind: "message" }>): string[] {
  const notes: string[] = [];
  if (!staged) notes.push(vscode.l10n.t("Nothing is staged: the message is about all changes."));
  if (refused.length > 0) {
    const names = refused.map((name) => markdownCode(visibleText(name))).join(", ");
    notes.push(vscode.l10n.t("Not shown to the model, because it may hold secrets: {0}.", names));
  }
  return notes.map((note) => `> ${note}`);
}

/** The first place in a file that is attached: VS Code attaches what is selected by itself. */
function attachedPlace({ references }: vscode.ChatRequest): CodePlace | undefined {
  const places = references.map(({ value }) => placeOf(value)).filter((place) => place !== undefined);
  const location = places.find((place) => place instanceof vscode.Location);
  if (location !== undefined) return { uri: location.uri, range: location.range };
  const [uri] = places.filter((place) => place instanceof vscode.Uri);
  return uri === undefined ? undefined : { uri };
}

/** What a follow-up button says in the person's place asks for nothing of its own. */
function instructionOf(command: keyof typeof asks, prompt: string): string {
  const words = prompt.trim();
  return words === followUpWords(command) ? "" : words;
}

/** What is asked by a button below an answer. */
export function followUpWords(command: keyof typeof asks): string {
  switch (command) {
    case "explain":
      return vscode.l10n.t("Explain this");
    case "fix":
      return vscode.l10n.t("Fix what is wrong with this");
    case "tests":
      return vscode.l10n.t("Write tests for this");
    case "doc":
      return vscode.l10n.t("Document this");
  }
}

function workWords(command: keyof typeof asks): string {
  switch (command) {
    case "explain":
      return vscode.l10n.t("Reading the code…");
    case "fix":
      return vscode.l10n.t("Looking for what is wrong…");
    case "tests":
      return vscode.l10n.t("Writing tests…");
    case "doc":
      return vscode.l10n.t("Writing documentation…");
  }
}
