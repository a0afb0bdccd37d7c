import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { actionKinds } from "../../src/actions/core/actionKinds";
import { type ActionPlan, droppableParts, type ModelRoom } from "../../src/actions/core/actionPlan";
import { planAction, tokensIn } from "../../src/actions/core/actionPrompt";
import type { ActionRequest, CodeSubject } from "../../src/actions/core/actionRequest";
import { scopesFor, typesFor } from "../../src/actions/core/answerSchemas";
import { commitMessage, conventionalHeader } from "../../src/actions/core/commitMessage";
import { definitionIn } from "../../src/actions/core/definition";
import { definitionAround, definitionEnd, paragraphAround } from "../../src/actions/core/extent";
import { ownActionForm } from "../../src/actions/core/ownAction";
import { isUseless, measuredUse } from "../../src/actions/core/usefulness";

const lines = (count: number, word: string): string =>
  Array.from({ length: count }, (_, at) => `const ${word}${at} = compute(${at}); // a line of code\n`).join("");
const subject: CodeSubject = {
  path: "src/shop/cart.ts",
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
const diff = (path: string, body = "-a\n+b\n"): { path: string; diff: string } => ({
  path,
  diff: `diff --git a/${path} b/${path}\n--- a/${path}\n+++ b/${path}\n@@ -1 +1 @@\n${body}`,
});
const requests: readonly ActionRequest[] = actionKinds.map((kind): ActionRequest => {
  switch (kind) {
    case "commit":
      return { kind, subject: { files: [diff("src/shop/cart.ts", lines(400, "+x"))], recent: ["fix: a thing"] } };
    case "explainCommand":
      return { kind, subject: { commandLine: "make", output: `${lines(400, "out")}error: no rule\n`, exitCode: 2 } };
    case "summarize":
      return { kind, subject: { path: "a.ts", languageId: "typescript", text: lines(400, "text") } };
    case "askFolder":
      return { kind, subject: { path: "src", outline: lines(400, "file") }, instruction: "Where is the cart?" };
    case "edit":
      return { kind, subject, instruction: "Add the tax" };
    case "translate":
      return { kind, subject, targetLanguage: "python" };
    default:
      return { kind, subject };
  }
});

const room = (contextSize: number, parameters?: number, canBegin = true): ModelRoom => ({
  contextSize,
  parameters,
  canBegin,
});
const size = ({ messages }: ActionPlan): number =>
  messages.reduce((sum, one) => sum + tokensIn(JSON.stringify(one)), 0);
const textOf = ({ messages }: ActionPlan): string => JSON.stringify(messages);

describe("an action's plan", () => {
  it.each(requests.map((request) => [request.kind, request] as const))(
    "fits 2k, whatever the model: %s",
    (_, request) => {
      for (const parameters of [undefined, 135e6, 1.5e9, 8e9]) {
        const plan = planAction(request, room(2048, parameters));
        expect(size(plan) * 0.9 + plan.maxTokens).toBeLessThan(2048);
        expect(plan.maxTokens).toBeGreaterThanOrEqual(32);
      }
    },
  );

  it("drops whole parts in the stated order, and never the code or the problem", () => {
    const whole = planAction({ kind: "fix", subject }, room(32_768, 8e9));
    expect(whole.dropped).toEqual([]);
    let before: readonly string[] = [];
    const planned = (contextSize: number): ActionPlan | undefined => {
      try {
        return planAction({ kind: "fix", subject }, room(contextSize, 8e9));
      } catch {
        return undefined;
      }
    };
    for (let size = 16_384, plan = planned(size); plan !== undefined; size -= 20, plan = planned(size)) {
      const { dropped, messages, cut } = plan;
      expect(dropped.slice(0, before.length)).toEqual(before);
      expect([...dropped].sort((a, b) => droppableParts.indexOf(a) - droppableParts.indexOf(b))).toEqual(dropped);
      expect(JSON.stringify(messages)).toContain("sum(itms)");
      expect(JSON.stringify(messages)).toContain("Cannot find name");
      expect(cut).toBe(false);
      before = dropped;
    }
    expect(before).toEqual(["farAfter", "farBefore", "otherProblems", "nearAfter", "nearBefore", "imports"]);
  });

  it("says so when the code itself is too long", () => {
    expect(() =>
      planAction({ kind: "fix", subject: { ...subject, selected: lines(300, "own") } }, room(2048, 8e9)),
    ).toThrow(expect.objectContaining({ code: "context/overflow" }));
  });

  it("shows a small model no code but its own, and a large one what is around", () => {
    expect(textOf(planAction({ kind: "fix", subject }, room(8192, 135e6)))).not.toContain("above199");
    expect(textOf(planAction({ kind: "fix", subject }, room(8192, 1.5e9)))).toContain("above199");
    expect(textOf(planAction({ kind: "fix", subject }, room(16_384, 8e9)))).toContain("above100");
    expect(textOf(planAction({ kind: "edit", subject, alone: true }, room(16_384, 8e9)))).not.toContain("above199");
  });

  it("shows what the person's own prompt links to, as long as there is room", () => {
    const attached = [{ label: "style.md", text: lines(20, "style") }];
    const request: ActionRequest = { kind: "edit", subject, instruction: "Keep to the style", attached };
    expect(textOf(planAction(request, room(8192, 135e6)))).toContain("style.md:");
    const small = planAction(request, room(500, 135e6));
    expect(small.dropped).toEqual(["imports", "attached"]);
    expect(textOf(small)).toContain("sum(itms)");
  });

  it("begins code for a model that can go on with it, and asks for a form where there is one", () => {
    const begun = planAction({ kind: "fix", subject }, room(8192, 8e9));
    expect(begun.begins).toBe("```typescript\n");
    expect(begun.messages.at(-1)).toEqual({ role: "assistant", parts: [{ type: "text", text: "```typescript\n" }] });
    expect(planAction({ kind: "fix", subject }, room(8192, 8e9, false)).messages.at(-1)?.role).toBe("user");
    const documented = planAction({ kind: "document", subject }, room(8192, 8e9));
    expect(documented.begins).toBeUndefined();
    expect(documented.schema).toMatchObject({ properties: { parameters: { properties: { items: {} } }, returns: {} } });
    expect(
      planAction({ kind: "document", subject: { ...subject, selected: "a();\nb();\n" } }, room(8192)).schema,
    ).toBeUndefined();
  });

  it("cuts a diff at its end and an output at its beginning", () => {
    const [commit, command] = [
      requests.find(({ kind }) => kind === "commit"),
      requests.find(({ kind }) => kind === "explainCommand"),
    ];
    if (commit === undefined || command === undefined) throw new Error("No such request.");
    const cut = planAction(commit, room(2048, 8e9));
    expect(cut.cut).toBe(true);
    expect(textOf(cut)).toContain("+x0 ");
    expect(textOf(planAction(command, room(2048, 8e9)))).toContain("error: no rule");
  });

  it("takes a wish as a second turn, and into the first where there is no room for it", () => {
    const refine = { answer: "```ts\nold\n```", wish: "Use reduce" };
    const plan = planAction({ kind: "simplify", subject, refine }, room(8192, 8e9));
    expect(plan.messages.map(({ role }) => role)).toEqual(["system", "user", "assistant", "user", "assistant"]);
    const long = { ...refine, answer: lines(60, "answer") };
    const small = planAction({ kind: "simplify", subject, refine: long }, room(600, 8e9));
    expect(small.dropped).toContain("earlierAnswer");
    expect(textOf(small)).toContain("Use reduce");
  });

  it("samples greedily at first, and otherwise on another try", () => {
    expect(planAction({ kind: "fix", subject }, room(4096)).sampling).toEqual({ temperature: 0 });
    expect(planAction({ kind: "fix", subject, attempt: 2 }, room(4096)).sampling).toMatchObject({ seed: 2 });
  });
});

describe("a commit message", () => {
  const files = [diff("src/shop/cart.ts"), diff("src/shop/vat.ts")];
  const header = (answer: string, of = files): string => {
    const fitted = commitMessage({ files: of, recent: [] }, answer);
    if (fitted.kind !== "text" || fitted.form !== "message") return fitted.kind;
    expect(fitted.header).toMatch(conventionalHeader);
    expect(fitted.header.length).toBeLessThanOrEqual(72);
    return fitted.text;
  };

  it.each([
    ['{"type": "fix", "scope": "shop", "subject": "add the tax"}', "fix(shop): add the tax"],
    ['{"type": "fix", "scope": "evil)\\nx", "subject": "Add the tax."}', "fix(shop): add the tax"],
    ['{"type": "made-up", "scope": "", "subject": "fix: add the tax"}', "feat(shop): add the tax"],
    ["```\nrefactor(cart)!: move the tax\n\n- One.\n```", "refactor(shop)!: move the tax\n\n- One."],
    ["Here is the message:\n\nAdd the tax to the total", "feat(shop): add the tax to the total"],
    ['{"type": "fix", "scope": "shop", "subject": "a", "body": ["First.", ""]}', "fix(shop): a\n\n- First."],
  ])("has a valid header: %s", (answer, wanted) => {
    expect(header(answer)).toBe(wanted);
  });

  it("is shortened at a word, and refused where there is no word", () => {
    expect(header(`{"type":"fix","scope":"shop","subject":"${"long words ".repeat(20)}"}`)).toMatch(/words|long$/u);
    expect(header("")).toBe("refused");
    expect(header('{"type":"fix","scope":"shop","subject":" "}')).toBe("refused");
  });

  it("knows by the files what it can be", () => {
    expect(typesFor([diff("docs/a.md")])).toEqual(["docs"]);
    expect(typesFor([diff("test/unit/a.test.ts")])).toEqual(["test"]);
    expect(typesFor([diff("package.json"), diff("package-lock.json")])).toEqual(["build", "chore"]);
    expect(typesFor([diff(".github/workflows/ci.yml")])).toEqual(["ci"]);
    expect(typesFor([{ path: "a.ts", diff: "diff --git a/a.ts b/a.ts\nnew file mode 100644\n" }])).toEqual(["feat"]);
    expect(scopesFor([diff("src/shop/cart.service.ts")])).toEqual(["cart", "shop"]);
    expect(scopesFor([diff("a/x.ts"), diff("b/y.ts")])).toEqual([""]);
  });
});

describe("definitions", () => {
  it.each([
    [
      "typescript",
      "export async function load(url: string, { a, b }: Options, ...rest: string[]): Promise<void> {\n  return go(url);\n}",
      "load",
      ["url", "rest"],
    ],
    ["typescript", "const add = (a: number, b = 2): number => a + b;", "add", ["a", "b"]],
    [
      "python",
      "@cached\ndef area(\n    self,\n    width: float,\n    height=1,\n) -> float:\n    return width * height",
      "area",
      ["width", "height"],
    ],
    ["java", "public static int max(final int a, int[] others) {\n  return a;\n}", "max", ["a", "others"]],
    ["c", "static unsigned long hash(const char *text, size_t length) {\n  return 1;\n}", "hash", ["text", "length"]],
    [
      "rust",
      "pub fn join(parts: &[String], mark: &str) -> String {\n    parts.join(mark)\n}",
      "join",
      ["parts", "mark"],
    ],
    ["shellscript", "greet() {\n  echo hi\n}", "greet", []],
  ])("are read by their spelling: %s", (language, code, name, parameters) => {
    expect(definitionIn(code.split("\n"), language)).toMatchObject({ name, parameters });
  });

  it("are none where code begins otherwise", () => {
    for (const code of ["if (a) {\n}", "return f(x);", "for x in y:", ""]) {
      expect(definitionIn(code.split("\n"), "typescript")).toBeUndefined();
    }
  });

  it("have an extent, and what has none is the paragraph", () => {
    const code =
      "import a\n\ndef one(\n    x,\n):\n    return x\n\n\ndef two():\n    if a:\n\n        return 2\n\nprint(one(2))\nprint(two())".split(
        "\n",
      );
    expect(definitionEnd(code, 2)).toBe(6);
    expect(definitionAround(code, 5)).toEqual({ start: 2, end: 6 });
    expect(definitionAround(code, 11)).toEqual({ start: 8, end: 12 });
    expect(definitionAround(code, 13)).toBeUndefined();
    expect(paragraphAround(code, 13)).toEqual({ start: 13, end: 15 });
  });
});

describe("an action of the person's own", () => {
  it("says in its header that it is one", () => {
    expect(
      ownActionForm(
        new Map([
          ["description", "x"],
          ["model", "gpt"],
        ]),
      ),
    ).toBeUndefined();
    expect(
      ownActionForm(
        new Map([
          ["output", "EDIT"],
          ["where", "file"],
          ["model", " m "],
          ["context", "none"],
        ]),
      ),
    ).toEqual({
      where: "file",
      context: "none",
      model: "m",
      output: "edit",
      unknown: [],
    });
    expect(ownActionForm(new Map([["where", "symbol"]]))).toEqual({
      where: "symbol",
      context: "file",
      model: undefined,
      output: "chat",
      unknown: [],
    });
  });
});

describe("what was measured", () => {
  it("speaks of measured models only", () => {
    expect(measuredUse("nobody", "fix")).toBeUndefined();
    expect(isUseless("nobody", "fix")).toBe(false);
    expect(measuredUse("toString", "fix")).toBeUndefined();
  });

  it("marks what was seldom of use with the model that travels along", async () => {
    const manifest = JSON.parse(await readFile("media/models/manifest.json", "utf8")) as { starter: string };
    const marked = actionKinds.filter((kind) => isUseless(manifest.starter, kind));
    expect(marked).toEqual(["fix", "edit", "tests", "simplify", "translate", "name", "commit"]);
    expect(measuredUse(manifest.starter, "document")?.cases).toBeGreaterThan(0);
  });
});
