import { describe, expect, it } from "vitest";
import type { InfillPiece } from "../../src/engine/infill";
import { seededRandom } from "../support/random";
import { expectGrowth, runPieces, type ShapeCase } from "../support/shapeHarness";

const languages = [
  "typescript",
  "python",
  "go",
  "rust",
  "java",
  "lua",
  "shellscript",
  "ruby",
  "plaintext",
  "nothing",
  "yaml",
  "html",
];
const parts = [
  "{",
  "}",
  "(",
  ")",
  "[",
  "]",
  "});",
  "\n",
  "\n",
  "\n  ",
  "\n    ",
  "\n\t",
  "\r\n",
  "\r",
  " ",
  "  ",
  ";",
  ",",
  ".",
  ":",
  "=",
  "=> {",
  "if",
  "x",
  "foo",
  "return 1",
  "def f():",
  "end",
  "do",
  "then",
  '"',
  "'",
  "`",
  '"""',
  "${",
  "\\",
  "\\'",
  "//",
  "/*",
  "*/",
  "#",
  "--",
  "/",
  "😀",
  "é",
  "ﬁ",
  "\ud83d",
  "\ude00",
  "\u0000",
  "\u202e",
  "'a'",
  "1.5",
  "foo();",
  "\nfoo();",
  "a".repeat(300),
];
const documents = [
  "|",
  "const x = |;\nfoo();\n",
  "foo(|)\n",
  "foo(bar(|), 1);\n",
  'x = "|"\n',
  "function f() {|}\n",
  "function f() {\n  |\n}\n",
  "class A {\n  f() {|\n}\n",
  "useEffect(() => {|});\n",
  "x = [\n  1,\n  |\n]\n",
  "def f():|\n\nx = 1\n",
  "def f():\n    |\n",
  "if x then|\nend\n",
  "foo();|\nfoo();\n",
  "a = `x${|}`;\n",
  "/* a |\n*/\n",
  "// a |\nfoo();\n",
  "\t\tif x {\n\t\t\t|\n\t\t}\n",
  "  foo|.bar(x)\n",
  "{|\n",
];

describe("any text the model may write", () => {
  it("never takes back what was shown, and gives the same however it is cut", () => {
    const random = seededRandom(11);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
    for (let round = 0; round < 4000; round++) {
      const document = pick(documents);
      const options: ShapeCase = {
        language: pick(languages),
        indent: { spaces: random() < 0.7, size: pick([2, 4]) },
        maxLines: pick([1, 3, 20]),
        stopReason: pick(["end", "maxTokens"] as const),
      };
      const text = Array.from({ length: 1 + Math.floor(random() * 25) }, () => pick(parts)).join("");
      const cut = (): InfillPiece[] => {
        const pieces: InfillPiece[] = [];
        for (let at = 0; at < text.length;) {
          const length = 1 + Math.floor(random() * 6);
          pieces.push({ text: text.slice(at, at + length), probability: 1 });
          at += length;
        }
        return pieces;
      };
      const whole = runPieces(document, [{ text, probability: 1 }], options).last;
      const label = JSON.stringify({ document, text, options });
      for (let split = 0; split < 3; split++) {
        const run = runPieces(document, cut(), options);
        expect(run.last, label).toEqual(whole);
        try {
          expectGrowth(run.shapes);
        } catch (error) {
          throw new Error(`${label}: ${String(error)}`);
        }
      }
      expectSound(whole.text, document, whole.replaces, label, options);
      expect(whole.done).toBe(true);
      expect((whole.text === "") === (whole.reason !== undefined), label).toBe(true);
    }
  });

  it("closes no bracket that something else closes already", () => {
    const random = seededRandom(5);
    const plain = documents.filter((one) => !one.includes("`"));
    const tokens = ["{", "}", "(", ")", "[", "]", "\n", "x", ", ", " y", ";"];
    for (let round = 0; round < 4000; round++) {
      const document = plain[Math.floor(random() * plain.length)] ?? "";
      const text = Array.from(
        { length: 1 + Math.floor(random() * 15) },
        () => tokens[Math.floor(random() * tokens.length)],
      ).join("");
      const { last } = runPieces(document, [{ text, probability: 1 }]);
      const [before = "", after = ""] = document.split("|");
      const result = before + last.text + after.slice(last.replaces);
      expect(surplus(result), JSON.stringify({ document, text, last })).toBeLessThanOrEqual(surplus(before + after));
    }
  });
});

/** Closers without an opener, outside strings as far as these documents go. */
function surplus(text: string): number {
  let found = 0;
  const open: string[] = [];
  for (const one of text.replaceAll(/\/\*[^]*?\*\/|\/\/.*|"[^"\n]*"/g, "")) {
    if ("([{".includes(one)) open.push(one);
    else if (")]}".includes(one)) {
      const match = open.lastIndexOf({ ")": "(", "]": "[", "}": "{" }[one] ?? "");
      if (match >= 0) open.splice(match);
      else found++;
    }
  }
  return found;
}

function expectSound(text: string, document: string, replaces: number, label: string, options: ShapeCase): void {
  expect(/[\u0000-\u0008\u000b-\u001f\u202e]/.test(text), label).toBe(false);
  expect(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text), label).toBe(false);
  expect(text.split("\n").length, label).toBeLessThanOrEqual((options.maxLines ?? 20) + 1);
  const suffix = document.slice(document.indexOf("|") + 1).split("\n")[0] ?? "";
  expect(replaces, label).toBeLessThanOrEqual(suffix.length);
  if (suffix === "") expect(text, label).toBe(text.trimEnd());
}
