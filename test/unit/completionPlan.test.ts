import { describe, expect, it } from "vitest";
import { linesOfText } from "../../src/completion/core/editorSnapshot";
import { follow, makePlan, MOST_LINES_BEFORE, type PlanBudget, promptOf } from "../../src/completion/core/promptPlan";
import { snapshotAt } from "../support/editorSnapshots";

const budget: PlanBudget = { prefix: 2000, suffix: 500, chunks: 0 };
const around = { repository: "", chunks: [] };
const middle = "prefix-suffix-middle";

const numbered = (count: number): string =>
  Array.from({ length: count }, (_, line) => `const a${line} = ${line};`).join("\n");
const at = (text: string, line: number, character = 0) => ({
  ...snapshotAt("|"),
  lines: linesOfText(text),
  cursor: { line, character },
});

describe("a plan", () => {
  it("has its anchor at the start of the cursor's line, and what follows the cursor as suffix", () => {
    const snapshot = snapshotAt("let a = 1;\nlet b = |;\nlet c = 3;");
    const plan = makePlan(snapshot, middle, budget, around);
    expect(plan).toMatchObject({ prefix: "let a = 1;\n", suffix: ";\nlet c = 3;", anchor: 1, firstLine: 0 });
    expect(follow(plan, snapshot)).toEqual(promptOf(plan, "let b = "));
  });

  it("only appends while somebody types, over lines too, and forgets what is deleted again", () => {
    const plan = makePlan(snapshotAt("let a;\nlet b = |\nend"), middle, budget, around);
    const typed = (marked: string) => follow(plan, snapshotAt(marked))?.typed;
    expect(typed("let a;\nlet b = f|\nend")).toBe("let b = f");
    expect(typed("let a;\nlet b = f();\nlet c|\nend")).toBe("let b = f();\nlet c");
    expect(typed("let a;\nlet b|\nend")).toBe("let b");
  });

  it("needs a new one above the anchor, and where the text before or after changed", () => {
    const plan = makePlan(snapshotAt("let a;\nlet b = |\nend"), middle, budget, around);
    expect(follow(plan, snapshotAt("let a|;\nlet b = \nend"))).toBeUndefined();
    expect(follow(plan, snapshotAt("let x;\nlet b = |\nend"))).toBeUndefined();
    expect(follow(plan, snapshotAt("let a;\nlet b = |\nother"))).toBeUndefined();
    expect(follow(plan, snapshotAt("let a;\nlet b = |\nend", { uri: "file:///other" }))).toBeUndefined();
  });

  it("holds when the editor closes a bracket, and when it is typed over", () => {
    const plan = makePlan(snapshotAt("call|\nend"), middle, budget, around);
    expect(follow(plan, snapshotAt("call(|)\nend"))?.suffix).toBe("\nend");
    expect(follow(plan, snapshotAt("call([{'|'}])\nend"))).toBeDefined();
    const closed = makePlan(snapshotAt("call(|);\nend"), middle, budget, around);
    expect(follow(closed, snapshotAt("call(1)|;\nend"))?.typed).toBe("call(1)");
    expect(follow(closed, snapshotAt("call(|, b);\nend"))).toBeUndefined();
  });

  it("has no suffix for a model that sees none, and does not mind it changing", () => {
    const plan = makePlan(snapshotAt("a|\nend"), "prefix-only", budget, around);
    expect(plan.suffix).toBe("");
    expect(follow(plan, snapshotAt("ab|\nother"))?.typed).toBe("ab");
  });

  it("keeps the window's first line while it fits, and then cuts enough for many lines to come", () => {
    const text = numbered(400);
    const first = makePlan(at(text, 150), middle, budget, around);
    expect(first.prefix.length).toBeGreaterThan(budget.prefix / 2);
    expect(first.prefix.length).toBeLessThanOrEqual((budget.prefix * 2) / 3);
    const second = makePlan(at(text, 160), middle, budget, around, first);
    expect(second.firstLine).toBe(first.firstLine);
    const far = makePlan(at(text, 230), middle, budget, around, second);
    expect(far.firstLine).toBeGreaterThan(second.firstLine);
    expect(far.prefix.length).toBeLessThanOrEqual((budget.prefix * 2) / 3);
  });

  it("begins at the top where all fits, and has no more lines than a copy of the document holds", () => {
    expect(makePlan(at(numbered(400), 20), middle, { ...budget, prefix: 1e6 }, around).firstLine).toBe(0);
    const plan = makePlan(at(numbered(1000), 900), middle, { ...budget, prefix: 1e6 }, around);
    expect(900 - plan.firstLine).toBeLessThanOrEqual(MOST_LINES_BEFORE);
    expect(900 - plan.firstLine).toBeGreaterThan(100);
  });

  it("shows of a very long line its beginning, and whole lines of the suffix within its room", () => {
    const plan = makePlan(
      snapshotAt(`${"x".repeat(5000)}\n|\n${"y".repeat(100)}\n${"z".repeat(600)}\nend`),
      middle,
      budget,
      around,
    );
    expect(plan.prefix).toBe(`${"x".repeat(1000)}\n`);
    expect(plan.suffix).toBe(`\n${"y".repeat(100)}`);
  });
});
