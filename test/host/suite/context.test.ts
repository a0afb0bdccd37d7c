import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { fileText, selectedText } from "../../../src/context/host/workspaceSources";
import { paddock } from "./extension";

describe("what of the workspace may be attached", () => {
  let folder: string;
  before(async () => {
    await paddock();
    folder = await mkdtemp(path.join(tmpdir(), "paddock-context-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const file = async (name: string, content: string | Buffer): Promise<vscode.Uri> => {
    await writeFile(path.join(folder, name), content);
    return vscode.Uri.file(path.join(folder, name));
  };

  it("is a file's text, and the selected lines with their numbers", async () => {
    const uri = await file("a.ts", "one\ntwo\nthree\n");
    assert.equal((await fileText(uri)).text, "one\ntwo\nthree\n");
    const editor = await vscode.window.showTextDocument(uri);
    await assert.rejects(selectedText(), /Nothing is selected/u);
    editor.selection = new vscode.Selection(0, 0, 2, 0);
    const { label, text } = await selectedText();
    assert.equal(text, "one\ntwo\n");
    assert.match(label, /a\.ts:1-2$/u);
  });

  it("is no secret, by its name, by what is in it, or behind a link", async () => {
    const secret = await file(".env", "TOKEN=1");
    await assert.rejects(fileText(secret), /looks like a secret: \.env/u);
    await symlink(secret.fsPath, path.join(folder, "harmless.txt"));
    await assert.rejects(fileText(vscode.Uri.file(path.join(folder, "harmless.txt"))), /looks like a secret: \.env/u);
    const key = await file("notes.txt", "x\n-----BEGIN RSA PRIVATE KEY-----\n");
    await assert.rejects(fileText(key), /looks like a secret/u);
  });

  it("is text, and not more than the limit, which is named", async () => {
    await assert.rejects(fileText(await file("a.bin", Buffer.from([0xff, 0, 1]))), /Only text/u);
    await assert.rejects(fileText(await file("big.txt", "x".repeat(300_000))), /may have 256 KiB/u);
    await assert.rejects(fileText(vscode.Uri.file(path.join(folder, "gone.txt"))), /can't be read/u);
  });
});
