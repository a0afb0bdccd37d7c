import * as vscode from "vscode";
import { isCancellation, toPaddockError } from "../core/errors";
import type { OutputLog } from "./log";

/**
 * Tell a person about a failure: what happened, what to do, and the log one click away.
 * Never modal. Cancellation is not a failure and stays quiet.
 */
export async function showError(log: OutputLog, error: unknown): Promise<void> {
  if (isCancellation(error)) return;
  const known = toPaddockError(error);
  log.error(
    known.detail === undefined ? known.message : `${known.message} (${known.detail})`,
    known.code === "internal" ? error : undefined,
  );
  const showLog = vscode.l10n.t("Show Log");
  const text = known.remedy === undefined ? known.message : `${known.message} ${known.remedy}`;
  if ((await vscode.window.showErrorMessage(text, showLog)) === showLog) log.show();
}
