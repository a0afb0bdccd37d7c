import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { TestApi } from "../../../src/testApi";
import { paddock, until } from "./extension";

const never = new AbortController().signal;
const france = "What is the capital of France?";

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
});
