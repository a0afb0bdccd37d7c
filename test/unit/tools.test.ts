import { readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { builtInNames, builtInTools, parseArguments } from "../../src/tools/core/builtInTools";
import { modelLines } from "../../src/tools/core/modelFacts";
import { portableParameters, withoutNulls } from "../../src/tools/core/portableSchema";
import { clipLines, clipText, findLines, maxResult, numberedLines, replaceOnce } from "../../src/tools/core/toolText";
import { DatabaseReader } from "../../src/sql/host/databaseReader";
import type { ConnectionProfile } from "../../src/sql/core/connection";
import { PaddockError } from "../../src/platform/core/errors";

const manifest = JSON.parse(readFileSync(path.resolve("package.json"), "utf8")) as {
  contributes: { languageModelTools: { name: string; modelDescription: string; inputSchema: unknown }[] };
};

describe("the tools that Paddock brings", () => {
  it("are few, and cost few tokens of a prompt", () => {
    expect(builtInTools.map(({ name }) => name)).toEqual([...builtInNames]);
    // Some 600 tokens of the starter's, all of them.
    expect(JSON.stringify(builtInTools).length).toBeLessThan(3_600);
    for (const { parameters } of builtInTools) {
      const { properties, required } = parameters as { properties: object; required: string[] };
      expect(Object.keys(properties)).toEqual(required);
    }
  });

  it("are described to VS Code as they are to our own models", () => {
    for (const { name, modelDescription, inputSchema } of manifest.contributes.languageModelTools) {
      const own = builtInTools.find((tool) => `paddock_${tool.name}` === name);
      expect({ modelDescription, inputSchema }).toEqual({
        modelDescription: own?.description,
        inputSchema: own?.parameters,
      });
    }
    expect(manifest.contributes.languageModelTools.map(({ name }) => name)).toEqual([
      ...["paddock_read_schema", "paddock_run_sql", "paddock_list_models", "paddock_search_workspace"],
    ]);
  });

  it("take what a model writes, and refuse what is no argument in words that it can mend it by", () => {
    expect(parseArguments("read_file", { path: " a.ts ", from: "12", lines: 0 })).toEqual({
      ...{ path: "a.ts", from: 12, lines: 0 },
    });
    expect(parseArguments("list_problems", undefined)).toEqual({ path: "" });
    for (const [name, args, words] of [
      ["read_file", {}, "path"],
      ["read_file", { path: "a", from: "x" }, "from"],
      ["read_file", { path: "a", from: -1 }, "from"],
      ["run_sql", { sql: " " }, "sql"],
      ["search_workspace", { text: "a" }, "text"],
      ["list_models", "all", "arguments"],
      ["propose_edit", { path: "a", old_text: 1, new_text: "" }, "old_text"],
    ] as const) {
      expect(() => parseArguments(name, args)).toThrow(words);
      expect(() => parseArguments(name, args)).toThrow(PaddockError);
    }
  });
});

describe("texts of tools", () => {
  it("are cut at lines, and say how much is missing", () => {
    expect(clipLines(["a", "b"])).toBe("a\nb");
    expect(clipLines(["aaaa", "bbbb", "cccc"], 10)).toBe("aaaa\nbbbb\n(1 more lines are left out.)");
    expect(clipLines(["x".repeat(5_000)]).length).toBeLessThan(500);
    expect(clipText("x".repeat(maxResult + 5))).toMatch(/\(5 more characters are left out\.\)$/u);
  });

  it("have the numbers of their lines", () => {
    expect(numberedLines("a\r\nb\nc\n", 1, 0)).toBe("1: a\n2: b\n3: c");
    expect(numberedLines("a\nb\nc\n", 2, 1)).toBe("Lines 2 to 2 of 3:\n2: b");
    expect(numberedLines("a\nb\n", 0, 9)).toBe("1: a\n2: b");
    expect(numberedLines("a\n", 7, 1)).toBe("The file has 1 lines.");
  });

  it("are found whatever their case", () => {
    expect(findLines("Alpha\n  beta alpha\ngamma", "ALPHA", 9)).toEqual([
      { line: 1, text: "Alpha" },
      { line: 2, text: "beta alpha" },
    ]);
    expect(findLines("a\na\na", "a", 2)).toHaveLength(2);
    expect(findLines("nothing", "x", 2)).toEqual([]);
  });

  it("are replaced where they stand once, whatever ends the lines", () => {
    expect(replaceOnce("a\r\nb\r\nc", "a\nb", "x")).toEqual({ kind: "replaced", text: "x\nc" });
    expect(replaceOnce("a a", "a", "x")).toEqual({ kind: "several" });
    expect(replaceOnce("aaa", "aa", "x")).toEqual({ kind: "several" });
    expect(replaceOnce("abc", "d", "x")).toEqual({ kind: "missing" });
    expect(replaceOnce("abc", "", "x")).toEqual({ kind: "missing" });
    expect(replaceOnce("price: $1", "$1", "$&")).toEqual({ kind: "replaced", text: "price: $&" });
  });

  it("tell of models what is known, and no more", () => {
    expect(
      modelLines([
        { name: "Small\nmodel", isActive: true, isLoaded: true, measured: { requests: 3, pp: 512.4, tg: null } },
        { name: "Big", isActive: false, isLoaded: false, sizeBytes: 2 ** 30 },
      ]),
    ).toEqual([
      "Small model: answers in the chat; loaded; pp 512 tok/s, tg – (medians of 3 requests)",
      "Big: not loaded; 1.0 GiB; speed not measured",
    ]);
  });
});

describe("the arguments of a server's tool", () => {
  it("become what a grammar can have; what is optional may be null, and is then not given", () => {
    const schema = {
      $schema: "x",
      type: "object",
      required: ["to"],
      properties: {
        to: { type: "string", pattern: "^a", description: "Whom" },
        kind: { enum: ["a", 1, null, {}] },
        tags: { type: "array", items: { type: "string" } },
        where: { anyOf: [{ type: "string" }, { type: "object", properties: { x: { type: "number" } } }] },
        odd: { type: "wat" },
      },
    };
    const nothing = { type: "null" };
    expect(portableParameters(schema)).toEqual({
      type: "object",
      properties: {
        to: { type: "string", description: "Whom" },
        kind: { oneOf: [{ enum: ["a", 1, null] }, nothing] },
        tags: { oneOf: [{ type: "array", items: { type: "string" } }, nothing] },
        where: {
          oneOf: [
            {
              oneOf: [
                { type: "string" },
                { type: "object", properties: { x: { oneOf: [{ type: "number" }, nothing] } } },
              ],
            },
            nothing,
          ],
        },
        odd: { oneOf: [{ type: "string" }, nothing] },
      },
    });
    expect(withoutNulls({ to: null, kind: null, tags: ["a"] }, schema)).toEqual({ to: null, tags: ["a"] });
    expect(withoutNulls("x", schema)).toBe("x");
  });

  it("are bounded, whatever a server says", () => {
    let deep: Record<string, unknown> = { type: "string" };
    for (let level = 0; level < 500; level++) deep = { type: "object", properties: { deeper: deep } };
    expect(JSON.stringify(portableParameters(deep)).length).toBeLessThan(2_000);
    const wide = { properties: Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`p${at}`, {}])) };
    expect(portableParameters(wide)).toEqual({ type: "object", properties: {} });
    for (const odd of [undefined, null, 3, "x", [], { properties: 7 }])
      expect(portableParameters(odd)).toEqual({ type: "object", properties: {} });
    const own = JSON.parse('{"properties":{"__proto__":{"type":"string"}}}') as unknown;
    expect(Object.getPrototypeOf(portableParameters(own))).toBe(Object.prototype);
  });
});

describe("databases that a model reads", () => {
  const profile = (name: string): ConnectionProfile => ({
    ...{ id: name, name, target: { engine: "sqlite", file: "x" }, writable: true, sampleValues: false, notes: {} },
  });
  const reader = (names: readonly string[], isTrusted = true): DatabaseReader =>
    new DatabaseReader({
      connections: {
        list: () => names.map(profile),
        connected: () => undefined,
        connect: (id) => Promise.reject(new PaddockError("sql/connection", `opens ${id}`)),
      },
      gate: { check: () => ({ allowed: false, reason: "forbidden", message: "It writes." }), translate: String },
      isTrusted: () => isTrusted,
      timeoutMs: () => 1_000,
    });
  const { signal } = new AbortController();

  it("are known by name, the only one without", async () => {
    expect(reader(["a"]).names()).toEqual(["a"]);
    expect(reader(["a"], false).names()).toEqual([]);
    expect(reader(["Shop"]).meant("")).toEqual({ name: "Shop", isOpen: false });
    expect(reader(["Shop", "Other"]).meant(" shop ")).toEqual({ name: "Shop", isOpen: false });
    expect(reader(["Shop", "Other"]).meant("")).toBeUndefined();
    expect(reader(["Shop"]).meant("Shp")).toBeUndefined();
    await expect(reader(["Shop"]).schema("", 100, signal)).rejects.toThrow("opens Shop");
    await expect(reader(["Shop", "Other"]).schema(" shop ", 100, signal)).rejects.toThrow("opens Shop");
    await expect(reader(["Shop", "Other"]).schema("", 100, signal)).rejects.toThrow("Say which one");
    await expect(reader(["Shop"]).query("Shp", "SELECT 1", 100, signal)).rejects.toThrow('"Shop"');
    await expect(reader([]).query("", "SELECT 1", 100, signal)).rejects.toThrow("No database");
  });
});
