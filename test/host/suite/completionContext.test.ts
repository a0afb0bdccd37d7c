import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { ChunkKind, ContextChunk } from "../../../src/completion/core/contextChunk";
import type { MayRead } from "../../../src/completion/core/mayRead";
import { EditorChunks, type EnclosingHeads } from "../../../src/completion/host/chunkSource";
import { PromptDocument } from "../../../src/completion/host/promptDocument";
import { RecentEditTracker } from "../../../src/completion/host/recentEditTracker";
import { ReadingGate } from "../../../src/context/host/readingGate";
import { silentLogger } from "../../../src/platform/core/logger";
import { until } from "./extension";

describe("the context of a suggestion", () => {
  const never = new AbortController().signal;
  const key = "-----BEGIN PRIVATE KEY-----\nMIIsecretsecretsecret\n-----END PRIVATE KEY-----\n";
  let inside: vscode.Uri;
  let outside: string;
  let gate: ReadingGate;
  let edits: RecentEditTracker;
  let chunks: EditorChunks;
  let heads: EnclosingHeads = () => [];

  before(async () => {
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    inside = vscode.Uri.file(await mkdtemp(path.join(root.uri.fsPath, "completion-test-")));
    outside = await mkdtemp(path.join(tmpdir(), "paddock-completion-"));
    await file(".gitignore", "ignored*\n");
    await file(".env", "TOKEN=secretsecret\n");
    await file("ignored.py", "def ignored_function():\n    return 'ignored'\n");
    await symlink(path.join(inside.fsPath, ".env"), path.join(inside.fsPath, "settings.py"));
    await symlink(path.join(inside.fsPath, "ignored.py"), path.join(inside.fsPath, "linked.py"));
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await rm(inside.fsPath, { recursive: true, force: true });
    await rm(outside, { recursive: true, force: true });
  });
  beforeEach(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    gate = new ReadingGate();
    edits = new RecentEditTracker();
    heads = () => [];
    chunks = new EditorChunks({
      gate,
      recentEdits: edits,
      enclosingHeads: (document, position) => heads(document, position),
      log: silentLogger,
    });
  });
  afterEach(async () => {
    chunks.dispose();
    edits.dispose();
    gate.dispose();
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  const at = (name: string): vscode.Uri => vscode.Uri.joinPath(inside, name);
  const file = async (name: string, content: string | Buffer): Promise<vscode.Uri> => {
    await writeFile(at(name).fsPath, content);
    return at(name);
  };
  const show = async (uri: vscode.Uri, options: vscode.TextDocumentShowOptions = {}): Promise<vscode.TextEditor> =>
    vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: false, ...options });
  const may = (name: string): Promise<string> => gate.mayShow(at(name).toString());
  const gathered = (uri: vscode.Uri): Promise<readonly ContextChunk[]> => chunks.chunks(uri.toString(), never);
  const ofKind = async (uri: vscode.Uri, kind: ChunkKind): Promise<ContextChunk[]> =>
    (await gathered(uri)).filter((chunk) => chunk.kind === kind);
  const base = (all: readonly ContextChunk[]): string[] => all.map(({ uri }) => path.posix.basename(uri));
  const code = (what: string, count: number): string =>
    Array.from({ length: count }, (_, index) => `${what}_number_${index} = ${index}\n`).join("");

  describe("passes the gate", () => {
    it("by its name, by where links lead, and by Git's rules", async () => {
      await file("plain.py", "x\n");
      for (const [name, answer] of [
        ["plain.py", "yes"],
        [".env", "secret"],
        ["settings.py", "secret"],
        ["ignored.py", "ignored"],
        ["linked.py", "ignored"],
        ["not-there.py", "yes"],
      ] as const) {
        assert.equal(await may(name), answer, name);
      }
      assert.equal(await gate.mayShow(at(".env").with({ scheme: "untitled" }).toString()), "secret");
      assert.equal(await gate.mayShow(at("ignored.py").with({ scheme: "untitled" }).toString()), "ignored");
      assert.equal(await gate.mayComplete(at("plain.py")), undefined);
      assert.equal(await gate.mayComplete(at("settings.py")), "secret");
      assert.equal(await gate.mayComplete(at("linked.py")), "ignored");
    });

    it("anew when Git's rules change, in an editor or on disk", async () => {
      await file("later.py", "x\n");
      assert.equal(await may("later.py"), "yes");
      const editor = await show(at(".gitignore"));
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "later*\n"));
      assert.equal(await may("later.py"), "yes");
      await editor.document.save();
      assert.equal(await may("later.py"), "ignored");
      await writeFile(at(".gitignore").fsPath, "ignored*\n");
      const end = Date.now() + 20_000;
      while ((await may("later.py")) !== "yes" && Date.now() < end) await new Promise((done) => setTimeout(done, 100));
      assert.equal(await may("later.py"), "yes");
    });

    it("before it is read, and by what is in it", async () => {
      await file("large.py", "x".repeat(300 * 1024));
      await file("bytes.py", Buffer.from([0x61, 0xff, 0xfe]));
      await file("zero.py", "a\0b");
      await file("key.py", key);
      await file("good.py", "good = 1\n");
      const read = async (name: string): Promise<unknown> => gate.read(at(name).toString());
      assert.deepEqual(await read("good.py"), { text: "good = 1\n" });
      for (const [name, refusal] of [
        [".env", "secret"],
        ["settings.py", "secret"],
        ["ignored.py", "ignored"],
        ["linked.py", "ignored"],
        ["large.py", "tooLarge"],
        ["bytes.py", "binary"],
        ["zero.py", "binary"],
        ["key.py", "secret"],
        ["not-there.py", "unreadable"],
        ["", "unreadable"],
      ] as const) {
        assert.deepEqual(await read(name), { refusal }, name);
      }
    });

    it("by the link as it is now, when it is read", async () => {
      await file("target.py", "target = 1\n");
      await symlink(at("target.py").fsPath, at("turned.py").fsPath);
      assert.deepEqual(await gate.read(at("turned.py").toString()), { text: "target = 1\n" });
      await unlink(at("turned.py").fsPath);
      await symlink(at(".env").fsPath, at("turned.py").fsPath);
      assert.deepEqual(await gate.read(at("turned.py").toString()), { refusal: "secret" });
    });

    it("until nobody waits any more", async () => {
      const abort = new AbortController();
      abort.abort();
      await assert.rejects(gate.mayShow(at("plain.py").toString(), abort.signal), { code: "cancelled" });
      const uri = await file("aborted.py", "import os\n");
      await show(uri);
      assert.deepEqual(await chunks.chunks(uri.toString(), abort.signal), []);
      assert.deepEqual(await chunks.chunks("file:///nowhere/at-all.py", never), []);
    });
  });

  it("has the imports and the heads around the cursor", async () => {
    const uri = await file("edited.py", `import alpha_module\n\n${code("edited", 5)}`);
    const editor = await show(uri);
    editor.selection = new vscode.Selection(4, 0, 4, 0);
    heads = (_, position) => [{ line: position.line - 2, text: "class EnclosingClass:" }];
    const [imports] = await ofKind(uri, "imports");
    assert.deepEqual([imports?.firstLine, imports?.text], [0, "import alpha_module\n"]);
    assert.equal(imports?.name, `${path.basename(inside.fsPath)}/edited.py`);
    const [enclosing] = await ofKind(uri, "enclosing");
    assert.deepEqual([enclosing?.firstLine, enclosing?.text], [2, "class EnclosingClass:\n"]);
  });

  describe("has definitions behind imports", () => {
    let asked: number;
    let provider: vscode.Disposable;
    let places: ReadonlyMap<string, vscode.Location>;
    beforeEach(async () => {
      asked = 0;
      await file("good.py", "before = 1\ndef good_function(a):\n    return a\n\nafter = 2\n");
      await writeFile(path.join(outside, "far.py"), "def far_function():\n    pass\n");
      const place = (uri: vscode.Uri, line: number): vscode.Location =>
        new vscode.Location(uri, new vscode.Position(line, 4));
      places = new Map([
        ["good_function", place(at("good.py"), 1)],
        ["ignored_function", place(at("ignored.py"), 0)],
        ["settings", place(at("settings.py"), 0)],
        ["far_function", place(vscode.Uri.file(path.join(outside, "far.py")), 0)],
        ["gone_function", place(at("good.py"), 999)],
      ]);
      provider = vscode.languages.registerDefinitionProvider("python", {
        provideDefinition: (document, position): vscode.Location | undefined => {
          asked++;
          return places.get(document.getText(document.getWordRangeAtPosition(position)));
        },
      });
    });
    afterEach(() => {
      provider.dispose();
    });

    it("in the workspace, and asks no file's name twice for what is typed elsewhere", async () => {
      const uri = await file(
        "user.py",
        `from good import good_function, gone_function\nfrom others import ignored_function, settings, far_function\n\n`,
      );
      const editor = await show(uri);
      const openNames = (): string[] => vscode.workspace.textDocuments.map((one) => path.posix.basename(one.uri.path));
      const openBefore = openNames();
      // What takes a language longer than a second comes with a later gathering.
      let definitions = await ofKind(uri, "definition");
      for (const end = Date.now() + 60_000; (definitions.length === 0 || asked < 5) && Date.now() < end;) {
        definitions = await ofKind(uri, "definition");
      }
      assert.deepEqual(
        definitions.map(({ uri: from, firstLine, text }) => [path.posix.basename(from), firstLine, text]),
        [["good.py", 1, "def good_function(a):\n    return a\n"]],
      );
      const before = asked;
      await editor.edit((edit) => edit.insert(new vscode.Position(3, 0), "x = 1\n"));
      assert.deepEqual(await ofKind(uri, "definition"), definitions);
      assert.equal(asked, before);
      // Reading a file opens no document: every language would be told of it. VS Code may let go of older ones.
      assert.deepEqual(
        openNames().filter((name) => !openBefore.includes(name)),
        [],
      );
    });

    it("follows a definition whose file is edited", async () => {
      const uri = await file("user2.py", "from good import good_function\n\n");
      await show(uri);
      const other = (await show(at("good.py"))).document.uri;
      await show(uri);
      assert.equal((await ofKind(uri, "definition"))[0]?.firstLine, 1);
      const edit = new vscode.WorkspaceEdit();
      edit.insert(other, new vscode.Position(0, 0), "# one more line\n");
      await vscode.workspace.applyEdit(edit);
      places = new Map([["good_function", new vscode.Location(at("good.py"), new vscode.Position(2, 4))]]);
      const [definition] = await ofKind(uri, "definition");
      assert.deepEqual([definition?.firstLine, definition?.text], [2, "def good_function(a):\n    return a\n"]);
      await show(other);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });

    it("by its own patience: a language that hangs holds nothing else up", async () => {
      const hanging = vscode.languages.registerDefinitionProvider("python", {
        provideDefinition: () => new Promise<undefined>(() => undefined),
      });
      try {
        const uri = await file("user3.py", "from good import good_function\n\n");
        await show(uri);
        const since = performance.now();
        const all = await gathered(uri);
        assert.ok(performance.now() - since < 5_000);
        assert.deepEqual(
          all.map(({ kind }) => kind),
          ["imports"],
        );
      } finally {
        hanging.dispose();
      }
    });

    it("by VS Code's own TypeScript, where that is there", async function () {
      if (vscode.extensions.getExtension("vscode.typescript-language-features") === undefined) this.skip();
      await file("shape.ts", "export interface PaddockShape {\n  readonly width: number;\n}\n");
      const uri = await file(
        "useShape.ts",
        'import { PaddockShape } from "./shape";\n\nexport let shape: PaddockShape;\n',
      );
      await show(uri);
      const end = Date.now() + 60_000;
      let found: ContextChunk[] = [];
      while (found.length === 0 && Date.now() < end) {
        // Each source remembers for a while that there was no answer yet.
        const source = new EditorChunks({ gate, recentEdits: edits, log: silentLogger });
        found = (await source.chunks(uri.toString(), never)).filter(({ kind }) => kind === "definition");
        source.dispose();
        if (found.length === 0) await new Promise((done) => setTimeout(done, 500));
      }
      assert.equal(found[0]?.text, "export interface PaddockShape {\n  readonly width: number;\n}\n");
    });
  });

  it("has what was edited lately, in whichever open document, and follows it", async () => {
    const one = await show(await file("one.py", code("one", 100)));
    await one.edit((edit) => edit.insert(new vscode.Position(50, 0), "edited_here = True\n"));
    await one.edit((edit) => edit.insert(new vscode.Position(0, 0), "# first\n# second\n"));
    const secret = await show(at("settings.py"));
    await secret.edit((edit) => edit.insert(new vscode.Position(0, 0), "OTHER=secretsecret\n"));
    const two = await show(await file("two.py", code("two", 5)));
    const recent = await ofKind(two.document.uri, "recentEdit");
    assert.deepEqual(base(recent), ["one.py", "one.py"]);
    assert.equal(recent[0]?.firstLine, 0);
    assert.equal(recent[1]?.firstLine, 44);
    assert.match(recent[1].text, /edited_here = True\n/u);
    assert.equal(recent[1].text.split("\n").length, 8 + 2 + 8 + 1);
    for (const uri of [at("settings.py"), one.document.uri]) {
      await show(uri);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    }
  });

  it("has what is seen beside, and of other tabs of the language the heads, the last used first", async () => {
    for (const name of ["a.py", "b.py", "c.py", "d.py", "e.py"]) {
      await show(await file(name, `# License\nimport os\n\n${code(name.charAt(0), 30)}`));
    }
    await show(await file("notes.md", "# Some notes to be read\n"));
    await show(await file("private.py", key));
    const beside = await show(await file("beside.py", code("beside", 60)), { viewColumn: vscode.ViewColumn.Two });
    const uri = await file("front.py", code("front", 3));
    await show(uri, { viewColumn: vscode.ViewColumn.One });
    await until("the other editor to be seen", () => beside.visibleRanges.length > 0);
    const visible = await ofKind(uri, "visible");
    assert.deepEqual(base(visible), ["beside.py"]);
    assert.ok((visible[0]?.text.split("\n").length ?? 99) <= 41);
    const tabs = await ofKind(uri, "openEditor");
    assert.deepEqual(base(tabs), ["beside.py", "e.py", "d.py"]);
    assert.ok(tabs[1]?.text.startsWith("e_number_0 = 0\n"));
    assert.deepEqual(await gathered(uri), await gathered(uri));
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("has the earlier cells of a notebook, the nearest first", async function () {
    if (vscode.extensions.getExtension("vscode.ipynb") === undefined) this.skip();
    const cell = (text: string, kind = vscode.NotebookCellKind.Code): vscode.NotebookCellData =>
      new vscode.NotebookCellData(kind, text, kind === vscode.NotebookCellKind.Code ? "python" : "markdown");
    const notebook = await vscode.workspace.openNotebookDocument(
      "jupyter-notebook",
      new vscode.NotebookData([
        cell("first_cell = 1"),
        cell("Words about the first cell", vscode.NotebookCellKind.Markup),
        cell("second_cell = 2"),
        cell("third_cell = 3"),
        cell("later_cell = 4"),
      ]),
    );
    const third = notebook.cellAt(3).document.uri;
    assert.deepEqual(
      (await ofKind(third, "cell")).map(({ text }) => text),
      ["second_cell = 2\n", "first_cell = 1\n"],
    );
  });

  it("costs little beside a file of 20 MB, and shows none of it but its imports", async function () {
    this.timeout(180_000);
    const line = `large_value_of_this_line = compute("${"x".repeat(60)}")\n`;
    const large = await file(
      "large20.py",
      `import large_module\n\n${line.repeat(Math.ceil((20 * 1024 * 1024) / line.length))}`,
    );
    const editor = await show(large);
    const small = await file("small.py", code("small", 3));
    await show(small, { viewColumn: vscode.ViewColumn.Two });
    assert.ok(editor.document.lineCount > 100_000);
    await gathered(large);
    const since = performance.now();
    const own = await gathered(large);
    const beside = await gathered(small);
    const ms = performance.now() - since;
    assert.deepEqual(
      own.filter(({ uri }) => uri === large.toString()).map(({ kind, text }) => [kind, text]),
      [["imports", "import large_module\n"]],
    );
    assert.deepEqual(
      beside.filter(({ uri }) => uri === large.toString()),
      [],
    );
    assert.ok(ms < 500, `It took ${ms} ms.`);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("is left out where it fails, and the rest is there", async () => {
    const failing: MayRead = {
      mayShow: (uri) =>
        uri.endsWith("bad.py") ? Promise.reject(new Error("the disk is gone")) : Promise.resolve("yes"),
      mayShowText: () => "yes",
      read: () => Promise.resolve({ refusal: "unreadable" }),
    };
    const warnings: string[] = [];
    const source = new EditorChunks({
      gate: failing,
      recentEdits: { regions: [] },
      log: { ...silentLogger, warn: (message) => warnings.push(message) },
    });
    await show(await file("bad.py", code("bad", 3)));
    const uri = await file("fine.py", "import fine_module\n");
    await show(uri);
    const all = await source.chunks(uri.toString(), never);
    source.dispose();
    assert.deepEqual(
      all.map(({ kind }) => kind),
      ["imports"],
    );
    assert.match(warnings.join("\n"), /the disk is gone/u);
  });

  it("is told by a read-only document that nobody is asked to save", async () => {
    const document = new PromptDocument();
    try {
      await document.show(undefined);
      const shown = await until("the report", () =>
        vscode.workspace.textDocuments.find(({ uri }) => uri.scheme === "paddock-suggestion"),
      );
      assert.match(shown.getText(), /No suggestion has been asked for/u);
      await document.show({
        at: 0,
        document: { name: "a.py", languageId: "python", position: { line: 0, character: 0 } },
        model: "A model",
        layout: { order: "prefix-only" },
        chunks: [],
        described: [{ part: "prefix", tokens: 3, text: "exactly this" }],
        parts: [],
        timings: undefined,
        stopReason: undefined,
        waits: { debounce: 0, shown: null, ended: 1 },
        pieces: [],
        shown: "",
        reason: "typedOn",
      });
      await until("the new report", () => shown.getText().includes("exactly this"));
      assert.equal(shown.isDirty, false);
      assert.ok(
        vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label.includes("Prompt of the last"))),
      );
    } finally {
      document.dispose();
      await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    }
  });
});
