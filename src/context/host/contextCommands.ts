import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { fileText, isIgnored, selectedText, type WorkspaceReference } from "./workspaceSources";

/** What a command found; the same shape as the chat takes. */
interface Taken {
  readonly references: readonly WorkspaceReference[];
  readonly ignored: readonly WorkspaceReference[];
  readonly refused: readonly { readonly label: string; readonly reason: string }[];
}

/** Commands that attach something of the workspace to the next question. @param attach shows it at the input box. */
export function contextCommands(
  attach: (taken: Taken) => Promise<void>,
): ReadonlyMap<string, (argument?: unknown) => Promise<void>> {
  return new Map([
    ["addSelectionToChat", async () => attach({ references: [await selectedText()], ignored: [], refused: [] })],
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
        const ignored = await isIgnored(uri);
        await attach({ references: ignored ? [] : [reference], ignored: ignored ? [reference] : [], refused: [] });
      },
    ],
  ]);
}
