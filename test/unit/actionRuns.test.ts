import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { measuredUse } from "../../src/actions/core/usefulness";
import type { ActionQuestion, ActionsDeps, ModelHere } from "../../src/actions/host/actionDeps";
import type { CodeTarget } from "../../src/actions/host/codeTarget";
import { LastAction, type RanAction } from "../../src/actions/host/lastAction";
import { ModelForAction } from "../../src/actions/host/modelForAction";
import { OwnActions } from "../../src/actions/host/ownActions";
import type { RunningAction, RunningActions } from "../../src/actions/host/runningActions";
import { type OwnQuestion, TextRuns } from "../../src/actions/host/textRuns";
import type { ModelId } from "../../src/engine/backend";
import { silentLogger } from "../../src/platform/core/logger";

interface Item {
  readonly model?: string;
}
const editor = vi.hoisted(() => ({
  picks: [] as { items: readonly Item[]; title: string }[],
  /** Which item is taken; undefined: none. */
  take: undefined as number | undefined,
  messages: [] as { text: string; buttons: readonly string[] }[],
  /** The button that is pressed. */
  press: undefined as string | undefined,
  typed: undefined as string | undefined,
}));
vi.mock("vscode", () => {
  const message = (text: string, ...buttons: string[]): Promise<string | undefined> => {
    editor.messages.push({ text, buttons });
    return Promise.resolve(editor.press);
  };
  return {
    l10n: {
      t: (text: string, ...given: unknown[]) =>
        text.replace(/\{(\d)\}/gu, (_, at: string) => String(given[Number(at)])),
    },
    commands: { executeCommand: () => Promise.resolve() },
    window: {
      showQuickPick: (items: readonly Item[], { title }: { title: string }) => {
        editor.picks.push({ items, title });
        return Promise.resolve(editor.take === undefined ? undefined : items[editor.take]);
      },
      showInformationMessage: message,
      showWarningMessage: message,
      showInputBox: () => Promise.resolve(editor.typed),
    },
    workspace: { asRelativePath: (uri: string) => uri },
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
  };
});

beforeEach(() => {
  editor.picks = [];
  editor.messages = [];
  editor.take = editor.press = editor.typed = undefined;
});

const id = (name: string): ModelId => name as ModelId;
const starter: ModelHere = { id: id("smollm2-135m-instruct-q4_1"), displayName: "Starter", parameters: 135e6 };
const large: ModelHere = { id: id("large"), displayName: "Large", parameters: 8e9 };
const run: RunningActions["run"] = (_, work) =>
  work({ signal: new AbortController().signal, report: () => undefined } satisfies RunningAction);

describe("the model for an action", () => {
  let here: ModelHere[];
  let found: number;
  const models = (): ModelForAction =>
    new ModelForAction(
      {
        model: () => starter,
        modelsHere: () => Promise.resolve(here),
        findModel: () => {
          found++;
          return Promise.resolve();
        },
        report: (error) => expect.unreachable(String(error)),
      },
      { run },
    );
  beforeEach(() => {
    here = [starter, large];
    found = 0;
  });

  it("is the one in use where nothing speaks against it", async () => {
    expect(await models().get("document")).toBe(starter.id);
    expect(await models().get("summarize")).toBe(starter.id);
    expect(editor.picks).toEqual([]);
  });

  it("is the better one once a person takes it, and nobody is asked again", async () => {
    editor.take = 0;
    const some = models();
    expect(await some.get("fix")).toBe("large");
    expect(await some.get("fix")).toBe("large");
    expect(editor.picks).toHaveLength(1);
    const use = measuredUse(starter.id, "fix");
    expect(editor.picks[0]?.title).toBe(
      `“Fix” was of use in ${use?.useful} of ${use?.cases} measured cases with Starter.`,
    );
    here = [starter];
    expect(await some.get("fix")).toBe(starter.id);
    expect(editor.picks).toHaveLength(1);
  });

  it("is the one in use for who leaves the question, for each action once", async () => {
    const some = models();
    expect(await some.get("fix")).toBe(starter.id);
    expect(await some.get("fix")).toBe(starter.id);
    expect(await some.get("tests")).toBe(starter.id);
    expect(editor.picks).toHaveLength(2);
  });

  it("is not waited for where there is no better one: that is said, with a way to find one", async () => {
    here = [starter];
    editor.press = "Find a Model…";
    const some = models();
    expect(await some.get("commit")).toBe(starter.id);
    expect(await some.get("commit")).toBe(starter.id);
    expect(editor.picks).toEqual([]);
    expect(editor.messages).toHaveLength(1);
    await vi.waitFor(() => expect(found).toBe(1));
  });
});

describe("what ran last", () => {
  const did: string[] = [];
  const action: RanAction = {
    title: "Fix",
    model: id("m"),
    isReviewed: false,
    check: () => void did.push("checked"),
    repeat: (model) => Promise.resolve(void did.push(`repeated with ${model}`)),
    refine: (wish) => Promise.resolve(void did.push(`refined: ${wish}`)),
  };
  const last = new LastAction({
    chooseModel: () => Promise.resolve(id("other")),
    report: (error) => expect.unreachable(String(error)),
  });
  beforeEach(() => did.splice(0));

  it("is nothing at first, and says so", async () => {
    await expect(last.repeat()).rejects.toThrow("No action has run yet");
    await expect(last.refine()).rejects.toThrow("No action has run yet");
  });

  it("is asked for again once it is known that it can be", async () => {
    last.set(action);
    await last.repeat();
    editor.typed = " shorter ";
    await last.refine();
    editor.typed = " ";
    await last.refine();
    expect(did).toEqual(["checked", "repeated with other", "checked", "refined: shorter", "checked"]);
  });

  it.each([
    ["Try Again", ["checked", "repeated with m"]],
    ["Another Model…", ["checked", "repeated with other"]],
    ["Refine…", ["checked", "refined: shorter"]],
    [undefined, []],
  ])("has buttons below a refusal: %s", async (press, wanted) => {
    editor.typed = "shorter";
    editor.press = press;
    last.offerMore("No.", action);
    await vi.waitFor(() => expect(did).toEqual(wanted));
    expect(editor.messages).toEqual([{ text: "No.", buttons: ["Try Again", "Another Model…", "Refine…"] }]);
  });
});

const anyUri = { toString: () => "file:///x" } as unknown as vscode.Uri;
const reference = (text: string) => ({ label: "src/cart.ts", uri: "file:///src/cart.ts", text });
const code = "export function total(items) {\n  return items.length;\n}";
const target = {
  document: { uri: { toString: () => "file:///src/cart.ts" } },
  range: { start: { line: 1 }, end: { line: 3 } },
  version: 1,
  subject: {
    ...{ path: "src/cart.ts", languageId: "javascript", eol: "\n", problems: [] },
    ...{ before: "// above\n", selected: code, after: "\n// below\n" },
  },
} as unknown as CodeTarget;

describe("actions that ask the chat", () => {
  const asked: ActionQuestion[] = [];
  const ran: RanAction[] = [];
  const parameters: Record<string, number> = { small: 135e6, large: 8e9 };
  let text = "const one = 1;\n";
  const deps = {
    fileReference: () => Promise.resolve(reference(text)),
    failedCommand: () => ({ reference: reference("$ make\n# exit code 2\nno rule\n") }),
    facts: (model: string) => Promise.resolve({ contextSize: 2048, parameters: parameters[model] }),
    destination: () => undefined,
    nameOf: (model: string) => model,
    ask: (question: ActionQuestion) => Promise.resolve(`conversation ${asked.push(question)}`),
    log: silentLogger,
  } as unknown as ActionsDeps;
  const texts = new TextRuns(
    deps,
    { run },
    { set: (action) => void ran.push(action) },
    { get: () => Promise.resolve(id("small")) },
  );
  beforeEach(() => {
    asked.splice(0);
    ran.splice(0);
    text = "const one = 1;\n";
  });

  it("put the action's own words for the model's size into the question, and all that goes along below it", async () => {
    await texts.summarize(anyUri);
    await ran[0]?.repeat(id("large"));
    expect(asked).toEqual([
      {
        text: "Summarize this file: what it is for, and its main parts, in a short list.",
        references: [reference(text)],
        model: "small",
      },
      {
        text: "Summarize this file: what it is for, its main parts and how they work together, and what others use of it.",
        references: [reference(text)],
        model: "large",
      },
    ]);
  });

  it("go on in their conversation when they are refined, with the model that answered", async () => {
    await texts.explainCommand();
    await ran[0]?.refine("shorter");
    expect(asked[1]).toEqual({ text: "shorter", references: [], model: "small", conversation: "conversation 1" });
  });

  it("say so where only part of a file fits, and refuse an empty one", async () => {
    text = "const one = 1;\n".repeat(2_000);
    await texts.summarize(anyUri);
    expect(asked[0]?.text).toMatch(/Only part of it is here/u);
    expect(asked[0]?.references[0]?.text).toMatch(/\[…\]$/u);
    text = " \n";
    await expect(texts.summarize(anyUri)).rejects.toThrow("is empty");
  });

  it("of the person's own have their words alone, the model they name, and the file around where they want it", async () => {
    const own: OwnQuestion = {
      ...{ title: "review", model: id("large"), text: "Review it.", references: [], target, alone: false },
    };
    await texts.askOwn(own);
    await texts.askOwn({ ...own, alone: true });
    await texts.askOwn({ ...own, alone: true, text: `Review this:\n${code}`, model: undefined });
    expect(
      asked.map(({ text: words, model, references }) => [words, model, references.map(({ label }) => label)]),
    ).toEqual([
      ["Review it.", "large", ["src/cart.ts: right above", "src/cart.ts: right below", "src/cart.ts:2-4"]],
      ["Review it.", "large", ["src/cart.ts:2-4"]],
      [`Review this:\n${code}`, "small", []],
    ]);
    expect(ran[0]?.title).toBe("review");
  });
});

describe("an action of the person's own", () => {
  const form = { where: "selection", context: "file", model: undefined, output: "chat", unknown: [] } as const;
  const own = {
    ...{ id: "prompt:x", uri: anyUri, name: "review" },
    ...{ description: "", place: "", form },
  };
  const actions = (): OwnActions =>
    new OwnActions(
      {
        fillOwn: () => Promise.resolve(undefined),
        report: (error: unknown) => expect.unreachable(String(error)),
      } as unknown as ActionsDeps,
      { run: () => expect.unreachable() },
      { askOwn: () => expect.unreachable() },
      { run },
    );

  it("does not run where its header is not understood, and says which value and what it can be", async () => {
    const unknown = [{ field: "output", value: "edti", allowed: ["edit", "chat", "editor"] }] as const;
    await actions().run({ ...own, form: { ...form, unknown } });
    expect(editor.messages).toEqual([
      {
        text: "The action review has not run, because its header is not understood. “output: edti” is not known: it can be edit, chat, editor.",
        buttons: ["Open the Prompt File"],
      },
    ]);
  });

  it("says nothing where it is understood", async () => {
    await actions().run(own);
    expect(editor.messages).toEqual([]);
  });
});
