import { describe, expect, it } from "vitest";
import { droppableParts } from "../../src/actions/core/actionPlan";
import { tokensIn } from "../../src/actions/core/actionPrompt";
import type { CodeSubject } from "../../src/actions/core/actionRequest";
import { type PlannedQuestion, planQuestion, roomForQuestion } from "../../src/actions/core/chatQuestion";
import { modelSize } from "../../src/actions/core/modelSize";
import { ownActionForm } from "../../src/actions/core/ownAction";
import { betterModel } from "../../src/actions/core/usefulness";
import { parseFrontMatter } from "../../src/chat/core/frontMatter";
import { promptTemplate } from "../../src/chat/core/promptTemplate";

const lines = (count: number, word: string): string =>
  Array.from({ length: count }, (_, at) => `const ${word}${at} = compute(${at}); // a line of code\n`).join("");
const subject: CodeSubject = {
  path: "src/cart.ts",
  languageId: "typescript",
  before: `import { vat } from "./vat";\n${lines(200, "above")}`,
  selected: "export function total(items: Item[]): number {\n  return sum(itms);\n}\n",
  after: lines(200, "below"),
  eol: "\n",
  problems: [
    { severity: "error", line: 203, message: "Cannot find name 'itms'.", source: "ts 2304" },
    { severity: "warning", line: 203, message: "'vat' is never read." },
  ],
};
const whats = ({ parts }: PlannedQuestion): string[] => parts.map(({ what }) => what);
const sizeOf = ({ parts }: PlannedQuestion): number => parts.reduce((sum, { text }) => sum + tokensIn(text), 0);

describe("a question to the chat", () => {
  it("carries what a model of its size makes use of", () => {
    const code = { kind: "code", subject } as const;
    expect(whats(planQuestion(code, modelSize(135e6), 10_000))).toEqual(["imports", "code", "problems"]);
    expect(whats(planQuestion(code, modelSize(undefined), 10_000))).toEqual(["imports", "code", "problems"]);
    expect(whats(planQuestion(code, modelSize(1.5e9), 10_000))).toEqual([
      ...["imports", "nearBefore", "nearAfter", "code", "problems"],
    ]);
    const whole = planQuestion(code, modelSize(8e9), 100_000);
    expect(whats(whole)).toEqual([
      ...["imports", "farBefore", "nearBefore", "nearAfter", "farAfter", "code", "problems"],
    ]);
    expect(whole).toMatchObject({ dropped: [], cut: false });
    expect(whats(planQuestion({ ...code, alone: true }, modelSize(8e9), 100_000))).toEqual(["code", "problems"]);
  });

  it("fits a context of 2,048 tokens by dropping whole parts in their order, and never the code", () => {
    let before: readonly string[] = [];
    for (let room = 20_000; room > 0; room = Math.floor(room * 0.9)) {
      const planned = planQuestion({ kind: "code", subject }, "large", room);
      const { dropped, parts } = planned;
      expect(dropped.slice(0, before.length)).toEqual(before);
      expect([...dropped].sort((a, b) => droppableParts.indexOf(a) - droppableParts.indexOf(b))).toEqual(dropped);
      expect(parts).toContainEqual({ what: "code", text: subject.selected });
      expect(parts.find(({ what }) => what === "problems")?.text).toContain("itms");
      before = dropped;
    }
    expect(before).toEqual(["farAfter", "farBefore", "otherProblems", "nearAfter", "nearBefore", "imports"]);
    const room = roomForQuestion(2048);
    expect(sizeOf(planQuestion({ kind: "code", subject }, "large", room))).toBeLessThan(room);
  });

  it("keeps a file's beginning, and of a command what it was and its end", () => {
    const room = roomForQuestion(2048);
    const file = planQuestion({ kind: "file", text: lines(400, "text") }, "small", room);
    expect(file.cut).toBe(true);
    expect(file.parts[0]?.text).toMatch(/^const text0 = .*\n\[…\]$/su);
    const command = planQuestion(
      { kind: "command", text: `$ make\n# exit code 2\n${lines(400, "out")}error: no rule\n` },
      "small",
      room,
    );
    expect(command.parts[0]?.text).toMatch(/^\$ make\n# exit code 2\n\[…\]\nconst out.*error: no rule\n$/su);
    for (const planned of [file, command]) {
      expect(sizeOf(planned)).toBeLessThan(room);
      expect(sizeOf(planned)).toBeGreaterThan(room * 0.9);
    }
    expect(planQuestion({ kind: "folder", text: "src/\n" }, "small", room)).toEqual({
      parts: [{ what: "folder", text: "src/\n" }],
      dropped: [],
      cut: false,
    });
  });

  it("shows something of a file that is one long line, and nothing where there is no room at all", () => {
    const text = "x".repeat(100_000);
    const room = 300;
    const planned = planQuestion({ kind: "file", text }, "large", room);
    expect(planned.parts[0]?.text).toMatch(/^x{100,}\n\[…\]$/u);
    expect(sizeOf(planned)).toBeLessThan(room);
    expect(planQuestion({ kind: "file", text }, "large", -5).parts[0]?.text).toBe("[…]");
  });
});

describe("an action of the person's own", () => {
  it("says which values nobody knows", () => {
    const form = ownActionForm(
      new Map([
        ["where", "everywhere"],
        ["context", "None"],
        ["output", "edti"],
      ]),
    );
    expect(form?.unknown).toEqual([
      { field: "where", value: "everywhere", allowed: ["selection", "symbol", "file"] },
      { field: "output", value: "edti", allowed: ["edit", "chat", "editor"] },
    ]);
    expect(form?.context).toBe("none");
  });

  it("is what a new prompt file becomes without the marks before its fields, and not before", () => {
    const about = "x: y";
    const template = promptTemplate({
      description: "Explain",
      task: "Explain it:",
      aboutDescription: about,
      aboutVariables: about,
      aboutInputs: about,
      aboutLinks: about,
      aboutActions: about,
      aboutWhere: about,
      aboutContext: about,
      aboutOutput: about,
      aboutModel: about,
    });
    expect(ownActionForm(parseFrontMatter(template).fields)).toBeUndefined();
    const uncommented = template.replace(/^#(?=\w)/gmu, "");
    expect(ownActionForm(parseFrontMatter(uncommented).fields)).toEqual({
      ...{ where: "selection", context: "file", output: "chat", model: "NAME", unknown: [] },
    });
  });
});

describe("a better model", () => {
  const starter = { id: "smollm2-135m-instruct-q4_1", parameters: 135e6 };
  const middle = { id: "file:middle", parameters: 1.5e9 };
  const large = { id: "file:large", parameters: 8e9 };

  it("is the largest of those that nobody measured", () => {
    expect(betterModel("fix", starter.id, [starter, middle, large])).toBe(large);
  });

  it("is larger at least", () => {
    expect(betterModel("fix", starter.id, [starter])).toBeUndefined();
    expect(betterModel("fix", starter.id, [starter, { id: "file:tiny", parameters: 50e6 }])).toBeUndefined();
  });

  it("goes by what was measured before it goes by size, and is none of no use itself", () => {
    expect(betterModel("document", large.id, [starter, middle, large])).toBe(starter);
    expect(betterModel("fix", middle.id, [starter, middle])).toBeUndefined();
  });
});
