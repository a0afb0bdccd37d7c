import assert from "node:assert/strict";
import * as vscode from "vscode";
import { WorkspaceSymbols } from "../../../src/chat/host/workspaceSymbols";

describe("symbols that an answer names", () => {
  const symbols = new WorkspaceSymbols({ symbolGone: "gone", pickSymbol: "which" });
  const signal = new AbortController().signal;
  let provider: vscode.Disposable;

  before(async () => {
    const [file] = await vscode.workspace.findFiles("**/*.md", undefined, 1);
    assert.ok(file !== undefined);
    const outside = vscode.Uri.joinPath(file, "..", "..", "..", "outside.md");
    const at = (uri: vscode.Uri, line: number) => new vscode.Location(uri, new vscode.Position(line, 0));
    provider = vscode.languages.registerWorkspaceSymbolProvider({
      provideWorkspaceSymbols: () => [
        new vscode.SymbolInformation("paddockTestSymbol", vscode.SymbolKind.Function, "Tests", at(file, 0)),
        new vscode.SymbolInformation("paddockTestSymbols", vscode.SymbolKind.Function, "Tests", at(file, 0)),
        new vscode.SymbolInformation("paddockOutside", vscode.SymbolKind.Function, "", at(outside, 0)),
      ],
    });
  });
  after(() => {
    provider.dispose();
  });

  it("are told from names that are none, by the languages' own search", async () => {
    const names = ["paddockTestSymbol", "Tests.paddockTestSymbol()", "Other.paddockTestSymbol", "paddockOutside"];
    assert.deepEqual((await symbols.existing(names, signal)).sort(), [
      "Tests.paddockTestSymbol()",
      "paddockTestSymbol",
    ]);
  });

  it("open at their definition", async () => {
    await symbols.open("paddockTestSymbol");
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.selection.active.line, 0);
    assert.match(editor.document.uri.path, /\.md$/);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("do not open where there is no definition inside the workspace", async () => {
    await assert.rejects(symbols.open("paddockOutside"), { message: "gone" });
    assert.equal(vscode.window.activeTextEditor, undefined);
  });
});
