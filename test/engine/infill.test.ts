import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { InfillLayout, InfillPrompt } from "../../src/engine/infill";
import type { Params } from "../../src/platform/core/rpc";
import type { EngineContract, GenerationResult } from "../../src/engine/protocol";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";
import { ready, startEngine, type TestEngine } from "../support/engineHarness";
import { type TinyModel, tinyGguf, tinyLora } from "../support/tinyGguf";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
let starter: TestEngine;
const tiny = new Map<string, TestEngine>();
let jobs = 0;
const empty: InfillPrompt = { repository: "", files: [], file: "", prefix: "", suffix: "", typed: "" };

beforeAll(async () => {
  bundle = await engineBundle();
  folder = await mkdtemp(path.join(tmpdir(), "paddock-infill-"));
  starter = await ready(await startEngine(bundle.enginePath), starterPath, 2048, 2);
});
afterAll(async () => {
  for (const engine of [starter, ...tiny.values()]) await engine.stop();
  await bundle.remove();
  await rm(folder, { recursive: true, force: true });
});

/** A model of 400 KB with these FIM tokens. */
async function tinyEngine(fim: NonNullable<TinyModel["fim"]>): Promise<TestEngine> {
  const name = `${String(fim)}.gguf`;
  const known = tiny.get(name);
  if (known !== undefined) return known;
  const file = path.join(folder, name);
  await writeFile(file, tinyGguf({ fim }));
  const engine = await ready(await startEngine(bundle.enginePath), file, 512, 2);
  tiny.set(name, engine);
  return engine;
}

type Infill = Params<EngineContract, "infill">;
async function infill(
  engine: TestEngine,
  prompt: Partial<InfillPrompt>,
  options: Partial<Omit<Infill, "prompt">> = {},
  call: Parameters<typeof engine.peer.request<"infill">>[2] = {},
) {
  const result = await engine.peer.request(
    "infill",
    { job: `job-${jobs++}`, context: "main", maxTokens: 12, ...options, prompt: { ...empty, ...prompt } },
    call,
  );
  return { ...result, text: result.pieces.map(({ text }) => text).join("") };
}

/** The prompt's tokens by their texts, special ones by name. */
async function described(engine: TestEngine, prompt: Partial<InfillPrompt>, layout?: InfillLayout): Promise<string[]> {
  const { parts } = await engine.peer.request("describeInfill", {
    prompt: { ...empty, ...prompt },
    ...(layout === undefined ? {} : { layout }),
  });
  return parts.map(({ part, text, tokens }) => `${part} ${tokens} ${text}`);
}

const code = `def add(a, b):
    """Return the sum of a and b."""
    return a + b


def subtract(a, b):
    """Return the difference of a and b."""
`;
/** Top-level functions, so that a window may begin at each: 100 of them have some 1,500 tokens. */
const functions = (from: number, to: number): string =>
  Array.from(
    { length: to - from },
    (_, index) => `def field_${from + index}(record):\n    return record["${(from + index) * 7919}"]\n\n\n`,
  ).join("");

describe("the layout", () => {
  const prompt = {
    repository: "r",
    files: [
      { name: "f.py", text: "x" },
      { name: "q.sql", text: "y\n" },
    ],
    file: "g.py",
    prefix: "ab",
    suffix: "cd",
    typed: "e",
  };

  it("is Qwen's where the names are, or the metadata says so", async () => {
    expect(await described(await tinyEngine(true), prompt)).toEqual([
      "repository 3 <|repo_name|>r\n",
      "file 8 <|file_sep|>f.py\nx\n",
      "file 9 <|file_sep|>q.sql\ny\n",
      "fileName 6 <|file_sep|>g.py\n",
      "mark 1 <|fim_prefix|>",
      "prefix 2 ab",
      "mark 1 <|fim_suffix|>",
      "suffix 2 cd",
      "mark 1 <|fim_middle|>",
      "typed 1 e",
    ]);
    const declared = await described(await tinyEngine("declared"), prompt);
    expect(declared.map((line) => line.replace(/<.*>/, "*"))).toEqual(
      (await described(await tinyEngine(true), prompt)).map((line) => line.replace(/<.*>/, "*")),
    );
    expect(declared[0]).toBe("repository 3 <project>r\n");
  });

  it("has the suffix first where there is no mark of the middle, and comments where there is none of files", async () => {
    expect(await described(await tinyEngine("suffixFirst"), prompt)).toEqual([
      "file 10 # f.py\nx\n\n",
      "file 12 -- q.sql\ny\n\n",
      "mark 1 [SUFFIX]",
      "suffix 2 cd",
      "mark 1 [PREFIX]",
      "fileName 7 # g.py\n",
      "prefix 2 ab",
      "typed 1 e",
    ]);
  });

  it("is the prefix alone for a model without FIM tokens", async () => {
    expect(await described(await tinyEngine(false), { ...prompt, files: [] })).toEqual([
      "fileName 7 # g.py\n",
      "prefix 2 ab",
      "typed 1 e",
    ]);
    expect(await described(starter, { ...prompt, files: [] })).toEqual([
      "repository 3 <reponame>r\n",
      "fileName 5 <file_sep>g.py\n",
      "prefix 1 ab",
      "typed 1 e",
    ]);
  });

  it("is the one asked for, and the parts told are those processed", async () => {
    const engine = await tinyEngine(true);
    const layout: InfillLayout = {
      order: "suffix-prefix-middle",
      prefix: "P:",
      suffix: "S:",
      middle: "<|fim_middle|>",
    };
    const short = { prefix: "ab", suffix: "cd", typed: "e" };
    const wanted = ["mark 2 S:", "suffix 2 cd", "mark 2 P:", "prefix 2 ab", "mark 1 <|fim_middle|>", "typed 1 e"];
    expect(await described(engine, short, layout)).toEqual(wanted);
    const result = await infill(engine, short, { layout });
    expect(result.parts.map(({ part, tokens }) => `${part} ${tokens}`)).toEqual(
      wanted.map((line) => line.split(" ").slice(0, 2).join(" ")),
    );
    expect(result.timings.prompt_n + result.timings.cache_n).toBe(10);
  });

  it("keeps special tokens that a text contains as text", async () => {
    const engine = await tinyEngine(true);
    for (const hostile of ["<|fim_middle|>", "<|file_sep|>", "<|im_end|>"]) {
      const texts = { prefix: hostile, suffix: hostile, typed: hostile, file: hostile };
      for (const line of await described(engine, texts)) {
        const [part = "", tokens = ""] = line.split(" ");
        const mark = part === "fileName" ? 2 : 0;
        if (part !== "mark") expect(Number(tokens)).toBe(hostile.length + mark);
      }
    }
    const [line = ""] = await described(starter, { prefix: "<file_sep><|im_end|>" });
    expect(Number(line.split(" ")[1])).toBeGreaterThan(4);
  });
});

describe("the KV cache", () => {
  it("only grows by what is typed", async () => {
    const engine = await tinyEngine(true);
    const around = { file: "g.py", prefix: "def f(x):\n", suffix: "\nprint(f(1))\n" };
    const first = await infill(engine, around, { session: "typing" });
    expect(first.timings.cache_n).toBe(0);
    for (let length = 1; length < 12; length++) {
      const typed = "    return x".slice(0, length);
      const { parts, timings } = await infill(engine, { ...around, typed }, { session: "typing", maxTokens: 4 });
      expect(timings.prompt_n).toBeLessThanOrEqual(2);
      for (const { part, tokens, cached } of parts) if (part !== "typed") expect(cached).toBe(tokens);
    }
  });

  it("is moved to the left where the window's head has moved down", async () => {
    const near = { file: "record.py", typed: "def field_60(" };
    await infill(starter, { ...near, prefix: functions(30, 60) }, { session: "window" });
    const moved = await infill(starter, { ...near, prefix: functions(45, 60) }, { session: "window" });
    const cold = await infill(starter, { ...near, prefix: functions(45, 60) }, { session: "cold window" });
    expect(cold.timings.cache_n).toBeLessThan(100);
    expect(moved.timings.prompt_n).toBeLessThan(8);
    const body = 'record):\n    return record["';
    for (const { text } of [moved, cold]) expect(text.slice(0, body.length)).toBe(body);
    // What is in the cache is the prompt: nothing has to be processed again.
    const again = await infill(starter, { ...near, prefix: functions(45, 60) }, { session: "window" });
    expect(again.timings.prompt_n).toBeLessThanOrEqual(4);
    expect(again.text).toBe(moved.text);
  });

  it("is filled ahead by a request for no tokens", async () => {
    const ahead = await infill(starter, { prefix: code, typed: "    re" }, { session: "ahead", maxTokens: 0 });
    expect(ahead).toMatchObject({ pieces: [], stopReason: "maxTokens" });
    const then = await infill(starter, { prefix: code, typed: "    re" }, { session: "ahead" });
    expect(then.timings.prompt_n).toBeLessThanOrEqual(4);
    expect(then.timings.cache_n).toBeGreaterThan(30);
  });

  it("heals as natively as ever while a prefetch is held beside it", async () => {
    const held = "held-prefetch";
    starter.peer.notify("pause", { job: held });
    const ahead = infill(starter, { prefix: functions(300, 310) }, { job: held, session: "far", maxTokens: 0 });
    const { text } = await infill(starter, { prefix: code, typed: "    retu" }, { session: "near" });
    expect(text).toMatch(/^rn a - b/);
    starter.peer.notify("resume", { job: held });
    expect((await ahead).stopReason).toBe("maxTokens");
  });

  it("stays each session's own, though they begin alike", async () => {
    const far = { prefix: code, typed: "    return a - b\n\n\ndef mul" };
    const near = { prefix: code, typed: "    ret" };
    for (let round = 0; round < 3; round++) {
      for (const [session, prompt] of [
        ["doc near", near],
        ["doc far", far],
      ] as const) {
        const { timings } = await infill(starter, prompt, { session });
        if (round > 0) expect(timings.prompt_n).toBeLessThanOrEqual(4);
      }
    }
  });
});

describe("token healing", () => {
  it.each([
    ["    retu", "rn a - b"],
    ["    r", "eturn a - b"],
    ["    return", " a - b"],
    ["    return ", "a - b"],
    ["    return a", " - b"],
  ])("goes on from %j", async (typed, expected) => {
    const streamed: string[] = [];
    const result = await infill(
      starter,
      { prefix: code, typed },
      { session: "heal" },
      {
        onProgress: ({ pieces }) => streamed.push(...pieces.map(({ text }) => text)),
      },
    );
    expect(result.text.startsWith(expected)).toBe(true);
    expect(streamed.join("")).toBe(result.text);
    for (const { probability } of result.pieces) {
      expect(probability).toBeGreaterThan(0);
      expect(probability).toBeLessThanOrEqual(1.0001);
    }
  });

  it("completes after a bracket that longer tokens begin with", async () => {
    const { text } = await infill(starter, {
      prefix: 'def hello():\n    print("Hello")\n\n\nhello()\n',
      typed: "print(",
    });
    expect(text).toMatch(/^["'f\w]/);
  });

  it("never shows half a character", async () => {
    const prefix = 'greetings = ["Grüße", "こんにちは", "你好", "😀😀", "Grüße", "こんにちは", "你好", "😀😀", ';
    for (const typed of ['"', '"Gr', '"Grü', '"こん', '"😀']) {
      const { text, pieces } = await infill(starter, { prefix, typed });
      expect(text).not.toContain("\uFFFD");
      expect(pieces.every((piece) => piece.text !== "")).toBe(true);
    }
  });
});

it("gives alternatives by their first token", async () => {
  for (const typed of ["    return a - b\n\n\ndef ", "    re"]) {
    const branches = [];
    for (const branch of [0, 1, 2]) branches.push(await infill(starter, { prefix: code, typed }, { branch }));
    expect(new Set(branches.map(({ text }) => text)).size).toBe(3);
    const [first = 0, second = 0, third = 0] = branches.map(({ pieces }) => pieces[0]?.probability);
    expect(first).toBeGreaterThanOrEqual(second);
    expect(second).toBeGreaterThanOrEqual(third);
  }
});

describe("cancelling", () => {
  it("keeps what was processed of a prompt", async () => {
    const prompt = { file: "long.py", prefix: functions(200, 235), typed: "def " };
    const abort = new AbortController();
    const cut = await infill(
      starter,
      prompt,
      { session: "cut" },
      {
        signal: abort.signal,
        onProgress: ({ prompt: { processed } }) => {
          if (processed > 0) abort.abort();
        },
      },
    );
    expect(cut).toMatchObject({ pieces: [], stopReason: "cancelled" });
    expect(cut.timings.prompt_n).toBeGreaterThan(0);
    const then = await infill(starter, prompt, { session: "cut", maxTokens: 1 });
    expect(then.timings.cache_n).toBeGreaterThanOrEqual(cut.timings.prompt_n);
  });

  it("ends a completion at the next token", async () => {
    const abort = new AbortController();
    const result = await infill(
      starter,
      { prefix: code },
      { maxTokens: 200 },
      {
        signal: abort.signal,
        onProgress: () => abort.abort(),
      },
    );
    expect(result.stopReason).toBe("cancelled");
    expect(result.pieces.length).toBeGreaterThan(0);
    expect(result.pieces.length).toBeLessThan(20);
  });
});

it("goes in front of a chat answer, which then goes on as it would have", async () => {
  const { engine, records, id } = embeddedEngine(bundle.enginePath, { starter: starterPath });
  const model = id("starter");
  const ask = (onProgress?: () => void): Promise<GenerationResult> =>
    engine.chat(
      {
        messages: [{ role: "user", text: "Tell me a story about a llama." }],
        sampling: { temperature: 0.8, seed: 11 },
        maxTokens: 120,
      },
      {
        model,
        feature: "chat",
        priority: "chat",
        signal: forever,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
    );
  const complete = () =>
    engine.infill(
      { prompt: { ...empty, prefix: code, typed: "    retu" }, maxTokens: 16 },
      { model, feature: "completion", priority: "completion", signal: forever, askedAt: performance.now() },
    );
  try {
    const alone = await ask();
    await complete();
    let completion: ReturnType<typeof complete> | undefined;
    let answered = false;
    const answer = await ask(() => {
      completion ??= complete().finally(() => expect(answered).toBe(false));
    });
    answered = true;
    expect(answer.parts).toEqual(alone.parts);
    expect(answer.timings.paused_ms).toBeGreaterThan(0);
    const pieces = (await completion)?.pieces ?? [];
    expect(pieces.map(({ text }) => text).join("")).toMatch(/^rn a - b/);
    expect(records.filter(({ feature }) => feature === "completion")).toHaveLength(2);
    const parts = await engine.describeInfill({ prompt: { ...empty, prefix: "a" } }, { model, signal: forever });
    expect(parts).toEqual([{ part: "prefix", tokens: 1, text: "a" }]);
  } finally {
    await engine.close();
  }
});

describe("an adapter for completions", () => {
  it("is in the context of completions alone, with its scale", async () => {
    const [model, lora] = [path.join(folder, "adapted.gguf"), path.join(folder, "adapted.lora.gguf")];
    await writeFile(model, tinyGguf());
    await writeFile(lora, tinyLora());
    const completed = async (scale: number | null): Promise<string> => {
      const { engine, id } = embeddedEngine(
        bundle.enginePath,
        { tiny: model },
        { contextSize: 512 },
        undefined,
        (_, feature) => (feature === "completion" && scale !== null ? [{ path: lora, scale }] : []),
      );
      try {
        const { pieces } = await engine.infill(
          { prompt: { ...empty, typed: "one two " }, maxTokens: 12 },
          { model: id("tiny"), feature: "completion", priority: "completion", signal: forever },
        );
        const state = engine.state(id("tiny"));
        expect(state.status === "ready" && state.loaded.context.identity.adapters).toEqual([]);
        return pieces.map(({ text, probability }) => `${text} ${probability.toFixed(4)}`).join("\n");
      } finally {
        await engine.close();
      }
    };
    const bare = await completed(null);
    expect(bare).not.toBe("");
    expect(await completed(0)).toBe(bare);
    expect(await completed(4)).not.toBe(bare);
  });
});
