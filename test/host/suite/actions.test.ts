import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { conventionalHeader } from "../../../src/actions/core/commitMessage";
import type { Chat } from "../../../src/chat/host/chatDeps";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...rest);
const program = promisify(execFile);

/** All of it with the starter model: what it says is its own affair, what becomes of it is not. */
describe("actions", () => {
  let folder: string;
  const diagnostics = vscode.languages.createDiagnosticCollection("actions-test");

  before(async () => {
    await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-actions-"));
  });
  after(async () => {
    diagnostics.dispose();
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(async () => {
    await run("paddock.rejectAllChanges");
    await run("workbench.action.revertAndCloseActiveEditor");
    await run("workbench.action.closeAllEditors");
    diagnostics.clear();
  });

  async function open(name: string, text: string): Promise<vscode.TextEditor> {
    const uri = vscode.Uri.file(path.join(folder, name));
    await writeFile(uri.fsPath, text);
    return vscode.window.showTextDocument(uri);
  }
  const offered = async (uri: vscode.Uri, range: vscode.Range): Promise<vscode.CodeAction[]> => {
    const all = await vscode.commands.executeCommand<vscode.CodeAction[]>(
      "vscode.executeCodeActionProvider",
      uri,
      range,
    );
    return all.filter(({ title }) => title.includes("Paddock"));
  };
  const titles = (actions: readonly vscode.CodeAction[]): string[] => actions.map(({ title }) => title).sort();

  it("stand in the lightbulb at a problem and at a selection, and nowhere else", async () => {
    const { document } = await open("offer.txt", "one\ntwo\n");
    const { uri } = document;
    const [first, second] = [document.lineAt(0).range, document.lineAt(1).range];
    diagnostics.set(uri, [new vscode.Diagnostic(first, "One is not two.", vscode.DiagnosticSeverity.Error)]);
    assert.deepEqual(titles(await offered(uri, new vscode.Range(first.start, first.start))), [
      "Explain with Paddock",
      "Fix with Paddock",
    ]);
    assert.deepEqual(titles(await offered(uri, second)), [
      "Document with Paddock",
      "Edit with Paddock…",
      "Simplify with Paddock",
      "Write Tests with Paddock",
    ]);
    assert.deepEqual(titles(await offered(uri, new vscode.Range(second.start, second.start))), []);
    const setting = vscode.workspace.getConfiguration("paddock");
    await setting.update("actions.lightbulb", false, vscode.ConfigurationTarget.Global);
    try {
      assert.deepEqual(titles(await offered(uri, first)), []);
    } finally {
      await setting.update("actions.lightbulb", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("propose documentation that leaves the code as it is, and one Undo brings back every byte", async () => {
    const { actions, edits } = await paddock();
    const head = "const one = 1;\r\n\r\n";
    const code = "export function add(first: number, second: number): number {\r\n  return first + second;\r\n}\r\n";
    const editor = await open("add.ts", head + code);
    const { document } = editor;
    editor.selection = new vscode.Selection(2, 0, 4, 1);
    await actions.run("document");
    assert.equal(document.getText(), head + code, "nothing is changed before it was looked at");
    assert.deepEqual(editor.selection, new vscode.Selection(2, 0, 4, 1));
    assert.ok(edits.active !== undefined);
    await run("paddock.acceptAllChanges");
    const text = document.getText();
    assert.ok(text.startsWith(`${head}/**\r\n * `), text);
    assert.ok(text.endsWith(` */\r\n${code}`), text);
    assert.match(text, /@param first [^]*@param second [^]*@returns /u);
    await run("undo");
    assert.equal(document.getText(), head + code);
    assert.equal(document.isDirty, false);
  });

  it("take the function around the cursor where no language server knows it", async () => {
    const { actions } = await paddock();
    const text = "#!/bin/sh\nfirst() {\n  echo first\n}\n\nsecond() {\n  echo second\n}\n";
    const editor = await open("two.sh", text);
    editor.selection = new vscode.Selection(6, 4, 6, 4);
    await actions.run("document");
    await run("paddock.acceptAllChanges");
    assert.match(
      editor.document.getText(),
      /^#!\/bin\/sh\nfirst\(\) \{\n {2}echo first\n\}\n\n(?:# .*\n)+second\(\) \{\n {2}echo second\n\}\n$/u,
    );
  });

  it("fix by the lightbulb inside the definition that a problem stands in, or change nothing", async () => {
    const { edits } = await paddock();
    const text = "def area(width, height):\n    return widht * height\n\n\ndef other():\n    return 1\n";
    const { document } = await open("area.py", text);
    const range = new vscode.Range(1, 11, 1, 16);
    diagnostics.set(document.uri, [
      new vscode.Diagnostic(range, "“widht” is not defined", vscode.DiagnosticSeverity.Error),
    ]);
    const fix = (await offered(document.uri, range)).find(({ title }) => title === "Fix with Paddock");
    assert.ok(fix?.command !== undefined);
    await goOn(run(fix.command.command, ...((fix.command.arguments ?? []) as unknown[])));
    assert.equal(document.getText(), text);
    // What can't be used is refused, and no review is opened.
    if (edits.active === undefined) return;
    await run("paddock.acceptAllChanges");
    const fixed = document.getText();
    assert.notEqual(fixed, text);
    assert.match(fixed, /^def area\(.*\n[^]*\S\n\n\ndef other\(\):\n {4}return 1\n$/u);
    await run("undo");
    assert.equal(document.getText(), text);
  });

  it("end when they are cancelled, and leave nothing behind", async () => {
    const { actions } = await paddock();
    const body = Array.from({ length: 20 }, (_, at) => `  total += values[${at}] * ${at};\n`).join("");
    const editor = await open("long.js", `function weigh(values) {\n  let total = 0;\n${body}  return total;\n}\n`);
    editor.selection = new vscode.Selection(0, 0, 24, 1);
    const editors = vscode.window.visibleTextEditors.length;
    const running = actions.run("tests").then(
      () => "finished",
      // The error is of the extension's own bundle: told by its code, not by its class.
      (error: unknown) => (error instanceof Error && "code" in error ? error.code : String(error)),
    );
    let outcome: unknown;
    void running.then((what) => (outcome = what));
    // A command that comes before there is anything to cancel does nothing, so it is given until it has.
    await until("the end", () => {
      void run("paddock.cancelAction");
      return outcome !== undefined;
    });
    assert.equal(outcome, "cancelled");
    assert.equal(vscode.window.visibleTextEditors.length, editors);
    assert.equal(editor.document.isDirty, false);
  });

  /** Where this machine has a better model it is offered; who leaves the question goes on with the one in use. */
  async function goOn(work: Thenable<unknown>): Promise<void> {
    const leaving = setInterval(() => void run("workbench.action.closeQuickOpen"), 500);
    try {
      await work;
    } finally {
      clearInterval(leaving);
    }
  }

  /** Asks all the same, and keeps what was asked. */
  async function asked(work: () => Promise<unknown>): Promise<Parameters<Chat["ask"]>[]> {
    const { chat } = await paddock();
    const { ask } = chat;
    const all: Parameters<Chat["ask"]>[] = [];
    chat.ask = (...given) => {
      all.push(given);
      return ask(...given);
    };
    try {
      await work();
    } finally {
      chat.ask = ask;
      await until("the end of the answers", () => {
        chat.stop();
        return !chat.generating;
      });
    }
    return all;
  }

  it("ask the chat in words of their own, with what they are about", async () => {
    const { actions, activeModel } = await paddock();
    const editor = await open("cart.js", "const vat = 0.2;\nconst total = 3 * (1 + vat);\n");
    editor.selection = new vscode.Selection(1, 0, 1, 28);
    const { uri } = editor.document;
    const [explained, summarized] = await asked(async () => {
      await actions.run("explain");
      await actions.commands.summarizeFile?.(uri);
    });
    const label = vscode.workspace.asRelativePath(uri);
    assert.deepEqual(explained, [
      "Explain what this code does and how, in a few short paragraphs.",
      [{ label: `${label}:2-2`, uri: uri.toString(), text: "const total = 3 * (1 + vat);" }],
      { model: activeModel() },
    ]);
    assert.deepEqual(summarized?.[1], [{ label, uri: uri.toString(), text: editor.document.getText() }]);
  });

  it("summarize no file that is none of text, or too large", async () => {
    const { actions } = await paddock();
    const binary = path.join(folder, "picture.bin");
    const large = path.join(folder, "large.txt");
    await writeFile(binary, Buffer.from([80, 0, 1, 2]));
    await writeFile(large, "a line\n".repeat(50_000));
    const summarize = async (file: string): Promise<unknown> => actions.commands.summarizeFile?.(vscode.Uri.file(file));
    assert.deepEqual(
      await asked(async () => {
        await assert.rejects(summarize(binary), /picture\.bin is no text/u);
        await assert.rejects(summarize(large), /large\.txt has .*; a file that is summarized may have/u);
      }),
      [],
    );
  });

  it("write a conventional commit message for what is staged into its box, and ask before anything there is lost", async function () {
    const extension = vscode.extensions.getExtension<{
      enabled: boolean;
      getAPI(version: 1): {
        openRepository(root: vscode.Uri): Promise<{ inputBox: { value: string } } | null>;
      };
    }>("vscode.git");
    try {
      await program("git", ["--version"]);
    } catch {
      this.skip();
    }
    assert.ok(extension !== undefined);
    const root = path.join(folder, "repository");
    await mkdir(path.join(root, "src"), { recursive: true });
    const git = (...given: string[]): Promise<unknown> =>
      program("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...given], { cwd: root });
    await git("init", "-q", "-b", "main");
    await writeFile(path.join(root, "src", "cart.js"), "export const total = (items) => items.length;\n");
    await git("add", "-A");
    await git("commit", "-q", "-m", "feat: the first");
    await writeFile(path.join(root, "src", "cart.js"), "export const total = (items) => items.length + 1;\n");
    await writeFile(path.join(root, "src", ".env"), "SECRET_TOKEN=llama\n");
    await git("add", "-A", "-f");
    await extension.activate();
    const repository = await extension.exports.getAPI(1).openRepository(vscode.Uri.file(root));
    assert.ok(repository !== null);
    const scm = { rootUri: vscode.Uri.file(root) };
    await goOn(run("paddock.writeCommitMessage", scm));
    assert.match(repository.inputBox.value.split("\n")[0] ?? "", conventionalHeader);
    assert.match(repository.inputBox.value, /\(cart\)/u);
    // Our own may go for another try; what a person has written is asked about.
    await run("paddock.writeCommitMessage", scm);
    assert.match(repository.inputBox.value, conventionalHeader);
    repository.inputBox.value = "my own words";
    await goOn(run("paddock.writeCommitMessage", scm));
    assert.equal(repository.inputBox.value, "my own words");
  });

  it("are the person's own, too, by prompt files that say so", async () => {
    const { chat } = await paddock();
    const [workspace] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(workspace !== undefined);
    const prompts = path.join(workspace.uri.fsPath, ".github", "prompts");
    await mkdir(prompts, { recursive: true });
    const file = path.join(prompts, "shout.prompt.md");
    await writeFile(
      file,
      "---\nwhere: selection\ncontext: none\noutput: editor\n---\nWrite one sentence about this code.\n",
    );
    try {
      const found = await chat.prompts.list(AbortSignal.timeout(10_000), true);
      assert.ok(found.some(({ prompt }) => prompt.name === "shout" && prompt.fields.get("output") === "editor"));
      const editor = await open("own.js", "const llamas = 3;\n");
      editor.selection = new vscode.Selection(0, 0, 0, 17);
      await run("paddock.runAction", "shout");
      const written = await until("the answer", () =>
        vscode.window.visibleTextEditors.find(
          ({ document }) => document.languageId === "markdown" && document.isUntitled,
        ),
      );
      assert.notEqual(written.document.getText().trim(), "");
      assert.equal(editor.document.getText(), "const llamas = 3;\n");
      await vscode.window.showTextDocument(written.document, written.viewColumn);
      await run("workbench.action.revertAndCloseActiveEditor");
      // What is misspelt is said, and nothing is asked.
      await writeFile(file, "---\nwhere: selection\noutput: caht\n---\nWrite one sentence about this code.\n");
      assert.deepEqual(await asked(() => Promise.resolve(run("paddock.runAction", "shout"))), []);
      await writeFile(file, "---\nwhere: selection\noutput: chat\n---\nWrite one sentence about this code.\n");
      await vscode.window.showTextDocument(editor.document);
      const [own] = await asked(() => Promise.resolve(run("paddock.runAction", "shout")));
      assert.equal(own?.[0], "Write one sentence about this code.");
      assert.equal(own[1]?.[0]?.text, "const llamas = 3;");
      await writeFile(file, "---\nwhere: selection\noutput: caht\n---\nWrite one sentence about this code.\n");
      const { uri } = await vscode.window.showTextDocument(vscode.Uri.file(file)).then(({ document }) => document);
      const [problem] = await until("the problem", () => {
        const all = vscode.languages.getDiagnostics(uri).filter(({ source }) => source === "Paddock");
        return all.length > 0 && all;
      });
      assert.equal(problem?.range.start.line, 2);
      assert.match(problem.message, /“output: caht” is not known: it can be edit, chat, editor/u);
      await run("workbench.action.closeActiveEditor");
    } finally {
      await rm(path.join(workspace.uri.fsPath, ".github"), { recursive: true, force: true });
    }
  });
});
