import * as vscode from "vscode";
import type { ActionKind } from "../core/actionKinds";
import type { AnswerRefusal } from "../core/fittedAnswer";

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

/** The question that the chat is asked for an action whose answer is a text. */
export function questionFor(kind: ActionKind): string {
  switch (kind) {
    case "explainCommand":
      return vscode.l10n.t("This command failed. Why, and how do I fix it?");
    case "summarize":
      return vscode.l10n.t("Summarize this file: what it is for, and its main parts.");
    case "askFolder":
      return vscode.l10n.t("What is this folder for, and how is it laid out?");
    default:
      return vscode.l10n.t("Explain what this code does and how.");
  }
}
