import { describe, expect, it } from "vitest";
import { modelTitle, titleFrom } from "../../src/chat/core/title";
import { seededRandom } from "../support/random";

describe("a title from the first question", () => {
  it.each([
    ["Hi there! Can you please explain closures?", "Explain closures?"],
    ["hello", "hello"],
    ["Hello,\n\nwhy is the sky blue?", "why is the sky blue?"],
    ["Good morning. I'd like you to write a parser", "Write a parser"],
    ["Hiking near Oslo", "Hiking near Oslo"],
    ["please, help me to sort this", "Sort this"],
    ["Could you", "Could you"],
    ["```ts\nconst a = 1;\n```\nWhat does this do?", "What does this do?"],
    ["~~~\na ``` b\n~~~\nAnd this?", "And this?"],
    ["#file:src/a.ts @selection Explain **this** `code`", "Explain this code"],
    ["See [the docs](https://example.com/a) first", "See the docs first"],
    ["1. First thing", "First thing"],
    ["¿Qué es una llama?", "¿Qué es una llama?"],
    ["ラマとは何ですか", "ラマとは何ですか"],
  ])("%j is %j", (question, title) => {
    expect(titleFrom(question)).toBe(title);
  });

  it("is one short clean line whatever is asked", () => {
    const random = seededRandom(11);
    const pieces = [
      "hi ",
      "please ",
      "```",
      "~~~",
      "\n",
      "# ",
      "- ",
      "a",
      "é",
      "👩‍💻",
      "\u202e",
      "\u0000",
      " ",
      "[x](y)",
      "@file:",
    ];
    for (let round = 0; round < 2_000; round++) {
      const text = Array.from(
        { length: Math.floor(random() * 40) },
        () => pieces[Math.floor(random() * pieces.length)],
      );
      const title = titleFrom(text.join(""));
      expect(title).not.toMatch(/[\r\n\u0000\u202e]/u);
      expect(title).toBe(title.trim());
      expect([...new Intl.Segmenter().segment(title)].length).toBeLessThanOrEqual(60);
    }
  });

  it("takes no time for text made to take long", () => {
    // The processor's time, since other tests run beside this one.
    const started = process.cpuUsage();
    for (const text of ["please ".repeat(3_000), "[".repeat(20_000), "hi, ".repeat(5_000), "* ".repeat(10_000)])
      titleFrom(text);
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(1_000);
  });
});

describe("a title by a model", () => {
  it.each([
    ['"Sorting lists in Python"', "Sorting lists in Python"],
    ["**Title:** Sorting lists.", "Sorting lists"],
    ["# Llamas", "Llamas"],
    ["C++ templates", "C++ templates"],
  ])("%j is taken as %j", (said, title) => {
    expect(modelTitle(said)).toBe(title);
  });

  it.each([
    "",
    "ab",
    "One line\nand another",
    "<b>Bold</b>",
    "see https://example.com",
    "a [link](x)",
    "evil \u202eeltit",
    "x".repeat(61),
    "this is a whole sentence that goes on and on and says all that was asked",
    "...",
  ])("%j is refused", (said) => {
    expect(modelTitle(said)).toBeUndefined();
  });
});
