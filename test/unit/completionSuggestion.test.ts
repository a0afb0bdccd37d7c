import { describe, expect, it } from "vitest";
import { placeOf, restOf, Suggestions, typedSince } from "../../src/completion/core/suggestion";
import { withText } from "../../src/completion/core/withText";
import { snapshotAt } from "../support/editorSnapshots";

const made = (marked: string, text: string, replaces = 0) => ({
  id: 1,
  ...placeOf(snapshotAt(marked)),
  text,
  replaces,
});

describe("what of a suggestion is still to come", () => {
  const suggestion = made("first\nreturn |\nend", "a + b;");
  it.each([
    ["at its place", "first\nreturn |\nend", "a + b;"],
    ["typed in part", "first\nreturn a +|\nend", " b;"],
    ["typed to its end", "first\nreturn a + b;|\nend", ""],
    ["typed otherwise", "first\nreturn x|\nend", undefined],
    ["before its place", "first\nretur|\nend", undefined],
    ["with another line before", "other\nreturn |\nend", undefined],
    ["with other text before it", "first\nyield |\nend", undefined],
    ["on another line", "first\nreturn \n|end", undefined],
  ])("%s", (_, marked, rest) => {
    expect(restOf(suggestion, snapshotAt(marked))?.text).toBe(rest);
  });

  it("goes on over lines, as the editor indents them", () => {
    const block = made("if (a) {|\n}", "\n  b();\n  c();");
    expect(restOf(block, snapshotAt("if (a) {\n  |\n}"))?.text).toBe("b();\n  c();");
    expect(restOf(block, snapshotAt("if (a) {\n  b();\n|\n}"))?.text).toBe("  c();");
    expect(typedSince(block, snapshotAt("if (a) {\n  b|\n}"))).toBe("\n  b");
  });

  it("replaces a bracket that the editor closed, where it has it itself", () => {
    const call = made("call|", "(a, b);");
    expect(restOf(call, snapshotAt("call(|)"))).toEqual({ text: "a, b);", replaces: 1, typed: 1 });
    expect(restOf(made("call|", "(a, b"), snapshotAt("call(|)"))).toBeUndefined();
    expect(restOf(call, snapshotAt("call(|x)"))).toBeUndefined();
  });

  it("replaces one less when one was typed over", () => {
    expect(restOf(made("call(|)", "a) + 1", 1), snapshotAt("call(a)|"))).toEqual({
      text: " + 1",
      replaces: 0,
      typed: 2,
    });
  });

  it("counts UTF-16 units as the editor does", () => {
    const llama = made("say |", "'🦙!'");
    expect(restOf(llama, snapshotAt("say '🦙|"))).toMatchObject({ text: "!'", typed: 3 });
  });
});

describe("the suggestions kept", () => {
  it("find the newest that goes on, and none that was typed to its end", () => {
    const kept = new Suggestions();
    kept.add({ ...made("x = |", "1;"), id: 1 });
    kept.add({ ...made("x = |", "10;"), id: 2 });
    expect(kept.find(snapshotAt("x = 1|"))).toMatchObject({ text: "0;", suggestion: { id: 2 } });
    expect(kept.find(snapshotAt("x = 1;|"))).toBeUndefined();
    kept.clear();
    expect(kept.find(snapshotAt("x = |"))).toBeUndefined();
  });

  it("are no more than a few dozen", () => {
    const kept = new Suggestions();
    for (let line = 0; line < 100; line++) kept.add(made(`a${line} = |`, "1"));
    expect(kept.find(snapshotAt("a10 = |"))).toBeUndefined();
    expect(kept.find(snapshotAt("a99 = |"))).toBeDefined();
  });
});

it("a document with a suggestion accepted is that document with its text", () => {
  const after = withText(snapshotAt("a\ncall(|);\nz"), "x,\n  y)", 1);
  expect(Array.from({ length: after.lines.lineCount }, (_, line) => after.lines.line(line))).toEqual([
    ...["a", "call(x,", "  y);", "z"],
  ]);
  expect(after.cursor).toEqual({ line: 2, character: 4 });
  expect(withText(snapshotAt("ab|c"), "XY", 0).cursor).toEqual({ line: 0, character: 4 });
});
