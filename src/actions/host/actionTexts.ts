import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";
import type { ActionKind } from "../core/actionKinds";
import type { QuestionPart } from "../core/chatQuestion";
import type { AnswerRefusal } from "../core/fittedAnswer";
import type { ModelSize } from "../core/modelSize";
import type { UnknownValue } from "../core/ownAction";

/** What an action is called where several are offered. */
export function actionTitle(kind: ActionKind): string {
  switch (kind) {
    case "explain":
      return vscode.l10n.t("Explain");
    case "fix":
      return vscode.l10n.t("Fix");
    case "edit":
      return vscode.l10n.t("Edit as I Say…");
    case "document":
      return vscode.l10n.t("Document");
    case "tests":
      return vscode.l10n.t("Write Tests");
    case "simplify":
      return vscode.l10n.t("Simplify");
    case "translate":
      return vscode.l10n.t("Translate to Another Language…");
    case "name":
      return vscode.l10n.t("Suggest Names");
    case "commit":
      return vscode.l10n.t("Write Commit Message");
    case "explainCommand":
      return vscode.l10n.t("Explain the Last Failed Command");
    case "summarize":
      return vscode.l10n.t("Summarize File");
    case "askFolder":
      return vscode.l10n.t("Ask About Folder…");
  }
}

/** Shown while it works. */
export function workingText(kind: ActionKind): string {
  switch (kind) {
    case "explain":
    case "explainCommand":
      return vscode.l10n.t("explaining");
    case "fix":
      return vscode.l10n.t("fixing");
    case "edit":
      return vscode.l10n.t("editing");
    case "document":
      return vscode.l10n.t("documenting");
    case "tests":
      return vscode.l10n.t("writing tests");
    case "simplify":
      return vscode.l10n.t("simplifying");
    case "translate":
      return vscode.l10n.t("translating");
    case "name":
      return vscode.l10n.t("looking for names");
    case "commit":
      return vscode.l10n.t("writing the commit message");
    case "summarize":
      return vscode.l10n.t("summarizing");
    case "askFolder":
      return vscode.l10n.t("reading the folder");
  }
}

/** What a review says of where it comes from. */
export function proposalLabel(kind: ActionKind, model: string): string {
  switch (kind) {
    case "fix":
      return vscode.l10n.t("fix by {0}", model);
    case "document":
      return vscode.l10n.t("documentation by {0}", model);
    case "simplify":
      return vscode.l10n.t("simplified by {0}", model);
    case "name":
      return vscode.l10n.t("renamed");
    default:
      return vscode.l10n.t("edit by {0}", model);
  }
}

/** Why an answer is not used: what the person can do stands on the buttons beside it. */
export function refusalText(why: AnswerRefusal, model: string): string {
  switch (why) {
    case "empty":
      return vscode.l10n.t("{0} gave no answer that could be used.", model);
    case "unchanged":
      return vscode.l10n.t("{0} found nothing to change.", model);
    case "cutOff":
      return vscode.l10n.t("The answer of {0} was longer than it has room for and is not used.", model);
    case "elided":
      return vscode.l10n.t("{0} left parts of the code out, so its answer is not used.", model);
    case "repeats":
      return vscode.l10n.t("{0} only repeated itself, so its answer is not used.", model);
    case "lost":
      return vscode.l10n.t("In the answer of {0} what you selected is not defined any more, so it is not used.", model);
    case "malformed":
      return vscode.l10n.t("{0} did not keep to the form that was asked for.", model);
  }
}

/** What no model is shown, by name. */
export function secretsText(names: readonly string[]): string {
  return vscode.l10n.t("Not shown to the model, because it may hold secrets: {0}.", names.map(visibleText).join(", "));
}

/** The question that the chat is asked for an action: small models lose themselves in what has many parts. */
export function questionFor(kind: "explain" | "explainCommand" | "summarize", size: ModelSize): string {
  const isSmall = size === "small";
  switch (kind) {
    case "explain":
      return isSmall
        ? vscode.l10n.t("Explain what this code does and how, in a few short paragraphs.")
        : vscode.l10n.t(
            "Explain what this code does and how: what it is for, how it works step by step, and what is easy to get wrong.",
          );
    case "explainCommand":
      return isSmall
        ? vscode.l10n.t("This command failed. Say why, and how to fix it.")
        : vscode.l10n.t(
            "This command failed. Which part of what it wrote says why? Say what is wrong, how to fix it, and what to run then.",
          );
    case "summarize":
      return isSmall
        ? vscode.l10n.t("Summarize this file: what it is for, and its main parts, in a short list.")
        : vscode.l10n.t(
            "Summarize this file: what it is for, its main parts and how they work together, and what others use of it.",
          );
  }
}

/** @param line of the file that is meant; "" where nobody would quote it. */
export function problemQuestion(message: string, line: string, size: ModelSize): string {
  const pieces = [
    vscode.l10n.t("What does this message mean here, and what is wrong? “{0}”", message),
    ...(line === "" ? [] : [vscode.l10n.t("It is about this line: {0}", line)]),
    ...(size === "small" ? [] : [vscode.l10n.t("Say how the code has to change, and why.")]),
  ];
  return pieces.join("\n\n");
}

/** What a person is offered to ask about a folder. */
export function folderQuestion(): string {
  return vscode.l10n.t("What is this folder for, and how is it laid out?");
}

/** What is added to it. */
export function folderInstruction(size: ModelSize): string {
  return size === "small"
    ? vscode.l10n.t("Answer in a few short sentences.")
    : vscode.l10n.t("Answer from the names of the files and what they define, and say so where these do not tell.");
}

/** Added where only part of what is asked about fits. */
export function cutNote(): string {
  return vscode.l10n.t("Only part of it is here: say what can be told from that.");
}

/** What a part of a question is called beside it. @param place the file's, with lines for the code itself. */
export function partLabel({ what }: QuestionPart, place: { readonly label: string; readonly path: string }): string {
  const { label, path } = place;
  switch (what) {
    case "imports":
      return vscode.l10n.t("{0}: imports", path);
    case "farBefore":
      return vscode.l10n.t("{0}: further above", path);
    case "nearBefore":
      return vscode.l10n.t("{0}: right above", path);
    case "nearAfter":
      return vscode.l10n.t("{0}: right below", path);
    case "farAfter":
      return vscode.l10n.t("{0}: further below", path);
    case "problems":
      return vscode.l10n.t("{0}: problems", path);
    case "code":
    case "command":
    case "file":
    case "folder":
      return label;
  }
}

/** A value of a prompt file's header that nobody knows, with those there are. */
export function unknownValueText({ field, value, allowed }: UnknownValue): string {
  return vscode.l10n.t("“{0}: {1}” is not known: it can be {2}.", field, visibleText(value), allowed.join(", "));
}

/** Of a header's `model`. */
export function unknownModelText(): string {
  return vscode.l10n.t(
    "No model here is called that, so the one in use answers. “model” can be a name in the Models view, or a model's id.",
  );
}
