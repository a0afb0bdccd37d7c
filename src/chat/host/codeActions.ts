import * as vscode from "vscode";
import { languageId, terminalText } from "../../platform/core/codeFence";
import { PaddockError } from "../../platform/core/errors";
import type { ChatTexts } from "../core/chatTexts";

/** What can be done with the code of an answer, each only when a person asks for it. */
export class CodeActions {
  constructor(private readonly texts: ChatTexts) {}

  /** At each cursor; what is selected stays, and the text follows it. One step for Undo. */
  async insert(text: string): Promise<void> {
    const editor = this.editor();
    await this.edit(editor, (edit) => {
      for (const { end } of editor.selections) edit.insert(end, text);
    });
  }

  /** In place of what is selected, wherever something is. One step for Undo. */
  async replaceSelection(text: string): Promise<void> {
    const editor = this.editor();
    const selected = editor.selections.filter(({ isEmpty }) => !isEmpty);
    if (selected.length === 0) {
      throw new PaddockError("unsupported", this.texts.nothingSelected, { remedy: this.texts.nothingSelectedRemedy });
    }
    await this.edit(editor, (edit) => {
      // A fence ends with a line end; a selection within a line does not.
      for (const selection of selected) {
        edit.replace(selection, selection.end.character === 0 ? text : text.replace(/\r?\n$/, ""));
      }
    });
  }

  private editor(): vscode.TextEditor {
    const { texts } = this;
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) throw new PaddockError("unsupported", texts.noEditor, { remedy: texts.noEditorRemedy });
    return editor;
  }

  private async edit(editor: vscode.TextEditor, make: (edit: vscode.TextEditorEdit) => void): Promise<void> {
    const { texts } = this;
    const taken = await editor.edit(make);
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
    if (!(await isRunning(terminal))) {
      throw new PaddockError("unsupported", texts.noTerminal, { remedy: texts.noTerminalRemedy });
    }
    terminal.sendText(command, false);
  }
}

/** A terminal that the editor refuses, as it may in Restricted Mode, closes and never says its process. */
async function isRunning(terminal: vscode.Terminal): Promise<boolean> {
  const closing = new Promise<undefined>((resolve) => {
    const listener = vscode.window.onDidCloseTerminal((closed) => {
      if (closed === terminal) resolve(undefined);
    });
    const done = (): void => void listener.dispose();
    void terminal.processId.then(done, done);
  });
  return (await Promise.race([terminal.processId, closing])) !== undefined;
}
