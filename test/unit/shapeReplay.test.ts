import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type EditorSnapshot, linesOfText } from "../../src/completion/core/editorSnapshot";
import { columnsOf } from "../../src/completion/core/indentation";
import { Shaper } from "../../src/completion/core/shape";
import { Syntax } from "../../src/completion/node/syntax";
import { silentLogger } from "../../src/platform/core/logger";
import { seededRandom } from "../support/random";
import { piecesOf } from "../support/shapeHarness";

const root = path.resolve(import.meta.dirname, "../..");
const syntax = new Syntax(path.join(root, "node_modules/@vscode/tree-sitter-wasm/wasm"), silentLogger, Infinity);
beforeAll(() => syntax.ready("typescript"));
afterAll(() => syntax.dispose());

/** What is shown of a model that writes what stood there, and then goes on with the lines that follow it anyway. */
function restored(before: string, gone: string, after: string): string {
  const head = before.split("\n");
  const snapshot: EditorSnapshot = {
    uri: before,
    name: "a.ts",
    languageId: "typescript",
    version: 1,
    lines: linesOfText(before + after),
    cursor: { line: head.length - 1, character: head.at(-1)?.length ?? 0 },
    indent: { spaces: true, size: 2 },
  };
  const shaper = new Shaper({ snapshot, syntax: syntax.syntaxAt(snapshot), leastProbability: 0, maxLines: 40 });
  for (const piece of piecesOf(gone + after.split("\n").slice(0, 9).join("\n"))) {
    const { done, text, replaces } = shaper.push([piece]);
    if (done) return before + text + after.slice(replaces);
  }
  const { text, replaces } = shaper.end("end");
  return before + text + after.slice(replaces);
}

it("gives back what stood at random places of this repository", { timeout: 120_000 }, () => {
  const random = seededRandom(1);
  // Pages hold CSS and HTML in strings, in which a suggestion ends with the line.
  const files = execFileSync("git", ["ls-files", "src/*.ts", ":!src/*/webview/*", ":!src/ui/*"], { cwd: root });
  const names = files.toString("utf8").trim().split("\n");
  const tried = { lines: 0, bodies: 0 };
  const right = { lines: 0, bodies: 0 };
  for (let round = 0; round < 900; round++) {
    const file = names[Math.floor(random() * names.length)] ?? "";
    const lines = readFileSync(path.join(root, file), "utf8").split("\n");
    const index = Math.floor(random() * (lines.length - 5));
    const line = lines[index] ?? "";
    const tryOut = (kind: "lines" | "bodies", before: string, gone: string, after: string): void => {
      tried[kind]++;
      if (restored(before, gone, after) === before + gone + after) right[kind]++;
    };
    const words = [...line.matchAll(/\b\w/g)];
    const word = words[Math.floor(random() * words.length)];
    const above = lines
      .slice(0, index)
      .map((one) => `${one}\n`)
      .join("");
    if (word !== undefined) {
      const after = `\n${lines.slice(index + 1).join("\n")}`;
      tryOut("lines", above + line.slice(0, word.index), line.slice(word.index), after);
    }
    const depth = columnsOf(line, 2);
    const end = lines.findIndex((one, at) => at > index && one.trim() !== "" && columnsOf(one, 2) <= depth);
    if (line.endsWith("{") && end > index + 1 && end - index < 30) {
      tryOut("bodies", above + line, `\n${lines.slice(index + 1, end).join("\n")}`, `\n${lines.slice(end).join("\n")}`);
    }
  }
  const share = { lines: right.lines / tried.lines, bodies: right.bodies / tried.bodies };
  console.log(`lines ${right.lines} of ${tried.lines}, bodies ${right.bodies} of ${tried.bodies}`);
  expect(tried.bodies).toBeGreaterThan(50);
  expect(share.lines).toBeGreaterThan(0.98);
  expect(share.bodies).toBeGreaterThan(0.97);
});
