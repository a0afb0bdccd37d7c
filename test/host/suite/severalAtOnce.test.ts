import assert from "node:assert/strict";
import type { GenerationResult } from "../../../src/engine/protocol";
import { paddock, until } from "./extension";

describe("two answers and a completion in one window", () => {
  it("all finish, the completion before both, each with its own figures", async () => {
    const { engine, activeModel, timings } = await paddock();
    const model = activeModel();
    const { signal } = new AbortController();
    await engine.load(model, signal);
    const before = timings().length;
    const ended: string[] = [];
    const text = new Map<string, string>();
    const ask = async (name: string, maxTokens: number): Promise<GenerationResult> => {
      const result = await engine.chat(
        {
          messages: [{ role: "user", text: `Tell a very long story about ${name}, in many chapters.` }],
          sampling: { temperature: 0 },
          maxTokens,
        },
        {
          model,
          feature: "chat",
          priority: "chat",
          signal,
          session: name,
          onProgress: ({ text: more }) => text.set(name, (text.get(name) ?? "") + (more ?? "")),
        },
      );
      ended.push(name);
      return result;
    };
    const answers = [ask("a llama", 200), ask("a shepherd", 180)];
    await until("an answer to begin", () => [...text.values()].some(({ length }) => length > 20));
    const typed = await engine.complete(
      { prompt: "function add(a, b) {\n  return", sampling: { temperature: 0 }, maxTokens: 12 },
      { model, feature: "completion", priority: "completion", signal },
    );
    ended.push("typing");
    const told = await Promise.all(answers);
    assert.equal(ended[0], "typing", `they ended in this order: ${ended.join(", ")}`);
    assert.equal(typed.timings.paused_ms, 0);
    assert.ok(typed.timings.predicted_n <= 12);
    for (const { timings: own, stopReason } of told) {
      assert.ok(own.predicted_n > 12, stopReason);
      assert.ok((own.predicted_per_second ?? 0) > 0);
      // Whoever was answering gave way, and whoever was not had waited.
      assert.ok(own.paused_ms + own.queue_ms > 0);
    }
    assert.deepEqual(
      timings()
        .slice(before)
        .map(({ timings: own }) => own)
        .sort((a, b) => a.predicted_n - b.predicted_n),
      [typed, ...told].map(({ timings: own }) => own).sort((a, b) => a.predicted_n - b.predicted_n),
    );
  });
});
