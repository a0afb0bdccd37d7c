import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as vscode from "vscode";
import type { BenchRequest } from "../../../src/speed/core/speedContract";
import type { TestApi } from "../../../src/testApi";
import { tinyGguf } from "../../support/tinyGguf";
import { paddock, until } from "./extension";

describe("the speed panel", () => {
  let api: TestApi;
  let folder: string;
  let file: string;
  const desk = () => api.speed.desk;
  const request = (over: Partial<BenchRequest> = {}): BenchRequest => ({
    files: [file],
    tests: [
      { promptTokens: 32, generatedTokens: 0, depth: 0 },
      { promptTokens: 0, generatedTokens: 8, depth: 16 },
    ],
    ...{ repetitions: 2, threads: [], batchSizes: [], flashAttention: [], kvCacheTypes: [], gpuLayers: [] },
    ...over,
  });
  const mine = () =>
    desk()
      .view()
      .rows.filter(({ model }) => model === path.basename(file));

  before(async () => {
    api = await paddock();
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-speed-"));
    file = path.join(folder, "tiny-speed.gguf");
    await writeFile(file, tinyGguf({ contextSize: 512 }));
  });
  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await desk().clear();
    await rm(folder, { recursive: true, force: true });
  });

  it("opens at the model that a command was given, with this machine's name", async () => {
    await vscode.commands.executeCommand("paddock.benchmarkModel", vscode.Uri.file(file));
    const { wanted } = desk().view();
    assert.deepEqual([wanted.tab, wanted.file], ["benchmark", file]);
    const isOpen = (): boolean =>
      vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ label }) => label === "Speed"));
    await until("the panel", isOpen);
    await until("the machine's name", () => desk().view().machine !== null);
    await until("the models", () => desk().view().models.length > 0);
  });

  it("measures what is asked for, and keeps it", async () => {
    await desk().benchmark(request());
    assert.equal(desk().view().failure, null);
    assert.equal(desk().view().resumable, null);
    assert.deepEqual(
      mine()
        .map(({ test }) => test)
        .sort(),
      ["pp32", "tg8 @ d16"],
    );
    for (const { mean, repetitions } of mine()) {
      assert.ok(mean > 0);
      assert.equal(repetitions, 2);
    }
  });

  it("keeps what was measured of a benchmark that is cancelled, and goes on with the rest", async () => {
    const before = mine().length;
    const run = desk().benchmark(request({ tests: request().tests.map((test) => ({ ...test })), repetitions: 60 }));
    await until("the first repetitions", () => mine().length > before);
    await desk().cancel();
    await run;
    assert.equal(desk().view().running, null);
    assert.ok(mine().length > before);
    const { resumable } = desk().view();
    assert.ok(resumable !== null && resumable.missing > 0);
    assert.match(resumable.reason, /cancelled/);
    await desk().resume();
    assert.equal(desk().view().resumable, null);
    assert.equal(mine().length, before + 2);
    for (const { repetitions } of mine().slice(before)) assert.equal(repetitions, 60);
  });

  it("refuses a second measurement while one runs, and says so", async () => {
    const run = desk().benchmark(request({ repetitions: 40 }));
    await until("the benchmark", () => desk().view().running !== null);
    await desk().probe();
    assert.match(desk().view().notice ?? "", /measured already/);
    await desk().cancel();
    await run;
  });

  it("waits while an answer has the machine, goes on behind it, and says so in the result", async () => {
    const slower = path.join(folder, "slower-speed.gguf");
    await writeFile(slower, tinyGguf({ contextSize: 512, width: 256, layers: 4 }));
    const result = () =>
      desk()
        .view()
        .rows.find(({ model }) => model === path.basename(slower));
    const isPaused = () => desk().view().running?.isPaused;
    const model = api.activeModel();
    const { signal } = new AbortController();
    await api.engine.load(model, signal);
    const tests = [{ promptTokens: 0, generatedTokens: 128, depth: 256 }];
    const run = desk().benchmark(request({ files: [slower], tests, repetitions: 100 }));
    await until("the first repetition", result);
    const messages = [{ role: "user" as const, text: "Tell a long story about a llama." }];
    const answer = api.engine.chat(
      { messages, sampling: { temperature: 0 }, maxTokens: 200 },
      { model, feature: "chat", priority: "chat", signal },
    );
    await until("the pause", isPaused);
    await answer;
    await until("going on", () => isPaused() === false);
    await until("the wait in the result", () => result()?.doubts.some((doubt) => doubt.startsWith("It waited")));
    await desk().cancel();
    await run;
  });

  it("writes results as llama-bench does, and reads them back", async () => {
    const results = mine().length;
    const text = desk().exported("jsonl");
    assert.match(text, /"n_prompt": ?32/);
    await desk().clear();
    assert.equal(mine().length, 0);
    const read = await desk().import(text);
    assert.equal(read.leftOut, 0);
    assert.equal(mine().length, results);
    assert.ok(mine().every(({ from }) => from === "imported"));
  });

  it("tells a person why a file that is no model was not measured", async () => {
    const wrong = path.join(folder, "wrong.gguf");
    await writeFile(wrong, "no model");
    await desk().benchmark(request({ files: [wrong] }));
    assert.match(desk().view().notice ?? desk().view().failure?.message ?? "", /wrong\.gguf/);
  });

  it("has nothing to undo where nothing is tuned", async () => {
    assert.equal(await desk().undoTuning(file), false);
    assert.deepEqual(desk().view().tune.tuned, []);
  });
});
