import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { PromptFiles, type SlashCommand } from "../../../src/chat/host/promptFiles";
import { profilePrompts } from "../../../src/chat/host/profilePrompts";
import { takeFiles } from "../../../src/context/host/workspaceSources";
import { selectedText } from "../../../src/context/host/workspaceSources";
import { silentLogger } from "../../../src/platform/core/logger";
import { paddock } from "./extension";

describe("prompt files", () => {
  let folder: string;
  let ran: SlashCommand[];
  let prompts: PromptFiles;
  const never = new AbortController().signal;
  const write = (name: string, text: string): Promise<void> => writeFile(path.join(folder, name), text);
  const idOf = (name: string): string => `prompt:${vscode.Uri.file(path.join(folder, name)).toString()}`;

  before(() => paddock());
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "paddock-prompts-"));
    ran = [];
    prompts = new PromptFiles({
      ownFolder: vscode.Uri.file(folder),
      selection: selectedText,
      takeFiles,
      runCommand: (command) => Promise.resolve(void ran.push(command)),
      log: silentLogger,
    });
  });
  afterEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await rm(folder, { recursive: true, force: true });
  });

  it("are offered by name and description, before what else a slash does", async () => {
    await write("tests.prompt.md", "---\ndescription: Write tests\n---\nGo.");
    await write("explain.prompt.md", "Explain.");
    await write("notes.md", "No prompt.");
    await mkdir(path.join(folder, "folder.prompt.md"));
    const all = await prompts.offer("", never);
    assert.deepEqual(
      all.slice(0, 3).map(({ label }) => label),
      ["/explain", "/tests", "/new"],
    );
    assert.deepEqual(
      (await prompts.offer("wri", never)).map(({ detail }) => detail),
      ["Write tests"],
    );
    assert.deepEqual(
      (await prompts.offer("TES", never)).map(({ label }) => label),
      ["/tests"],
    );
    const [command] = await prompts.offer("new-p", never);
    assert.equal(await prompts.use(command?.id ?? ""), undefined);
    assert.deepEqual(ran, ["newPromptFile"]);
  });

  it("give their text with the selection, the file's relative name and what they link to", async () => {
    const [linked, other] = await vscode.workspace.findFiles("*.md", undefined, 2);
    assert.ok(linked !== undefined && other !== undefined);
    const name = vscode.workspace.asRelativePath(linked, false);
    await write("a.prompt.md", `Explain \${selection} of \${file}, see [it](${name}), [away](../../package.json).`);
    await assert.rejects(prompts.use(idOf("a.prompt.md")), /Nothing is selected/u);
    const editor = await vscode.window.showTextDocument(other);
    const selected = editor.document.lineAt(0).text;
    editor.selection = new vscode.Selection(0, 0, 0, selected.length);
    const used = await prompts.use(idOf("a.prompt.md"));
    const file = vscode.workspace.asRelativePath(other);
    assert.equal(used?.text, `Explain ${selected} of ${file}, see [it](${name}), [away](../../package.json).`);
    assert.deepEqual(
      used.taken.references.map(({ label }) => label),
      [file, vscode.workspace.asRelativePath(linked)],
    );
    assert.deepEqual([used.taken.ignored, used.taken.refused], [[], []]);
  });

  it("are taken from the editor where they are open there, and need the rest from elsewhere", async () => {
    await write("mine.prompt.md", "Hello");
    const uri = vscode.Uri.file(path.join(folder, "mine.prompt.md"));
    const editor = await vscode.window.showTextDocument(uri);
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 5), " there"));
    assert.equal((await prompts.useFile(uri))?.text, "Hello there");
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "${selection} "));
    await assert.rejects(prompts.useFile(uri), /selected in another editor/u);
    await vscode.commands.executeCommand("workbench.action.files.revert");
  });

  it("are run only from the list, and say what they lack", async () => {
    await assert.rejects(prompts.use("prompt:file:///etc/passwd"), /no longer there/u);
    await assert.rejects(prompts.use("anything"), /no longer there/u);
    await write("empty.prompt.md", "---\nname: empty\n---\n");
    await assert.rejects(prompts.use(idOf("empty.prompt.md")), /no text below its header/u);
    await write("big.prompt.md", "x".repeat(70_000));
    await write("binary.prompt.md", Buffer.from([0xff, 0xfe, 0x00]).toString("latin1"));
    assert.deepEqual(
      (await prompts.list(never, true)).map(({ prompt }) => prompt.name),
      ["binary", "empty"],
    );
  });

  it("of a person are where VS Code keeps those of the profile", () => {
    const at = (text: string): string => profilePrompts(vscode.Uri.file(text)).path;
    assert.equal(at("/home/x/.config/Code/User/globalStorage/paddock.paddock"), "/home/x/.config/Code/User/prompts");
    assert.equal(
      at("/home/x/Code/User/profiles/7/globalStorage/paddock.paddock"),
      "/home/x/Code/User/profiles/7/prompts",
    );
    assert.equal(at("/elsewhere/paddock"), "/elsewhere/paddock/prompts");
  });
});
