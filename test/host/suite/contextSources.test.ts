import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import * as vscode from "vscode";
import { contextCommands } from "../../../src/context/host/contextCommands";
import { changedLines } from "../../../src/context/host/gitChanges";
import { chooseRepository } from "../../../src/context/host/gitApi";
import { GitIgnored } from "../../../src/context/host/gitIgnored";
import { TerminalRecorder } from "../../../src/context/host/terminalRecorder";
import { WorkspaceContext } from "../../../src/context/host/workspaceContext";
import { silentLogger } from "../../../src/platform/core/logger";
import { paddock, until } from "./extension";

const run = promisify(execFile);

describe("what of the workspace a question can carry", () => {
  const never = new AbortController().signal;
  let context: WorkspaceContext;
  /** A folder of the opened workspace, and one outside it. */
  let inside: vscode.Uri;
  let outside: string;

  before(async () => {
    await paddock();
    context = new WorkspaceContext(silentLogger);
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    inside = vscode.Uri.file(await mkdtemp(path.join(root.uri.fsPath, "context-test-")));
    outside = await mkdtemp(path.join(tmpdir(), "paddock-context-"));
  });
  after(async () => {
    context.dispose();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await rm(inside.fsPath, { recursive: true, force: true });
    await rm(outside, { recursive: true, force: true });
  });
  beforeEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));

  const file = async (name: string, content: string | Buffer, base = inside.fsPath): Promise<vscode.Uri> => {
    const target = path.join(base, name);
    await mkdir(path.dirname(target), { recursive: true });
    await writeFile(target, content);
    return vscode.Uri.file(target);
  };
  const nameInWorkspace = (name: string): string => `${path.basename(inside.fsPath)}/${name}`;
  const ids = async (query: string): Promise<string[]> => (await context.offer(query, never)).map(({ id }) => id);
  const labels = (all: readonly { readonly label: string }[]): string[] => all.map(({ label }) => label);

  describe("is offered", () => {
    it("by kind where nothing is typed, and only what is there", async () => {
      const bare = await ids("");
      assert.deepEqual(
        bare.filter((id) => !id.startsWith("file:")),
        ["file", "symbol", "folder", "problems", "terminal", "git"],
      );
      const uri = await file("front.txt", "one\ntwo\n");
      const editor = await vscode.window.showTextDocument(uri);
      editor.selection = new vscode.Selection(0, 0, 1, 0);
      const [selection, front] = await context.offer("", never);
      assert.deepEqual([selection?.id, selection?.detail], ["selection", `${nameInWorkspace("front.txt")}:1`]);
      assert.equal(front?.id, "front");
      assert.ok((await ids("")).includes("editors"));
    });

    it("by other words for it", async () => {
      assert.equal((await ids("diff"))[0], "git");
      assert.ok((await ids("output")).includes("terminal"));
    });

    it("by a file's name, secrets never, ignored ones after the others", async () => {
      const plain = await file("zebraFinder.ts", "export const zebra = 1;\n");
      const made = await file("dist/zebraFinder.js", "var zebra = 1;\n");
      const secret = await file("zebraFinder.pem", "x");
      await file(".gitignore", "dist/\n");
      const fresh = new WorkspaceContext(silentLogger);
      try {
        const offered = await fresh.offer("zebraf", never);
        const files = offered.filter(({ id }) => id.startsWith("file:"));
        assert.deepEqual(
          files.map(({ id }) => id),
          [`file:${plain.toString()}`, `file:${made.toString()}`],
        );
        assert.match(files[1]?.detail ?? "", /ignored by Git/u);
        assert.ok(!offered.some(({ id }) => id.includes(secret.path)));
        const taken = await fresh.take(`file:${plain.toString()}`);
        assert.deepEqual(labels(taken.references), [nameInWorkspace("zebraFinder.ts")]);
        assert.deepEqual(labels((await fresh.take(`file:${made.toString()}`)).ignored), [
          nameInWorkspace("dist/zebraFinder.js"),
        ]);
        const refused = await fresh.take(`file:${secret.toString()}`);
        assert.match(refused.refused[0]?.reason ?? "", /looks like a secret: zebraFinder\.pem/u);
        const folders = (await fresh.offer(path.basename(inside.fsPath), never)).filter(({ id }) =>
          id.startsWith("folder:"),
        );
        assert.ok(folders.some(({ id }) => id === `folder:${inside.toString()}`));
        assert.ok(!folders.some(({ id }) => id.endsWith("/dist")));
      } finally {
        fresh.dispose();
      }
    });

    it("until nobody waits any more", async () => {
      const abort = new AbortController();
      abort.abort();
      const fresh = new WorkspaceContext(silentLogger);
      await assert.rejects(fresh.offer("anything", abort.signal), { code: "cancelled" });
      fresh.dispose();
    });

    it("and nothing else is taken", async () => {
      await assert.rejects(context.take("nonsense"), { code: "invalid-message" });
      await assert.rejects(context.take('symbol:{"uri":1}'), { code: "invalid-message" });
      await assert.rejects(context.take("file:file:///etc/passwd"), { code: "invalid-message" });
    });
  });

  describe("ignored files", () => {
    it("are told by every .gitignore up to the repository, wherever it is", async () => {
      const repository = await mkdtemp(path.join(outside, "repository-"));
      await mkdir(path.join(repository, ".git", "info"), { recursive: true });
      await file(".gitignore", "*.log\n!keep.log\nout/\n", repository);
      await file(".git/info/exclude", "private.txt\n", repository);
      await file("deep/.gitignore", "!other.log\n!out/\nlocal.txt\n", repository);
      const rules = new GitIgnored();
      const isIgnored = (name: string): Promise<boolean> =>
        rules.isIgnored(vscode.Uri.file(path.join(repository, name)));
      for (const name of ["a.log", "deep/a.log", "out/keep.log", "private.txt", "deep/local.txt"])
        assert.equal(await isIgnored(name), true, name);
      for (const name of ["keep.log", "deep/other.log", "deep/out/a.txt", "local.txt", "a.txt"])
        assert.equal(await isIgnored(name), false, name);
    });

    it("are not refused but asked about, whichever way they come", async () => {
      await file(".gitignore", "dist/\n");
      const uri = await file("dist/made.css", ".made { color: red; }\n");
      const editor = await vscode.window.showTextDocument(uri);
      editor.selection = new vscode.Selection(0, 0, 0, 5);
      for (const id of ["selection", "front"]) {
        const taken = await context.take(id);
        assert.deepEqual([taken.references.length, taken.ignored.length, taken.refused.length], [0, 1, 0], id);
      }
      const folder = vscode.Uri.joinPath(inside, "dist");
      const dropped = await context.takeDropped([uri, folder].map((one) => ({ kind: "uri", uri: one.toString() })));
      assert.deepEqual(labels(dropped.ignored), [nameInWorkspace("dist/made.css"), `${nameInWorkspace("dist")}/`]);
      assert.match(dropped.ignored[1]?.text ?? "", /made\.css/u);
    });
  });

  describe("a symbol", () => {
    const css = ".first {\n  color: red;\n}\n\n@media print {\n  .second {\n    color: blue;\n  }\n}\n";

    it("is found by its name in the file in front, and is all of its lines", async () => {
      const uri = await file("style.css", css);
      await vscode.window.showTextDocument(uri);
      const symbol = await soon("the language's symbols", async () =>
        (await context.offer(".second", never)).find(({ id }) => id.startsWith("symbol:")),
      );
      assert.equal(symbol.label, ".second");
      const taken = await context.take(symbol.id);
      assert.deepEqual(labels(taken.references), [`.second in ${nameInWorkspace("style.css")}:6-8`]);
      assert.equal(taken.references[0]?.text, "  .second {\n    color: blue;\n  }");
    });

    it("is looked up again where the file has changed since, and missed where it is gone", async () => {
      const uri = await file("moved.css", css);
      const id = `symbol:${JSON.stringify({ uri: uri.toString(), name: ".first", line: 0 })}`;
      const editor = await vscode.window.showTextDocument(uri);
      await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), "\n\n"));
      assert.deepEqual(labels((await context.take(id)).references), [`.first in ${nameInWorkspace("moved.css")}:3-5`]);
      await editor.edit((edit) => edit.replace(new vscode.Range(2, 0, 2, 6), ".other"));
      assert.match((await context.take(id)).refused[0]?.reason ?? "", /\.first is not found in .*moved\.css any more/u);
      await vscode.commands.executeCommand("workbench.action.files.revert");
    });
  });

  it("a folder's outline has its files and what they define, and counts what it leaves out", async () => {
    await file("tree/style.css", ".one {}\n.two {}\n");
    await file("tree/deep/notes.txt", "x");
    await file("tree/.env", "TOKEN=1");
    await file("tree/.ssh/config", "Host x");
    await file("tree/.gitignore", "*.log\n");
    await file("tree/a.log", "x");
    await symlink(outside, path.join(inside.fsPath, "tree", "link"));
    const folder = vscode.Uri.joinPath(inside, "tree");
    const taken = await soon("the language's symbols", async () => {
      const one = await context.take(`folder:${folder.toString()}`);
      return one.references[0]?.text.includes(".one") === true ? one : undefined;
    });
    assert.deepEqual(labels(taken.references), [`${nameInWorkspace("tree")}/`]);
    assert.equal(
      taken.references[0]?.text,
      "deep/\n  notes.txt\n.gitignore\nlink\nstyle.css: .one, .two\n" +
        "Left out: files that may hold secrets (2), files and folders ignored by Git (1).",
    );
  });

  it("open editors are a reference each, with the unsaved ones, and refusals by name", async () => {
    await assert.rejects(context.take("editors"), { message: "No file is open." });
    for (const name of ["one.txt", "two.txt", "key.pem"])
      await vscode.window.showTextDocument(await file(name, name), { preview: false });
    const untitled = await vscode.workspace.openTextDocument({ content: "draft" });
    await vscode.window.showTextDocument(untitled, { preview: false });
    const taken = await context.take("editors");
    assert.deepEqual(labels(taken.references), [nameInWorkspace("one.txt"), nameInWorkspace("two.txt"), "Untitled-1"]);
    assert.equal(taken.references[2]?.text, "draft");
    assert.deepEqual(labels(taken.refused), [nameInWorkspace("key.pem")]);
    await vscode.commands.executeCommand("workbench.action.revertAndCloseActiveEditor");
  });

  it("the file in front is the tab's where no text editor shows it", async () => {
    await assert.rejects(context.take("front"), { message: "No file is open." });
    const model = await file("front.gguf", Buffer.from([0x47, 0x47, 0x55, 0x46, 0xff, 0xfe]));
    await vscode.commands.executeCommand("vscode.openWith", model, "paddock.ggufInspector");
    const taken = await context.take("front");
    assert.deepEqual(labels(taken.refused), [nameInWorkspace("front.gguf")]);
    assert.match(taken.refused[0]?.reason ?? "", /Only text can be attached/u);
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });

  it("problems come with their places, those of the file in front first; none is said so", async () => {
    const diagnostics = vscode.languages.createDiagnosticCollection("paddock-test");
    try {
      const one = await file("one.txt", "a\nb\n");
      const two = await file("two.txt", "a\nb\n");
      const secret = await file("prod.env", "x");
      const problem = (
        line: number,
        message: string,
        severity = vscode.DiagnosticSeverity.Error,
      ): vscode.Diagnostic => {
        const made = new vscode.Diagnostic(new vscode.Range(line, 1, line, 2), message, severity);
        made.source = "test";
        made.code = { value: 42, target: vscode.Uri.parse("https://example.com") };
        return made;
      };
      diagnostics.set(one, [problem(1, "first"), problem(0, "a hint", vscode.DiagnosticSeverity.Hint)]);
      diagnostics.set(two, [problem(0, "late", vscode.DiagnosticSeverity.Warning), problem(1, "worse")]);
      diagnostics.set(secret, [problem(0, "TOKEN=1 is bad")]);
      await vscode.window.showTextDocument(two);
      const [all] = (await context.take("problems")).references;
      const [a, b] = [nameInWorkspace("one.txt"), nameInWorkspace("two.txt")];
      assert.equal(all?.label, "Problems");
      const lines = all.text.split("\n").filter((line) => line.includes(path.basename(inside.fsPath)));
      assert.deepEqual(lines, [
        `${b}:2:2 error: worse (test 42)`,
        `${b}:1:2 warning: late (test 42)`,
        `${a}:2:2 error: first (test 42)`,
      ]);
      assert.match(all.text, /Left out: those in files that may hold secrets \(1\)\.$/u);
      const [own] = (await context.take("ownProblems")).references;
      assert.equal(own?.label, `Problems in ${b}`);
      await vscode.window.showTextDocument(await file("clean.txt", "x"));
      await assert.rejects(context.take("ownProblems"), /There are no problems in .*clean\.txt/u);
    } finally {
      diagnostics.dispose();
    }
  });

  describe("the last terminal command", () => {
    let recorder: TerminalRecorder;
    let terminal: vscode.Terminal | undefined;
    before(async function () {
      recorder = new TerminalRecorder(silentLogger);
      assert.throws(() => recorder.take(), /No command (?:has run in|of) a terminal|shell integration is off/u);
      if (process.platform === "win32") this.skip();
      terminal = vscode.window.createTerminal({ name: "context test", shellPath: "/bin/bash", cwd: inside });
      terminal.show();
      await until("the shell's integration", () => terminal?.shellIntegration, 30_000);
    });
    after(() => {
      terminal?.dispose();
      recorder.dispose();
    });
    /** Waits first: in a remote window VS Code loses what is written as soon as a command begins. */
    const execute = async (given: string): Promise<void> => {
      const command = `sleep 0.3; ${given}`;
      const integration = terminal?.shellIntegration;
      assert.ok(integration !== undefined);
      const ended = new Promise<void>((resolve) => {
        const heard = vscode.window.onDidEndTerminalShellExecution(({ execution }) => {
          if (!execution.commandLine.value.includes(command)) return;
          heard.dispose();
          resolve();
        });
      });
      integration.executeCommand(command);
      await ended;
    };

    it("has its output without escape sequences, its exit code and where it ran", async () => {
      await execute("printf '\\033[31mred\\033[0m\\r\\n10%%\\r100%%\\n'; false");
      const { label, text } = await soon("the output", () => {
        const one = recorder.take();
        return Promise.resolve(one.text.endsWith("100%") && one.text.includes("exit code") ? one : undefined);
      });
      assert.match(label, /^Terminal: sleep 0\.3; printf/u);
      const [command, facts, ...output] = text.split("\n");
      assert.match(command ?? "", /^\$ sleep 0\.3; printf/u);
      assert.ok(facts?.startsWith(`# in ${inside.fsPath}, exit code 1`), facts);
      assert.deepEqual(output, ["red", "100%"]);
    });

    it("says so where VS Code has not told all of its output", async () => {
      // A command that ends at once: whether its output is told is a matter of luck, and both must be told apart.
      const ended = new Promise<void>((resolve) => {
        const heard = vscode.window.onDidEndTerminalShellExecution(() => {
          heard.dispose();
          resolve();
        });
      });
      terminal?.shellIntegration?.executeCommand("echo at once");
      await ended;
      const { text } = recorder.take();
      const isLost = recorder.last()?.isBeginningLost;
      assert.equal(text.includes("the beginning of the output was not recorded"), isLost);
      assert.equal(text.endsWith("\nat once"), isLost === false);
      const taken = await context.take("terminal");
      assert.equal(taken.references.length, 1);
      assert.equal(taken.refused.length, isLost === true ? 1 : 0);
    });

    it("is refused where it shows a secret, by its words or by its output", async () => {
      await file("prod.env", "TOKEN=1");
      await file("notes.txt", "-----BEGIN RSA PRIVATE KEY-----\nMII\n");
      await execute("cat prod.env");
      assert.throws(() => recorder.take(), /looks like a secret: prod\.env/u);
      await execute("cat notes.txt");
      await soon("the output", () =>
        Promise.resolve(recorder.last()?.output().text.includes("MII") === true ? true : undefined),
      );
      assert.throws(() => recorder.take(), /looks like a secret: RSA PRIVATE KEY/u);
    });

    it("may be running still", async () => {
      const integration = terminal?.shellIntegration;
      integration?.executeCommand("sleep 0.3; echo begun; sleep 30");
      const { text } = await soon("the output", () => {
        // Until it has begun, the last one is the refused one before it.
        if (recorder.last()?.commandLine.includes("sleep 30") !== true) return Promise.resolve(undefined);
        const one = recorder.take();
        return Promise.resolve(one.text.includes("sleep") && one.text.endsWith("begun") ? one : undefined);
      });
      assert.match(text, /still running/u);
    });

    it("is forgotten with all data, and so is what it goes on to write", () => {
      const forgotten = recorder.last()?.id;
      assert.ok(forgotten !== undefined);
      recorder.forget();
      assert.deepEqual(recorder.recent(), []);
      assert.throws(() => recorder.take(forgotten), /no longer kept/u);
      assert.throws(() => recorder.take(), /No command of a terminal is kept/u);
    });
  });

  describe("Git changes", () => {
    let repository: string;
    const git = (...given: string[]): Promise<unknown> =>
      run("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...given], { cwd: repository });

    before(async function () {
      try {
        await run("git", ["--version"]);
      } catch {
        // Without git there is nothing that could be changed.
        this.skip();
      }
      repository = await mkdtemp(path.join(outside, "git-"));
      await git("init", "-q", "-b", "main");
      await file("a.txt", "one\n", repository);
      await file("notes.txt", `x\n-----BEGIN RSA PRIVATE KEY-----\n${"MII\n".repeat(30)}end\n`, repository);
      await git("add", "-A");
      await git("commit", "-q", "-m", "first");
    });

    it("are the staged and the other lines, and the names of what is new; secrets are refused by name", async () => {
      await file("a.txt", "two\n", repository);
      await file("staged.txt", "new\n", repository);
      await file("prod.env", "TOKEN=abc\n", repository);
      await git("add", "staged.txt", "prod.env");
      // Lines far from the key's first one: the hunk alone would not tell.
      await file("notes.txt", `x\n-----BEGIN RSA PRIVATE KEY-----\n${"MII\n".repeat(30)}End\n`, repository);
      await file("unknown.txt", "x", repository);
      await file("other.pem", "x", repository);
      const extension = vscode.extensions.getExtension<{
        getAPI(version: 1): { openRepository(root: vscode.Uri): Promise<unknown> };
      }>("vscode.git");
      assert.ok(extension !== undefined);
      const api = (await extension.activate()).getAPI(1);
      await api.openRepository(vscode.Uri.file(repository));
      await vscode.window.showTextDocument(vscode.Uri.file(path.join(repository, "a.txt")));
      const chosen = await chooseRepository();
      assert.equal(chosen?.rootUri.fsPath, repository);
      const { references, refused } = await changedLines(chosen, never);
      assert.deepEqual(labels(references), ["Git diff (main)"]);
      const text = references[0]?.text ?? "";
      assert.match(
        text,
        /^# Staged changes\ndiff --git a\/staged\.txt b\/staged\.txt\n[^]*\n\+new\n\n# Changes not staged\n/u,
      );
      assert.match(text, /\n-one\n\+two\n\n# New files that Git does not know yet\nunknown\.txt$/u);
      assert.ok(!/TOKEN|MII|other\.pem/u.test(text));
      assert.deepEqual(labels(refused).sort(), ["notes.txt", "prod.env"]);
      const taken = await context.take("git");
      assert.equal(taken.references[0]?.text, text);
    });

    it("are said to be none where there are none", async () => {
      await rm(path.join(repository, "unknown.txt"));
      await rm(path.join(repository, "other.pem"));
      await git("reset", "-q", "--hard");
      const chosen = await chooseRepository();
      assert.ok(chosen !== undefined);
      await assert.rejects(changedLines(chosen, never), /Nothing is changed/u);
    });
  });

  describe("dropped", () => {
    it("files and folders are taken, from outside the workspace too where they lie on this machine", async () => {
      const one = await file("dropped.txt", "text");
      const far = await file("far.txt", "far", outside);
      const remote = far.with({
        scheme: vscode.env.remoteName === undefined ? "file" : "vscode-remote",
        authority: "here",
      });
      const address = vscode.env.remoteName === undefined ? far : remote;
      const taken = await context.takeDropped([
        { kind: "uri", uri: one.toString() },
        { kind: "uri", uri: address.toString() },
        { kind: "uri", uri: inside.toString() },
        { kind: "text", name: "from elsewhere.txt", text: "words" },
      ]);
      assert.deepEqual(labels(taken.references), [
        nameInWorkspace("dropped.txt"),
        far.fsPath,
        `${path.basename(inside.fsPath)}/`,
        "from elsewhere.txt",
      ]);
      assert.deepEqual(taken.refused, []);
    });

    it("what is a secret, no file or no text is refused with the reason", async () => {
      const secret = await file("dropped.pem", "x");
      const binary = await file("dropped.bin", Buffer.from([0xff, 0, 1]));
      const { references, refused } = await context.takeDropped([
        { kind: "uri", uri: secret.toString() },
        { kind: "uri", uri: binary.toString() },
        { kind: "uri", uri: "https://example.com/a.txt" },
        { kind: "uri", uri: "no address" },
        { kind: "text", name: "prod.env", text: "TOKEN=1" },
        { kind: "text", name: "key.txt", text: "-----BEGIN PRIVATE KEY-----" },
        { kind: "text", name: "big.txt", text: "x".repeat(300_000) },
        { kind: "other", name: "photo.png", mediaType: "image/png" },
        { kind: "other", name: "a.zip", mediaType: "application/zip" },
      ]);
      assert.deepEqual(references, []);
      const reasons = [
        /looks like a secret: dropped\.pem/u,
        /Only text can be attached/u,
        /not the address of a file/u,
        /not the address of a file/u,
        /looks like a secret: prod\.env/u,
        /looks like a secret: PRIVATE KEY/u,
        /may have 256 KiB/u,
        /reads text only/u,
        /Only text can be attached/u,
      ];
      assert.equal(refused.length, reasons.length);
      for (const [index, reason] of reasons.entries()) assert.match(refused[index]?.reason ?? "", reason);
    });
  });

  it("is attached by commands, several files at once from the Explorer", async () => {
    const [one, two] = [await file("one.txt", "1"), await file("two.txt", "2")];
    const seen: string[][] = [];
    const commands = contextCommands(context, (taken) => {
      seen.push(labels(taken.references));
      return Promise.resolve();
    });
    await vscode.window.showTextDocument(one);
    await commands.get("addFileToChat")?.(one, [one, two]);
    await commands.get("addFileToChat")?.(two);
    await commands.get("addFileToChat")?.();
    await commands.get("addFolderOutlineToChat")?.(inside, [inside]);
    await commands.get("addOpenEditorsToChat")?.();
    assert.deepEqual(seen, [
      [nameInWorkspace("one.txt"), nameInWorkspace("two.txt")],
      [nameInWorkspace("two.txt")],
      [nameInWorkspace("one.txt")],
      [`${path.basename(inside.fsPath)}/`],
      [nameInWorkspace("one.txt")],
    ]);
    const all = await vscode.commands.getCommands(true);
    for (const name of commands.keys()) assert.ok(all.includes(`paddock.${name}`), name);
  });
});

/** What needs another extension's answer, which may only be starting. */
async function soon<T>(what: string, probe: () => Promise<T | undefined>, ms = 30_000): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (Date.now() > end) throw new Error(`Waited ${ms} ms in vain for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
