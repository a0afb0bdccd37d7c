import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../src/chat/core/conversation";
import {
  aimAfterCut,
  type Cut,
  fitPrompt,
  lastCut,
  leftOut,
  noCut,
  roomFor,
  withoutCut,
} from "../../src/chat/core/fitPrompt";
import { promptMessages } from "../../src/chat/core/promptMessages";
import type { PromptMessage } from "../../src/engine/protocol";

let next = 0;
const message = (role: Message["role"], parts: Part[], over: Partial<Message> = {}): Message => ({
  id: `m-${next++}`,
  parent: null,
  role,
  parts,
  at: 1,
  status: "complete",
  ...over,
});
const words = (count: number): string => "word ".repeat(count).trim();
const asked = (text: string, ...attached: string[]): Message =>
  message("user", [
    { type: "text", text },
    ...attached.map((content): Part => ({ type: "reference", label: "a.ts", uri: "file:///a.ts", text: content })),
  ]);
const answered = (text: string, reasoning?: string): Message =>
  message("assistant", [
    ...(reasoning === undefined ? [] : [{ type: "reasoning" as const, text: reasoning }]),
    { type: "text", text },
  ]);

/** A token a word: what matters here is what is chosen, not how it is counted. */
let counts = 0;
const count = (messages: readonly PromptMessage[]): Promise<number> => {
  counts++;
  return Promise.resolve(JSON.stringify(messages).split(/\s+/u).length);
};
const fit = (path: readonly Message[], over: { cut?: Cut; size?: number; maxTokens?: number } = {}) => {
  counts = 0;
  return fitPrompt({
    path,
    cut: noCut,
    size: 1000,
    maxTokens: 200,
    render: (kept) => promptMessages(kept, "System."),
    count,
    ...over,
  });
};
const fitted = async (...args: Parameters<typeof fit>) => {
  const result = await fit(...args);
  if (!result.fits) throw new Error(`does not fit: ${result.tokens} of ${result.most}`);
  return result;
};

describe("what goes into a prompt", () => {
  it("is all of a conversation that fits, and a small one is not even counted", async () => {
    const small = [asked("Hello"), answered("Hi"), asked("Bye")];
    expect((await fitted(small, { size: 2000 })).cut).toEqual(noCut);
    expect(counts).toBe(0);
    const large = [asked(words(300)), answered(words(300)), asked("Bye")];
    expect((await fitted(large)).cut).toEqual(noCut);
    expect(counts).toBe(1);
  });

  it("loses the reasoning of older answers first, then older attachments, then older turns", async () => {
    const reasoning = [asked("One"), answered("1", words(900)), asked("Two")];
    expect((await fitted(reasoning)).cut).toEqual({ reasoning: 1, attachments: 0, turns: 0 });
    const attached = [
      asked("One", words(500)),
      answered("1", words(300)),
      asked("Two", words(500)),
      answered("2"),
      asked("Three"),
    ];
    expect((await fitted(attached)).cut).toEqual({ reasoning: 2, attachments: 1, turns: 0 });
    const turns = [asked(words(450)), answered(words(450)), asked("Two"), answered("2"), asked("Three")];
    const { cut, messages } = await fitted(turns);
    expect(cut).toEqual({ reasoning: 2, attachments: 2, turns: 1 });
    expect(messages).toEqual(promptMessages(turns.slice(2), "System."));
  });

  it("keeps the system prompt and the question with what it attached, or is refused with the figures", async () => {
    const path = [asked(words(700)), answered(words(300)), asked("Now", words(700))];
    const { messages } = await fitted(path);
    expect(messages).toEqual(promptMessages(path.slice(2), "System."));
    const result = await fit([...path.slice(0, 2), asked("Now", words(1200))]);
    expect(result).toMatchObject({ fits: false, most: 936 });
    expect(result.fits ? 0 : result.tokens).toBeGreaterThanOrEqual(1200);
  });

  it("keeps some of what came before, however much of the room the question takes", async () => {
    const turns = Array.from({ length: 40 }, (_, turn) => [asked(`${turn} ${words(19)}`), answered(words(19))]).flat();
    const { full, most } = roomFor(1000, 200);
    const kept: number[] = [];
    // From a question with most of the room left to one that has none left; the last takes room of the answer.
    for (const size of [50, 400, 590, 610, 700, 780, 850]) {
      const path = [...turns, asked(words(size))];
      const { cut, messages, tokens } = await fitted(path);
      const least = await count(promptMessages(path.slice(-1), "System."));
      expect(tokens).toBe(await count(messages));
      expect(tokens).toBeLessThanOrEqual(Math.max(least, aimAfterCut(full, least)));
      expect(tokens).toBeLessThanOrEqual(most);
      if (cut.turns > 0 && cut.turns < 40) {
        // One turn more would be over the aim.
        const more = promptMessages(withoutCut(path, { ...cut, turns: cut.turns - 1 }), "System.");
        expect(await count(more)).toBeGreaterThan(aimAfterCut(full, least));
      }
      kept.push(40 - cut.turns);
    }
    expect(kept).toEqual([...kept].sort((a, b) => b - a));
    // A question of more than three quarters of the room still finds something before it.
    expect(kept[4]).toBeGreaterThan(0);
    expect(kept.at(-1)).toBe(0);
  });

  it("goes on with an answer that broke off, with what was made of it", async () => {
    const path = [asked(words(700)), answered("1"), asked("Two"), answered(words(200), words(30))];
    const { messages, cut } = await fitted(path);
    expect(cut.turns).toBe(1);
    expect(messages).toEqual(promptMessages(path.slice(2), "System."));
  });

  it("stays the same for the turns after a cut, until the room is full again", async () => {
    const path: Message[] = [];
    let cut = noCut;
    const cutAt: number[] = [];
    for (let turn = 0; turn < 40; turn++) {
      path.push(asked(words(30)));
      const before = promptMessages(withoutCut(path, cut), "System.");
      const result = await fitted(path, { cut });
      if (result.cut.turns === cut.turns) expect(result.messages).toEqual(before);
      else {
        cutAt.push(turn);
        const least = await count(promptMessages(path.slice(-1), "System."));
        expect(await count(result.messages)).toBeLessThanOrEqual(aimAfterCut(roomFor(1000, 200).full, least));
      }
      cut = result.cut;
      path.push(answered(words(30)));
    }
    expect(cutAt.length).toBeGreaterThan(3);
    // 200 of 800 tokens are free after a cut, and a turn has 60.
    for (const [index, turn] of cutAt.entries())
      if (index > 0) expect(turn - (cutAt[index - 1] ?? 0)).toBeGreaterThanOrEqual(3);
  });

  it("begins where the last prompt began, but only in a context of the same size", () => {
    const cut: Cut = { reasoning: 2, attachments: 2, turns: 1 };
    const path = [
      asked("One"),
      message("assistant", [], { prompt: { instructions: [], fit: { size: 1000, cut, dropped: [] } } }),
      asked("Two"),
    ];
    expect(lastCut(path, 1000)).toEqual(cut);
    expect(lastCut(path, 2000)).toEqual(noCut);
    expect(lastCut([asked("One")], 1000)).toEqual(noCut);
  });

  it("never cuts the question itself, whatever a stored cut says", async () => {
    const path = [asked("One"), answered("1"), asked("Two", "attached")];
    const { messages } = await fitted(path, { cut: { reasoning: 9, attachments: 9, turns: 9 } });
    expect(messages).toEqual(promptMessages(path.slice(2), "System."));
  });
});

describe("what was left out", () => {
  it("is named, each thing once", () => {
    const path = [
      asked("One", "gone with its turn"),
      answered("1", "hm"),
      asked("Two", "the attached"),
      answered("2", "thinking"),
      asked("Three"),
    ];
    expect(leftOut(path, { reasoning: 2, attachments: 2, turns: 1 })).toEqual([
      { what: "reasoning", label: "", count: 1, text: "thinking" },
      { what: "attachment", label: "a.ts", count: 1, text: "the attached" },
      { what: "turns", label: "", count: 2, text: "One\ngone with its turn\nhm\n1" },
    ]);
    expect(leftOut(path, noCut)).toEqual([]);
  });

  it("leaves a word where an attachment was", () => {
    const [question] = withoutCut([asked("One", "text"), answered("1"), asked("Two")], { ...noCut, attachments: 1 });
    expect(question?.parts.at(-1)).toEqual({ type: "text", text: "[a.ts: no longer included]" });
  });
});
