import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { fileText, isIgnored, selectedText, type WorkspaceReference } from "./workspaceSources";

/** Commands that attach something of the workspace to the next question. @param attach shows it at the input box. */
export function contextCommands(
  attach: (reference: WorkspaceReference) => Promise<void>,
): ReadonlyMap<string, (argument?: unknown) => Promise<void>> {
  return new Map([
    ["addSelectionToChat", async () => attach(await selectedText())],
    [
      "addFileToChat",
      async (argument?: unknown) => {
        const uri = argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
        if (uri === undefined) {
          throw new PaddockError("unsupported", vscode.l10n.t("No file is open."), {
            remedy: vscode.l10n.t("Open a file and try again."),
          });
        }
        const reference = await fileText(uri);
        if ((await isIgnored(uri)) && !(await wantsIgnored(reference.label))) return;
        await attach(reference);
      },
    ],
  ]);
}

/** Ignored files are often generated or private; whether this one matters only the person knows. */
async function wantsIgnored(label: string): Promise<boolean> {
  const attachIt = vscode.l10n.t("Attach Anyway");
  const question = vscode.l10n.t("{0} is ignored by Git. Attach it to your question?", label);
  return (await vscode.window.showWarningMessage(question, attachIt)) === attachIt;
}
