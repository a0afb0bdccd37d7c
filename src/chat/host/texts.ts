import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import type { ChatTexts } from "../core/chatTexts";

/** @param most tokens that a prompt may have, so that there is room for an answer. */
export function questionTooLarge(tokens: number, most: number): PaddockError {
  return new PaddockError(
    "context/overflow",
    vscode.l10n.t(
      "Your question, with what is attached to it and the instructions, has {0} tokens; the model's context has room for {1}. That is {2} too many.",
      formatCount(tokens),
      formatCount(most),
      formatCount(tokens - most),
    ),
    { remedy: vscode.l10n.t("Send less at once, or set a larger paddock.engine.contextSize.") },
  );
}

export function chatTexts(): ChatTexts {
  return {
    untitled: vscode.l10n.t("New conversation"),
    emptyMessage: vscode.l10n.t("The message has no text. Write something first."),
    stillAnswering: vscode.l10n.t("This conversation is still being answered. Stop the answer or wait for its end."),
    answeringElsewhere: vscode.l10n.t(
      "This conversation is being answered in another window. Wait for the answer's end or stop it there.",
    ),
    conversationGone: vscode.l10n.t("This conversation is no longer there. Start a new one."),
    messageGone: vscode.l10n.t("This message is no longer there. Choose the conversation again to see it as it is."),
    cannotContinue: vscode.l10n.t(
      "Only the last answer can be continued, and only when it broke off. Use Retry instead.",
    ),
    answerStays: vscode.l10n.t("This answer was made with what is in a database, so it stays on this machine."),
    answerStaysRemedy: vscode.l10n.t("Continue it with a model on this machine, or use Retry."),
    contextFull: vscode.l10n.t("The answer ends here because the model's context is full."),
    contextFullRemedy: vscode.l10n.t("Start a new conversation, or set a larger paddock.engine.contextSize."),
    contextOverflowRemedy: vscode.l10n.t(
      "Start a new conversation, send less at once, or set a larger paddock.engine.contextSize.",
    ),
    toolLimit: vscode.l10n.t("The model called tools as often as one answer may, so the answer ends here."),
    toolLimitRemedy: vscode.l10n.t("Ask it to answer with what it found, or ask for less at once."),
    unsaved: vscode.l10n.t(
      "What is not saved yet is kept in this window; keep the window open until this notice goes.",
    ),
    newerEntries: vscode.l10n.t(
      "A newer version of Paddock wrote parts of this conversation. They are kept but not shown; update Paddock to see them.",
    ),
    noEditor: vscode.l10n.t("There is no editor to insert into."),
    noEditorRemedy: vscode.l10n.t("Open a file, put the cursor where the text should go, and try again."),
    nothingSelected: vscode.l10n.t("Nothing is selected in the editor."),
    nothingSelectedRemedy: vscode.l10n.t("Select what the code should replace, or insert it at the cursor."),
    insertRefused: vscode.l10n.t("The editor did not take the text. Check whether its file is read-only."),
    noCommand: vscode.l10n.t("There is no command in this code."),
    severalLines: vscode.l10n.t("Only a command of one line can be put into the terminal: a shell might run the rest."),
    severalLinesRemedy: vscode.l10n.t("Copy the code and paste the lines you want yourself."),
    noTerminal: vscode.l10n.t("The editor opened no terminal for this command."),
    noTerminalRemedy: vscode.l10n.t(
      "In Restricted Mode VS Code starts terminals only in a workspace that you trust. The command can still be copied.",
    ),
    linkRefused: vscode.l10n.t("Only links to web pages (http and https) can be opened."),
    fileGone: vscode.l10n.t("There is no such file in this workspace any more."),
    symbolGone: vscode.l10n.t("No language extension knows a symbol of that name in this workspace any more."),
    pickSymbol: vscode.l10n.t("Which definition?"),
    instructionsGone: vscode.l10n.t("This file is not among the workspace's instructions any more."),
    presetNames: {
      default: vscode.l10n.t("Default"),
      precise: vscode.l10n.t("Precise"),
      creative: vscode.l10n.t("Creative"),
      explain: vscode.l10n.t("Explain simply"),
      review: vscode.l10n.t("Code review"),
    },
  };
}
