import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { access, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import { repositorySource } from "../../../src/pickingSources";
import { publishedGguf } from "../../support/hubModels";
import { HubServer, sha256 } from "../../support/hubServer";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

const configure = (name: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration("paddock").update(name, value, vscode.ConfigurationTarget.Global);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("models that are found and downloaded", () => {
  const tiny = tinyGguf({ seed: 77 });
  let server: HubServer;
  let folder: string;

  before(async () => {
    await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-hub-"));
    server = await HubServer.start();
    server.add({ id: "owner/Tiny-GGUF", files: [{ path: "tiny-F32.gguf", content: tiny }], downloads: 7 });
    server.add({ id: "owner/Gated-GGUF", gated: true, files: [{ path: "m-Q8_0.gguf", content: tiny }] });
    server.add({
      id: "owner/Large-GGUF",
      files: [{ path: "m-Q4_0.gguf", content: publishedGguf({ tensorBytes: 6_000_000 }) }],
    });
    await configure("models.hubEndpoint", server.endpoint);
    await configure("models.folder", folder);
  });
  after(async () => {
    const { downloads, models } = await paddock();
    await downloads.erase();
    for (const name of ["model", "models.hubEndpoint", "models.folder"]) await configure(name, undefined);
    await until("the starter", () => models.active.known.bundled);
    await vscode.commands.executeCommand("notifications.clearAll");
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs the command and takes what is offered first, in each list that comes, until the file is there. */
  async function find(typed: string, file: string): Promise<string> {
    const command = vscode.commands.executeCommand("paddock.findModel", typed);
    const at = path.join(folder, ...file.split("/"));
    const end = Date.now() + 30_000;
    for (;;) {
      const isThere = await access(at).then(
        () => true,
        () => false,
      );
      if (isThere) break;
      assert.ok(Date.now() < end, `${file} did not come`);
      await pause(300);
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    }
    await command;
    return at;
  }

  it("come from a repository, verified, into Paddock's own folder, and answer", async () => {
    const { downloads, models, engine } = await paddock();
    const at = await find("owner/Tiny-GGUF", "owner/Tiny-GGUF/tiny-F32.gguf");
    assert.ok((await readFile(at)).equals(tiny));
    assert.equal(await downloads.downloads.checksumOf(at), sha256(tiny));
    await models.store.refresh();
    assert.ok(models.store.find(at) !== undefined);
    await models.active.switchTo(at);
    assert.equal(engine.state(models.active.known.id).status, "ready");
    await configure("model", undefined);
    await until("the starter", () => models.active.known.bundled);
    await rm(at);
  });

  it("are searched for by words", async () => {
    const at = await find("tiny-gguf", "owner/Tiny-GGUF/tiny-F32.gguf");
    assert.ok((await readFile(at)).equals(tiny));
    assert.ok(server.requests.some(({ path: asked }) => asked.startsWith("/api/models?search=tiny-gguf")));
  });

  it("of a gated repository come with the token, which only the hub sees, until all data is deleted", async () => {
    const { downloads } = await paddock();
    await downloads.tokens.set("hf_good");
    await find("owner/Gated-GGUF", "owner/Gated-GGUF/m-Q8_0.gguf");
    const content = server.requests.filter(({ server: asked }) => asked === "content");
    assert.ok(content.every(({ authorization }) => authorization === undefined));
    await downloads.erase();
    assert.equal(await downloads.tokens.current(), undefined);
  });

  it("of a repository are compared by their headers before one of them is downloaded", async () => {
    const { downloads, picker } = await paddock();
    server.forgetRequests();
    await picker.open(repositorySource(downloads, "owner/Large-GGUF"));
    const desk = picker.desk();
    assert.ok(desk !== undefined);
    const [row] = await until("the file's row", () => desk.view().rows.length > 0 && desk.view().rows);
    assert.deepEqual(row?.actions, ["download"]);
    const content = server.requests.filter(({ server: asked }) => asked === "content");
    assert.ok(content.every(({ range }) => /^bytes=0-\d{1,7}$/.test(range ?? "")));
    await desk.act(row.id, "download");
    const at = path.join(folder, "owner", "Large-GGUF", "m-Q4_0.gguf");
    await until("the download", () => existsSync(at));
    // The row is the same one, and its file is one of this machine now.
    const local = await until("the local row", () => desk.view().rows.find(({ origin }) => origin === "file"));
    assert.equal(local.id, row.id);
    assert.ok(local.actions.includes("use") && !local.actions.includes("download"));
    await picker.open(repositorySource(downloads, "owner/Large-GGUF"));
    await until("it to be known again", () => desk.view().rows[0]?.origin === "file");
    await rm(at);
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("are asked for through the proxy that the editor is set to", async () => {
    const { downloads } = await paddock();
    const seen: string[] = [];
    // It takes every name for this machine, so that the one it is asked for need not exist.
    const proxy = createServer((request, response) => {
      const url = new URL(request.url ?? "");
      seen.push(url.host);
      get(`${server.endpoint}${url.pathname}${url.search}`, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", () => resolve()));
    const http = vscode.workspace.getConfiguration("http");
    // Of this machine, yet none of the names that never go through a proxy.
    const elsewhere = "http://127.0.0.9:9";
    try {
      await http.update(
        "proxy",
        `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
        vscode.ConfigurationTarget.Global,
      );
      await configure("models.hubEndpoint", elsewhere);
      const found = await downloads.hub.search("tiny", 5, new AbortController().signal);
      assert.deepEqual(
        found.map(({ id }) => id),
        ["owner/Tiny-GGUF"],
      );
      assert.deepEqual(seen, ["127.0.0.9:9"]);
    } finally {
      await http.update("proxy", undefined, vscode.ConfigurationTarget.Global);
      await configure("models.hubEndpoint", server.endpoint);
      proxy.close();
    }
  });

  it("are listed anew in the picker once the hub is another, as when settings come late", async () => {
    const { downloads, picker } = await paddock();
    const other = await HubServer.start();
    await configure("models.hubEndpoint", other.endpoint);
    await picker.open(repositorySource(downloads, "owner/Tiny-GGUF"));
    const view = () => picker.desk()?.view();
    assert.notEqual(view()?.failure, null);
    assert.deepEqual(view()?.rows, []);
    await configure("models.hubEndpoint", server.endpoint);
    await until("the list of the other hub", () => view()?.rows.length === 1);
    assert.equal(view()?.failure, null);
    await other.stop();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await until("the picker to close", () => picker.desk() === undefined);
  });

  it("pause and go on, and leave nothing behind when all data is deleted", async () => {
    const { downloads } = await paddock();
    server.bytesPerSecond = 200_000;
    void vscode.commands.executeCommand(
      "paddock.findModel",
      `${server.endpoint}/owner/Large-GGUF/blob/main/m-Q4_0.gguf`,
    );
    const [running] = await until("the download", () => {
      const all = downloads.downloads.list();
      return all.some(({ status, doneBytes }) => status === "running" && doneBytes > 0) && all;
    });
    assert.ok(running !== undefined);
    downloads.downloads.pause(running.id);
    await until("it to pause", () => downloads.downloads.list()[0]?.status === "paused");
    downloads.downloads.resume(running.id);
    await until("it to run", () => downloads.downloads.list()[0]?.status === "running");
    await downloads.erase();
    assert.deepEqual(downloads.downloads.list(), []);
    // What is known of the models that stay, and nothing of half ones.
    assert.deepEqual(await readdir(path.join(folder, ".paddock-downloads")).catch(() => []), ["checksums.json"]);
    server.bytesPerSecond = undefined;
  });
});
