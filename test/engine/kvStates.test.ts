import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { chatSession, type ChatSession } from "../support/chatSession";
import { engineBundle, starterPath } from "../support/engineBundle";

/** KV states on the real engine with the starter model, over the life of the process that made them. */
let bundle: Awaited<ReturnType<typeof engineBundle>>;
let folder: string;
const sessions: ChatSession[] = [];

beforeAll(async () => {
  bundle = await engineBundle();
}, 60_000);
afterAll(() => bundle.remove());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-kv-"));
});
afterEach(async () => {
  for (const session of sessions.splice(0)) await session.close();
  await rm(folder, { recursive: true, force: true });
});

async function window(options: { maxTokens?: number; capBytes?: number } = {}): Promise<ChatSession> {
  const session = await chatSession({
    enginePath: bundle.enginePath,
    modelPath: starterPath,
    folder,
    ...options,
  });
  sessions.push(session);
  return session;
}
const kvFiles = async (): Promise<string[]> =>
  (await readdir(path.join(folder, "kv")).catch(() => [])).map((name) => path.join(folder, "kv", name));
/** Some 1,400 tokens: a state is worth a file on a processor, too, that reads 2,500 of them in a second. */
const long = (subject: string): string =>
  `Here are facts about ${subject}. ${Array.from({ length: 80 }, (_, index) => `Fact ${index} says that ${subject} number ${index} is large.`).join(" ")} Tell me more about it.`;

async function pid({ load }: ChatSession): Promise<number> {
  return (await load()).engine.pid;
}

describe("a conversation after a reload", () => {
  it("is processed no further than its new question, when the engine was killed after it had been saved", async () => {
    const before = await window();
    const { id } = await before.ask(null, long("llamas"));
    await before.ask(id, "And where do they live?");
    await vi.waitFor(() => expect(before.logs.join("\n")).toContain("KV state saved"), { timeout: 10_000 });
    const [file = ""] = await kvFiles();
    expect((await stat(file)).mode & 0o077).toBe(0);
    const used = before.last().machine?.contextUsed ?? 0;
    expect(used).toBeGreaterThan(300);
    process.kill(await pid(before), "SIGKILL");

    const after = await window();
    await after.load();
    await after.controller.select(id);
    const { answer } = await after.ask(id, "Thank you!");
    // All that the KV cache held: the answers' tokens as they were sampled, not as the tokenizer would make them anew.
    expect(answer.timings?.cache_n).toBeGreaterThanOrEqual(used - 1);
    expect(answer.timings?.prompt_n).toBeLessThanOrEqual(20);
  });

  it("gives the same next tokens as without the detour", async () => {
    const session = await window();
    const { model, engine } = session;
    const { identityKey } = (await session.load()).context;
    const options = { model, session: "detour", signal: new AbortController().signal };
    const job = { ...options, feature: "chat" as const, priority: "chat" as const };
    const greedy = { sampling: { temperature: 0 }, maxTokens: 24 };
    const asked = { role: "user" as const, text: long("alpacas") };
    const first = await engine.chat({ ...greedy, messages: [asked] }, job);
    const file = path.join(folder, "detour.kv");
    const saved = await engine.saveState(file, options);
    const parts = first.parts.filter((part) => part.type === "text");
    const messages = [
      asked,
      { role: "assistant" as const, parts },
      { role: "user" as const, text: "Which is largest?" },
    ];
    const straight = await engine.chat({ ...greedy, messages }, job);
    expect(straight.timings.cache_n).toBe(saved.tokens);
    await engine.restart(model, options.signal);
    expect(await engine.loadState(file, { ...options, identityKey })).toEqual({ tokens: saved.tokens, loaded: true });
    const back = await engine.chat({ ...greedy, messages }, job);
    expect(back.timings.cache_n).toBe(saved.tokens);
    expect(back.parts).toEqual(straight.parts);
  });

  it("is saved when the window closes, in the middle of an answer too, and Continue finds it", async () => {
    const before = await window({ maxTokens: 300 });
    const { id } = await before.ask(null, long("camels"));
    await before.controller.send(id, "Tell me a very long story about one of them.");
    await vi.waitFor(
      () =>
        expect(before.last().parts[0]).toMatchObject({
          text: expect.stringMatching(/\w+ \w+ \w+ \w+ \w+ \w+/) as string,
        }),
      { timeout: 30_000, interval: 5 },
    );
    await before.close();
    sessions.length = 0;

    const after = await window({ maxTokens: 20 });
    await after.load();
    await after.controller.select(id);
    const broken = after.last();
    expect(broken.status).toBe("interrupted");
    await after.controller.continueAnswer(id, broken.id);
    const whole = await after.ended();
    expect(whole.id).toBe(broken.id);
    expect(whole.timings?.cache_n).toBeGreaterThan(300);
    expect(whole.timings?.prompt_n).toBeLessThan(60);
  });
});

describe("two conversations in turns with a third", () => {
  it("lose nothing when one takes another's place in the engine before it was saved", async () => {
    const session = await window({ maxTokens: 8 });
    const ids: string[] = [];
    for (const subject of ["llamas", "alpacas", "camels"]) {
      session.controller.newConversation();
      ids.push((await session.ask(null, long(subject))).id);
    }
    // The engine has two places for a model of this size: the first has lost its own.
    for (const id of ids) {
      await session.controller.select(id);
      const { answer } = await session.ask(id, "Go on.");
      expect(answer.timings?.prompt_n).toBeLessThanOrEqual(20);
      expect(answer.timings?.cache_n).toBeGreaterThan(300);
    }
  });
});

describe("a file that is not what was written", () => {
  it("costs a cold prefill, never the engine, and goes", async () => {
    const before = await window({ maxTokens: 8 });
    const { id } = await before.ask(null, long("llamas"));
    await before.close();
    sessions.length = 0;
    const [file = ""] = await kvFiles();
    const good = await readFile(file);
    const damages: [string, () => Promise<void>][] = [
      ["a bit of the keys and values", () => overwrite(file, Math.floor(good.length / 2), good)],
      ["a bit of llama.cpp's header", () => overwrite(file, 9, good)],
      ["a bit of the description", () => overwrite(file, good.length - 60, good)],
      ["cut short", () => writeFile(file, good.subarray(0, good.length - 1000))],
      ["longer", () => appendFile(file, "more")],
      ["empty", () => writeFile(file, "")],
      ["something else", () => writeFile(file, Buffer.alloc(100_000, 7))],
    ];
    const after = await window({ maxTokens: 8 });
    const { engine, context } = await after.load();
    const options = { model: after.model, session: id, signal: new AbortController().signal };
    for (const [name, damage] of damages) {
      await writeFile(file, good);
      await damage();
      await expect(
        after.engine.loadState(file, { ...options, identityKey: context.identityKey }),
        name,
      ).rejects.toMatchObject({ code: "unsupported" });
    }
    await writeFile(file, good);
    await expect(after.engine.loadState(file, { ...options, identityKey: "another" })).rejects.toMatchObject({
      code: "unsupported",
    });
    await overwrite(file, 5000, good);
    await after.controller.select(id);
    const { answer } = await after.ask(id, "Go on.");
    expect(answer.timings?.cache_n).toBe(0);
    expect((await after.load()).engine.pid).toBe(engine.pid);
    expect(after.logs.join("\n")).toContain("starts cold");
    await after.states.saveNow();
    // The next save replaces it.
    await expect(
      after.engine.loadState(file, { ...options, session: "other", identityKey: context.identityKey }),
    ).resolves.toMatchObject({ loaded: true });
  });

  async function overwrite(file: string, at: number, good: Buffer): Promise<void> {
    const handle = await open(file, "r+");
    await handle.write(Buffer.of((good[at] ?? 0) ^ 1), 0, 1, at);
    await handle.close();
  }
});

describe("what is kept", () => {
  it("is nothing for a small conversation, under a cap of nothing, or once the conversation was removed", async () => {
    const small = await window({ maxTokens: 8 });
    await small.ask(null, "Hello!");
    await small.states.saveNow();
    expect(await kvFiles()).toEqual([]);
    const off = await window({ maxTokens: 8, capBytes: 0 });
    await off.ask(null, long("llamas"));
    await off.states.saveNow();
    expect(await kvFiles()).toEqual([]);
    const tight = await window({ maxTokens: 8, capBytes: 1_000_000 });
    await tight.ask(null, long("llamas"));
    await tight.states.saveNow();
    expect(await kvFiles()).toEqual([]);
    const removed = await window({ maxTokens: 8 });
    const { id } = await removed.ask(null, long("llamas"));
    await removed.states.saveNow();
    expect(await kvFiles()).toHaveLength(1);
    await removed.states.forget(id);
    expect(await kvFiles()).toEqual([]);
  });

  it("is written once, not again when nothing changed", async () => {
    const session = await window({ maxTokens: 8 });
    await session.ask(null, long("llamas"));
    await session.states.saveNow();
    await session.states.saveNow();
    expect(session.logs.filter((line) => line.includes("KV state saved"))).toHaveLength(1);
  });

  it("is saved before its model is unloaded", async () => {
    const session = await window({ maxTokens: 8 });
    const { id } = await session.ask(null, long("llamas"));
    await session.engine.unload(session.model);
    expect(await kvFiles()).toHaveLength(1);
    const { answer } = await session.ask(id, "Go on.");
    expect(answer.timings?.cache_n).toBeGreaterThan(300);
  });

  it("does not keep a question waiting: a save under way is given up for it", async () => {
    const session = await window({ maxTokens: 8 });
    const { id } = await session.ask(null, long("llamas"));
    await new Promise((resolve) => setTimeout(resolve, 2005));
    const { answer } = await session.ask(id, "Go on.");
    expect(answer.timings?.prompt_n).toBeLessThanOrEqual(20);
    await vi.waitFor(() => expect(session.logs.join("\n")).toContain("KV state saved"), { timeout: 10_000 });
    expect((await kvFiles()).filter((name) => name.endsWith(".part"))).toEqual([]);
  });
});
