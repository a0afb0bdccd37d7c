import * as vscode from "vscode";
import { formatBytes, formatMilliseconds, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import type { DownloadView } from "../core/downloadState";

/** "1.1 GiB of 2.4 GiB, 45% · 12.3 MiB/s · 1 min 20 s left". */
export function progressWords(view: DownloadView): string {
  const { doneBytes, sizeBytes, bytesPerSecond, secondsLeft } = view;
  return [
    vscode.l10n.t("{0} of {1}, {2}", formatBytes(doneBytes), formatBytes(sizeBytes), shareWords(doneBytes, sizeBytes)),
    statusWords(view),
    bytesPerSecond === null ? undefined : vscode.l10n.t("{0}/s", formatBytes(bytesPerSecond)),
    bytesPerSecond === null || secondsLeft === null
      ? undefined
      : vscode.l10n.t("{0} left", formatMilliseconds(Math.ceil(secondsLeft) * 1000)),
  ]
    .filter((part) => part !== undefined)
    .join(" · ");
}

export function shareWords(doneBytes: number, sizeBytes: number): string {
  return formatShare(sizeBytes === 0 ? 1 : doneBytes / sizeBytes);
}

/** Why no bytes come; undefined while they do. */
function statusWords({ status, problem }: DownloadView): string | undefined {
  const why = problem === undefined ? undefined : visibleText(problem.message).replace(/\.$/, "");
  switch (status) {
    case "running":
      return undefined;
    case "waiting":
      return vscode.l10n.t("waiting");
    case "retrying":
      return why === undefined ? vscode.l10n.t("trying again") : vscode.l10n.t("trying again: {0}", why);
    case "verifying":
      return vscode.l10n.t("verifying");
    case "elsewhere":
      return vscode.l10n.t("another window downloads it");
    case "paused":
      return why ?? vscode.l10n.t("paused");
    case "failed":
      return why ?? vscode.l10n.t("failed");
  }
}
