import { describe, expect, it } from "vitest";
import { linesOfText, type TextLines } from "../../src/completion/core/editorSnapshot";
import { definitionExtent, headExtent, textOf } from "../../src/completion/core/extent";
import { importsOf } from "../../src/completion/core/imports";
import { RecentEdits } from "../../src/completion/core/recentEdits";
import { seededRandom } from "../support/random";

/** Names with the text found at their places, to see that these are right. */
function namesOf(text: string, languageId: string): string[] {
  const lines = linesOfText(text);
  return importsOf(lines, languageId).flatMap(({ names }) =>
    names.map(({ name, at }) => {
      expect(lines.line(at.line).slice(at.character, at.character + name.length)).toBe(name);
      return name;
    }),
  );
}

describe("imports", () => {
  it.each([
    ["typescript", 'import fs, { type Stats as S, read } from "node:fs";', ["fs", "Stats", "read"]],
    ["typescript", 'import {\n  one, // two\n  three,\n} from "./x";\nconst a = 1;', ["one", "three"]],
    ["typescriptreact", 'import * as React from "react";\nimport "./a.css";', []],
    ["javascript", 'const { a, b } = require("./ab");\nconst c = import("./c");', ["a", "b"]],
    ["python", "import os\nfrom a.b import (\n    c as d,  # the first\n    e,\n)\nx = 1", ["os", "c", "e"]],
    ["rust", "use crate::a::{b, c as d};\nuse std::io;\nfn main() {}", ["b", "c", "io"]],
    ["java", "package a;\nimport a.b.C;\nimport static a.b.D.e;\nimport a.b.*;", ["C", "e"]],
    ["csharp", "using System.Text;\nusing var x = Open();\nusing (y) {}", ["Text"]],
    ["php", "<?php\nuse A\\B\\C;", ["C"]],
    ["go", 'package main\nimport (\n\t"fmt"\n\tx "a/b"\n)\n', []],
    ["cpp", '#include <vector>\n#include "a.h"\n', []],
    ["plaintext", "import nothing", []],
    ["constructor", "import nothing", []],
  ])("of %s are found with the places of their names: %j", (languageId, text, names) => {
    expect(namesOf(text, languageId)).toEqual(names);
  });

  it("are whole statements, and tell which are of the project", () => {
    const all = importsOf(linesOfText('#include <a>\n#include "b.h"\n\nint x;\n'), "cpp");
    expect(all.map(({ firstLine, lines, isLocal }) => ({ firstLine, lines, isLocal }))).toEqual([
      { firstLine: 0, lines: ["#include <a>"], isLocal: false },
      { firstLine: 1, lines: ['#include "b.h"'], isLocal: true },
    ]);
    const [go] = importsOf(linesOfText('package a\n\nimport (\n\t"fmt"\n)\n'), "go");
    expect(go).toMatchObject({ firstLine: 2, lines: ["import (", '\t"fmt"', ")"] });
  });

  it("never end for a bracket that nobody closes, nor read a file of a million lines", () => {
    let read = 0;
    const endless: TextLines = {
      lineCount: 1_000_000,
      line: (index) => {
        read++;
        return index === 0 ? "import { a," : "b,";
      },
    };
    expect(importsOf(endless, "typescript")[0]?.lines.length).toBe(40);
    expect(read).toBeLessThan(1_000);
    expect(importsOf(linesOfText(`import { ${"a, ".repeat(10_000)} } from "./a";`), "typescript")).toEqual([]);
  });
});

describe("how far a definition goes", () => {
  const extent = (text: string, line = 0): string => {
    const lines = linesOfText(text);
    const { from, to } = definitionExtent(lines, line);
    return `${from}-${to}`;
  };
  it.each([
    ["export const a = 1;\nexport const b = 2;", "0-1"],
    ["function a() {\n  return 1;\n}\nfunction b() {}", "0-3"],
    ["function a(\n  b: string,\n): string {\n  return b;\n}\n\nnext();", "0-5"],
    ["def a(b):\n    c = b\n\n    return c\n\ndef d():\n    pass", "0-4"],
    ["def a\n  1\nend\ndef b", "0-3"],
    ["type A = {\n\tb: string;\n};\nlet x;", "0-3"],
    ["if (a) {\n  b();\n} else {\n  c();\n}\nd();", "0-5"],
  ])("%j: %s", (text, expected) => expect(extent(text)).toBe(expected));

  it("has 20 lines at most", () => {
    expect(extent(`class A {\n${"  one();\n".repeat(50)}}`)).toBe("0-20");
  });
});

describe("the head of a file", () => {
  const head = (text: string, languageId = "typescript"): string => {
    const lines = linesOfText(text);
    return textOf(lines, headExtent(lines, languageId)) ?? "";
  };
  it("begins after a license and the imports", () => {
    expect(
      head('/*\n * License\n */\n// More\n\nimport { a } from "./a";\n\n/** Says what. */\nexport class B {}\n'),
    ).toBe("/** Says what. */\nexport class B {}\n\n");
    expect(head("#!/usr/bin/env python\n# License\n\nimport os\n\ndef main():\n    pass", "python")).toBe(
      "def main():\n    pass\n",
    );
    expect(head("# Title\n\ndef main():\n    pass", "python")).toBe("def main():\n    pass\n");
  });

  it("is the imports where there is nothing else, and nothing where no person wrote it", () => {
    expect(head('import { alpha } from "./alpha";\n')).toBe('import { alpha } from "./alpha";\n\n');
    expect(head(`const packed = "${"x".repeat(1_000)}";`)).toBe("");
    expect(head("\n\n")).toBe("");
  });
});

describe("recent edits", () => {
  const show = (edits: RecentEdits): string[] => edits.regions.map(({ uri, from, to }) => `${uri} ${from}-${to}`);
  const edited = (...changes: [string, number, number, number][]): RecentEdits => {
    const edits = new RecentEdits();
    for (const [uri, from, to, lines] of changes) edits.changed(uri, [{ from, to, lines }]);
    return edits;
  };

  it("are the latest first, those near each other together", () => {
    expect(show(edited(["a", 100, 100, 1], ["b", 5, 5, 2], ["a", 105, 105, 1]))).toEqual(["a 100-106", "b 5-7"]);
    expect(show(edited(["a", 100, 100, 1], ["a", 150, 150, 1]))).toEqual(["a 150-151", "a 100-101"]);
  });

  it("follow their lines", () => {
    expect(show(edited(["a", 100, 100, 1], ["a", 0, 0, 11]))).toEqual(["a 0-11", "a 110-111"]);
    expect(show(edited(["a", 100, 100, 1], ["a", 10, 20, 1]))).toEqual(["a 10-11", "a 90-91"]);
    expect(show(edited(["a", 100, 100, 1], ["b", 0, 0, 11]))).toEqual(["b 0-11", "a 100-101"]);
    const several = edited(["a", 100, 100, 1]);
    several.changed("a", [
      { from: 200, to: 200, lines: 3 },
      { from: 10, to: 10, lines: 3 },
    ]);
    expect(show(several)).toEqual(["a 202-205", "a 10-13", "a 102-103"]);
  });

  it("are what a person edits, not a file written anew; that only moves them or ends them", () => {
    expect(show(edited(["a", 0, 0, 500]))).toEqual([]);
    expect(show(edited(["a", 100, 100, 1], ["a", 0, 0, 500]))).toEqual(["a 599-600"]);
    expect(show(edited(["a", 100, 100, 1], ["a", 0, 400, 400]))).toEqual([]);
  });

  it("end with their document", () => {
    const edits = edited(["a", 1, 1, 1], ["b", 1, 1, 1]);
    edits.forget("a");
    expect(show(edits)).toEqual(["b 1-2"]);
  });

  it("stay few, short and within the document, whatever is typed", () => {
    const random = seededRandom(3);
    const edits = new RecentEdits();
    const counts = new Map<string, number>();
    for (let round = 0; round < 1_000; round++) {
      const uri = `file${Math.floor(random() * 5)}`;
      const count = counts.get(uri) ?? 300;
      const from = Math.floor(random() * count);
      const to = Math.min(count - 1, from + (random() < 0.8 ? 0 : Math.floor(random() * 60)));
      const lines = random() < 0.6 ? 1 : 1 + Math.floor(random() * 60);
      edits.changed(uri, [{ from, to, lines }]);
      counts.set(uri, count - (to - from + 1) + lines);
      expect(edits.regions.length).toBeLessThanOrEqual(16);
      for (const region of edits.regions) {
        expect(region.from).toBeGreaterThanOrEqual(0);
        expect(region.to).toBeGreaterThan(region.from);
        expect(region.to - region.from).toBeLessThanOrEqual(24);
        expect(region.to).toBeLessThanOrEqual(counts.get(region.uri) ?? 300);
      }
      const latest = edits.regions[0];
      if (latest?.uri === uri) expect(latest.from).toBeLessThan(from + lines);
    }
  });
});
