import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { Preset } from "../../../src/chat/core/presets";
import type { TimingRecord } from "../../../src/engine/backend";
import { foreignId } from "../../../src/native/core/foreignIds";
import { ForeignModels } from "../../../src/native/host/foreignModels";
import type { TestApi } from "../../../src/testApi";
import { callingQuestion, toolTemplate, withChatTemplate } from "../../support/otherTemplate";
import { paddock, until } from "./extension";

const never = new AbortController().signal;
const france = "What is the capital of France?";

/** As another window does: sets the preset of new conversations, one of `presets` or one that is built in. */
async function beginWith({ chatStorage }: TestApi, standard: string, presets: readonly Preset[] = []): Promise<void> {
  await mkdir(chatStorage, { recursive: true });
  await writeFile(path.join(chatStorage, "presets.json"), JSON.stringify({ version: 1, presets, standard }));
}

describe("VS Code's language models", () => {
  let api: TestApi;
  let starter: vscode.LanguageModelChat;
  const ours = (): Thenable<vscode.LanguageModelChat[]> => vscode.lm.selectChatModels({ vendor: "paddock" });
  const ask = (
    text: string,
    options: vscode.LanguageModelChatRequestOptions = {},
    token?: vscode.CancellationToken,
  ): Thenable<vscode.LanguageModelChatResponse> =>
    starter.sendRequest(
      [vscode.LanguageModelChatMessage.User(text)],
      { modelOptions: { temperature: 0, max_tokens: 24 }, ...options },
      token,
    );

  before(async () => {
    api = await paddock();
    const found = (await ours()).find(({ id }) => id === api.activeModel());
    assert.ok(found !== undefined, "the starter is among them");
    starter = found;
  });

  it("have the starter, with the context that it has once it is loaded", async () => {
    const { context, info } = await api.engine.load(api.activeModel(), never);
    const maxTokens = vscode.workspace.getConfiguration("paddock").get<number>("chat.maxTokens", 0);
    const [known] = await vscode.lm.selectChatModels({ vendor: "paddock", id: api.activeModel() });
    assert.equal(known?.maxInputTokens, context.contextSize - maxTokens);
    assert.equal(known.family, info.architecture);
    assert.equal(
      (await ours()).every(({ vendor }) => vendor === "paddock"),
      true,
    );
  });

  it("answer, streamed, and count as the engine does", async () => {
    const pieces: string[] = [];
    for await (const piece of (await ask(france)).text) pieces.push(piece);
    assert.match(pieces.join(""), /Paris/);
    assert.ok(pieces.length > 1, "it came in pieces");
    const [counted] = await api.engine.countTokens([france], { model: api.activeModel(), signal: never });
    assert.equal(await starter.countTokens(france), counted);
    const message = vscode.LanguageModelChatMessage.User(france);
    const rendered = await api.engine.countMessageTokens([{ role: "user", text: france }], {
      model: api.activeModel(),
      signal: never,
    });
    assert.equal(await starter.countTokens(message), rendered);
  });

  it("have other limits when the settings say so", async () => {
    const configuration = vscode.workspace.getConfiguration("paddock");
    const before = starter.maxInputTokens;
    const end = Date.now() + 10_000;
    let now = before;
    try {
      await configuration.update("chat.maxTokens", 64, vscode.ConfigurationTarget.Global);
      while (now === before && Date.now() < end) {
        const [model] = await vscode.lm.selectChatModels({ vendor: "paddock", id: starter.id });
        now = model?.maxInputTokens ?? 0;
      }
      assert.ok(now > before, `${now} after ${before}`);
    } finally {
      await configuration.update("chat.maxTokens", undefined, vscode.ConfigurationTarget.Global);
    }
  });

  it("stop when they are told to", async () => {
    const source = new vscode.CancellationTokenSource();
    const long = { modelOptions: { temperature: 0, max_tokens: 1000 } };
    const response = await ask("Count from one to five hundred, in words.", long, source.token);
    let pieces = 0;
    const ended = (async () => {
      for await (const _ of response.text) if (++pieces === 2) source.cancel();
    })().catch(() => undefined);
    await ended;
    assert.ok(pieces >= 2);
    await until("the engine to be idle", () => {
      const state = api.engine.state(api.activeModel());
      return state.status === "ready" && !state.busy;
    });
    assert.equal(api.timings().at(-1)?.stopReason, "cancelled");
  });

  it("are sampled by the person's preset where the caller says nothing", async () => {
    const text = async (): Promise<string> => {
      let all = "";
      for await (const piece of (await ask("Tell me a story.", { modelOptions: { max_tokens: 24 } })).text)
        all += piece;
      return all;
    };
    const settings = { temperature: 1.5, topK: 0, topP: 1, minP: 0, seed: 7 };
    await beginWith(api, "dice", [{ id: "dice", name: "Dice", settings }]);
    try {
      // The first has its prompt processed, the others find it in the KV cache.
      await text();
      assert.equal(await text(), await text());
    } finally {
      await beginWith(api, "default");
    }
  });

  it("make a call that is demanded, without a template that has tools, and refuse one that is not", async () => {
    const tools: vscode.LanguageModelChatTool[] = [
      {
        name: "set_colour",
        description: "Sets the colour of a lamp.",
        inputSchema: {
          type: "object",
          properties: { colour: { enum: ["red", "green", "blue"] } },
          required: ["colour"],
        },
      },
    ];
    const toolMode = vscode.LanguageModelChatToolMode.Required;
    const calls: vscode.LanguageModelToolCallPart[] = [];
    for await (const part of (await ask("Make the lamp red.", { tools, toolMode })).stream) {
      if (part instanceof vscode.LanguageModelToolCallPart) calls.push(part);
    }
    const [call] = calls;
    assert.equal(call?.name, "set_colour");
    assert.match(JSON.stringify(call.input), /^\{"colour":"(red|green|blue)"\}$/);
    await assert.rejects(async () => {
      for await (const _ of (await ask("Make the lamp red.", { tools })).text);
    }, /has no tools/);
  });

  it("of other extensions answer through a route of their own, timed, stopped and told apart", async () => {
    const records: TimingRecord[] = [];
    // Ours stand in for another extension's: asked by way of VS Code all the same.
    const foreign = new ForeignModels({
      lm: vscode.lm,
      timings: { record: (record) => void records.push(record) },
      own: "nobody",
    });
    try {
      const model = foreignId("paddock", starter.id);
      assert.deepEqual(foreign.models.places(), [], "nobody is asked before somebody looks");
      await foreign.models.look(false);
      const [place] = foreign.models.places();
      assert.ok(place?.models.some(({ id, displayName }) => id === model && displayName === starter.name));
      assert.equal(foreign.owns(model) && !foreign.owns(api.activeModel()), true);
      assert.match(foreign.destination(model) ?? "", /^paddock, another extension$/);
      let streamed = "";
      const job = { model, feature: "chat", priority: "chat", signal: never } as const;
      const messages = [{ role: "user" as const, text: france }];
      const request = { messages, sampling: { temperature: 0 }, maxTokens: 24 };
      const result = await foreign.backend.chat(request, {
        ...job,
        onProgress: ({ text }) => (streamed += text ?? ""),
      });
      assert.notEqual(streamed, "");
      assert.deepEqual(result.parts, [{ type: "text", text: streamed }]);
      assert.ok(result.timings.prompt_n > 0 && result.timings.predicted_n > 1);
      assert.equal(result.timings.prompt_per_second, null);
      assert.equal(records[0]?.timings, result.timings);
      const abort = new AbortController();
      const stopped = await foreign.backend.chat(request, {
        ...{ ...job, signal: abort.signal },
        onProgress: ({ text }) => {
          if (text !== undefined) abort.abort();
        },
      });
      assert.equal(stopped.stopReason, "cancelled");
      await assert.rejects(foreign.backend.embed(["a"], job), /cannot make embeddings/);
      const gone = { ...job, model: foreignId("paddock", "gone") };
      await assert.rejects(foreign.backend.chat(request, gone), /No extension offers/);
    } finally {
      foreign.dispose();
    }
  });
});

describe("a model whose template has tools, asked through VS Code", () => {
  let api: TestApi;
  let folder: string;
  let model: vscode.LanguageModelChat;
  const { User, Assistant } = vscode.LanguageModelChatMessage;
  const extraFolders = (folders: string[] | undefined): Thenable<void> =>
    vscode.workspace
      .getConfiguration("paddock")
      .update("models.extraFolders", folders, vscode.ConfigurationTarget.Global);
  const tools: vscode.LanguageModelChatTool[] = [
    { name: "list_models", description: "Lists models.", inputSchema: { type: "object", properties: {} } },
  ];
  /** What it says and what it calls. */
  const ask = async (
    messages: vscode.LanguageModelChatMessage[],
  ): Promise<{ text: string; calls: vscode.LanguageModelToolCallPart[] }> => {
    const answer = { text: "", calls: [] as vscode.LanguageModelToolCallPart[] };
    const modelOptions = { temperature: 0, max_tokens: 40 };
    const { stream } = await model.sendRequest(messages, { tools, modelOptions });
    for await (const part of stream) {
      if (part instanceof vscode.LanguageModelTextPart) answer.text += part.value;
      else if (part instanceof vscode.LanguageModelToolCallPart) answer.calls.push(part);
    }
    return answer;
  };

  before(async () => {
    api = await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-native-"));
    const { extensionPath } = vscode.extensions.getExtension("paddock.paddock") ?? assert.fail("it is installed");
    const starter = path.join(extensionPath, "media", "models", "SmolLM2-135M-Instruct.Q4_1.gguf");
    await withChatTemplate(starter, path.join(folder, "calls.gguf"), toolTemplate);
    await extraFolders([folder]);
    await api.models.store.refresh();
    const all = await vscode.lm.selectChatModels({ vendor: "paddock" });
    model = all.find(({ name }) => name === "calls") ?? assert.fail(all.map(({ name }) => name).join(", "));
  });
  after(async () => {
    await api.engine.unload(model.id as Parameters<typeof api.engine.unload>[0]);
    await extraFolders(undefined);
    await api.models.store.refresh();
    await rm(folder, { recursive: true, force: true });
  });

  it("calls what is offered, and answers by what that gave", async () => {
    const question = User(callingQuestion);
    const first = await ask([question]);
    const [call] = first.calls;
    assert.ok(call !== undefined, first.text);
    assert.equal(call.name, "list_models");
    assert.deepEqual(call.input, {});
    const given = new vscode.LanguageModelToolResultPart(call.callId, [new vscode.LanguageModelTextPart("Ada, Bea")]);
    const messages = [question, Assistant([call]), User([given])];
    const second = await ask(messages);
    assert.match(second.text, /Ada/);
    assert.deepEqual(second.calls, []);
    assert.ok((api.timings().at(-1)?.timings.cache_n ?? 0) > 0, "what was there before is not processed once more");
  });
});

describe("@paddock in VS Code's chat", () => {
  let api: TestApi;
  interface Answered {
    readonly metadata?: { readonly command?: string; readonly answer?: string; readonly ofCode?: boolean };
    readonly errorDetails?: { readonly message: string };
  }
  /** As a person asks, and what VS Code keeps of the answer. */
  const ask = async (words: string): Promise<Answered> => {
    const modelSelector = { vendor: "paddock", id: api.activeModel() };
    const query = { query: `@paddock ${words}`, mode: "ask", modelSelector, blockOnResponse: true };
    return (await vscode.commands.executeCommand<Answered | undefined>("workbench.action.chat.open", query)) ?? {};
  };

  before(async () => {
    api = await paddock();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await beginWith(api, "precise");
  });
  after(async () => {
    await beginWith(api, "default");
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await vscode.commands.executeCommand("workbench.action.closeAuxiliaryBar");
  });

  it("answers by our model as the person's preset says, and goes on from what it said", async () => {
    const { metadata, errorDetails } = await ask(france);
    assert.equal(errorDetails, undefined);
    assert.match(metadata?.answer ?? "", /Paris/);
    const { timings } = api.timings().at(-1) ?? assert.fail("it is timed");
    const next = await ask("Which country is that the capital of?");
    assert.notEqual(next.metadata?.answer ?? "", "");
    const later = api.timings().at(-1)?.timings;
    assert.ok((later?.cache_n ?? 0) >= timings.prompt_n, "the first turn's prompt was in the KV cache");
  });

  it("tells speeds, and explains the file in front", async () => {
    assert.equal((await ask("/speed")).metadata?.command, "speed");
    const document = await vscode.workspace.openTextDocument({
      language: "javascript",
      content: "function sum(a, b) {\n  return a + b;\n}\n",
    });
    const editor = await vscode.window.showTextDocument(document);
    editor.selection = new vscode.Selection(0, 0, 2, 1);
    const { metadata, errorDetails } = await ask("/explain");
    assert.equal(errorDetails, undefined);
    assert.equal(metadata?.ofCode, true);
    assert.notEqual(metadata.answer ?? "", "");
    assert.equal(document.getText(), "function sum(a, b) {\n  return a + b;\n}\n");
  });

  it("has changes reviewed, by what its buttons carry", async () => {
    const [root] = vscode.workspace.workspaceFolders ?? [];
    assert.ok(root !== undefined);
    const target = vscode.Uri.joinPath(root.uri, "native-review.js");
    const base = "let a = 1;\n";
    await vscode.workspace.fs.writeFile(target, Buffer.from(base));
    try {
      const given = { target: target.toString(), base, text: "const a = 1;\n" };
      await vscode.commands.executeCommand("paddock.chat.reviewEdit", given);
      const review = await until("the review", () => api.edits.active);
      const proposed = await vscode.workspace.openTextDocument(review.proposedUri);
      assert.equal(proposed.getText(), given.text);
      assert.equal(Buffer.from(await vscode.workspace.fs.readFile(target)).toString(), base);
      await vscode.commands.executeCommand("paddock.rejectAllChanges");
    } finally {
      await vscode.workspace.fs.delete(target);
    }
  });

  it("stops where it is told to", async () => {
    // In a chat of its own, so that what was said before does not make it short.
    await vscode.commands.executeCommand("workbench.action.chat.newChat");
    const answered = ask("Tell me a very long story about a llama who climbs a mountain.");
    await until("the answer to begin", () => {
      const state = api.engine.state(api.activeModel());
      return state.status === "ready" && state.busy;
    });
    await vscode.commands.executeCommand("workbench.action.chat.cancel");
    await answered;
    await until("the engine to be idle", () => {
      const state = api.engine.state(api.activeModel());
      return state.status === "ready" && !state.busy;
    });
    assert.equal(api.timings().at(-1)?.stopReason, "cancelled");
  });
});
