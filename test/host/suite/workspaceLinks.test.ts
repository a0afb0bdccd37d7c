import assert from "node:assert/strict";
import * as vscode from "vscode";
import { WorkspaceLinks } from "../../../src/chat/host/workspaceLinks";

describe("files that an answer names", () => {
  const links = new WorkspaceLinks({ fileGone: "gone" });

  /** A text file of the opened folder. */
  async function someFile(): Promise<string> {
    const [file] = await vscode.workspace.findFiles("**/*.md", undefined, 1);
    assert.ok(file !== undefined);
    return vscode.workspace.asRelativePath(file, false);
  }

  it("are told from names that are no files", async () => {
    const file = await someFile();
    assert.deepEqual(await links.existing([file, "none.md", "../package.json", "/etc/passwd"]), [file]);
  });

  it("open at the line", async () => {
    const file = await someFile();
    await links.open({ path: file, line: 2 });
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor === undefined ? undefined : vscode.workspace.asRelativePath(editor.document.uri, false), file);
    assert.equal(editor?.selection.active.line, Math.min(1, (editor?.document.lineCount ?? 1) - 1));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("do not open from outside the workspace", async () => {
    await assert.rejects(links.open({ path: "../../package.json" }), { message: "gone" });
    assert.equal(vscode.window.activeTextEditor, undefined);
  });
});
