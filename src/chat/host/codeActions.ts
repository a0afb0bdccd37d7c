import * as vscode from "vscode";
import { languageId, terminalText } from "../../platform/core/codeFence";
import { PaddockError } from "../../platform/core/errors";
import type { ChatTexts } from "../core/chatTexts";

/** What can be done with the code of an answer, each only when a person asks for it. */
export class CodeActions {
  constructor(private readonly texts: ChatTexts) {}

  /** In place of the selection, or at the cursor; one step for Undo. */
  async insert(text: string): Promise<void> {
    const { texts } = this;
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) throw new PaddockError("unsupported", texts.noEditor, { remedy: texts.noEditorRemedy });
    const taken = await editor.edit((edit) => {
      for (const selection of editor.selections) edit.replace(selection, text);
    });
    if (!taken) throw new PaddockError("unsupported", texts.insertRefused);
    await vscode.window.showTextDocument(editor.document, editor.viewColumn);
  }

  /** A file without a name, in the language of the fence where the editor knows it. Nothing is written to disk. */
  async newFile(text: string, fence: string): Promise<void> {
    const language = languageId(fence, await vscode.languages.getLanguages());
    const document = await vscode.workspace.openTextDocument({
      content: text,
      ...(language === undefined ? {} : { language }),
    });
    await vscode.window.showTextDocument(document);
  }

  /**
   * Puts a command at a terminal's prompt and leaves it to the person to run it. Several lines are refused: what a
   * shell does with a line's end depends on the shell, and some would run all but the last.
   */
  async toTerminal(text: string): Promise<void> {
    const { texts } = this;
    const command = terminalText(text);
    if (command === "") throw new PaddockError("unsupported", texts.noCommand);
    if (command.includes("\n")) {
      throw new PaddockError("unsupported", texts.severalLines, { remedy: texts.severalLinesRemedy });
    }
    const name = "Paddock";
    const terminal =
      vscode.window.terminals.find((open) => open.name === name && open.exitStatus === undefined) ??
      vscode.window.createTerminal({ name });
    terminal.show();
    await terminal.processId;
    terminal.sendText(command, false);
  }
}
