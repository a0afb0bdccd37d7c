import { describe, expect, it } from "vitest";
import { chooseChunks, type ChunkWish } from "../../src/completion/core/chunkChoice";
import type { ChunkKind, ContextChunk } from "../../src/completion/core/contextChunk";
import { likeness, tellingLine, tellingLines } from "../../src/completion/core/lineSets";
import { seededRandom } from "../support/random";

const numbered = (what: string, from: number, count: number): string =>
  Array.from({ length: count }, (_, index) => `const ${what}Number${from + index} = ${from + index};\n`).join("");

function chunk(kind: ChunkKind, name: string, text: string, firstLine = 0): ContextChunk {
  return { kind, name, uri: `file:///w/${name}`, firstLine, text };
}
/** Lines of a file that says something else in each. */
function lines(kind: ChunkKind, name: string, from: number, count: number): ContextChunk {
  return chunk(kind, name, numbered(name.replace(/\W/gu, ""), from, count), from);
}
function wish(candidates: readonly ContextChunk[], more: Partial<ChunkWish> = {}): ChunkWish {
  return { candidates, uri: "file:///w/edited.ts", prefix: "", suffix: "", budget: 10_000, ...more };
}
const kinds = (chunks: readonly ContextChunk[]): string[] => chunks.map(({ kind }) => kind);
const names = (chunks: readonly ContextChunk[]): string[] => chunks.map(({ name }) => name);

describe("lines that say something", () => {
  it("are compared without indentation; brackets, keywords and blanks are none", () => {
    expect(tellingLine("\t  const total = 1;  ")).toBe("const total = 1;");
    for (const line of ["", "  }", "} else {", "return;", "});", "// ---------"])
      expect(tellingLine(line)).toBeUndefined();
    expect(tellingLine("合計 = 値")).toBe("合計 = 値");
  });

  it("make texts alike by what both have of what either has", () => {
    const a = tellingLines(numbered("a", 0, 10));
    expect(likeness(a, tellingLines(numbered("a", 0, 10)))).toBe(1);
    expect(likeness(a, tellingLines(numbered("a", 5, 10)))).toBeCloseTo(5 / 15);
    expect(likeness(new Set(), new Set())).toBe(0);
  });
});

describe("the choice of chunks", () => {
  const each = [
    lines("recentEdit", "r.ts", 0, 5),
    lines("openEditor", "o.ts", 0, 5),
    lines("visible", "v.ts", 0, 5),
    lines("definition", "d.ts", 0, 5),
    lines("cell", "c.ipynb", 0, 5),
    lines("imports", "edited.ts", 0, 5),
    lines("enclosing", "edited.ts", 100, 5),
  ];

  it("puts what changes least first", () => {
    expect(kinds(chooseChunks(wish(each)))).toEqual([
      "definition",
      "openEditor",
      "imports",
      "cell",
      "visible",
      "enclosing",
      "recentEdit",
    ]);
  });

  it("takes the most valuable kinds where not all fits, and what still fits of the others", () => {
    const best = each.filter(({ kind }) => ["definition", "imports", "enclosing"].includes(kind));
    const size = best.reduce((sum, { name, text }) => sum + name.length + 1 + text.length, 0);
    expect(kinds(chooseChunks(wish(each, { budget: size + 60 })))).toEqual(["definition", "imports", "enclosing"]);
    const big = lines("definition", "big.ts", 0, 40);
    expect(names(chooseChunks(wish([big, ...each.slice(0, 1)], { budget: 150 })))).toEqual(["r.ts"]);
    expect(chooseChunks(wish(each, { budget: 0 }))).toEqual([]);
  });

  it("takes the candidates of one kind in their order", () => {
    const [a, b, c] = ["c.ts", "b.ts", "a.ts"].map((name) => lines("openEditor", name, 0, 10));
    if (a === undefined || b === undefined || c === undefined) throw new Error("There are three.");
    const chosen = chooseChunks(wish([a, b, c], { budget: (a.text.length + 5) * 2 }));
    expect(names(chosen)).toEqual(["b.ts", "c.ts"]);
  });

  it("cuts what does not fit to its first whole lines, and nothing to a scrap", () => {
    const long = lines("definition", "d.ts", 0, 30);
    const line = long.text.length / 30;
    const [cut] = chooseChunks(wish([long], { budget: 5 + Math.ceil(line) * 12 }));
    expect(long.text.startsWith(cut?.text ?? "-")).toBe(true);
    expect(cut?.text.split("\n").length).toBeGreaterThan(10);
    expect(chooseChunks(wish([long], { budget: 5 + Math.ceil(line) * 6 }))).toEqual([]);
  });

  it("has no chunk of more than 40 lines and no sum over the budget, whatever is gathered", () => {
    const random = seededRandom(5);
    const all = ["definition", "imports", "enclosing", "recentEdit", "visible", "cell", "openEditor"] as const;
    for (let round = 0; round < 200; round++) {
      const candidates = Array.from({ length: 20 }, () =>
        lines(
          all[Math.floor(random() * all.length)] ?? "cell",
          `${Math.floor(random() * 4)}.ts`,
          Math.floor(random() * 100),
          Math.floor(random() * 60),
        ),
      );
      const budget = Math.floor(random() * 8_000);
      const chosen = chooseChunks(wish(candidates, { budget }));
      expect(chosen.reduce((sum, { name, text }) => sum + name.length + 1 + text.length, 0)).toBeLessThanOrEqual(
        budget,
      );
      for (const { text } of chosen) {
        expect(text.split("\n").length - 1).toBeLessThanOrEqual(40);
        expect(text.endsWith("\n")).toBe(true);
      }
      expect(chooseChunks(wish(candidates, { budget }))).toEqual(chosen);
      expect(chooseChunks(wish(candidates, { budget, previous: chosen }))).toBe(chosen);
    }
  });

  it("leaves out what the window mostly holds, and what says nothing", () => {
    const held = lines("visible", "copy.ts", 0, 10);
    const half = numbered("copyts", 0, 6);
    expect(chooseChunks(wish([held], { prefix: half }))).toEqual([]);
    expect(chooseChunks(wish([held], { suffix: half }))).toEqual([]);
    expect(chooseChunks(wish([held], { prefix: numbered("copyts", 0, 5) }))).toEqual([held]);
    expect(chooseChunks(wish([chunk("visible", "empty.ts", "{\n}\n\n")]))).toEqual([]);
    expect(chooseChunks(wish([chunk("visible", "empty.ts", "")]))).toEqual([]);
  });

  it("takes of the edited file only lines that the window lacks", () => {
    const edit = lines("recentEdit", "edited.ts", 10, 10);
    const [rest] = chooseChunks(wish([edit], { prefix: numbered("editedts", 16, 20) }));
    expect(rest).toEqual(lines("recentEdit", "edited.ts", 10, 6));
    const [after] = chooseChunks(wish([edit], { prefix: numbered("editedts", 0, 13) }));
    expect(after?.firstLine).toBe(13);
    const imports = chunk("imports", "edited.ts", 'import { one } from "./one";\nimport { two } from "./two";\n');
    const [lacking] = chooseChunks(wish([imports], { prefix: 'import { one } from "./one";\n' }));
    expect(lacking?.text).toBe('import { two } from "./two";\n');
  });

  it("merges regions of a file that overlap or touch, as the more valuable kind", () => {
    const chosen = chooseChunks(
      wish([lines("visible", "a.ts", 5, 10), lines("recentEdit", "a.ts", 0, 8), lines("visible", "a.ts", 15, 5)]),
    );
    expect(chosen).toEqual([lines("recentEdit", "a.ts", 0, 20)]);
  });

  it("lets the less valuable region keep what is its own where the whole would be too long, or they differ", () => {
    const chosen = chooseChunks(wish([lines("visible", "a.ts", 0, 40), lines("recentEdit", "a.ts", 30, 20)]));
    expect(chosen).toEqual([lines("visible", "a.ts", 0, 30), lines("recentEdit", "a.ts", 30, 20)]);
    const other = chunk("visible", "a.ts", numbered("older", 0, 10), 0);
    expect(chooseChunks(wish([other, lines("recentEdit", "a.ts", 5, 10)]))).toEqual([
      chunk("visible", "a.ts", numbered("older", 0, 5), 0),
      lines("recentEdit", "a.ts", 5, 10),
    ]);
  });

  it("takes only the more valuable of near duplicates", () => {
    const text = numbered("same", 0, 30);
    const copy = chunk("openEditor", "copy.ts", text.replace("const sameNumber3 ", "let sameNumber3 "));
    expect(names(chooseChunks(wish([copy, chunk("visible", "a.ts", text)])))).toEqual(["a.ts"]);
    const other = chunk("openEditor", "other.ts", numbered("same", 10, 30));
    expect(names(chooseChunks(wish([other, chunk("visible", "a.ts", text)])))).toEqual(["other.ts", "a.ts"]);
  });

  describe("after a choice", () => {
    const first = [
      lines("definition", "d.ts", 0, 20),
      lines("openEditor", "o.ts", 0, 20),
      lines("visible", "v.ts", 0, 20),
    ];
    const previous = chooseChunks(wish(first, { budget: 1_500 }));

    it("stays the same while all of it is there, in whatever order it is gathered and whatever is typed", () => {
      const again = wish(first.toReversed(), { budget: 1_500, previous, prefix: "const typed = somethingElse;\n" });
      expect(chooseChunks(again)).toBe(previous);
    });

    it("stays where only something as good or a little better comes", () => {
      for (const come of [lines("visible", "w.ts", 0, 20), lines("cell", "c.ipynb", 0, 20)])
        expect(chooseChunks(wish([come, ...first], { budget: 1_500, previous })), come.kind).toBe(previous);
    });

    it("changes for what is clearly more valuable, and keeps the beginning of the prompt", () => {
      const come = lines("definition", "a.ts", 0, 20);
      expect(names(chooseChunks(wish([come, ...first], { budget: 1_500, previous })))).toEqual([
        "d.ts",
        "a.ts",
        "v.ts",
      ]);
    });

    it("takes in what there is room for: a recent edit always, anything while half of the budget is free", () => {
      const edit = lines("recentEdit", "r.ts", 0, 5);
      const roomy = wish([...first, edit], { budget: 1_800, previous });
      expect(names(chooseChunks(roomy))).toEqual([...names(previous), "r.ts"]);
      const cell = lines("cell", "c.ipynb", 0, 5);
      expect(chooseChunks(wish([...first, cell], { budget: 1_800, previous }))).toBe(previous);
      expect(names(chooseChunks(wish([...first, cell], { budget: 9_000, previous })))).toContain("c.ipynb");
      expect(chooseChunks(wish(first, { previous: [] }))).toHaveLength(3);
    });

    it("changes where a chunk has gone, has changed or has come into the window", () => {
      const [d, o, v] = first;
      if (d === undefined || o === undefined || v === undefined) throw new Error("There are three.");
      expect(names(chooseChunks(wish([d, v], { budget: 1_500, previous })))).toEqual(["d.ts", "v.ts"]);
      const changed = { ...o, text: o.text.replace("Number7", "Number700") };
      const chosen = chooseChunks(wish([d, changed, v], { budget: 1_500, previous }));
      expect(chosen.find(({ name }) => name === "o.ts")).toEqual(changed);
      expect(names(chooseChunks(wish(first, { budget: 1_500, previous, suffix: v.text })))).not.toContain("v.ts");
      expect(chooseChunks(wish(first, { budget: 1_000, previous })).length).toBeLessThan(previous.length);
    });

    it("stays where a chunk only moved or its region grew, and then tells its present line", () => {
      const moved = first.map((one) => ({ ...one, firstLine: one.firstLine + 3 }));
      const kept = chooseChunks(wish(moved, { budget: 1_500, previous }));
      expect(kept).toEqual(previous.map((one) => ({ ...one, firstLine: one.firstLine + 3 })));
      const grown = first.map((one) => (one.kind === "visible" ? lines("visible", "v.ts", 0, 22) : one));
      expect(chooseChunks(wish(grown, { budget: 1_500, previous }))).toBe(previous);
    });
  });
});
