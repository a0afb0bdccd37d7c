import assert from "node:assert/strict";
import { mkdtemp, open, readFile, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Inspection, ModelView } from "../../../src/inspector/core/inspectorContract";
import { ggufHeader } from "../../support/ggufHeaders";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

const viewType = "paddock.ggufInspector";

describe("the inspector of model files", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-inspect-"));
  });
  afterEach(() => vscode.commands.executeCommand("workbench.action.closeAllEditors"));
  after(() => rm(folder, { recursive: true, force: true }));

  const write = async (name: string, bytes: Buffer | string): Promise<vscode.Uri> => {
    const file = path.join(folder, name);
    await writeFile(file, bytes);
    return vscode.Uri.file(file);
  };
  /** What the page of a file was given to show. */
  const shown = async (uri: vscode.Uri, kind: Inspection["kind"] = "model"): Promise<Inspection> => {
    const { inspector } = await paddock();
    return until(`the page of ${uri.path}`, () => {
      const view = inspector.shown(uri);
      return view?.kind === kind ? view : undefined;
    });
  };
  const model = async (uri: vscode.Uri): Promise<ModelView> => {
    const view = await shown(uri);
    assert(view.kind === "model");
    return view;
  };

  it("opens a .gguf file by itself, and shows what it is", async () => {
    const uri = await write("tiny.gguf", tinyGguf({ fim: true }));
    await vscode.commands.executeCommand("vscode.open", uri);
    const view = await model(uri);
    assert.equal(view.shape?.architecture, "llama");
    assert.equal(view.shape.details.attention, "multi-head");
    assert.equal(view.types[0]?.name, "F32");
    assert.deepEqual(view.warnings, []);
    const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
    assert(input instanceof vscode.TabInputCustom);
    assert.equal(input.viewType, viewType);
  });

  it("opens by command, also a file of 40 GB, in a moment", async () => {
    const { inspector } = await paddock();
    const starter = vscode.extensions.getExtension("paddock.paddock")?.extensionPath ?? "";
    const source = await open(path.join(starter, "media/models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    const header = Buffer.alloc(2 << 20);
    await source.read(header);
    await source.close();
    const uri = await write("huge.gguf", header);
    await truncate(uri.fsPath, 40e9);
    const started = performance.now();
    await vscode.commands.executeCommand("paddock.inspectModelFile", uri);
    await until("the page", () => inspector.shown(uri));
    const ms = performance.now() - started;
    console.log(`a file of 40 GB: ${ms.toFixed(0)} ms from the command to the page's data`);
    assert.equal((await model(uri)).size, 40e9);
    assert(ms < 2000, `${ms} ms`);
  });

  it("shows the parts of a split model as one, whichever is opened", async () => {
    const tensors = [{ name: "blk.0.attn_q.weight", dimensions: [32, 32] }];
    const second = { name: "blk.1.attn_q.weight", dimensions: [32, 32], type: 8 };
    const split = (part: number): Record<string, number> => ({ "split.no": part, "split.count": 2 });
    const body = Buffer.alloc(4096);
    const described = { "general.architecture": "llama", "llama.block_count": 2, ...split(0) };
    await write("two-00001-of-00002.gguf", Buffer.concat([ggufHeader(described, tensors), body]));
    const uri = await write("two-00002-of-00002.gguf", Buffer.concat([ggufHeader(split(1), [second]), body]));
    await vscode.commands.executeCommand("vscode.open", uri);
    const view = await model(uri);
    assert.deepEqual(
      view.parts.map(({ name }) => name),
      ["two-00001-of-00002.gguf", "two-00002-of-00002.gguf"],
    );
    assert.equal(view.tensorCount, 2);
    assert.equal(view.shape?.layers, 2);
    await rm(path.join(folder, "two-00001-of-00002.gguf"));
  });

  it("opens what the Models view lists", async () => {
    const uri = await write("listed.gguf", tinyGguf({ seed: 2 }));
    await vscode.commands.executeCommand("paddock.inspectModelFile", {
      kind: "model",
      id: "model:listed",
      model: { path: uri.fsPath },
    });
    assert.equal((await model(uri)).file, "listed.gguf");
  });

  it("says what a file is instead, and shows the file once it is a model", async () => {
    const uri = await write("page.gguf", "<!doctype html><html>Sign in</html>");
    await vscode.commands.executeCommand("vscode.open", uri);
    const view = await shown(uri, "failed");
    assert(view.kind === "failed");
    assert.match(view.message, /not a GGUF model file but a web page/);
    assert(view.remedy !== null);
    await writeFile(uri.fsPath, await readFile(path.join(folder, "tiny.gguf")));
    await shown(uri);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const { inspector } = await paddock();
    await until("the end of the editor", () => inspector.shown(uri) === undefined);
  });
});
