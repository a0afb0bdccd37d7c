import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as vscode from "vscode";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...rest);
const type = (text: string): Thenable<unknown> => run("type", { text });

const setDeadline = (ms: number | undefined): Thenable<void> =>
  vscode.workspace
    .getConfiguration("paddock")
    .update("completion.deadlineMilliseconds", ms, vscode.ConfigurationTarget.Global);

/** Code that even the starter goes on with: the next line is what the lines before it say. */
const pattern = ["one", "two", "three", "four", "five", "six"]
  .map((word) => `export const ${word} = "${word}";`)
  .join("\n");

describe("inline suggestions", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-completion-"));
    const { engine, activeModel } = await paddock();
    await engine.load(activeModel(), new AbortController().signal);
    // A machine that runs tests has other things to do.
    await setDeadline(30_000);
    // The list of suggestions opens as somebody types a word, and then nothing is asked.
    await vscode.workspace
      .getConfiguration("editor")
      .update("quickSuggestions", { other: "off", comments: "off", strings: "off" }, vscode.ConfigurationTarget.Global);
  });
  after(async () => {
    await vscode.workspace
      .getConfiguration("editor")
      .update("quickSuggestions", undefined, vscode.ConfigurationTarget.Global);
    await setDeadline(undefined);
    await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => run("workbench.action.revertAndCloseActiveEditor"));

  async function open(name: string, content: string): Promise<vscode.TextEditor> {
    const file = path.join(folder, name);
    await writeFile(file, content);
    return show(await vscode.workspace.openTextDocument(file));
  }
  async function show(document: vscode.TextDocument): Promise<vscode.TextEditor> {
    const editor = await vscode.window.showTextDocument(document);
    const end = document.lineAt(document.lineCount - 1).range.end;
    editor.selection = new vscode.Selection(end, end);
    await run("workbench.action.focusActiveEditorGroup");
    await sleep(200);
    return editor;
  }
  /** What is shown for the place where the cursor is. */
  async function suggested(editor: vscode.TextEditor): Promise<string> {
    const { completion } = await paddock();
    try {
      return await until(
        "a suggestion",
        () => {
          const { last } = completion.ghostText;
          if (last?.version !== editor.document.version || !last.position.isEqual(editor.selection.active))
            return false;
          return last.outcome.kind === "shown" && last.outcome.items[0]?.text;
        },
        20_000,
      );
    } catch (error) {
      const { last } = completion.ghostText;
      const asked = `asked at ${last?.position.line}:${last?.position.character} of version ${last?.version}`;
      throw new Error(
        `No suggestion at ${editor.selection.active.line}:${editor.selection.active.character} of version ${editor.document.version}; ${asked}: ${JSON.stringify(last?.outcome)}`,
        { cause: error },
      );
    }
  }
  async function reasonHere(editor: vscode.TextEditor): Promise<string> {
    const { completion } = await paddock();
    return until("an answer", () => {
      const { last } = completion.ghostText;
      if (last?.version !== editor.document.version || !last.position.isEqual(editor.selection.active)) return false;
      return last.outcome.kind === "none" && last.outcome.reason;
    });
  }

  it("come while somebody types, and Tab accepts all of one", async () => {
    const editor = await open("accept.ts", `${pattern}\nexport const seven =`);
    await type(" ");
    const text = await suggested(editor);
    assert.match(text, /^"/);
    await sleep(200);
    const before = editor.document.getText();
    await run("editor.action.inlineSuggest.commit");
    await until("the text", () => editor.document.getText().length > before.length);
    assert.ok(editor.document.getText().startsWith(before));
    assert.match(editor.document.lineAt(editor.document.lineCount - 1).text, /^export const seven = "\w+/);
    const { completion } = await paddock();
    assert.ok(completion.completions.stats.figures().accepted > 0);
  });

  it("are accepted by words and by lines through VS Code's own commands", async () => {
    const editor = await open("word.ts", `${pattern}\nexport const seven`);
    await type(" ");
    const text = await suggested(editor);
    await sleep(300);
    const before = editor.document.getText();
    await run("editor.action.inlineSuggest.acceptNextWord");
    await until("a word", () => editor.document.getText().length > before.length);
    const added = editor.document.getText().slice(before.length);
    assert.ok(
      text.startsWith(added) && added.length < text.length,
      `${JSON.stringify(added)} of ${JSON.stringify(text)}`,
    );
    await suggested(editor);
    await sleep(200);
    await run("editor.action.inlineSuggest.acceptNextLine");
    await until("the rest", () => editor.document.getText().length > before.length + added.length);
  });

  it("go on without the model while they are typed along", async () => {
    const editor = await open("through.ts", `${pattern}\nexport const seven =`);
    await type(" ");
    await suggested(editor);
    await sleep(400);
    const text = await suggested(editor);
    const { completion } = await paddock();
    const { requests } = completion.completions.stats.figures();
    const [first = ""] = text;
    await type(first);
    const rest = await suggested(editor);
    // VS Code may have closed a quote behind the cursor.
    assert.equal(rest, text.slice(1));
    assert.ok(completion.completions.stats.figures().requests <= requests + 1, "only what follows may be prefetched");
  });

  it("offer alternatives when they are asked for", async () => {
    const editor = await open("cycle.ts", `${pattern}\nexport const seven =`);
    await type(" ");
    await suggested(editor);
    await run("editor.action.inlineSuggest.trigger");
    const { completion } = await paddock();
    await until("more than one", () => {
      const { last } = completion.ghostText;
      return last?.outcome.kind === "shown" && last.outcome.items.length > 1;
    });
  });

  it("say why there is none", async () => {
    const editor = await open("none.ts", `${pattern}\nexport const seven = eight + nine;`);
    const at = editor.document.lineAt(6).text.indexOf("eight");
    editor.selection = new vscode.Selection(6, at + 2, 6, at + 2);
    await type("x");
    assert.equal(await reasonHere(editor), "insideWord");
  });

  it("are none in files that may hold secrets or that the person excludes", async () => {
    const secret = await open(".env", "TOKEN=abc\nOTHER");
    await type("=");
    assert.equal(await reasonHere(secret), "secret");
    await run("workbench.action.revertAndCloseActiveEditor");
    const text = await open("words.md", "# Words\n\nOne two");
    await type(" ");
    assert.equal(await reasonHere(text), "languageOff");
  });

  it("work in new files, and in notebooks", async () => {
    const untitled = await show(
      await vscode.workspace.openTextDocument({ language: "typescript", content: `${pattern}\n` }),
    );
    await type("export const seven = ");
    assert.ok((await suggested(untitled)).length > 0);
    await run("workbench.action.revertAndCloseActiveEditor");
    const notebook = await vscode.workspace.openNotebookDocument(
      "jupyter-notebook",
      new vscode.NotebookData([
        new vscode.NotebookCellData(
          vscode.NotebookCellKind.Code,
          "one = 'one'\ntwo = 'two'\nthree = 'three'\n",
          "python",
        ),
      ]),
    );
    await vscode.window.showNotebookDocument(notebook);
    await run("notebook.cell.edit");
    const editor = await until("the cell's editor", () => {
      const active = vscode.window.activeTextEditor;
      return active?.document.uri.scheme === "vscode-notebook-cell" && active;
    });
    const end = editor.document.lineAt(editor.document.lineCount - 1).range.end;
    editor.selection = new vscode.Selection(end, end);
    await type("four = ");
    assert.ok((await suggested(editor)).length > 0);
  });

  it("keep mixed line ends and characters outside the basic plane as they are", async () => {
    const text = `// 🦙🦙\r\n${pattern.replaceAll("\n", "\r\n")}\n// 🦙\r\nexport const seven = `;
    const editor = await open("mixed.ts", text);
    const before = editor.document.getText();
    await type("'🦙");
    await type("'; ");
    await type("const eight = ");
    await suggested(editor);
    await sleep(200);
    const typed = editor.document.getText();
    await run("editor.action.inlineSuggest.commit");
    await until("the text", () => editor.document.getText().length > typed.length);
    const after = editor.document.getText();
    assert.ok(after.startsWith(before), "what stood there is as it was");
    assert.ok(!/\p{Cs}/u.test(after), "no character is cut in two");
    const eol = editor.document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
    assert.equal(after.split(/\r\n|\n/u).join(eol), after, "one kind of line end, the document's own");
  });

  it("cost no more in a file of 20 MB", async () => {
    // In a language without a server here: TypeScript's own is busy for half a minute with so much.
    const line = `local value = "a line of some seventy characters, as code has them"\n`;
    const editor = await open("large.lua", line.repeat(Math.ceil(20_000_000 / line.length)));
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await type("local value = ");
    await suggested(editor);
    delay.disable();
    assert.ok(delay.percentile(99) / 1e6 < 50, `the event loop was ${delay.percentile(99) / 1e6} ms late`);
  });

  it("leave no queue and no leak after 1,000 keys at 15 a second", async () => {
    const { completion, engine, activeModel } = await paddock();
    const editor = await open("keys.ts", `${pattern}\n`);
    const line = `export const value = compute(one, two) + "text"; // and so on\n`;
    const keys = Array.from({ length: 1000 }, (_, index) => line[index % line.length] ?? " ");
    for (const key of keys.slice(0, 100)) await pressed(key);
    const before = heapInUse();
    for (const key of keys) await pressed(key);
    await until("nothing to be left to do", () => {
      const state = engine.state(activeModel());
      return state.status === "ready" && !state.busy;
    });
    assert.ok(editor.document.getText().length > 1000);
    const { requests, cancelled } = completion.completions.stats.figures();
    assert.ok(requests > 0 && cancelled <= requests);
    const grown = (heapInUse() - before) / 1e6;
    assert.ok(grown < 60, `the extension host's heap has grown by ${grown.toFixed(1)} MB`);
  }).timeout(200_000);

  /** Bytes, without what is garbage already: V8 may leave tens of megabytes of it. */
  function heapInUse(): number {
    setFlagsFromString("--expose-gc");
    (runInNewContext("gc") as () => void)();
    return process.memoryUsage().heapUsed;
  }

  async function pressed(key: string): Promise<void> {
    const since = performance.now();
    await type(key);
    await sleep(Math.max(0, 1000 / 15 - (performance.now() - since)));
  }
});
