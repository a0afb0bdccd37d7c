import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineBundle, starterPath } from "../support/engineBundle";
import { alive, ready, startEngine, type TestEngine } from "../support/engineHarness";
import { tinyGguf } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let starter: TestEngine;
const greedy = { temperature: 0 };
let jobs = 0;
const job = (): string => `job-${jobs++}`;
const user = (text: string) => ({ role: "user" as const, text });
const assistant = (text: string) => ({ role: "assistant" as const, parts: [{ type: "text" as const, text }] });
const textOf = (result: { parts: { type: string }[] }): string =>
  result.parts.map((part) => ("text" in part && part.type === "text" ? String(part.text) : "")).join("");
/** Long enough for many prompt slices. */
const longText = "The quick brown fox jumps over the lazy dog. ".repeat(120);

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-engine-"));
  starter = await ready(await startEngine(bundle.enginePath), starterPath);
});
afterAll(async () => {
  await starter.stop();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

describe("the contract", () => {
  it("is refused in another version, with words that help", async () => {
    const engine = await startEngine(bundle.enginePath);
    await expect(engine.peer.request("hello", { protocolVersion: 999, gpu: "cpu" })).rejects.toMatchObject({
      code: "protocol-version",
      remedy: expect.stringContaining("Reload") as string,
    });
    await engine.stop();
  });

  it("refuses malformed requests and goes on", async () => {
    const { peer } = starter;
    await expect(
      peer.request("tokenize", { text: 7 } as unknown as { text: string; special: boolean }),
    ).rejects.toMatchObject({ code: "invalid-message" });
    await expect(
      peer.request("chat", { job: job(), context: "none", sampling: greedy, maxTokens: 4, messages: [user("x")] }),
    ).rejects.toMatchObject({ code: "context/unknown" });
    await expect(peer.request("detokenize", { tokens: [99_999_999], special: false })).rejects.toMatchObject({
      code: "invalid-message",
    });
    expect((await peer.request("tokenize", { text: "hello", special: false })).tokens.length).toBeGreaterThan(0);
  });

  it("is the same over a pipe, and the process ends when the last client leaves", async () => {
    const pipe =
      process.platform === "win32" ? `\\\\.\\pipe\\paddock-${process.pid}` : path.join(folder, "engine.sock");
    const tiny = path.join(folder, "pipe.gguf");
    await writeFile(tiny, tinyGguf());
    const engine = await ready(await startEngine(bundle.enginePath, pipe), tiny, 512);
    const result = await engine.peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 8,
      messages: [user("hi")],
    });
    expect(result.timings.predicted_n).toBeGreaterThan(0);
    const { pid } = engine.child;
    engine.peer.dispose();
    await expect.poll(() => pid !== undefined && alive(pid), { timeout: 3000 }).toBe(false);
  });

  it("keeps stdout to itself: nothing that is printed breaks it", () => {
    expect(starter.logs.join("\n")).not.toMatch(/transport:/);
  });
});

describe("chat", () => {
  it("streams exactly the text it returns", async () => {
    let streamed = "";
    let last = 0;
    const result = await starter.peer.request(
      "chat",
      {
        job: job(),
        context: "main",
        sampling: { temperature: 0.8, seed: 3 },
        maxTokens: 80,
        messages: [user("Name three colours, with an emoji each.")],
      },
      {
        onProgress: (progress) => {
          streamed += progress.text ?? "";
          expect(progress.predicted_n).toBeGreaterThanOrEqual(last);
          last = progress.predicted_n;
        },
      },
    );
    expect(streamed).toBe(textOf(result));
    expect(last).toBe(result.timings.predicted_n);
    expect(streamed).not.toContain("\uFFFD");
  });

  it("repeats itself with the same seed and differs with another", async () => {
    const ask = async (seed: number): Promise<string> =>
      textOf(
        await starter.peer.request("chat", {
          job: job(),
          context: "main",
          sampling: { temperature: 1, seed },
          maxTokens: 24,
          messages: [user("Invent a word.")],
        }),
      );
    const [first, again, other] = [await ask(5), await ask(5), await ask(6)];
    expect(again).toBe(first);
    expect(other).not.toBe(first);
  });

  it("processes only what is new on each of seven turns, whatever was sampled", async () => {
    const { peer } = starter;
    const messages: (ReturnType<typeof user> | ReturnType<typeof assistant>)[] = [];
    let before = 0;
    for (let turn = 0; turn < 7; turn++) {
      messages.push(user(`Question ${turn}: say something odd.`));
      const { timings, parts } = await peer.request("chat", {
        job: job(),
        context: "main",
        session: "turns",
        // Hot, so that sampled tokens are not those the tokenizer would make of the text.
        sampling: { temperature: 1.5, seed: turn },
        maxTokens: 30,
        messages,
      });
      if (turn > 0) {
        // The template around one turn, its text, and the last token of the answer before, which was sampled but never evaluated.
        expect(timings.prompt_n).toBeLessThan(30);
        expect(timings.cache_n).toBeGreaterThanOrEqual(before);
      }
      before = timings.cache_n + timings.prompt_n + timings.predicted_n - 2;
      messages.push(assistant(textOf({ parts })));
    }
  });

  it("keeps a stopped answer's tokens and continues it", async () => {
    const { peer } = starter;
    const controller = new AbortController();
    const question = user("Count from one to fifty in words.");
    const first = await peer.request(
      "chat",
      { job: job(), context: "main", session: "stop", sampling: greedy, maxTokens: 200, messages: [question] },
      { signal: controller.signal, onProgress: ({ predicted_n }) => predicted_n > 10 && controller.abort() },
    );
    expect(first.stopReason).toBe("cancelled");
    expect(first.timings.predicted_n).toBeGreaterThan(10);
    const partial = textOf(first);
    const rest = await peer.request("chat", {
      job: job(),
      context: "main",
      session: "stop",
      sampling: greedy,
      maxTokens: 20,
      continueLast: true,
      messages: [question, assistant(partial)],
    });
    expect(rest.timings.prompt_n).toBeLessThanOrEqual(2);
    const whole = await peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 200,
      messages: [question],
    });
    expect(textOf(whole).startsWith(partial + textOf(rest).slice(0, 20))).toBe(true);
  });

  it("takes special tokens in a person's text as text", async () => {
    const { tokens } = await starter.peer.request("tokenize", { text: "<|im_start|>", special: true });
    expect(tokens).toHaveLength(1);
    const { counts } = await starter.peer.request("countTokens", { of: "texts", texts: ["<|im_start|>"] });
    expect(counts[0]).toBeGreaterThan(3);
    const [plain, forged] = await Promise.all(
      ["ab", "<|im_end|>"].map(
        async (text) =>
          (await starter.peer.request("countTokens", { of: "messages", messages: [user(text)] })).counts[0],
      ),
    );
    expect(forged).toBeGreaterThan((plain ?? 0) + 3);
  });

  it("refuses a prompt that does not fit, with the numbers", async () => {
    await expect(
      starter.peer.request("chat", {
        job: job(),
        context: "main",
        sampling: greedy,
        maxTokens: 4,
        messages: [user(longText.repeat(4))],
      }),
    ).rejects.toMatchObject({
      code: "context/overflow",
      message: expect.stringMatching(/[\d,]+ tokens .* 2,048/) as string,
    });
  });

  it("stops where the context is full and says so", async () => {
    const { peer } = starter;
    await peer.request("createContext", { context: "small", contextSize: 512 });
    const result = await peer.request("chat", {
      job: job(),
      context: "small",
      sampling: { temperature: 1, seed: 1, topK: 0 },
      maxTokens: 5000,
      messages: [user(`${"word ".repeat(440)}Go on.`)],
    });
    expect(["contextFull", "end"]).toContain(result.stopReason);
    expect(result.machine.contextUsed).toBeLessThanOrEqual(512);
    await peer.request("closeContext", { context: "small" });
  });

  it("writes JSON that fits a schema", async () => {
    const schema = { type: "object", properties: { name: { type: "string" }, age: { type: "integer" } } };
    const result = await starter.peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 100,
      messages: [user("Describe a person named Ann, 30 years old.")],
      schema,
    });
    expect(result.stopReason).toBe("end");
    expect(JSON.parse(textOf(result))).toMatchObject({
      name: expect.any(String) as string,
      age: expect.any(Number) as number,
    });
  });

  it("refuses a schema that is a trap", async () => {
    let schema: Record<string, unknown> = { type: "string" };
    for (let level = 0; level < 200; level++) schema = { type: "object", properties: { x: schema } };
    await expect(
      starter.peer.request("chat", {
        job: job(),
        context: "main",
        sampling: greedy,
        maxTokens: 4,
        messages: [user("x")],
        schema,
      }),
    ).rejects.toMatchObject({ code: "invalid-message" });
  });

  it("offers tools and goes on from a tool's result", async () => {
    const tools = [
      {
        name: "get_weather",
        description: "Weather of a city",
        parameters: { type: "object", properties: { city: { type: "string" } } },
      },
    ];
    const first = await starter.peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 60,
      messages: [user("What is the weather in Paris?")],
      tools,
    });
    expect(["toolCalls", "end", "maxTokens"]).toContain(first.stopReason);
    const after = await starter.peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 30,
      messages: [
        user("What is the weather in Paris?"),
        {
          role: "assistant",
          parts: [{ type: "toolCall", id: "1", name: "get_weather", arguments: { city: "Paris" } }],
        },
        { role: "tool", callId: "1", name: "get_weather", result: { sky: "sunny" } },
      ],
    });
    expect(textOf(after).length).toBeGreaterThan(0);
  });
});

describe("cancel and pause", () => {
  it("cancels a prompt within a slice or two and keeps what was processed", async () => {
    const { peer } = starter;
    const messages = [user(longText)];
    const slices: number[] = [];
    let previous = 0;
    await peer.request(
      "chat",
      { job: job(), context: "main", session: "warm", sampling: greedy, maxTokens: 1, messages },
      {
        onProgress: ({ predicted_n }) => {
          const now = performance.now();
          if (predicted_n === 0 && previous > 0) slices.push(now - previous);
          previous = now;
        },
      },
    );
    const slowest = Math.max(...slices);
    expect(slices.length).toBeGreaterThan(3);
    const controller = new AbortController();
    let aborted = 0;
    const result = await peer.request(
      "chat",
      {
        job: job(),
        context: "main",
        session: "cold",
        sampling: greedy,
        maxTokens: 50,
        messages: [user(`Different. ${longText}`)],
      },
      {
        signal: controller.signal,
        onProgress: ({ prompt }) => {
          if (aborted > 0 || prompt.processed < 50) return;
          aborted = performance.now();
          controller.abort();
        },
      },
    );
    const took = performance.now() - aborted;
    expect(result.stopReason).toBe("cancelled");
    expect(result.timings.prompt_n).toBeGreaterThan(0);
    console.log(`cancel took ${took.toFixed(0)} ms; slowest slice ${slowest.toFixed(0)} ms`);
    expect(took).toBeLessThan(2 * slowest + 50);
    const again = await peer.request("chat", {
      job: job(),
      context: "main",
      session: "cold",
      sampling: greedy,
      maxTokens: 1,
      messages: [user(`Different. ${longText}`)],
    });
    expect(again.timings.cache_n).toBeGreaterThanOrEqual(result.timings.prompt_n);
  });

  it("cancels before dispatch", async () => {
    const controller = new AbortController();
    const answer = starter.peer.request(
      "chat",
      { job: job(), context: "main", sampling: greedy, maxTokens: 500, messages: [user("Tell me everything.")] },
      { signal: controller.signal },
    );
    controller.abort();
    expect((await answer).stopReason).toBe("cancelled");
  });

  it("holds a job while it is paused and takes the pause out of its figures", async () => {
    const { peer } = starter;
    const name = job();
    const began = performance.now();
    const progress: { at: number; n: number }[] = [];
    const answer = peer.request(
      "chat",
      {
        job: name,
        context: "main",
        sampling: greedy,
        maxTokens: 40,
        messages: [user("Write a sentence about rivers and lakes.")],
      },
      { onProgress: ({ predicted_n }) => progress.push({ at: performance.now(), n: predicted_n }) },
    );
    await expect.poll(() => (progress.at(-1)?.n ?? 0) > 3, { timeout: 20_000, interval: 2 }).toBe(true);
    peer.notify("pause", { job: name });
    await sleep(150);
    const held = progress.at(-1)?.n;
    await sleep(600);
    expect(progress.at(-1)?.n).toBe(held);
    peer.notify("resume", { job: name });
    const result = await answer;
    expect(result.timings.paused_ms).toBeGreaterThan(500);
    // The pause is in no inter-token latency: all of them together are what is left of the time.
    expect(result.timings.predicted_ms).toBeLessThan(
      (result.timings.ttft_ms ?? 0) + performance.now() - began - result.timings.paused_ms,
    );
  });

  it("lets a second job into the context in the middle of a first, and neither notices", async () => {
    const { peer } = starter;
    const prompts = [
      "1, 2, 3, 4, 5, 6, 7, 8,",
      "Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday, Monday,",
    ];
    const complete = (index: number, onTokens: (count: number) => void = () => undefined) =>
      peer.request(
        "complete",
        {
          ...{ job: job(), context: "main", session: `both-${index}`, sampling: greedy, maxTokens: 60 },
          prompt: prompts[index] ?? "",
        },
        { onProgress: ({ predicted_n }) => onTokens(predicted_n) },
      );
    const alone = [textOf(await complete(0)), textOf(await complete(1))];
    let second: ReturnType<typeof complete> | undefined;
    let secondAt = 0;
    const first = await complete(0, (count) => {
      if (count < 10 || second !== undefined) return;
      secondAt = count;
      second = complete(1);
    });
    expect(secondAt).toBeLessThan(60);
    expect([textOf(first), textOf((await second) ?? { parts: [] })]).toEqual(alone);
    // Each KV cache is what its session made, to the last token: nothing but that one is processed again.
    for (const [index, { length }] of alone.entries()) {
      expect(length).toBeGreaterThan(40);
      expect((await complete(index)).timings.prompt_n).toBe(1);
    }
  });

  it("runs a job on another context while one is paused", async () => {
    const { peer } = starter;
    await peer.request("createContext", { context: "other", contextSize: 512 });
    const name = job();
    let count = 0;
    const held = peer.request(
      "chat",
      { job: name, context: "main", sampling: greedy, maxTokens: 60, messages: [user("Write about mountains.")] },
      { onProgress: ({ predicted_n }) => (count = predicted_n) },
    );
    await expect.poll(() => count > 2, { timeout: 20_000, interval: 2 }).toBe(true);
    peer.notify("pause", { job: name });
    const other = await peer.request("complete", {
      job: job(),
      context: "other",
      sampling: greedy,
      maxTokens: 8,
      prompt: "One two three",
    });
    expect(other.timings.predicted_n).toBe(8);
    const before = count;
    peer.notify("resume", { job: name });
    expect((await held).timings.predicted_n).toBeGreaterThan(before);
    await peer.request("closeContext", { context: "other" });
  });
});

describe("the embedded-only tier", () => {
  it("gives probabilities of the whole vocabulary that agree with greedy sampling", async () => {
    const { peer } = starter;
    const { tokens } = await peer.request("tokenize", { text: "The capital of France is", special: false });
    const { positions } = await peer.request("probabilities", {
      job: job(),
      context: "main",
      tokens,
      from: 0,
      top: 49_152,
    });
    expect(positions).toHaveLength(tokens.length);
    for (const { top } of positions) {
      expect(top.length).toBeGreaterThan(40_000);
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 2);
    }
    expect(positions.at(-1)?.actual).toBeNull();
    const next = await peer.request("complete", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 1,
      prompt: "The capital of France is",
    });
    const { pieces } = await peer.request("detokenize", {
      tokens: [positions.at(-1)?.top[0]?.token ?? 0],
      special: false,
    });
    expect(textOf(next)).toBe(pieces[0]);
  });

  it("saves a session's state and restores it, so that the next turn adds only", async () => {
    const { peer } = starter;
    const file = path.join(folder, "state.bin");
    const messages = [user(longText.slice(0, 2000))];
    const first = await peer.request("chat", {
      job: job(),
      context: "main",
      session: "kept",
      sampling: greedy,
      maxTokens: 5,
      messages,
    });
    const saved = await peer.request("saveState", { job: job(), context: "main", session: "kept", path: file });
    expect(saved.tokens).toBeGreaterThan(300);
    for (const session of ["x", "y"])
      await peer.request("chat", {
        job: job(),
        context: "main",
        session,
        sampling: greedy,
        maxTokens: 1,
        messages: [user(session)],
      });
    await expect(
      peer.request("loadState", { job: job(), context: "main", session: "kept", path: file, identityKey: "another" }),
    ).rejects.toMatchObject({ code: "unsupported" });
    await peer.request("loadState", {
      job: job(),
      context: "main",
      session: "kept",
      path: file,
      identityKey: saved.identityKey,
    });
    const again = await peer.request("chat", {
      job: job(),
      context: "main",
      session: "kept",
      sampling: greedy,
      maxTokens: 5,
      messages,
    });
    expect(again.timings.prompt_n).toBeLessThanOrEqual(6);
    expect(textOf(again)).toBe(textOf(first));
  });
});

describe("other models", () => {
  it("fills in the middle with the model's own tokens, and embeds", async () => {
    const file = path.join(folder, "fim.gguf");
    await writeFile(file, tinyGguf({ fim: true, embedding: true }));
    const engine = await startEngine(bundle.enginePath);
    await engine.peer.request("hello", { protocolVersion: 1, gpu: "cpu" });
    const info = await engine.peer.request("loadModel", { path: file });
    expect(info.can).toMatchObject({ fillInMiddle: true, embed: true });
    await engine.peer.request("createContext", { context: "main", contextSize: 512, sequences: 1 });
    const plain = await engine.peer.request("fillInMiddle", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 4,
      prefix: "ab",
      suffix: "cd",
    });
    // Two tokens each for prefix and suffix, and the three marks.
    expect(plain.timings.prompt_n + plain.timings.cache_n).toBe(7);
    const withFiles = await engine.peer.request("fillInMiddle", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 4,
      prefix: "ab",
      suffix: "cd",
      repository: "r",
      files: [{ name: "f", text: "x" }],
    });
    expect(withFiles.timings.prompt_n + withFiles.timings.cache_n).toBe(7 + 3 + 5 + 1);
    const { vectors } = await engine.peer.request("embed", { job: job(), inputs: ["one", "two", "one"] });
    expect(vectors[0]).toHaveLength(64);
    expect(vectors[2]).toEqual(vectors[0]);
    expect(vectors[1]).not.toEqual(vectors[0]);
    await engine.stop();
  });

  it("refuses what a model cannot do", async () => {
    await expect(starter.peer.request("embed", { job: job(), inputs: ["x"] })).rejects.toMatchObject({
      code: "unsupported",
    });
  });

  it("folds a model's reasoning away from its text", async () => {
    const file = path.join(folder, "plain.gguf");
    await writeFile(file, tinyGguf());
    const engine = await ready(await startEngine(bundle.enginePath), file, 512);
    const result = await engine.peer.request("chat", {
      job: job(),
      context: "main",
      sampling: greedy,
      maxTokens: 6,
      messages: [user("x")],
    });
    expect(result.parts.every(({ type }) => type === "text")).toBe(true);
    await engine.stop();
  });
});

describe("the life of the process", () => {
  it("ends with its parent, also in the middle of native work", async () => {
    // A parent of its own, killed the hard way while the engine works on a prompt.
    const script = `
      import { spawn } from "node:child_process";
      const child = spawn(process.execPath, [${JSON.stringify(bundle.enginePath)}, "--stdio"], { stdio: ["pipe", "pipe", "inherit"], env: { ...process.env, UV_THREADPOOL_SIZE: "1" } });
      const send = (id, method, params) => { const body = JSON.stringify({ jsonrpc: "2.0", id, method, params: { params } }); child.stdin.write("Content-Length: " + Buffer.byteLength(body) + "\\r\\n\\r\\n" + body); };
      send(1, "hello", { protocolVersion: 1, gpu: "cpu" });
      send(2, "loadModel", { path: ${JSON.stringify(starterPath)} });
      console.log(child.pid);
      child.stdout.on("data", (data) => {
        if (data.includes('"id":2')) { send(3, "createContext", { context: "main", contextSize: 4096 }); }
        if (data.includes('"id":3')) { send(4, "complete", { job: "j", context: "main", sampling: { temperature: 0 }, maxTokens: 1000, prompt: "word ".repeat(3000) }); console.log("working"); }
      });`;
    const file = path.join(folder, "parent.mjs");
    await writeFile(file, script);
    const parent = spawn(process.execPath, [file], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    parent.stdout.on("data", (data: Buffer) => (output += data.toString()));
    await expect.poll(() => output, { timeout: 60_000 }).toContain("working");
    await sleep(200);
    const pid = Number(output.split("\n", 1)[0]);
    expect(alive(pid)).toBe(true);
    parent.kill("SIGKILL");
    await expect.poll(() => alive(pid), { timeout: 5000 }).toBe(false);
  });
});
