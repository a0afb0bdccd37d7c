import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { ModelNode } from "../../../src/models/core/modelTree";
import { serverId, serverModelId } from "../../../src/servers/core/serverEntry";
import { ModelServer } from "../../support/modelServer";
import { paddock, until } from "./extension";

const run = (command: string, ...rest: unknown[]): Thenable<unknown> =>
  vscode.commands.executeCommand(`paddock.${command}`, ...rest);
const setting = (name: string): unknown => vscode.workspace.getConfiguration("paddock").get(name);
const configure = (name: string, value: unknown): Thenable<void> =>
  vscode.workspace.getConfiguration("paddock").update(name, value, vscode.ConfigurationTarget.Global);

describe("a server that a person adds", () => {
  let server: ModelServer;
  let id: string;
  before(async () => {
    await paddock();
    server = await ModelServer.start("llama-server");
    server.answer = ["The", " capital", " is", " Paris."];
  });
  after(async () => {
    const { models } = await paddock();
    for (const name of ["servers", "model", "completion.model", "embedding.model"]) await configure(name, undefined);
    await until("the starter", () => models.active.known.bundled);
    await server.stop();
  });

  async function labels(): Promise<string[]> {
    const { models } = await paddock();
    const walk = async (nodes: readonly ModelNode[]): Promise<string[]> => {
      const found: string[] = [];
      for (const node of nodes) {
        const { label, description } = models.view.getTreeItem(node);
        const words = [label, description].map((part) => (typeof part === "string" ? part : ""));
        found.push(words.join(" ").trim());
        found.push(...(await walk(await models.view.getChildren(node))));
      }
      return found;
    };
    return walk(await models.view.getChildren());
  }

  it("is asked for its models, and stands with them in the view", async () => {
    const { host } = new URL(server.address);
    await run("addServer", `${server.address}/v1/`);
    const [entry, ...others] = setting("servers") as { name: string; url: string }[];
    assert.equal(others.length, 0);
    assert.deepEqual([entry?.name, entry?.url], ["llama-server", server.address]);
    id = serverModelId(serverId(server.address), "small");
    assert.ok(server.questions.every(({ method }) => method === "GET"));
    await run("refreshModels");
    const shown = await labels();
    assert.ok(shown.includes("Servers"), shown.join("\n"));
    assert.ok(shown.includes(`llama-server llama-server (${host}) · 2 models`), shown.join("\n"));
    assert.ok(shown.includes("small") && shown.includes("family/large:7b"), shown.join("\n"));
  });

  it("answers in the chat once it is chosen there, and only there", async () => {
    const { models, chat, timings, activeModel, databases } = await paddock();
    await run("useForChat", id);
    assert.equal(activeModel(), id);
    assert.equal(setting("model"), id);
    const completions = models.roles.holder("completion");
    assert.equal(completions.kind, "here");
    assert.ok(models.roles.completion().bundled);
    assert.notEqual(databases, undefined);
    assert.deepEqual(server.asked("/v1/chat/completions"), []);
    await chat.ask("What is the capital of France?");
    const record = await until("the answer", () => timings().find(({ model }) => model === id));
    assert.equal(record.machine.destination, `llama-server (${new URL(server.address).host})`);
    assert.equal(record.timings.predicted_n, 4);
    const [asked] = server.asked("/v1/chat/completions");
    assert.match(JSON.stringify(asked), /capital of France/);
    // Whether it could complete may be asked, with nothing of anybody's.
    for (const { input_prefix, input_suffix, n_predict } of server.asked("/infill"))
      assert.deepEqual([input_prefix, input_suffix, n_predict], ["", "", 0]);
  });

  it("suggests code where it was chosen for that and can, and not else", async () => {
    const { models } = await paddock();
    server.can = "chat";
    await run("refreshModels");
    await run("useForCompletions", id);
    assert.equal(setting("completion.model"), "");
    server.can = "infill";
    await run("refreshModels");
    await run("useForCompletions", id);
    assert.equal(setting("completion.model"), id);
    assert.equal(models.roles.completion().id, id);
    const document = await vscode.workspace.openTextDocument({ language: "javascript", content: "const cities = " });
    const editor = await vscode.window.showTextDocument(document);
    const end = new vscode.Position(0, "const cities = ".length);
    editor.selection = new vscode.Selection(end, end);
    await vscode.commands.executeCommand("editor.action.inlineSuggest.trigger");
    const asked = await until("the question", () => server.asked("/infill").find(({ n_probs }) => n_probs === 1));
    assert.match(JSON.stringify(asked), /const cities/);
    await run("resetModelRole", { kind: "role", id: "role:completion", role: "completion" });
    await until("the starter for completions", () => models.roles.completion().bundled);
  });

  it("is asked nothing any more once it is removed, and the starter stands in", async () => {
    const { models, servers, chat, timings } = await paddock();
    await configure("embedding.model", id);
    await run("removeServer", servers.servers.list()[0]?.id);
    await until("the starter", () => models.active.known.bundled);
    // A server that is added later gets nothing that was chosen of this one.
    assert.equal(models.active.standsInFor, undefined);
    for (const name of ["model", "completion.model", "embedding.model"]) assert.equal(setting(name), "");
    const before = server.questions.length;
    const count = timings().length;
    await chat.ask("And of Italy?");
    await until("the starter's answer", () => timings().length > count);
    assert.equal(server.questions.length, before);
    assert.ok(!(await labels()).includes("Servers"));
  });
});
