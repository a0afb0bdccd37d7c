import * as vscode from "vscode";
import { isCancellation, type PaddockError, toPaddockError } from "../core/errors";
import type { OutputLog } from "./log";

export interface ErrorWords {
  readonly message: string;
  readonly remedy?: string;
}

/**
 * The words for an error in the person's language. Errors whose sentence depends on the case (a file's size, a missing
 * part) keep the sentence they were made with; the others are worded here by their code.
 */
export function describeError(error: PaddockError): ErrorWords {
  switch (error.code) {
    case "engine/crashed":
      return {
        message: vscode.l10n.t("The engine crashed."),
        remedy: error.remedy ?? vscode.l10n.t("It starts again by itself; what was written so far is kept."),
      };
    case "engine/unresponsive":
      return {
        message: vscode.l10n.t("The engine did not answer and was ended."),
        remedy: error.remedy ?? vscode.l10n.t("It starts again by itself; what was written so far is kept."),
      };
    case "disconnected":
      return {
        message: vscode.l10n.t("The connection to the engine was lost."),
        remedy: error.remedy ?? vscode.l10n.t("Try again; the log says more."),
      };
    case "storage/full":
      return {
        message: vscode.l10n.t("There is no space left where Paddock keeps its files."),
        remedy: vscode.l10n.t("Free some disk space; Paddock tries again by itself."),
      };
    case "storage/read-only":
      return {
        message: vscode.l10n.t("Paddock may not write where it keeps its files."),
        remedy: vscode.l10n.t("Make the folder writable; Paddock tries again by itself."),
      };
    case "internal":
    case "invalid-message":
      return {
        message: vscode.l10n.t("Something went wrong inside Paddock: {0}", error.message),
        remedy: error.remedy ?? vscode.l10n.t("The log says more. Restarting the engine may help."),
      };
    default:
      return error.remedy === undefined ? { message: error.message } : { message: error.message, remedy: error.remedy };
  }
}

/** Tell a person about a failure: what happened, what to do, and the log one click away. Never modal. */
export async function showError(log: OutputLog, error: unknown): Promise<void> {
  if (isCancellation(error)) return;
  const known = toPaddockError(error);
  const { message, remedy } = describeError(known);
  log.error(
    known.detail === undefined ? known.message : `${known.message} (${known.detail})`,
    known.code === "internal" ? error : undefined,
  );
  const showLog = vscode.l10n.t("Show Log");
  const picked = await vscode.window.showErrorMessage(remedy === undefined ? message : `${message} ${remedy}`, showLog);
  if (picked === showLog) log.show();
}
