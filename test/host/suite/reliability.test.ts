import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { paddock, until } from "./extension";

describe("an engine that dies under the editor", () => {
  it("fails the answer, keeps what came, and is back within 3 seconds", async () => {
    const { engine, activeModel } = await paddock();
    const model = activeModel();
    const { engine: info } = await engine.load(model, new AbortController().signal);
    let streamed = "";
    const answer = engine.chat(
      { messages: [{ role: "user", text: "Tell a long story." }], sampling: { temperature: 0 }, maxTokens: 400 },
      {
        model,
        feature: "chat",
        priority: "chat",
        signal: new AbortController().signal,
        onProgress: ({ text }) => (streamed += text ?? ""),
      },
    );
    const failed = assert.rejects(answer, { code: "engine/crashed" });
    await until("some text", () => streamed.length > 20);
    const killed = performance.now();
    process.kill(info.pid, "SIGKILL");
    await failed;
    await until("the engine to be back", () => engine.state(model).status === "ready");
    const back = performance.now() - killed;
    assert.ok(back < 3000, `it took ${back.toFixed(0)} ms`);
    assert.ok(streamed.length > 20);
  });
});
