import assert from "node:assert/strict";
import { copyFile, mkdir, mkdtemp, realpath, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { ModelNode } from "../../../src/models/core/modelTree";
import { deletionOf } from "../../../src/models/host/changeModel";
import { verify } from "../../../src/models/host/verifyModel";
import { hashInWorker } from "../../../src/models/node/hashInWorker";
import { HeaderCache } from "../../../src/models/node/headerCache";
import { findPlaces } from "../../../src/models/node/modelPlaces";
import { scanStore } from "../../../src/models/node/storeScan";
import type { PaddockError } from "../../../src/platform/core/errors";
import { otherFiles, put, putHuggingFace, putOllama, splitGguf } from "../../support/modelFolders";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`paddock.${command}`, ...rest);
const configure = (name: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration("paddock").update(name, value, vscode.ConfigurationTarget.Global);

describe("the models on this machine", () => {
  let folder: string;
  const at = (...parts: string[]): string => path.join(folder, ...parts);
  before(async () => {
    await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-models-"));
    await mkdir(at("own"));
    await put(at("extra", "writes.gguf"), tinyGguf());
    await put(at("extra", "other.gguf"), tinyGguf({ seed: 2 }));
    await put(at("extra", "embeds.gguf"), tinyGguf({ architecture: "nomic-bert", seed: 3 }));
    await put(at("extra", "page.gguf"), "<!doctype html>");
    await put(at("extra", "mmproj.gguf"), otherFiles.projector);
    const [first, second] = splitGguf();
    await put(at("own", "split-00001-of-00002.gguf"), first);
    await put(at("own", "split-00002-of-00002.gguf"), second);
    await configure("models.folder", at("own"));
    await configure("models.extraFolders", [at("extra"), at("gone")]);
    const { models } = await paddock();
    await models.store.refresh();
  });
  after(async () => {
    const { models, engine } = await paddock();
    for (const name of ["model", "completion.model", "embedding.model", "models.folder", "models.extraFolders"])
      await configure(name, undefined);
    await until("the starter", () => models.active.known.bundled);
    for (const { id } of models.store.current?.models ?? []) if (id !== models.active.known.id) await engine.unload(id);
    await models.store.refresh();
    await rm(folder, { recursive: true, force: true });
  });

  async function items(): Promise<Map<string, { node: ModelNode; item: vscode.TreeItem }>> {
    const { models } = await paddock();
    const found = new Map<string, { node: ModelNode; item: vscode.TreeItem }>();
    const walk = async (nodes: readonly ModelNode[]): Promise<void> => {
      for (const node of nodes) {
        const item = models.view.getTreeItem(node);
        found.set(typeof item.label === "string" ? item.label : "", { node, item });
        await walk(await models.view.getChildren(node));
      }
    };
    await walk(await models.view.getChildren());
    return found;
  }
  async function shown(label: string): Promise<{ node: ModelNode; item: vscode.TreeItem }> {
    const all = await items();
    const one = all.get(label);
    assert.ok(one !== undefined, `${label} is not among ${[...all.keys()].join(", ")}`);
    return one;
  }
  const words = async (label: string): Promise<string> => String((await shown(label)).item.description);
  const setting = (name: string): string => vscode.workspace.getConfiguration("paddock").get<string>(name, "nothing");

  it("stand in the view by place, with quantization, size and what is wrong", async () => {
    const all = [...(await items()).keys()];
    for (const label of ["In Use", "Chat", "Completions", "Embeddings", "Comes with Paddock", "Paddock's Folder"])
      assert.ok(all.includes(label), label);
    assert.match(await words("writes"), /F32 · \d+(?:\.\d)? KiB/);
    assert.match(await words("split"), /F32/);
    assert.match(await words("embeds"), /embedding model/);
    assert.match(await words("mmproj"), /image projector/);
    assert.match(await words("page"), /cannot be used · .*a web page/);
    assert.match(await words("gone"), /does not exist/);
    const { item } = await shown("writes");
    assert.match((item.tooltip as vscode.MarkdownString).value, /Bits(?:&nbsp;| )per/);
    assert.match(item.accessibilityInformation?.label ?? "", /^writes, /);
    const lines = all.join("\n");
    assert.ok(lines.indexOf("In Use") < lines.indexOf("Comes with Paddock"));
  });

  it("are opened in the inspector", async () => {
    const { node, item } = await shown("writes");
    assert.equal(item.command?.command, "paddock.inspectModelFile");
    await run("inspectModelFile", node);
    await until("the inspector", () => {
      const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
      return input instanceof vscode.TabInputCustom && input.uri.fsPath === at("extra", "writes.gguf");
    });
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("can all be chosen to switch to", async () => {
    const { models } = await paddock();
    const { node } = await shown("writes");
    assert.ok(node.kind === "model");
    assert.ok(models.store.find(node.model.id));
    await run("useForChat", node);
    assert.equal(setting("model"), at("extra", "writes.gguf"));
    assert.equal(models.active.known.displayName, "writes");
    assert.match(await words("Chat"), /writes · loaded/);
    assert.match(await words("writes"), /loaded/);
    assert.match((await shown("writes")).item.contextValue ?? "", /\bloaded\b/);
  });

  it("are loaded and unloaded where they stand", async () => {
    const { engine } = await paddock();
    const { node } = await shown("other");
    assert.ok(node.kind === "model");
    await run("loadModel", node);
    assert.equal(engine.state(node.model.id).status, "ready");
    await run("unloadModel", node);
    assert.equal(engine.state(node.model.id).status, "unloaded");
  });

  it("make completions with a model of their own, and with the chat's again", async () => {
    const { models } = await paddock();
    assert.match(await words("Completions"), /the chat's model/);
    await run("useForCompletions", (await shown("other")).node);
    await until("the other model", () => models.roles.completion().displayName === "other");
    assert.equal(models.active.known.displayName, "writes");
    assert.match(await words("Completions"), /^other/);
    await run("resetModelRole", (await shown("Completions")).node);
    await until("the chat's model", () => models.roles.completion().displayName === "writes");
  });

  it("make embeddings only where they can", async () => {
    const { models } = await paddock();
    await run("useForEmbeddings", (await shown("embeds")).node);
    await until("the embedding model", () => models.roles.embedding()?.displayName === "embeds");
    const writes = models.store.find(at("extra", "writes.gguf"));
    assert.ok(writes !== undefined);
    await assert.rejects(models.roles.assign("embedding", models.active.known), { code: "unsupported" });
    assert.equal(models.roles.embedding()?.displayName, "embeds");
  });

  it("are given a role by dropping them on it", async () => {
    const { models } = await paddock();
    const { node: role } = await shown("Completions");
    const data = new vscode.DataTransfer();
    models.view.handleDrag([(await shown("other")).node], data);
    await models.view.handleDrop(role, data);
    await until("the dropped model", () => models.roles.completion().displayName === "other");
    const file = new vscode.DataTransfer();
    file.set("text/uri-list", new vscode.DataTransferItem(vscode.Uri.file(at("extra", "writes.gguf")).toString()));
    await models.view.handleDrop(role, file);
    await until("the dropped file", () => models.roles.completion().displayName === "writes");
    await models.view.handleDrop((await shown("other")).node, data);
    assert.equal(models.roles.completion().displayName, "writes");
  });

  it("keep their roles when they are renamed, all parts together, but not while they are loaded", async () => {
    const { models, engine } = await paddock();
    await run("useForCompletions", (await shown("other")).node);
    await until("the other model", () => models.roles.completion().displayName === "other");
    const other = models.store.find(at("extra", "other.gguf"));
    assert.ok(other !== undefined);
    await engine.load(other.id, new AbortController().signal);
    await assert.rejects(models.change.rename(other, "renamed"), { code: "model/in-use" });
    await engine.unload(other.id);
    await models.change.rename(other, "renamed");
    assert.equal(setting("completion.model"), at("extra", "renamed.gguf"));
    await until("the new name", () => models.roles.completion().displayName === "renamed");
    const split = models.store.find(at("own", "split-00001-of-00002.gguf"));
    assert.ok(split !== undefined);
    await models.change.rename(split, "parted");
    assert.equal(models.store.find(at("own", "parted-00001-of-00002.gguf"))?.parts.length, 2);
    const starter = models.store.find(
      models.store.current?.models.find(({ place }) => place.kind === "bundled")?.id ?? "",
    );
    assert.ok(starter !== undefined);
    await assert.rejects(models.change.rename(starter, "mine"), { code: "model/not-ours" });
  });

  it("are verified by what is known of them", async () => {
    const { models } = await paddock();
    const starter = models.store.current?.models.find(({ place }) => place.kind === "bundled");
    assert.ok(starter !== undefined);
    const manifest = JSON.parse(
      new TextDecoder().decode(
        await vscode.workspace.fs.readFile(vscode.Uri.file(path.join(path.dirname(starter.path), "manifest.json"))),
      ),
    ) as { entries: { sha256: string }[] };
    const shares: number[] = [];
    const extension = vscode.extensions.getExtension("paddock.paddock");
    assert.ok(extension !== undefined);
    const worker = path.join(extension.extensionPath, "dist", "hashWorker.cjs");
    const never = new AbortController().signal;
    const check = (expected: string | undefined): Promise<{ readonly kind: string }> =>
      verify(
        starter,
        {
          manifestHash: () => expected,
          downloadedHash: () => Promise.resolve(undefined),
          hash: hashInWorker(worker),
        },
        never,
        (share) => shares.push(share),
      );
    assert.equal((await check(manifest.entries[0]?.sha256)).kind, "same");
    assert.equal(shares.at(-1), 1);
    assert.equal((await check("0".repeat(64))).kind, "different");
    assert.equal((await check(undefined)).kind, "nothing-to-compare");
  });

  it("leave their roles to others when they vanish, and take them again when they are back", async () => {
    const { models } = await paddock();
    const file = at("extra", "renamed.gguf");
    await copyFile(file, at("kept.bin"));
    await rm(file);
    await run("refreshModels");
    await until("a stand-in", () => models.roles.holder("completion").kind === "stands-in");
    assert.equal(models.roles.completion().id, models.active.known.id);
    assert.match(await words("Completions"), /since renamed\.gguf is gone/);
    await copyFile(at("kept.bin"), file);
    await run("refreshModels");
    await until("its return", () => models.roles.completion().displayName === "renamed");
  });

  it("are deleted with what they were used for, unloaded first", async () => {
    const { models, engine } = await paddock();
    const chat = models.store.find(at("extra", "writes.gguf"));
    assert.ok(chat !== undefined);
    assert.equal(models.active.known.id, chat.id);
    await engine.load(chat.id, new AbortController().signal);
    // Here there may be no trash; then the person is asked, and this one agrees.
    assert.equal(await models.change.delete(chat, () => Promise.resolve(true)), true);
    assert.equal(models.store.find(chat.path), undefined);
    assert.equal(engine.state(chat.id).status, "unloaded");
    assert.ok(models.active.known.bundled);
    await until("the setting", () => setting("model") === "");
    const starter = models.store.find(models.active.known.id);
    assert.ok(starter !== undefined);
    await assert.rejects(
      models.change.delete(starter, () => Promise.resolve(true)),
      { code: "model/not-ours" },
    );
  });

  it("take their data along where a cache holds it by links, and are left to the program that must delete them", async () => {
    const bytes = tinyGguf({ seed: 11 });
    const hub = at("home", ".cache", "huggingface", "hub");
    const old = await putHuggingFace(hub, "owner/name", "some.gguf", bytes, "0".repeat(40));
    const now = await putHuggingFace(hub, "owner/name", "some.gguf", bytes, "1".repeat(40));
    await putOllama(at("home", ".ollama", "models"), ["registry.ollama.ai", "library", "llama", "1b"], tinyGguf());
    const places = await findPlaces({ own: at("own"), extra: [], env: {}, home: at("home") });
    const { models } = await scanStore({
      places: places.filter(({ kind }) => kind !== "own"),
      ...{ files: [], cache: new HeaderCache(undefined), signal: new AbortController().signal },
    });
    const [ollama, cached] = models;
    assert.ok(ollama?.place.kind === "ollama" && cached?.place.kind === "hugging-face");
    const { files, links } = await deletionOf(cached);
    assert.deepEqual(files, [await realpath(now.blob)]);
    assert.deepEqual([...links].sort(), [old.link, now.link].sort());
    await assert.rejects(
      deletionOf(ollama),
      (error: PaddockError) => error.remedy?.includes("ollama rm llama:1b") === true,
    );
  });

  it("are noticed when they come into a folder that is watched", async () => {
    const { models } = await paddock();
    await put(at("own", "new.gguf"), tinyGguf({ seed: 7 }));
    await until("the new file", () => models.store.find(at("own", "new.gguf")) !== undefined);
  });
});
