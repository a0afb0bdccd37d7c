import { realpath } from "node:fs/promises";
import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";
import { type Refusal, refusalOfPath } from "../core/gate";

/** By the path itself and where it leads to: a link's name says nothing about that. */
export async function refusalOfUri(uri: vscode.Uri): Promise<Refusal | undefined> {
  const refusal = refusalOfPath(uri.path);
  if (refusal !== undefined || uri.scheme !== "file") return refusal;
  return refusalOfPath(await realpath(uri.fsPath).catch(() => uri.fsPath));
}

/** @throws PaddockError `unsupported` with what the gate has against it. */
export function check(refusal: Refusal | undefined, words = refused): void {
  if (refusal !== undefined) throw words(refusal);
}

export function refused(refusal: Refusal): PaddockError {
  switch (refusal.why) {
    case "secret":
      return new PaddockError(
        "unsupported",
        vscode.l10n.t("Paddock never shows a model what looks like a secret: {0}.", refusal.what),
        { remedy: vscode.l10n.t("Copy what is no secret into your question yourself.") },
      );
    case "binary":
      return new PaddockError("unsupported", vscode.l10n.t("Only text can be attached, and this is none."));
    case "tooLarge":
      return new PaddockError(
        "unsupported",
        vscode.l10n.t(
          "This has {0}; what is attached may have {1}.",
          formatBytes(refusal.bytes),
          formatBytes(refusal.most),
        ),
        { remedy: vscode.l10n.t("Select the part that matters and attach the selection.") },
      );
  }
}
