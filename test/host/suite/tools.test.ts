import assert from "node:assert/strict";
import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import * as vscode from "vscode";
import type { TestApi } from "../../../src/testApi";
import { paddock } from "./extension";

const never = new AbortController().signal;
const run = (command: string): Thenable<unknown> => vscode.commands.executeCommand(command);

describe("tools", () => {
  let api: TestApi;
  let folder: string;
  const uri = (name: string): vscode.Uri => vscode.Uri.file(path.join(folder, name));
  const call = async (name: string, args: object, signal = never): Promise<string> =>
    (await api.tools.invoke(name, args, signal)).text;
  const refused = async (name: string, args: object, words: RegExp): Promise<void> => {
    await assert.rejects(call(name, args), (error) => error instanceof Error && words.test(error.message));
  };

  before(async () => {
    api = await paddock();
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    folder = path.join(root.uri.fsPath, "tools");
    await mkdir(path.join(folder, "inner"), { recursive: true });
    await writeFile(uri("greet.txt").fsPath, "one\r\ntwo\r\nthree\r\n");
    await writeFile(uri("inner/llama.txt").fsPath, "The Llama grazes.\nNothing else.\n");
    await writeFile(uri(".env").fsPath, "SECRET=llama\n");
    await writeFile(uri("bytes.txt").fsPath, Buffer.from([108, 108, 97, 109, 97, 0, 1]));
    await symlink("/etc/passwd", uri("link.txt").fsPath);
    const database = new DatabaseSync(uri("music.db").fsPath);
    database.exec(
      "CREATE TABLE singer (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO singer VALUES (1, 'Ann'), (2, 'Bo');",
    );
    database.close();
  });
  after(async () => {
    await run("paddock.rejectAllChanges");
    await run("workbench.action.closeAllEditors");
    for (const { id } of api.databases.connections.list()) await api.databases.connections.remove(id);
    await rm(folder, { recursive: true, force: true });
  });

  it("read a file with its line numbers, and what was typed and not saved", async () => {
    assert.equal(await call("read_file", { path: "tools/greet.txt", from: 1, lines: 0 }), "1: one\n2: two\n3: three");
    const editor = await vscode.window.showTextDocument(uri("greet.txt"));
    await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "typed "));
    assert.match(await call("read_file", { path: "tools/greet.txt", from: 1, lines: 1 }), /1: typed one$/u);
    await run("workbench.action.revertAndCloseActiveEditor");
  });

  it("read no secret, nothing outside, no bytes, and nothing that is not there", async () => {
    await refused("read_file", { path: "tools/.env", from: 1, lines: 0 }, /secrets/u);
    await refused("read_file", { path: "../../etc/passwd", from: 1, lines: 0 }, /not a file inside the workspace/u);
    await refused("read_file", { path: "/etc/passwd", from: 1, lines: 0 }, /not a file inside the workspace/u);
    await refused("read_file", { path: "tools/link.txt", from: 1, lines: 0 }, /leads out of the workspace/u);
    await refused("read_file", { path: "tools/bytes.txt", from: 1, lines: 0 }, /not a text/u);
    await refused("read_file", { path: "tools/none.txt", from: 1, lines: 0 }, /no file/u);
  });

  it("search names and lines, without secrets", async () => {
    const found = await call("search_workspace", { text: "llama", folder: "tools" });
    assert.match(found, /tools\/inner\/llama\.txt:1: The Llama grazes\./u);
    assert.match(found, /Files of that name:\ntools\/inner\/llama\.txt/u);
    assert.ok(!found.includes("SECRET") && !found.includes(".env"), found);
    assert.match(await call("search_workspace", { text: "no such words", folder: "tools" }), /No line contains it/u);
    const abort = new AbortController();
    abort.abort();
    await assert.rejects(call("search_workspace", { text: "llama", folder: "" }, abort.signal));
  });

  it("list problems of a file", async () => {
    const problems = vscode.languages.createDiagnosticCollection("tools-test");
    try {
      const range = new vscode.Range(1, 0, 1, 3);
      problems.set(uri("greet.txt"), [new vscode.Diagnostic(range, "Two is wrong.", vscode.DiagnosticSeverity.Error)]);
      assert.match(await call("list_problems", { path: "tools/greet.txt" }), /greet\.txt:2:1 error: Two is wrong\./u);
      await refused("list_problems", { path: "tools/inner/llama.txt" }, /no problems/u);
    } finally {
      problems.dispose();
    }
  });

  it("read a database that is kept, and never write to it", async () => {
    assert.ok(!api.tools.list().some(({ name }) => name === "run_sql"), "no database, no tool");
    const target = { engine: "sqlite" as const, file: uri("music.db").fsPath };
    await api.databases.connections.save(
      { id: "tools-music", name: "Music", target, writable: true, sampleValues: false, notes: {} },
      "workspace",
    );
    assert.ok(api.tools.list().some(({ name }) => name === "run_sql"));
    assert.match(await call("read_schema", { database: "" }), /CREATE TABLE "?singer"?/u);
    assert.equal(
      await call("run_sql", { database: "music", sql: "SELECT name FROM singer ORDER BY id" }),
      "name\nAnn\nBo\n",
    );
    await refused("run_sql", { database: "Music", sql: "DELETE FROM singer" }, /./u);
    await refused("run_sql", { database: "Music", sql: "SELECT nme FROM singer" }, /name/u);
    assert.match(await call("run_sql", { database: "Music", sql: "SELECT count(*) AS n FROM singer" }), /\n2\n/u);
  });

  it("propose a change for review, which one Undo takes back", async () => {
    const document = await vscode.workspace.openTextDocument(uri("greet.txt"));
    const original = document.getText();
    const change = { path: "tools/greet.txt", old_text: "two\nthree", new_text: "TWO\nthree" };
    assert.match(await call("propose_edit", change), /decides/u);
    assert.equal(document.getText(), original, "nothing is changed before somebody looked");
    await run("paddock.acceptAllChanges");
    assert.equal(document.getText(), "one\r\nTWO\r\nthree\r\n");
    await run("undo");
    assert.equal(document.getText(), original);
    await refused("propose_edit", { ...change, old_text: "four" }, /does not stand/u);
    await refused("propose_edit", { ...change, old_text: "e" }, /more than once/u);
    await refused("propose_edit", { ...change, old_text: "" }, /there already/u);
    await refused("propose_edit", { ...change, path: "tools/.env", old_text: "SECRET" }, /secrets/u);
  });

  it("are given to any chat by the names that package.json declares", async () => {
    const declared = vscode.lm.tools.filter(({ name }) => name.startsWith("paddock_")).map(({ name }) => name);
    assert.deepEqual(declared.toSorted(), [
      ...["paddock_list_models", "paddock_read_schema", "paddock_run_sql", "paddock_search_workspace"],
    ]);
    const result = await vscode.lm.invokeTool("paddock_list_models", { input: {}, toolInvocationToken: undefined });
    const [part] = result.content;
    assert.ok(part instanceof vscode.LanguageModelTextPart);
    assert.match(part.value, /SmolLM2 135M \(starter\): answers in the chat/u);
    const searched = await vscode.lm.invokeTool("paddock_search_workspace", {
      ...{ input: { text: "grazes", folder: "tools" }, toolInvocationToken: undefined },
    });
    assert.ok(
      searched.content.some((one) => one instanceof vscode.LanguageModelTextPart && one.value.includes("llama.txt:1")),
    );
  });
});
