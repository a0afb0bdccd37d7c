import assert from "node:assert/strict";
import { mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...rest);

describe("a reviewable edit", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-edits-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));
  afterEach(async () => {
    await run("paddock.rejectAllChanges");
    await run("workbench.action.revertAndCloseActiveEditor");
    await run("workbench.action.closeAllEditors");
  });

  async function file(name: string, content: string): Promise<{ uri: vscode.Uri; document: vscode.TextDocument }> {
    const uri = vscode.Uri.file(path.join(folder, name));
    await writeFile(uri.fsPath, content);
    return { uri, document: await vscode.workspace.openTextDocument(uri) };
  }
  async function propose(target: vscode.Uri, text: string): Promise<string> {
    const { edits } = await paddock();
    return edits.propose({ target, change: { kind: "whole", text }, label: "test" });
  }
  const lines = (eol: string, end = eol): string =>
    ["one", "two", "three", "four", "five", "six", "seven"].join(eol) + end;
  const changed = "one\nTWO\nthree\nfour\nFIVE\nsix\nSEVEN\n";

  for (const [name, text] of [
    ["LF", lines("\n")],
    ["CRLF", lines("\r\n")],
    ["no last line end", lines("\n", "")],
    ["CRLF, no last line end", lines("\r\n", "")],
    ["BOM", `\ufeff${lines("\n")}`],
  ] as const) {
    it(`accepts, rejects, and one Undo brings back every byte: ${name}`, async () => {
      const { uri, document } = await file(`${name.replace(/\W/g, "")}.txt`, text);
      const original = document.getText();
      assert.equal(await propose(uri, changed), "opened");
      assert.equal(vscode.window.activeTextEditor?.document.uri.scheme, "paddock-review");
      assert.equal(vscode.window.activeTextEditor.selection.active.line, 1);
      await run("paddock.acceptChange");
      assert.equal(document.getText(), original, "nothing is written before all is decided");
      assert.equal(vscode.window.activeTextEditor.selection.active.line, 4);
      await run("paddock.rejectChange");
      await run("paddock.acceptAllChanges");
      const eol = text.includes("\r\n") ? "\r\n" : "\n";
      const wanted = ["one", "TWO", "three", "four", "five", "six", "SEVEN", ""].join(eol);
      assert.equal(document.getText(), wanted);
      assert.equal(vscode.window.activeTextEditor.document.uri.toString(), uri.toString());
      assert.equal(document.isDirty, true);
      await run("undo");
      assert.equal(document.getText(), original);
      assert.equal(document.isDirty, false);
      await document.save();
      assert.equal(await readFile(uri.fsPath, "utf8"), text);
    });
  }

  it("keeps what was typed and not saved, and Undo goes no further than the edit", async () => {
    const { uri, document } = await file("dirty.txt", lines("\n"));
    const editor = await vscode.window.showTextDocument(document);
    await editor.edit((edit) => edit.insert(new vscode.Position(3, 0), "typed "));
    await propose(uri, document.getText().replace("two", "TWO").replace("six", "SIX"));
    await run("paddock.acceptAllChanges");
    assert.match(document.getText(), /TWO\nthree\ntyped four\nfive\nSIX/);
    await run("undo");
    assert.equal(document.getText(), lines("\n").replace("four", "typed four"));
    assert.equal(document.isDirty, true);
  });

  it("follows what is typed elsewhere and holds what was typed into", async () => {
    const { uri, document } = await file("typing.txt", lines("\n"));
    await propose(uri, changed);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(uri, new vscode.Position(0, 0), "above\n");
    edit.insert(uri, new vscode.Position(4, 4), "!");
    await vscode.workspace.applyEdit(edit);
    const { edits } = await paddock();
    const { active } = edits;
    assert.deepEqual(
      active?.review.hunks.map(({ at, standing }) => [at, standing]),
      [
        [2, "ready"],
        [5, "held"],
        [7, "ready"],
      ],
    );
    await run("paddock.acceptAllChanges");
    assert.equal(edits.active, active, "what is held keeps the review open");
    await run("paddock.applyAcceptedChanges");
    assert.equal(document.getText(), "above\none\nTWO\nthree\nfour\nfive!\nsix\nSEVEN\n");
  });

  it("follows a change by another program, and never writes over it", async () => {
    const { uri, document } = await file("external.txt", lines("\n"));
    await propose(uri, changed);
    await writeFile(uri.fsPath, lines("\n").replace("two", "two from elsewhere").replace("one\n", "zero\none\n"));
    // Not every machine's watcher sees a file outside the workspace in time.
    await vscode.window.showTextDocument(document);
    await run("workbench.action.files.revert");
    await until("the editor to see it", () => document.getText().startsWith("zero"));
    await run("paddock.acceptAllChanges");
    await run("paddock.applyAcceptedChanges");
    assert.equal(document.getText(), "zero\none\ntwo from elsewhere\nthree\nfour\nFIVE\nsix\nSEVEN\n");
  });

  it("says that a deleted file is gone and leaves it so", async () => {
    const { uri } = await file("gone.txt", lines("\n"));
    await propose(uri, changed);
    await vscode.workspace.fs.delete(uri);
    const { edits } = await paddock();
    const { active } = edits;
    assert.ok(active !== undefined);
    await run("workbench.action.closeAllEditors");
    active.review.decide([0], "accepted");
    await assert.rejects(edits.finish(active), /no longer there/);
    await assert.rejects(readFile(uri.fsPath), { code: "ENOENT" });
  });

  it("says politely that there is nothing to change", async () => {
    const { uri } = await file("same.txt", lines("\r\n"));
    assert.equal(await propose(uri, lines("\n")), "unchanged");
  });

  it("takes the place of an earlier proposal of which nothing was accepted", async () => {
    const { uri, document } = await file("twice.txt", lines("\n"));
    await propose(uri, changed);
    await propose(uri, lines("\n").replace("three", "THREE"));
    await run("paddock.acceptAllChanges");
    assert.equal(document.getText(), lines("\n").replace("three", "THREE"));
    assert.equal((await paddock()).edits.active, undefined);
  });

  it("takes a decision back", async () => {
    const { uri, document } = await file("back.txt", lines("\n"));
    await propose(uri, changed);
    await run("paddock.rejectChange");
    await run("paddock.takeBackDecision");
    await run("paddock.acceptAllChanges");
    assert.equal(document.getText(), changed);
  });

  it("changes an untitled document and refuses a read-only one", async () => {
    const untitled = await vscode.workspace.openTextDocument({ content: "a\nb\n" });
    await propose(untitled.uri, "a\nB\n");
    await run("paddock.acceptAllChanges");
    assert.equal(untitled.getText(), "a\nB\n");
    const provider = vscode.workspace.registerTextDocumentContentProvider("fixed", {
      provideTextDocumentContent: () => "a\n",
    });
    const fixed = await vscode.workspace.openTextDocument(vscode.Uri.parse("fixed:/a.txt"));
    await assert.rejects(propose(fixed.uri, "b\n"), /read-only/);
    provider.dispose();
  });

  it("makes a new file inside the workspace only, and writes over none", async () => {
    const root = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(root !== undefined);
    await assert.rejects(propose(vscode.Uri.file(path.join(folder, "new.txt")), "a\n"), /outside the workspace/);
    const link = vscode.Uri.joinPath(root, "paddock-test-link");
    await symlink(folder, link.fsPath);
    const target = vscode.Uri.joinPath(root, "paddock-test-new.txt");
    try {
      await assert.rejects(propose(vscode.Uri.joinPath(link, "new.txt"), "a\n"), /outside the workspace/);
      await propose(target, "made\n");
      await run("paddock.acceptAllChanges");
      assert.equal(await readFile(target.fsPath, "utf8"), "made\n");
      await rm(target.fsPath);
      await propose(target, "made\n");
      await writeFile(target.fsPath, "somebody else's\n");
      const { edits } = await paddock();
      const { active } = edits;
      assert.ok(active !== undefined);
      active.review.decide([0], "accepted");
      await assert.rejects(edits.finish(active), /somebody else/);
      assert.equal(await readFile(target.fsPath, "utf8"), "somebody else's\n");
    } finally {
      await rm(link.fsPath, { force: true });
      await rm(target.fsPath, { force: true });
    }
  });
});
