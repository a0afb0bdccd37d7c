import { describe, expect, it } from "vitest";
import type { Message, Part } from "../../src/chat/core/conversation";
import { partsLength, truncateParts } from "../../src/chat/core/parts";
import { systemPrompt } from "../../src/chat/core/instructions";
import { promptMessages as promptOf } from "../../src/chat/core/promptMessages";
import { cleanTitle, titleFrom } from "../../src/chat/core/title";

let count = 0;
const message = (role: Message["role"], parts: Part[], status: Message["status"] = "complete"): Message => ({
  id: `m-${count++}`,
  parent: null,
  role,
  parts,
  at: 0,
  status,
});
const text = (value: string): Part => ({ type: "text", text: value });
const promptMessages = (path: readonly Message[]) => promptOf(path, systemPrompt);
const system = { role: "system", text: systemPrompt };

describe("the prompt", () => {
  it("takes answers as they came, also interrupted ones, and leaves out failed and empty ones", () => {
    const prompt = promptMessages([
      message("user", [text("A")]),
      message("assistant", [text(" a \n")], "interrupted"),
      message("user", [text("B")]),
      message("assistant", [text("half")], "failed"),
      message("user", [text("C")]),
      message("assistant", [], "stopped"),
      message("user", [text("D")]),
    ]);
    expect(prompt).toEqual([
      system,
      { role: "user", text: "A" },
      { role: "assistant", parts: [text(" a \n")] },
      { role: "user", text: "B\n\nC\n\nD" },
    ]);
  });

  it("fences a reference so that its text can't end the fence", () => {
    const reference: Part = { type: "reference", label: "a`b\nc.md", uri: "file:///c.md", text: "x\n````js\ny" };
    const [, question] = promptMessages([message("user", [reference, text("Explain")])]);
    expect(question).toEqual({ role: "user", text: "a b c.md:\n`````\nx\n````js\ny\n`````\n\nExplain" });
  });

  it("gives tool calls and their results in the order they happened", () => {
    const call: Part = { type: "toolCall", id: "1", name: "look", arguments: { at: 1 } };
    const result: Part = { type: "toolResult", callId: "1", name: "look", result: "seen" };
    expect(
      promptMessages([message("user", [text("Q")]), message("assistant", [text("Hm"), call, result, text("So")])]),
    ).toEqual([
      system,
      { role: "user", text: "Q" },
      { role: "assistant", parts: [text("Hm"), call] },
      { role: "tool", callId: "1", name: "look", result: "seen" },
      { role: "assistant", parts: [text("So")] },
    ]);
  });

  it("refuses images and says what to do", () => {
    const image: Part = { type: "image", mediaType: "image/png", data: "" };
    expect(() => promptMessages([message("user", [image])])).toThrow(
      expect.objectContaining({
        code: "unsupported",
        remedy: expect.stringContaining("without the image") as unknown,
      }) as Error,
    );
  });
});

describe("a title", () => {
  it.each([
    ["How do I sort a list?", "How do I sort a list?"],
    ["\n\n## Sort a list\nmore", "Sort a list"],
    ["```ts\nconst a = 1;\n```", "const a = 1;"],
    ["  a\t\tb\u0000\u202e c ", "a b c"],
    ["???", ""],
    ["", ""],
  ])("of %j is %j", (question, title) => {
    expect(titleFrom(question)).toBe(title);
  });

  it("is cut at a word, or within a long one, and never within a character", () => {
    const words = titleFrom("word ".repeat(40));
    expect(words).toBe(`${"word ".repeat(11).trim()}…`);
    const people = titleFrom(`a${"👩‍💻".repeat(100)}`);
    expect(people).toBe(`a${"👩‍💻".repeat(58)}…`);
  });

  it("typed by a person is one clean line", () => {
    expect(cleanTitle(" a\n\u2066b\u2069 ")).toBe("a b");
  });
});

describe("truncating parts", () => {
  const parts: Part[] = [
    { type: "reasoning", text: "abc" },
    text("defg"),
    { type: "toolCall", id: "1", name: "x", arguments: 0 },
  ];
  it("gives exactly the wanted length", () => {
    for (let length = 0; length <= partsLength(parts); length++) {
      expect(partsLength(truncateParts(parts, length))).toBe(length);
    }
    expect(truncateParts(parts, 99)).toEqual(parts);
    expect(truncateParts(parts, 5)).toEqual([{ type: "reasoning", text: "abc" }, text("de")]);
  });
});
