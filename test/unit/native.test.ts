import { describe, expect, it } from "vitest";
import { hasTools } from "../../src/engine/core/templateTools";
import type { PromptMessage } from "../../src/engine/protocol";
import { type ChatTurn, conversationPrompt, fitTurns } from "../../src/native/core/chatTurns";
import { argumentsIn, argumentsSchema, demandedPrompt } from "../../src/native/core/demandedCall";
import { foreignId, parseForeignId } from "../../src/native/core/foreignIds";
import { foreignMachine, foreignTimings } from "../../src/native/core/foreignTimings";
import { allText, type GivenMessage, promptOf } from "../../src/native/core/givenMessages";
import { limitsOf } from "../../src/native/core/modelCard";
import { requestOptions } from "../../src/native/core/modelOptions";
import { databaseQuestion, nextSteps } from "../../src/native/core/participantNames";
import { defaultSampling } from "../../src/chat/core/conversationSettings";

const user = (...texts: string[]): GivenMessage => ({
  role: "user",
  parts: texts.map((text) => ({ kind: "text", text })),
});
const assistant = (text: string): GivenMessage => ({ role: "assistant", parts: [{ kind: "text", text }] });

describe("messages of VS Code's chat", () => {
  it("become one system message and turns that take turns", () => {
    const given: GivenMessage[] = [
      { role: "system", parts: [{ kind: "text", text: "Be brief." }] },
      user("One", " two"),
      user("three"),
      assistant("four"),
      assistant("five"),
      { role: "system", parts: [{ kind: "text", text: "Be kind." }] },
      user("six"),
    ];
    expect(promptOf(given)).toEqual([
      { role: "system", text: "Be brief.\n\nBe kind." },
      { role: "user", text: "One two\n\nthree" },
      {
        role: "assistant",
        parts: [
          { type: "text", text: "four" },
          { type: "text", text: "five" },
        ],
      },
      { role: "user", text: "six" },
    ]);
  });

  it("give a tool's result the name of its call, before what is said beside it", () => {
    const call = { kind: "call", id: "c1", name: "weather", input: { town: "Ulm" } } as const;
    const given: GivenMessage[] = [
      user("How is it?"),
      { role: "assistant", parts: [call] },
      {
        role: "user",
        parts: [
          { kind: "result", id: "c1", text: "rain" },
          { kind: "text", text: "And?" },
        ],
      },
    ];
    expect(promptOf(given).slice(1)).toEqual([
      {
        role: "assistant",
        parts: [{ type: "toolCall", id: "c1", name: "weather", arguments: { town: "Ulm" } }],
      },
      { role: "tool", callId: "c1", name: "weather", result: "rain" },
      { role: "user", text: "And?" },
    ]);
    expect(given.map(allText)).toEqual(["How is it?", 'weather {"town":"Ulm"}', "rainAnd?"]);
    expect(() => promptOf(given.slice(2))).toThrow("belongs to no call");
  });

  it("refuse pictures, and pass over marks of another provider", () => {
    const withData = (mediaType: string): GivenMessage => ({
      role: "user",
      parts: [
        { kind: "text", text: "Look" },
        { kind: "data", mediaType },
      ],
    });
    expect(() => promptOf([withData("image/png")])).toThrow("reads text only");
    expect(promptOf([withData("cache_control")])).toEqual([{ role: "user", text: "Look" }]);
    expect(() => promptOf([user("")])).toThrow("no message to answer");
  });
});

describe("what VS Code is told of a model", () => {
  it("adds up to the context, and leaves the question its half", () => {
    expect(limitsOf(8192, 1024)).toEqual({ maxInputTokens: 7168, maxOutputTokens: 1024 });
    expect(limitsOf(512, 1024)).toEqual({ maxInputTokens: 256, maxOutputTokens: 256 });
  });

  it("says that a template has tools where it names them", () => {
    expect(hasTools("{% if tools %}{{ tools }}{% endif %}")).toBe(true);
    expect(hasTools("{% for tool in tools %}")).toBe(true);
    expect(hasTools("{% for message in messages %}{{ toolbox }}{% endfor %}")).toBe(false);
    expect(hasTools(undefined)).toBe(false);
  });

  it("takes of a caller's options what fits, and nothing else", () => {
    const { temperature } = defaultSampling;
    expect(requestOptions({ temperature: 0, top_p: 0.5, seed: 7, max_tokens: 5 }, { temperature }, 100)).toEqual({
      sampling: { temperature: 0, topP: 0.5, seed: 7 },
      maxTokens: 5,
    });
    const odd = { temperature: "hot", top_p: 2, top_k: 1.5, max_tokens: 1e9, seed: -1, other: {} };
    expect(requestOptions(odd, { temperature }, 100)).toEqual({ sampling: { temperature }, maxTokens: 100 });
    expect(requestOptions("nothing", { temperature }, 100)).toEqual({ sampling: { temperature }, maxTokens: 100 });
  });
});

describe("a call that is demanded", () => {
  const tool = { name: "weather", description: "The weather of a town." };

  it("is asked for in the last question, with what the tool does", () => {
    const [only] = demandedPrompt([{ role: "user", text: "Ulm?" }], tool);
    expect(only).toMatchObject({ role: "user" });
    expect(JSON.stringify(only)).toMatch(/^.*Ulm\?.*weather.*The weather of a town\./u);
    const after: PromptMessage[] = [{ role: "tool", callId: "a", name: "b", result: "c" }];
    expect(demandedPrompt(after, tool)).toHaveLength(2);
  });

  it("has whole arguments or none", () => {
    expect(argumentsIn('{"town":"Ulm"}', tool)).toEqual({ town: "Ulm" });
    for (const text of ['{"town":"U', "[1]", "null", ""]) expect(() => argumentsIn(text, tool)).toThrow("no whole");
    expect(argumentsSchema(tool)).toEqual({ type: "object", properties: {} });
  });
});

describe("a conversation with @paddock", () => {
  const turns: ChatTurn[] = Array.from({ length: 9 }, (_, index) => ({
    question: `q${index}`,
    answer: index === 4 ? "" : `a${index}`,
  }));

  it("carries what is attached in fences that it cannot end, and leaves out what failed", () => {
    const messages = conversationPrompt(turns.slice(3, 6), "Why?", [{ label: "a`\nb.ts", text: "x\n```\ny" }]);
    expect(messages.map(({ role }) => role)).toEqual(["user", "assistant", "user", "assistant", "user"]);
    expect(messages.at(-1)).toEqual({ role: "user", text: "Why?\n\na b.ts:\n````\nx\n```\ny\n````" });
  });

  it("loses its oldest turns first, no more than it has to", async () => {
    const build = (kept: readonly ChatTurn[]): PromptMessage[] => conversationPrompt(kept, "q", []);
    const count = (messages: readonly PromptMessage[]): Promise<number> => Promise.resolve(messages.length);
    for (let room = 1; room <= 17; room++) {
      const fitted = await fitTurns(turns, build, room, count);
      const all = turns.map((_, left) => build(turns.slice(left)));
      const expected = [...all, build([])].findIndex((messages) => messages.length <= room);
      expect(fitted, `room ${room}`).toMatchObject({ left: expected });
      expect(fitted?.messages.length).toBeLessThanOrEqual(room);
    }
    expect(await fitTurns(turns, build, 0, count)).toBeUndefined();
    expect(await fitTurns([], build, 1, count)).toMatchObject({ left: 0 });
  });

  it("offers what may come next, by what was answered", () => {
    expect(
      nextSteps({ command: "explain", ofCode: true }).map((step) => step.kind === "command" && step.command),
    ).toEqual(["fix", "tests"]);
    expect(nextSteps({ command: "speed" })).toEqual([]);
    const choice = { question: "How many?", databases: ["a", "b"] };
    expect(nextSteps({ command: "sql", choice })).toEqual([
      { kind: "database", name: "a", prompt: "a: How many?" },
      { kind: "database", name: "b", prompt: "b: How many?" },
    ]);
  });

  it("asks the database that the question names, or the only one", () => {
    const music = { name: "Music" };
    const long = { name: "music: old" };
    expect(databaseQuestion("music: how many?", [music, long])).toEqual({ database: music, question: "how many?" });
    expect(databaseQuestion("music: old: how many?", [music, long])).toMatchObject({ database: long });
    expect(databaseQuestion(" how many? ", [music])).toEqual({ database: music, question: "how many?" });
    expect(databaseQuestion("how many?", [music, long])).toEqual({ database: undefined, question: "how many?" });
  });
});

describe("a model of another extension", () => {
  it("has an id that leads back to it", () => {
    const id = foreignId("copilot", "gpt/4");
    expect(parseForeignId(id)).toEqual({ vendor: "copilot", id: "gpt/4" });
    expect(parseForeignId("file-0123")).toBeUndefined();
    expect(parseForeignId("vscode:copilot")).toBeUndefined();
  });

  it("is timed by what can be seen of it from here, and no more", () => {
    const timings = foreignTimings(10, 5, { askedAt: 0, sentAt: 20, firstAt: 120, lastAt: 320 });
    expect(timings).toMatchObject({
      ...{ prompt_n: 10, prompt_ms: 100, prompt_per_second: null, ttft_ms: 120, queue_ms: 20 },
      ...{ predicted_n: 5, predicted_ms: 200, predicted_per_second: 20, tpot_ms: 50, itl_ms: null },
    });
    const silent = foreignTimings(10, 0, { askedAt: 0, sentAt: 20, firstAt: undefined, lastAt: 20 });
    expect(silent).toMatchObject({ ttft_ms: null, predicted_ms: 0, predicted_per_second: null, tpot_ms: null });
    const of = { vendor: "copilot", destination: "copilot, another extension", contextSize: 8000 };
    expect(foreignMachine(of, timings)).toMatchObject({
      ...{ backend: "copilot", contextUsed: 15 },
      destination: of.destination,
    });
  });
});
