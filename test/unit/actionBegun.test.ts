import { describe, expect, it } from "vitest";
import { planAction } from "../../src/actions/core/actionPrompt";
import type { CodeRequest } from "../../src/actions/core/actionRequest";
import { keptHead, wholeDefinition } from "../../src/actions/core/begunDefinition";

function request(
  kind: CodeRequest["kind"],
  file: string,
  problemLine?: number,
  languageId = "typescript",
): CodeRequest {
  const [before = "", selected = "", after = ""] = file.split(/[«»]/u);
  const problems =
    problemLine === undefined ? [] : [{ severity: "error" as const, line: problemLine, message: "wrong" }];
  return { kind, subject: { path: "a", languageId, before, selected, after, eol: "\n", problems } };
}

const file = "let one;\n\n«  /** Adds. */\n  add(a: number) {\n    return a - 1;\n  }»\n";

describe("the head of a definition", () => {
  it.each([
    ["stays where the problem is in the body", request("fix", file, 5), "/** Adds. */\nadd(a: number) {"],
    ["stays where code is made simpler", request("simplify", file), "/** Adds. */\nadd(a: number) {"],
    ["may change where the problem is in it", request("fix", file, 4), ""],
    ["may change where nobody says what is wrong", request("fix", file), ""],
    ["may change where the person says how", request("edit", file, 5), ""],
    ["is none of code that is no definition", request("simplify", "«a();\nb();»"), ""],
    ["is none of a definition on one line", request("simplify", "«function f() { return 1; }»"), ""],
    [
      "is Python's up to its colon",
      request("simplify", "«def f(\n    a,\n):\n    return a»", 1, "python"),
      "def f(\n    a,\n):",
    ],
  ])("%s", (_, one, head) => {
    expect(keptHead(one)).toBe(head);
  });

  it("is given to small models only", () => {
    const room = { contextSize: 8192, canBegin: true };
    expect(planAction(request("fix", file, 5), { ...room, parameters: 135e6 }).begins).toMatch(
      /^```typescript\n\/\*\*/,
    );
    expect(planAction(request("fix", file, 5), { ...room, parameters: 8e9 }).begins).toBe("```typescript\n");
  });
});

describe("an answer begun with a head", () => {
  const begins = "```js\nfunction f() {";
  const python = "```python\ndef f(a):";

  it.each([
    [
      "ends with its bracket",
      begins,
      `${begins}\n  if (a) {\n    b();\n  }\n}\n\nfunction g() {`,
      `${begins}\n  if (a) {\n    b();\n  }\n}\n\`\`\`\n`,
    ],
    [
      "ends before what stands further out",
      python,
      `${python}\n    return a\n\nprint`,
      `${python}\n    return a\n\`\`\`\n`,
    ],
    ["goes on while its last line may", begins, `${begins}\n  b();\n}`, undefined],
    ["goes on while it is inside", python, `${python}\n    return a\n\n`, undefined],
    ["goes on over a line that only stands further out", begins, `${begins}\n#if A\n  b();\n`, undefined],
    ["is none where only a fence was begun", "```js\n", "```js\nfunction f() {\n}\n\n", undefined],
  ])("%s", (_, begun, text, whole) => {
    expect(wholeDefinition(text, begun)).toBe(whole);
  });
});
