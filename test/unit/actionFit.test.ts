import { describe, expect, it } from "vitest";
import type { CodeRequest, CodeSubject } from "../../src/actions/core/actionRequest";
import { fitAnswer } from "../../src/actions/core/fitAnswer";
import { selectionShape } from "../../src/actions/core/selectionShape";

/** A file with its selection between «». */
function subject(file: string, languageId = "typescript", path = "src/a.ts"): CodeSubject {
  const [before = "", selected = "", after = ""] = file.split(/[«»]/u);
  const eol = file.includes("\r\n") ? "\r\n" : "\n";
  return { path, languageId, before, selected, after, eol, problems: [] };
}

function fit(kind: CodeRequest["kind"], file: string, answer: string, languageId?: string) {
  return fitAnswer({ kind, subject: subject(file, languageId) }, answer);
}

/** The file after the edit, with the selection's new text between «». */
function edited(kind: CodeRequest["kind"], file: string, answer: string, languageId?: string): string {
  const own = subject(file, languageId);
  const fitted = fitAnswer({ kind, subject: own }, answer);
  if (fitted.kind !== "edit") return fitted.kind === "refused" ? `refused: ${fitted.why}` : fitted.kind;
  expect(fitted.file).toBe(own.before + fitted.replacement + own.after);
  return `${own.before}«${fitted.replacement}»${own.after}`;
}

const method = [
  "import { floor } from './math';",
  "",
  "export class Clock {",
  "  tick(by: number): number {",
  "    return by;",
  "  }",
  "",
  "«  add(a: number, b: number): number {",
  "    return a - b;",
  "  }»",
  "",
  "  stop(): void {}",
  "}",
  "",
].join("\n");
const fixed = method.replace("a - b", "a + b");

describe("an edit's answer", () => {
  it.each([
    ["as it was shown", "```ts\nadd(a: number, b: number): number {\n  return a + b;\n}\n```"],
    ["without a fence", "add(a: number, b: number): number {\n  return a + b;\n}"],
    [
      "with talk around it",
      "Here is the fixed code:\n\n```ts\nadd(a: number, b: number): number {\n  return a + b;\n}\n```\n\nI changed it.",
    ],
    ["with the file's indentation", "```ts\n  add(a: number, b: number): number {\n    return a + b;\n  }\n```"],
    ["with four spaces a level", "```ts\nadd(a: number, b: number): number {\n    return a + b;\n}\n```"],
    ["with tabs", "```ts\nadd(a: number, b: number): number {\n\treturn a + b;\n}\n```"],
    [
      "with only its first line at the margin",
      "```ts\nadd(a: number, b: number): number {\n    return a + b;\n  }\n```",
    ],
    ["with blank lines around", "```ts\n\n\nadd(a: number, b: number): number {\n  return a + b;\n}\n\n```"],
    ["not closed", "```ts\nadd(a: number, b: number): number {\n  return a + b;\n}"],
    ["with Windows' line ends", "```ts\r\nadd(a: number, b: number): number {\r\n  return a + b;\r\n}\r\n```"],
    [
      "with an import that the file has",
      '```ts\nimport { floor } from "./math";\n\nadd(a: number, b: number): number {\n  return a + b;\n}\n```',
    ],
    [
      "with what stands around it",
      "```ts\nexport class Clock {\n  tick(by: number): number {\n    return by;\n  }\n\n  add(a: number, b: number): number {\n    return a + b;\n  }\n\n  stop(): void {}\n}\n```",
    ],
    [
      "with the bracket of the class",
      "```ts\n  add(a: number, b: number): number {\n    return a + b;\n  }\n\n  stop(): void {}\n}\n```",
    ],
  ])("fits when it comes %s", (_, answer) => {
    expect(edited("fix", method, answer)).toBe(fixed);
  });

  it("is written with the file's line ends, its blank ends and no byte outside", () => {
    const windows = method.replaceAll("\n", "\r\n").replace("}»", "}\r\n»");
    const answer = "```ts\nadd(a: number, b: number): number {\n  return a + b;\n}\n```";
    expect(edited("fix", windows, answer)).toBe(windows.replace("a - b", "a + b"));
  });

  it("takes the file's tabs", () => {
    const tabs = "class A {\n\trun() {\n«\t\tif (a) {\n\t\t\tb();\n\t\t}»\n\t}\n}\n";
    expect(
      edited("edit", tabs, "```js\nif (!a) {\n    c();\n    if (d) {\n        e();\n    }\n}\n```", "javascript"),
    ).toBe("class A {\n\trun() {\n«\t\tif (!a) {\n\t\t\tc();\n\t\t\tif (d) {\n\t\t\t\te();\n\t\t\t}\n\t\t}»\n\t}\n}\n");
  });

  it("begins where the selection does, within a line too", () => {
    expect(edited("edit", "    const a = «b + c»;\n", "```ts\nb * c\n```")).toBe("    const a = «b * c»;\n");
    expect(
      edited(
        "edit",
        "  def f(self):\n    «return 1\n    # end»\n",
        "```py\nif self.a:\n    return 2\nreturn 1\n```",
        "python",
      ),
    ).toBe("  def f(self):\n    «if self.a:\n      return 2\n    return 1»\n");
  });

  it("leaves out imports that are not there yet, and says which", () => {
    const file = "import os\n\n\n«def read(name):\n    return open(name)»\n";
    const answer =
      "```python\nimport os\nfrom pathlib import Path\n\ndef read(name):\n    return Path(name).read_text()\n```";
    const fitted = fit("fix", file, answer, "python");
    expect(fitted).toMatchObject({ kind: "edit", imports: ["from pathlib import Path"] });
    expect(edited("fix", file, answer, "python")).toBe(
      "import os\n\n\n«def read(name):\n    return Path(name).read_text()»\n",
    );
  });

  it("keeps imports where the selection is their place", () => {
    const file = "«import os\n\nprint(sys.argv)»\n";
    expect(edited("fix", file, "```python\nimport os\nimport sys\n\nprint(sys.argv)\n```", "python")).toBe(
      "«import os\nimport sys\n\nprint(sys.argv)»\n",
    );
  });

  it.each([
    ["the same code", "fix", "```ts\nadd(a: number, b: number): number {\n  return a - b;\n}\n```", "unchanged"],
    [
      "another comment only",
      "fix",
      "```ts\n// fixed\nadd(a: number, b: number): number {\n  return a - b;\n}\n```",
      "unchanged",
    ],
    ["nothing", "fix", "", "empty"],
    ["an empty block", "fix", "```ts\n```", "empty"],
    ["a hole", "edit", "```ts\nadd(a: number, b: number): number {\n  // ... existing code ...\n}\n```", "elided"],
    ["a head and its bracket", "fix", "```ts\nadd(a: number, b: number): number {\n}\n```", "elided"],
    ["a head alone", "simplify", "```ts\nadd(a: number, b: number): number {\n```", "elided"],
    ["another function", "fix", "```ts\nsubtract(a: number): number {\n  return a;\n}\n```", "lost"],
    ["itself over and over", "edit", `\`\`\`ts\n${"  return a + b;\n".repeat(12)}\`\`\``, "repeats"],
  ] as const)("is refused when it is %s", (_, kind, answer, why) => {
    expect(fit(kind, method, answer)).toEqual({ kind: "refused", why });
  });

  it("is refused when it was cut off, and not when only its fence is missing", () => {
    const request = { kind: "edit", subject: subject(method) } as const;
    const text = "```ts\nadd(a: number, b: number): number {\n  return a +";
    expect(fitAnswer(request, { text, ended: false })).toEqual({ kind: "refused", why: "cutOff" });
    expect(fitAnswer(request, { text, ended: true }).kind).toBe("edit");
  });

  it("never throws, whatever is written, and never changes anything outside", () => {
    const junk = [
      "```",
      "``````",
      "{",
      "}",
      '{"summary": 3}',
      "\0\u202e",
      "* * *",
      "```ts\n```\n```ts\nx\n```",
      "\n\n",
      "🦙".repeat(50),
    ];
    for (const kind of ["fix", "edit", "document", "simplify", "tests", "translate", "name", "explain"] as const) {
      for (const answer of junk) {
        const own = subject(method);
        const fitted = fitAnswer({ kind, subject: own }, answer);
        if (fitted.kind !== "edit") continue;
        expect(fitted.file.startsWith(own.before)).toBe(true);
        expect(fitted.file.endsWith(own.after)).toBe(true);
      }
    }
  });
});

describe("a selection's shape", () => {
  it.each([
    ["whole lines", "class A {\n«  a();\n  b();\n»}\n"],
    ["from within a line", "  «a();\n  b();»\n"],
    ["from within an expression", "x = «f(\n    1,\n)»;\n"],
    ["further out than its first line", "    «a();\n  b();»\n"],
    ["with blank ends", "«\n\n  a();\n\n  b();\n\n»"],
  ])("gives the selection back: %s", (_, file) => {
    const own = subject(file);
    const { lines } = selectionShape(own);
    // What a model would have to write to leave everything as it is.
    const changed = [...lines, "c();"].join("\n");
    const fitted = fitAnswer({ kind: "edit", subject: own }, `\`\`\`ts\n${changed}\n\`\`\``);
    expect(fitted.kind).toBe("edit");
    if (fitted.kind !== "edit") return;
    const { head, tail } = selectionShape(own);
    expect(fitted.replacement.startsWith(head)).toBe(true);
    expect(fitted.replacement.endsWith(tail)).toBe(true);
    expect(fitted.replacement.replace(/\n[^\n]*c\(\);/u, "")).toBe(own.selected);
  });
});

describe("documentation", () => {
  const asked =
    '{"summary": "Adds two numbers", "parameters": {"a": "The first.", "b": "The second."}, "returns": "Their sum."}';

  it("is a block above a definition in the languages that have one", () => {
    expect(edited("document", method, asked)).toBe(
      method.replace(
        "«  add",
        "«  /**\n   * Adds two numbers.\n   * @param a The first.\n   * @param b The second.\n   * @returns Their sum.\n   */\n  add",
      ),
    );
  });

  it("is a docstring in Python, in place of one that is there", () => {
    const file = "class A:\n«    def add(self, a, b=1):\n        '''Old.'''\n        return a + b»\n";
    expect(edited("document", file, asked, "python")).toBe(
      'class A:\n«    def add(self, a, b=1):\n        """Adds two numbers.\n\n        Args:\n            a: The first.\n            b: The second.\n\n        Returns:\n            Their sum.\n        """\n        return a + b»\n',
    );
  });

  it.each([
    ["go", "«func Add(a int, b int) int {\n\treturn a + b\n}»\n", "// Adds two numbers.\n"],
    ["rust", "«fn add(a: i32, b: i32) -> i32 {\n    a + b\n}»\n", "/// Adds two numbers.\n"],
    ["shellscript", "«add() {\n  echo $(($1 + $2))\n}»\n", "# Adds two numbers.\n"],
  ])("is lines above in %s", (language, file, comment) => {
    expect(edited("document", file, asked, language)).toBe(file.replace("«", `«${comment}`));
  });

  it("can't end the comment it stands in", () => {
    const hostile = '{"summary": "Ends here */ alert(1) \\"\\"\\" /* \\n evil()"}';
    expect(edited("document", "«function a() {\n  b();\n}»\n", hostile)).not.toMatch(/\*\/ alert/u);
    expect(edited("document", "«def a():\n    b()»\n", hostile, "python")).toContain("'''");
    expect(edited("document", "«def a():\n    b()»\n", hostile, "python").match(/"""/gu)).toHaveLength(2);
  });

  it("takes comments alone from code that was changed besides", () => {
    const file = "«const a = 1;\nconst b = a + 1;\nconsole.log(b);»\n";
    const answer =
      "```ts\n// The first number.\nconst a = 1;\n// One more than it.\nconst b = a + 2;\n// Shown to the person.\nconsole.log(b);\n```";
    expect(edited("document", file, answer)).toBe(
      "«// The first number.\nconst a = 1;\nconst b = a + 1;\n// Shown to the person.\nconsole.log(b);»\n",
    );
  });

  it("is refused where nothing of it is a comment", () => {
    expect(fit("document", "«a();\nb();»\n", "```ts\na();\nc();\n```")).toEqual({ kind: "refused", why: "unchanged" });
  });
});

describe("other answers", () => {
  it("are names in the file's own style, without the one that is there", () => {
    const file = "«def f(x_value, other_value):\n    return x_value * other_value»\n";
    const names = (answer: string) => {
      const fitted = fit("name", file, answer, "python");
      return fitted.kind === "text" && fitted.form === "names" ? fitted.names : fitted;
    };
    expect(names('{"names": ["multiplyValues", "f", "product-of", "class", "multiply_values"]}')).toEqual([
      "multiply_values",
      "product_of",
    ]);
    expect(names("1. `multiply_values` - says it\n2. product\n\nI like these.")).toEqual([
      "multiply_values",
      "product",
    ]);
    expect(names('{"names": ["f"]}')).toEqual({ kind: "refused", why: "unchanged" });
    expect(names("I cannot say.")).toEqual({ kind: "refused", why: "empty" });
  });

  it("are code without fences for tests and translations", () => {
    expect(fit("tests", method, "Here are tests:\n```ts\n  it('adds', () => {});\n```\nDone.")).toEqual({
      kind: "text",
      form: "code",
      text: "it('adds', () => {});\n",
      languageId: "typescript",
    });
    const translated = fitAnswer(
      { kind: "translate", subject: subject(method), targetLanguage: "go" },
      "```go\nfunc a() {}\n```",
    );
    expect(translated).toMatchObject({ form: "code", languageId: "go" });
  });
});
