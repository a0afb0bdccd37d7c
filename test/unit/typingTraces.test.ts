import { readFile } from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { traceOf, tracesOf } from "../bench/completion/sessions";
import {
  applyEvent,
  loadTraces,
  parseTrace,
  snapshotOf,
  type TextState,
  textsAfterwards,
} from "../bench/completion/trace";

const folder = path.resolve(import.meta.dirname, "../bench/traces");
const header = {
  format: 1,
  name: "a test",
  language: "typescript",
  file: "src/a.ts",
  licence: "MIT",
  provenance: "by hand",
  indent: { spaces: true, size: 2 },
  text: "ab\ncd",
};
const noSibling = (): Promise<string> => Promise.reject(new Error("There is none."));
const parse = (...lines: unknown[]) => parseTrace("t", lines.map((line) => JSON.stringify(line)).join("\n"), noSibling);

describe("a typing trace", () => {
  it("is read with its events in full, and the text of a file beside it", async () => {
    const content = [
      { ...header, text: { file: "a.txt" } },
      [0, "move", 2],
      [100.5, "insert", 2, "()", { cursor: 3 }],
      [200, "insert", 3, ")", { over: 1 }],
      [300, "delete", 2, 2],
    ];
    const lines = content.map((line) => JSON.stringify(line)).join("\n");
    const trace = await parseTrace("t", lines, (name) => Promise.resolve(name === "a.txt" ? "ab\ncd" : ""));
    expect(trace.text).toBe("ab\ncd");
    expect(trace.events).toEqual([
      { at: 0, kind: "move", offset: 2 },
      { at: 100.5, kind: "insert", offset: 2, text: "()", over: 0, cursor: 3 },
      { at: 200, kind: "insert", offset: 3, text: ")", over: 1, cursor: 4 },
      { at: 300, kind: "delete", offset: 2, length: 2 },
    ]);
    const states: TextState[] = [{ text: trace.text, cursor: 0 }];
    for (const event of trace.events) states.push(applyEvent(states.at(-1) ?? { text: "", cursor: 0 }, event));
    expect(states.at(-2)).toEqual({ text: "ab()\ncd", cursor: 4 });
    expect(states.at(-1)).toEqual({ text: "ab\ncd", cursor: 2 });
  });

  it("is refused with the line that is wrong", async () => {
    await expect(parse(header, [0, "move", 6])).rejects.toThrow("t, line 2: Offset 6");
    await expect(parse(header, [9, "move", 1], [8, "move", 1])).rejects.toThrow("t, line 3: 8 ms");
    await expect(parse(header, [0, "jump", 1])).rejects.toThrow("t, line 2");
    await expect(parse(header, [0, "insert", 1, ""])).rejects.toThrow("t, line 2");
    await expect(parse({ ...header, text: { file: "../secret" } }, [0, "move", 1])).rejects.toThrow("t, line 1");
    await expect(parse({ ...header, format: 2 }, [0, "move", 1])).rejects.toThrow("t, line 1");
    await expect(parse(header)).rejects.toThrow("no events");
    await expect(parseTrace("t", "{", noSibling)).rejects.toThrow("t, line 1 is no JSON");
    await expect(parseTrace("t", "", noSibling)).rejects.toThrow("empty");
  });

  it("gives snapshots whose cursor counts lines of any ending", () => {
    const { lines, cursor } = snapshotOf(header, { text: "a\r\nbc\rd\ne", cursor: 4 }, 1);
    expect(lines.lineCount).toBe(4);
    expect(cursor).toEqual({ line: 1, character: 1 });
  });

  it("says what came to stand at each place, through later edits before and behind it", async () => {
    const trace = await parse(
      { ...header, text: "one\ntwo" },
      [0, "insert", 3, "x"],
      [1, "delete", 3, 1],
      [2, "insert", 3, "!"],
      [3, "insert", 0, ">>"],
      [4, "insert", 6, "?"],
    );
    expect(textsAfterwards(trace)).toEqual(["!?\ntwo", "!?\ntwo", "?\ntwo", "one!?\ntwo", "\ntwo"]);
  });
});

describe("the traces of this repository", () => {
  it("are what their sessions give, in languages and sizes that matter", async () => {
    const made = await tracesOf(folder);
    for (const { name, content } of made) expect(await readFile(path.join(folder, name), "utf8")).toBe(content);
    const traces = await loadTraces(folder);
    expect(traces.map(({ language }) => language).sort()).toEqual(
      expect.arrayContaining(["go", "java", "python", "rust", "typescript"]),
    );
    expect(traces).toHaveLength(made.length);
    expect(traces.filter(({ text }) => text.split("\n").length > 256).length).toBeGreaterThanOrEqual(2);
    for (const { events } of traces) {
      expect(events.length).toBeGreaterThan(100);
      expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(["insert", "delete", "move"]));
    }
  });
});

describe("a session", () => {
  const head = { name: "n", language: "l", file: "f", text: "t", quotes: '"', seed: 7 };
  const typed = async (text: string, indent: object, session: string, more: object = {}) => {
    const content = traceOf(`${JSON.stringify({ ...head, ...more, indent })}\n${session}\n`, text);
    const trace = await parseTrace("t", content, () => Promise.resolve(text));
    const states = [{ text, cursor: 0 }];
    for (const event of trace.events) states.push(applyEvent(states.at(-1) ?? { text, cursor: 0 }, event));
    return { trace, text: states.at(-1)?.text, states: states.map((state) => state.text) };
  };

  it("is typed as an editor takes it: brackets closed and typed over, lines indented, mistakes deleted", async () => {
    const session = '@@ after a;\n\nif (x) {\n  say("b⟦un⟧");\n}';
    const { text, states, trace } = await typed("a;\nz;", { spaces: true, size: 2 }, session);
    expect(text).toBe('a;\nif (x) {\n  say("b");\n}\nz;');
    expect(states).toContain("a;\nif ()\nz;");
    expect(states).toContain("a;\nif (x) {}\nz;");
    expect(states).toContain("a;\nif (x) {\n  \n}\nz;");
    expect(states).toContain('a;\nif (x) {\n  say("bun")\n}\nz;');
    expect(trace.events.filter(({ kind }) => kind === "delete")).toHaveLength(2);
  });

  it("indents after a colon, goes back by Backspace, and leaves no blanks on an empty line", async () => {
    const session = "@@ after x\n\nif a:\n    b\n\nc";
    const { text } = await typed("x\n", { spaces: true, size: 4 }, session, { indentsAfter: ":" });
    expect(text).toBe("x\nif a:\n    b\n\nc\n");
  });

  it("says which text it cannot find", async () => {
    await expect(typed("x", { spaces: false, size: 4 }, "@@ erase y")).rejects.toThrow('no "y"');
  });
});
