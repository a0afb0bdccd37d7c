import assert from "node:assert/strict";
import { readFile, rm, writeFile } from "node:fs/promises";
import { EOL } from "node:os";
import * as vscode from "vscode";
import { BlockApplier } from "../../../src/edits/host/applyBlock";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...rest);

describe("a block of code on its way to a file", () => {
  let applier: BlockApplier;
  let root: vscode.Uri;
  const made: vscode.Uri[] = [];
  before(async () => {
    const { edits } = await paddock();
    applier = new BlockApplier(edits);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    assert.ok(folder !== undefined);
    root = folder;
  });
  after(() => applier.dispose());
  afterEach(async () => {
    await run("paddock.rejectAllChanges");
    while ((await paddock()).edits.active !== undefined) await run("paddock.rejectAllChanges");
    await run("workbench.action.closeAllEditors");
    await vscode.workspace.getConfiguration("files").update("eol", undefined, vscode.ConfigurationTarget.Global);
    for (const uri of made.splice(0)) await rm(uri.fsPath, { force: true });
  });

  async function file(name: string, content: string): Promise<vscode.Uri> {
    const uri = at(name);
    await writeFile(uri.fsPath, content);
    return uri;
  }
  /** Inside the workspace, each test with names of its own: an editor may still hold the text of a file that is gone. Taken away after the test. */
  function at(name: string): vscode.Uri {
    const uri = vscode.Uri.joinPath(root, name);
    made.push(uri);
    return uri;
  }
  const text = (uri: vscode.Uri): Promise<string> => readFile(uri.fsPath, "utf8");
  const apply = (info: string, code: string): Promise<void> =>
    applier.apply({ text: code, language: info.split(" ")[0] ?? "", info });
  /** The title of the comparison in front. */
  const title = (): string => vscode.window.tabGroups.activeTabGroup.activeTab?.label ?? "";

  /** Picks by keyboard in the list that comes up meanwhile. */
  async function picking(work: Promise<unknown>, ...keys: ("next" | "take" | "escape")[]): Promise<void> {
    const commands = {
      next: "workbench.action.quickOpenSelectNext",
      take: "workbench.action.acceptSelectedQuickOpenItem",
      escape: "workbench.action.closeQuickOpen",
    };
    let done = false;
    const ended = (): boolean => done;
    const end = (): void => void (done = true);
    void work.then(end, end);
    for (const key of keys.slice(0, -1)) {
      await new Promise((resolve) => setTimeout(resolve, 700));
      await run(commands[key]);
    }
    const last = keys.at(-1) ?? "take";
    // The list may come late: what is asked of none does nothing.
    for (let attempt = 0; attempt < 40 && !ended(); attempt++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      if (!ended()) await run(commands[last]);
    }
    await work;
  }

  it("is a diff of several files, all of which are opened or none", async () => {
    const one = await file("paddock-0-one.txt", "a\nb\nc\n");
    const two = await file("paddock-0-two.txt", "x\r\ny\r\n");
    const fresh = at("paddock-three.txt");
    const diff = (second: string): string =>
      [
        "--- a/paddock-0-one.txt",
        "+++ b/paddock-0-one.txt",
        "@@ -1,3 +1,3 @@",
        " a",
        "-b",
        "+B",
        " c",
        "--- a/paddock-0-two.txt",
        "+++ b/paddock-0-two.txt",
        "@@ -1,2 +1,2 @@",
        ` ${second}`,
        "-y",
        "+Y",
        "--- /dev/null",
        "+++ b/paddock-three.txt",
        "@@ -0,0 +1,1 @@",
        "+new",
        "",
      ].join("\n");
    await assert.rejects(apply("diff", diff("other")), /Part 1 of this diff does not fit paddock-0-two\.txt/);
    const { edits } = await paddock();
    assert.equal((await paddock()).edits.active, undefined, "half a diff is not opened");
    await apply("diff", diff("x"));
    assert.match(title(), /paddock-three\.txt: proposed file \(diff from the chat\)/);
    for (let left = 3; left > 0; left--) {
      assert.ok(edits.active !== undefined);
      await run("paddock.acceptAllChanges");
    }
    assert.equal(edits.active, undefined);
    await vscode.workspace.saveAll();
    assert.equal(await text(one), "a\nB\nc\n");
    assert.equal(await text(two), "x\r\nY\r\n");
    assert.equal(await text(fresh), `new${EOL}`);
  });

  it("is a diff that names its file only at the fence, or none at all", async () => {
    const uri = await file("paddock-1-one.txt", "a\nb\nc\n");
    await apply("diff paddock-1-one.txt", "-b\n+B\n");
    await run("paddock.acceptAllChanges");
    await vscode.window.showTextDocument(uri);
    await apply("patch", "@@ -9,1 +9,1 @@\n-c\n+C\n");
    await run("paddock.acceptAllChanges");
    await vscode.workspace.saveAll();
    assert.equal(await text(uri), "a\nB\nC\n");
  });

  it("says in the title which lines would go because it does not have them", async () => {
    const uri = await file("paddock-2-one.js", "one();\ntwo();\nthree();\nfour();\n");
    await apply("js paddock-2-one.js", "one();\nthree();\nfour(4);\n");
    assert.match(title(), /1 line that it does not have would go/);
    await run("paddock.rejectAllChanges");
    await apply("js paddock-2-one.js", "one();\n// ... existing code ...\nfour(4);\n");
    assert.match(title(), /\(code from the chat\)/);
    await run("paddock.acceptAllChanges");
    const document = await vscode.workspace.openTextDocument(uri);
    assert.equal(document.getText(), "one();\ntwo();\nthree();\nfour(4);\n");
    // The editor in a browser saves by itself after a second, and then there is nothing left to save.
    await document.save();
    assert.equal(document.isDirty, false);
    assert.equal(await text(uri), "one();\ntwo();\nthree();\nfour(4);\n");
  });

  for (const [eol, ends] of [
    ["\n", "\n"],
    ["\r\n", "\r\n"],
    ["auto", EOL],
  ] as const) {
    it(`makes a new file with the line ends of files.eol: ${JSON.stringify(eol)}`, async () => {
      await vscode.workspace.getConfiguration("files").update("eol", eol, vscode.ConfigurationTarget.Global);
      const uri = at("paddock-new.txt");
      await apply("txt paddock-new.txt", "a\nb\n");
      await run("paddock.acceptAllChanges");
      assert.equal(await text(uri), `a${ends}b${ends}`);
    });
  }

  it("asks which of the files is meant that are in tabs, and goes nowhere when nobody says", async () => {
    const [one, two] = [await file("paddock-4-one.txt", "a\n"), await file("paddock-4-two.txt", "b\n")];
    for (const uri of [one, two]) await vscode.window.showTextDocument(uri, { preview: false });
    // In front is something that is no file, as the settings or a picture would be.
    await run("workbench.action.openSettings2");
    await until("no file to be in front", () =>
      vscode.window.visibleTextEditors.every(({ document }) => document.uri.scheme !== "file"),
    );
    await assert.rejects(picking(apply("txt", "c\n"), "escape"), { code: "cancelled" });
    assert.equal((await paddock()).edits.active, undefined);
    await assert.rejects(
      picking(apply("txt", "c\n"), "next", "take"),
      /does not say where it belongs in paddock-4-two/,
    );
  });

  it("asks which file of a name is meant that is nowhere at the top", async () => {
    const folders = ["paddock-a", "paddock-b"].map((name) => vscode.Uri.joinPath(root, name));
    try {
      for (const folder of folders) {
        await vscode.workspace.fs.createDirectory(folder);
        await writeFile(vscode.Uri.joinPath(folder, "paddock-deep.txt").fsPath, "one\ntwo\n");
      }
      await picking(apply("txt paddock-deep.txt", "one\nTWO two\n"), "take");
      const { active } = (await paddock()).edits;
      assert.match(active?.name ?? "", /paddock-[ab]\/paddock-deep\.txt/);
      // Whoever has one of them in front means that one.
      await run("paddock.rejectAllChanges");
      const second = vscode.Uri.joinPath(root, "paddock-b", "paddock-deep.txt");
      await vscode.window.showTextDocument(second);
      await apply("txt paddock-deep.txt", "one\nTWO two\n");
      assert.equal((await paddock()).edits.active?.uri.toString(), second.toString());
    } finally {
      await run("paddock.rejectAllChanges");
      for (const folder of folders) await rm(folder.fsPath, { recursive: true, force: true });
    }
  });

  it("asks before accepted changes of an earlier review of the file are dropped", async () => {
    const uri = await file("paddock-6-one.txt", "one\ntwo\nthree\nfour\nfive\n");
    const { edits } = await paddock();
    const first = "one\nTWO two\nthree\nFOUR four\nfive\n";
    await apply("txt paddock-6-one.txt", first);
    const earlier = edits.active;
    assert.equal(earlier?.review.hunks.length, 2);
    await run("paddock.acceptChange");
    await picking(apply("txt paddock-6-one.txt", "four\nFIVE five\n"), "escape");
    assert.equal(edits.active, earlier, "nobody said, so the earlier one stays");
    await picking(apply("txt paddock-6-one.txt", "four\nFIVE five\n"), "take");
    await run("paddock.acceptAllChanges");
    await vscode.workspace.saveAll();
    assert.equal(await text(uri), "one\nTWO two\nthree\nfour\nFIVE five\n");
  });

  it("cannot be reverted into by VS Code's own commands, since the right side is read-only", async () => {
    const uri = await file("paddock-revert.txt", "one\ntwo\nthree\n");
    await apply("txt paddock-revert.txt", "one\nTWO two\nthree\n");
    const { active } = (await paddock()).edits;
    assert.ok(active !== undefined);
    const [document, proposed] = await Promise.all(
      [uri, active.proposedUri].map((one) => vscode.workspace.openTextDocument(one)),
    );
    await run("diffEditor.revert");
    await run("type", { text: "x" });
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(document?.getText(), "one\ntwo\nthree\n");
    assert.equal(proposed?.getText(), "one\nTWO two\nthree\n");
    assert.equal(active.review.left.length, 1);
  });

  it("follows what VS Code's own command takes over when the sides are swapped, and closes the comparison", async () => {
    const uri = await file("paddock-7-one.txt", "one\ntwo\nthree\n");
    await apply("txt paddock-7-one.txt", "one\nTWO two\nthree\n");
    const { active } = (await paddock()).edits;
    // What "Swap Left and Right Side" makes of it: the file is on the right and can be changed there.
    await run("vscode.diff", active?.proposedUri, uri);
    await run("diffEditor.revert");
    await until("the change to be made", () => active?.review.hunks[0]?.standing === "present");
    await run("undo");
    await until("the change to be open again", () => active?.review.hunks[0]?.standing === "ready");
    await run("paddock.acceptAllChanges");
    const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: all }) => all);
    assert.deepEqual(
      tabs.filter(({ input }) => input instanceof vscode.TabInputTextDiff).map(({ label }) => label),
      [],
    );
    await vscode.workspace.saveAll();
    assert.equal(await text(uri), "one\nTWO two\nthree\n");
  });
});
