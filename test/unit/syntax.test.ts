import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { linesOfText } from "../../src/completion/core/editorSnapshot";
import { Syntax } from "../../src/completion/node/syntax";
import { silentLogger } from "../../src/platform/core/logger";
import { seededRandom } from "../support/random";
import { snapshotAt } from "../support/shapeHarness";

const folder = path.resolve(import.meta.dirname, "../../node_modules/@vscode/tree-sitter-wasm/wasm");
const languages = [
  "c",
  "cpp",
  "csharp",
  "css",
  "go",
  "java",
  "javascript",
  "javascriptreact",
  "php",
  "powershell",
  "python",
  "ruby",
  "rust",
  "shellscript",
  "typescript",
  "typescriptreact",
];
const failures: string[] = [];
// With all the time there is: a busy machine decides nothing.
const syntax = new Syntax(folder, { ...silentLogger, error: (message) => failures.push(message) }, Infinity);
beforeAll(() => Promise.all(languages.map((language) => syntax.ready(language))));
afterAll(() => syntax.dispose());

function at(marked: string, language = "typescript") {
  // Each text is a document of its own: a tree kept of another one would be edited into it.
  return syntax.syntaxAt({ ...snapshotAt(marked, { language }), uri: marked });
}
const heads = (marked: string, language?: string) =>
  at(marked, language)?.heads.map(({ name, firstLine, lastLine }) => `${name} ${firstLine}-${lastLine}`);

describe("syntax around the cursor", () => {
  it("loads every grammar, and none for a language without one", () => {
    for (const language of languages) expect(at("x|", language), language).toBeDefined();
    expect(at("x|", "lua")).toBeUndefined();
    expect(at("x|", "constructor")).toBeUndefined();
    expect(failures).toEqual([]);
  });

  it("never waits for a grammar", async () => {
    const other = new Syntax(folder, silentLogger);
    expect(other.syntaxAt(snapshotAt("x|"))).toBeUndefined();
    await other.ready("typescript");
    expect(other.syntaxAt(snapshotAt("x|"))).toBeDefined();
    other.dispose();
    expect(other.syntaxAt(snapshotAt("x|"))).toBeUndefined();
  });

  it("says once, and does without, where a grammar cannot be loaded", async () => {
    const errors: string[] = [];
    const broken = new Syntax("/nowhere", { ...silentLogger, error: (message) => errors.push(message) });
    for (let round = 0; round < 3; round++) {
      expect(broken.syntaxAt(snapshotAt("x|"))).toBeUndefined();
      await broken.ready("typescript");
    }
    expect(errors).toHaveLength(1);
    broken.dispose();
  });

  it("tells strings and comments from code", () => {
    expect(at('x = "a|b";')?.within).toBe("string");
    expect(at('x = "ab"|;')?.within).toBe("code");
    expect(at('x = |"ab";')?.within).toBe("code");
    expect(at("x = `a${b|}`;")?.within).toBe("code");
    expect(at("x = `a|${b}`;")?.within).toBe("string");
    expect(at("// words|\nx();")?.within).toBe("comment");
    expect(at("// words\n|x();")?.within).toBe("code");
    expect(at("/* a */|")?.within).toBe("code");
    expect(at("/* a |*/")?.within).toBe("comment");
    expect(at("x = 1  # wo|rds\n", "python")?.within).toBe("comment");
    expect(at('def f():\n    """Do|c."""\n', "python")?.within).toBe("string");
    expect(at("let c = 'a'; |", "rust")?.within).toBe("code");
  });

  it("finds the body around the cursor, and whether it is empty", () => {
    expect(at("class A {\n  f() {\n    // later\n    |\n  }\n}\n")?.body).toEqual({ openerLine: 1, empty: true });
    expect(at("class A {\n  f() {\n    x();\n    |\n  }\n}\n")?.body).toEqual({ openerLine: 1, empty: false });
    expect(at("func f() {\n\t|\n}\n", "go")?.body).toEqual({ openerLine: 0, empty: true });
    expect(at("fn f() {\n    |\n}\n", "rust")?.body).toEqual({ openerLine: 0, empty: true });
    expect(at("class A {\n  void f() {\n    |\n  }\n}\n", "java")?.body).toEqual({ openerLine: 1, empty: true });
    expect(at("foo(\n  |\n);\n")?.body).toEqual({ openerLine: 0, empty: true });
    expect(at('class A:\n    def f(self):\n        """Doc."""\n        |\n', "python")?.body).toEqual({
      openerLine: 1,
      empty: true,
    });
    expect(at("def f():\n    # later\n    |\n", "python")?.body).toEqual({ openerLine: 0, empty: true });
    expect(at("def f():\n    x = 1\n    |\n", "python")?.body).toEqual({ openerLine: 0, empty: false });
    expect(at("x = 1\n|\n", "python")?.body).toBeUndefined();
  });

  it("names the definitions around the cursor by their heads", () => {
    expect(heads("class A {\n  f(\n    x: number,\n  ): void {\n    |\n  }\n}\n")).toEqual(["A 0-0", "f 1-3"]);
    expect(heads("const go = async (x) => {\n  |\n};\n")).toEqual(["go 0-0"]);
    expect(heads("class A:\n    def f(self):\n        x = 1\n        |\n", "python")).toEqual(["A 0-0", "f 1-1"]);
    expect(heads("class A:\n    def f(self):\n        x = 1\n    |\n", "python")).toEqual(["A 0-0"]);
    expect(heads("func (a *A) F() {\n\tx()|\n}\n", "go")).toEqual(["F 0-0"]);
    expect(heads("impl Foo for Bar {\n    fn f() {\n        |\n    }\n}\n", "rust")).toEqual(["Bar 0-0", "f 1-1"]);
    expect(heads("class A {\n  int f() {\n    |\n  }\n}\n", "java")).toEqual(["A 0-0", "f 1-1"]);
    expect(heads("class A\n{\n    void F()\n    {\n        |\n    }\n}\n", "csharp")).toEqual(["A 0-1", "F 2-3"]);
    expect(heads("namespace n {\nint f(int a) {\n  |\n}\n}\n", "cpp")).toEqual(["n 0-0", "f 1-1"]);
    expect(heads("class A\n  def f(x)\n    x|\n  end\nend\n", "ruby")).toEqual(["A 0-0", "f 1-1"]);
    expect(heads("<?php\nclass A {\n  function f() {\n    |\n  }\n}\n", "php")).toEqual(["A 1-1", "f 2-2"]);
    expect(heads("foo();\n|\n")).toEqual([]);
  });

  it("follows a document through its changes as if it were read anew", () => {
    const random = seededRandom(3);
    let text = "class A {\n  f() {\n    return `a${1}`;\n  }\n}\n";
    const parts = ["{", "}", "\n", "x", '"', "// ", "😀", "f() {\n", "  "];
    for (let round = 0; round < 200; round++) {
      const from = Math.floor(random() * text.length);
      const part = parts[Math.floor(random() * parts.length)] ?? "";
      text = `${text.slice(0, from)}${part}${text.slice(from + Math.floor(random() * 3))}`;
      const character = Math.floor(random() * 3);
      const cursor = { line: Math.floor(random() * text.split("\n").length), character };
      const snapshot = { ...snapshotAt("|"), lines: linesOfText(text), cursor, uri: "followed" };
      const followed = syntax.syntaxAt(snapshot);
      expect(followed).toEqual(syntax.syntaxAt({ ...snapshot, uri: `anew ${round}` }));
      syntax.syntaxAt(snapshot);
    }
    expect(failures).toEqual([]);
  });

  it("holds up nobody for a large text, and has it later", async () => {
    const body = "  if (a[0] > 1) { return b.map((x) => ({ x, y: [1, 2, 3] })); }\n".repeat(1000);
    const snapshot = { ...snapshotAt(`f(() => {\n${body}|\n});\n`), uri: "large" };
    const hurried = new Syntax(folder, silentLogger, 0);
    await hurried.ready("typescript");
    expect(hurried.syntaxAt(snapshot)).toBeUndefined();
    let found = hurried.syntaxAt(snapshot);
    for (let tries = 0; tries < 1000 && found === undefined; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
      found = hurried.syntaxAt(snapshot);
    }
    expect(found?.within).toBe("code");
    // Another text before the first is finished begins anew.
    const next = { ...snapshotAt("// wor|ds"), uri: "large" };
    hurried.syntaxAt({ ...snapshot, uri: "other" });
    for (let tries = 0; tries < 1000 && hurried.syntaxAt(next) === undefined; tries++) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(hurried.syntaxAt(next)?.within).toBe("comment");
    hurried.dispose();
  });
});
