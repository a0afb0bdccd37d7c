import assert from "node:assert/strict";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(command, ...rest);

describe("quantizing a model", () => {
  let folder: string;
  let source: string;
  before(async () => {
    await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-quantize-"));
    source = path.join(folder, "tiny.F32.gguf");
    await writeFile(source, tinyGguf({ width: 256, layers: 2 }));
  });
  after(async () => {
    await run("notifications.clearAll");
    await rm(folder, { recursive: true, force: true });
  });

  it("makes one file of what it was given, beside its source", async () => {
    await run("paddock.quantizeModel", { source, types: ["Q4_K_M"] });
    const { size } = await stat(path.join(folder, "tiny.Q4_K_M.gguf"));
    assert.ok(size < (await stat(source)).size / 4, "four bits of thirty-two");
  });

  it("makes a ladder, and keeps what is there", async () => {
    const kept = path.join(folder, "tiny.Q4_K_M.gguf");
    const { mtimeMs } = await stat(kept);
    await run("paddock.makeQuantizationLadder", { source, types: ["Q8_0", "Q4_K_M", "Q2_K"] });
    const names = await readdir(folder);
    for (const type of ["Q8_0", "Q2_K"]) assert.ok(names.includes(`tiny.${type}.gguf`), type);
    assert.equal((await stat(kept)).mtimeMs, mtimeMs);
    // The picker shows them.
    await until("the picker", () =>
      vscode.window.tabGroups.all
        .flatMap((group) => group.tabs)
        .some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes("picker")),
    );
    await run("workbench.action.closeAllEditors");
    assert.deepEqual(
      names.filter((name) => name.endsWith(".part")),
      [],
    );
  });

  it("tells what it will not do, and writes nothing", async () => {
    const before = await readdir(folder);
    await run("paddock.quantizeModel", { source, types: ["IQ2_XXS"] });
    await run("paddock.quantizeModel", { source, types: ["Q99"] });
    await run("paddock.quantizeModel", { source: path.join(folder, "gone.gguf"), types: ["Q8_0"] });
    assert.deepEqual(await readdir(folder), before);
  });

  it("asks for an importance matrix and a type, and offers no type that would change nothing", async () => {
    const folderOfResult = await mkdtemp(path.join(folder, "asked-"));
    const asking = run("paddock.quantizeModel", { source, folder: folderOfResult });
    let isOver = false;
    void asking.then(() => (isOver = true));
    // The first answer of each question: without a matrix, and the type of the most bits.
    await until("both questions to be answered", () => {
      void run("workbench.action.acceptSelectedQuickOpenItem");
      return isOver;
    });
    const names = await readdir(folderOfResult);
    assert.equal(names.length, 1);
    assert.match(names[0] ?? "", /^tiny\.B?F16\.gguf$/);
  });

  it("computes an importance matrix from the workspace's text", async () => {
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    const inside = await mkdtemp(path.join(root.uri.fsPath, "quantizer-test-"));
    try {
      await writeFile(path.join(inside, "tea.md"), "Tea at noon, two cups of it, and milk.\n".repeat(300));
      const results = await mkdtemp(path.join(folder, "imatrix-"));
      await run("paddock.quantizeModel", { source, types: ["IQ2_XS"], imatrix: "workspace", folder: results });
      const names = await readdir(results);
      assert.deepEqual(names.sort(), ["tiny.F32.paddock-imatrix.gguf", "tiny.IQ2_XS.gguf"]);
    } finally {
      await rm(inside, { recursive: true, force: true });
    }
  });

  it("asks what it was not given, and leaves when the person does", async () => {
    const asking = run("paddock.quantizeModel", vscode.Uri.file(source));
    let isOver = false;
    void asking.then(() => (isOver = true));
    // The first question is about the importance matrix; each look closes what is open.
    await until("the question to be left", () => {
      void run("workbench.action.closeQuickOpen");
      return isOver;
    });
    assert.ok(!(await readdir(folder)).some((name) => name.endsWith(".part")));
  });
});
