import assert from "node:assert/strict";
import * as vscode from "vscode";
import { paddock, until } from "./extension";

describe("an answer in the extension host", () => {
  it("comes from the starter model with its figures", async () => {
    const { engine, activeModel, timings } = await paddock();
    let streamed = "";
    const result = await engine.chat(
      {
        messages: [{ role: "user", text: "What is the capital of France?" }],
        sampling: { temperature: 0 },
        maxTokens: 24,
      },
      {
        model: activeModel(),
        feature: "chat",
        priority: "chat",
        signal: new AbortController().signal,
        onProgress: ({ text }) => (streamed += text ?? ""),
      },
    );
    assert.match(streamed, /Paris/);
    assert.ok(result.timings.ttft_ms !== null && result.timings.ttft_ms > 0);
    assert.equal(timings().at(-1)?.timings, result.timings);
    assert.equal(engine.state(activeModel()).status, "ready");
  });

  it("leaves memory on unload and comes back with the next question", async () => {
    const { engine, activeModel } = await paddock();
    await vscode.commands.executeCommand("paddock.unloadModel");
    assert.equal(engine.state(activeModel()).status, "unloaded");
    await vscode.commands.executeCommand("paddock.loadModel");
    assert.equal(engine.state(activeModel()).status, "ready");
  });

  it("keeps the model that works when a setting names a file that is not there", async () => {
    const { engine, activeModel } = await paddock();
    const before = activeModel();
    await vscode.commands.executeCommand("paddock.loadModel");
    const configuration = vscode.workspace.getConfiguration("paddock");
    await configuration.update("model", "/nowhere/missing.gguf", vscode.ConfigurationTarget.Global);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.equal(activeModel(), before);
    assert.equal(engine.state(before).status, "ready");
    await configuration.update("model", undefined, vscode.ConfigurationTarget.Global);
    await until("the model to be ready", () => engine.state(before).status === "ready");
  });
});
