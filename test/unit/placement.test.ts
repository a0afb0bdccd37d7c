import { describe, expect, it } from "vitest";
import { blockPath } from "../../src/edits/core/blockPath";
import { isElision, type Placement, placeBlock } from "../../src/edits/core/placement";
import { applyDiff, parseUnifiedDiff } from "../../src/edits/core/unifiedDiff";
import { steersTheEditor, workspacePath } from "../../src/edits/core/workspacePath";

const typescript = `import { a } from "./a";

/** Adds. */
export function add(x: number, y: number): number {
  return x + y;
}

export class Shop {
  private readonly items: string[] = [];

  put(item: string): void {
    this.items.push(item);
  }

  count(): number {
    return this.items.length;
  }
}

export const twice = (x: number): number => {
  return x * 2;
};
`.split("\n");
const python = `import os

class Shop:
    def __init__(self):
        self.items = []

    def put(self, item):
        self.items.append(item)

    def count(self):
        return len(self.items)


def main():
    print(Shop().count())


main()
`.split("\n");

interface Options {
  readonly document?: readonly string[];
  readonly language?: string;
  readonly selection?: { start: number; end: number };
}
function place(block: string, { document = typescript, language = "ts", selection }: Options = {}): Placement {
  return placeBlock({ block: block.split("\n"), document, language, selection });
}
function text(placement: Placement): string {
  return placement.kind === "nowhere" ? "" : placement.proposed.join("\n");
}
const source = typescript.join("\n");

describe("where a block belongs", () => {
  it("is the whole file when it begins and ends as the file does and has most of it", () => {
    const block = source.replace("x + y", "y + x");
    expect(place(block)).toEqual({ kind: "whole", proposed: block.split("\n"), leftOut: 0 });
    expect(text(place(source.trimEnd()))).toBe(source);
    expect(place("const x = 1;\n", { document: [""] })).toEqual({
      kind: "whole",
      proposed: ["const x = 1;", ""],
      leftOut: 0,
    });
  });

  it("is not the whole file when a definition is missing", () => {
    const without = source.replace(/ {2}count[\s\S]*?\n {2}\}\n/, "");
    const placed = place(without);
    expect(placed.kind).not.toBe("whole");
    expect(text(placed) === "" || text(placed).includes("count(): number")).toBe(true);
  });

  it("is the function of the same name, and keeps the comment above it", () => {
    const placed = place("export function add(x: number, y: number, z = 0): number {\n  return x + y + z;\n}\n");
    expect(placed.kind).toBe("located");
    expect(text(placed)).toBe(
      source.replace("y: number): number {\n  return x + y;", "y: number, z = 0): number {\n  return x + y + z;"),
    );
  });

  it("is a method, indented as the class is", () => {
    const placed = place("count(): number {\n  // All.\n  return this.items.length;\n}\n", { language: "ts" });
    expect(text(placed)).toBe(source.replace("  count(): number {\n", "  count(): number {\n    // All.\n"));
  });

  it("brings a new function along after the one it knows", () => {
    const placed = place(
      "export function add(x: number, y: number): number {\n  return y + x;\n}\n\nexport function sub(x: number, y: number): number {\n  return x - y;\n}\n",
    );
    expect(text(placed)).toBe(
      source.replace(
        "  return x + y;\n}\n",
        "  return y + x;\n}\n\nexport function sub(x: number, y: number): number {\n  return x - y;\n}\n",
      ),
    );
  });

  it("is an arrow function, a Python function, a Python method", () => {
    expect(text(place("export const twice = (x: number): number => x + x;\n"))).toBe(
      source.replace("number => {\n  return x * 2;\n};", "number => x + x;"),
    );
    expect(text(place("def main():\n    print('x')\n", { document: python, language: "python" }))).toBe(
      python.join("\n").replace("print(Shop().count())", "print('x')"),
    );
    expect(
      text(place("def put(self, item):\n    self.items.insert(0, item)\n", { document: python, language: "python" })),
    ).toBe(python.join("\n").replace("append(item)", "insert(0, item)"));
  });

  it("never deletes what a class merely leaves out", () => {
    const placed = place(
      "export class Shop {\n  private readonly items: string[] = [];\n\n  put(item: string): void {\n    this.items.unshift(item);\n  }\n}\n",
    );
    expect(placed.kind).toBe("located");
    expect(text(placed)).toContain("this.items.unshift(item);");
    expect(text(placed)).toContain("count(): number {\n    return this.items.length;\n  }");
  });

  it.each([
    "// ... existing code ...",
    "# ... rest of the code ...",
    "  // ...",
    "/* ... */",
    "<!-- ... rest of file ... -->",
    "// rest of the class remains unchanged",
    "# existing code",
    "{/* ... existing code ... */}",
    "-- ... other code ...",
    "...",
    "…",
  ])("knows that %s stands for what stays", (line) => expect(isElision(line, "ts")).toBe(true));

  it.each(["// existing users only", "const x = [...a];", "return ...rest;", "// the end", "# Other", "...args,"])(
    "takes %s for code",
    (line) => expect(isElision(line, "ts")).toBe(false),
  );

  it("takes a bare ... in Python for code", () => expect(isElision("    ...", "python")).toBe(false));

  it("keeps what an elision stands for, inside and around", () => {
    const placed = place(
      "// ... existing code ...\nexport class Shop {\n  // ... existing code ...\n\n  clear(): void {\n    this.items.length = 0;\n  }\n}\n// ... existing code ...\n",
    );
    if (placed.kind !== "nowhere") {
      for (const line of typescript) expect(placed.proposed).toContain(line);
      expect(text(placed)).toContain("clear(): void {\n    this.items.length = 0;\n  }\n}");
    }
    const inside = place(
      "export class Shop {\n  // ... existing code ...\n\n  clear(): void {\n    this.items.length = 0;\n  }\n}\n",
    );
    expect(inside.kind).toBe("located");
    expect(text(inside)).toBe(
      source.replace(
        "    return this.items.length;\n  }\n}",
        "    return this.items.length;\n  }\n\n  clear(): void {\n    this.items.length = 0;\n  }\n}",
      ),
    );
  });

  it("puts imports at the top and a function at the end around an elision", () => {
    const placed = place(
      'import { b } from "./b";\n// ... existing code ...\n\nexport function half(x: number): number {\n  return x / 2;\n}\n',
    );
    expect(text(placed)).toBe(
      source
        .replace('"./a";\n', '"./a";\nimport { b } from "./b";\n')
        .replace(/\};\n$/, "};\n\nexport function half(x: number): number {\n  return x / 2;\n}\n"),
    );
  });

  it("finds statements by the lines around them", () => {
    const document = ["start();", "one(1);", "two(2);", "three(3);", "end();", ""];
    const placed = place("one(1);\ntwo(2, true);\nthree(3);\n", { document });
    expect(placed).toEqual({
      kind: "located",
      proposed: ["start();", "one(1);", "two(2, true);", "three(3);", "end();", ""],
      leftOut: 0,
    });
  });

  it("counts the lines that a block lacks, since nobody can tell whether it takes them out or skipped them", () => {
    const document = ["start();", "", "one(1);", "two(2);", "// Three.", "three(3);", "four(4);", "end();", ""];
    // As statements, as the whole file, as a function: none of them says a word for what stays.
    expect(place("one(1);\nthree(3);\nfour(4, true);\n", { document })).toEqual({
      kind: "located",
      proposed: ["start();", "", "one(1);", "three(3);", "four(4, true);", "end();", ""],
      leftOut: 2,
    });
    const whole = "start();\n\none(1);\n// Three.\nthree(3);\nfour(4);\nend();\n";
    expect(place(whole, { document })).toMatchObject({ kind: "whole", leftOut: 1 });
    const longer = source.replace("  return x + y;", "  log(x);\n  log(y);\n  return x + y;").split("\n");
    const shorter = "export function add(x: number, y: number): number {\n  return x + y;\n}\n";
    expect(place(shorter, { document: longer })).toMatchObject({ kind: "located", leftOut: 2 });
  });

  it("counts no line that stays by an elision, is changed, or is blank", () => {
    const document = ["start();", "", "one(1);", "two(2);", "three(3);", "end();", ""];
    expect(place("one(1);\n// ... existing code ...\nthree(3, 3);\n", { document })).toEqual({
      kind: "located",
      proposed: ["start();", "", "one(1);", "two(2);", "three(3, 3);", "end();", ""],
      leftOut: 0,
    });
    expect(place("start();\none(1);\ntwo(3);\n", { document })).toMatchObject({ kind: "located", leftOut: 0 });
  });

  it("is offered at the selection or the cursor when nothing says where it belongs", () => {
    const block = "console.log(1);\nconsole.log(2);\n";
    expect(place(block, { selection: { start: 4, end: 5 } })).toMatchObject({ kind: "selection" });
    expect(text(place(block, { selection: { start: 4, end: 5 } }))).toBe(
      source.replace("  return x + y;", "  console.log(1);\n  console.log(2);"),
    );
    expect(text(place(block, { selection: { start: 1, end: 1 } }))).toBe(
      source.replace('"./a";\n\n', '"./a";\nconsole.log(1);\nconsole.log(2);\n'),
    );
    expect(place(block)).toEqual({ kind: "nowhere" });
  });

  it("goes nowhere when it has holes and no place", () => {
    expect(place("unknown();\n// ...\nother();\n", { selection: { start: 1, end: 1 } })).toEqual({ kind: "nowhere" });
  });

  it("does not choose among two functions of one name", () => {
    const document = [
      "class A {",
      "  go() {",
      "    a();",
      "  }",
      "}",
      "class B {",
      "  go() {",
      "    b();",
      "  }",
      "}",
      "",
    ];
    expect(place("  go() {\n    c();\n  }\n", { document }).kind).toBe("nowhere");
  });
});

describe("the file a block names", () => {
  it.each([
    ["ts src/foo.ts", "", "src/foo.ts"],
    ["src/foo.ts", "", "src/foo.ts"],
    ['ts title="src/my file.ts"', "", undefined],
    ['ts title="src/foo.ts"', "", "src/foo.ts"],
    ["ts filename=src/foo.ts", "", "src/foo.ts"],
    ["python:app/main.py", "", "app/main.py"],
    ["ts {path: src/a.ts}", "", "src/a.ts"],
    ["", "// src/a.ts\nx();", "src/a.ts"],
    ["py", "# File: app/main.py\nx()", "app/main.py"],
    ["html", "<!-- index.html -->\n<p>", "index.html"],
    ["css", "/* a/b.css */\np {}", "a/b.css"],
    ["ts", "// adds two numbers\n", undefined],
    ["ts", "// see example.com for more\n", undefined],
    ["ts", "x();", undefined],
    ["dockerfile", "# Dockerfile\nFROM x", "Dockerfile"],
    ["ts ../../etc/passwd.txt", "", "../../etc/passwd.txt"],
  ])("%s %j: %s", (info, code, path) => expect(blockPath(info, code)?.path).toBe(path));
});

describe("the gate for paths", () => {
  it.each(["a.ts", "./src/a.ts", "src\\a.ts", ".github/x.yml", ".vscode/tasks.json"])("lets %s in", (path) =>
    expect(workspacePath(path).kind).toBe("inside"),
  );
  it.each([
    "",
    "/etc/passwd",
    "C:\\x.txt",
    "c:x.txt",
    "\\\\server\\share\\x",
    "~/x",
    "../x",
    "a/../../x",
    "a\\..\\..\\x",
    ".git/config",
    "a/.GIT/hooks/x",
    ".git./config",
    "a/.git /x",
    "a\u0000b",
    "a\u202eb.ts",
    "a.ts:stream",
    "a/b/",
    "a|b",
    "a. ",
    `${"a/".repeat(300)}b`,
  ])("keeps %j out", (path) => expect(workspacePath(path).kind).toBe("refused"));
  it("knows the files that decide what the editor runs", () => {
    for (const path of [".vscode/tasks.json", "/w/.vscode/settings.json", "x.code-workspace", ".devcontainer/a.json"])
      expect(steersTheEditor(path)).toBe(true);
    for (const path of ["src/tasks.json", "vscode/settings.json"]) expect(steersTheEditor(path)).toBe(false);
  });
});

describe("a unified diff", () => {
  const document = ["one", "two", "three", "four", "two", "five", ""];
  const apply = (diff: string) => applyDiff(document, parseUnifiedDiff(diff.split("\n"))[0]?.hunks ?? []);

  it("names its files and is applied where its lines stand", () => {
    const diff = "--- a/src/x.ts\n+++ b/src/x.ts\n@@ -1,3 +1,3 @@\n one\n-two\n+TWO\n three\n";
    expect(parseUnifiedDiff(diff.split("\n")).map(({ path }) => path)).toEqual(["src/x.ts"]);
    expect(apply(diff)).toEqual({ kind: "applied", proposed: ["one", "TWO", "three", "four", "two", "five", ""] });
  });

  it("finds its place although its numbers are wrong, when there is one place only", () => {
    expect(apply("@@ -90,2 +90,2 @@\n-three\n+THREE\n four\n")).toMatchObject({ kind: "applied" });
    expect(apply("@@ -90,1 +90,1 @@\n-two\n+TWO\n")).toEqual({ kind: "refused", hunk: 1 });
    expect(apply("@@ -5,1 +5,1 @@\n-two\n+TWO\n")).toMatchObject({
      proposed: ["one", "two", "three", "four", "TWO", "five", ""],
    });
  });

  it("is refused where a line of its context is another one", () => {
    expect(apply("@@ -1,2 +1,2 @@\n one \n-two\n+TWO\n")).toEqual({ kind: "refused", hunk: 1 });
    expect(apply("@@ -1,1 +1,1 @@\n-one\n+ONE\n@@ -3,1 +3,1 @@\n-nothing\n+x\n")).toEqual({ kind: "refused", hunk: 2 });
  });

  it("reads several files, a new file, and a diff without heads", () => {
    const files = parseUnifiedDiff(
      "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n--- /dev/null\n+++ b/new.txt\n@@ -0,0 +1,2 @@\n+c\n+d\n\\ No newline at end of file\n".split(
        "\n",
      ),
    );
    expect(files.map(({ path }) => path)).toEqual(["x", "new.txt"]);
    expect(applyDiff([""], files[1]?.hunks ?? [])).toEqual({ kind: "applied", proposed: ["c", "d", ""] });
    expect(apply("-three\n+THREE\n")).toMatchObject({ kind: "applied" });
  });
});
