import { beforeEach, describe, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import type { ActionsDeps } from "../../src/actions/host/actionDeps";
import { CommitBox } from "../../src/actions/host/commitBox";
import type { RanAction } from "../../src/actions/host/lastAction";
import type { RunningAction, RunningActions } from "../../src/actions/host/runningActions";
import type { ActionRun } from "../../src/actions/node/actionRun";
import type { ModelId } from "../../src/engine/backend";
import { chatActions } from "../../src/nativeActions";

const editor = vi.hoisted(() => ({
  picks: [] as unknown[][],
  pick: undefined as string | undefined,
  said: [] as string[],
  contexts: [] as unknown[][],
}));
const runAction = vi.hoisted(() => vi.fn<(run: ActionRun) => Promise<unknown>>());
vi.mock("../../src/actions/node/actionRunner", () => ({ runAction }));
vi.mock("vscode", () => ({
  l10n: { t: (text: string, value?: string) => text.replace("{0}", value ?? "{0}") },
  commands: {
    executeCommand: (...given: unknown[]) => {
      editor.contexts.push(given);
      return Promise.resolve();
    },
  },
  window: {
    showQuickPick: (...given: unknown[]) => {
      editor.picks.push(given);
      return Promise.resolve(editor.pick);
    },
    setStatusBarMessage: () => undefined,
    showInformationMessage: (text: string) => {
      editor.said.push(text);
      return Promise.resolve(undefined);
    },
  },
  DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
}));

const uriOf = (text: string): vscode.Uri => ({ fsPath: text, toString: () => text }) as unknown as vscode.Uri;

/** As Git's API: another object at each call, for the same box. */
function repositoryOf(value: string): { value: string; boxOf: () => { value: string } } {
  const input = {
    value,
    boxOf: () => ({
      get value() {
        return input.value;
      },
      set value(text: string) {
        input.value = text;
      },
    }),
  };
  return input;
}

interface Box {
  readonly box: CommitBox;
  readonly destinations: (string | undefined)[];
  readonly ran: RanAction[];
  readonly refusals: string[];
}

function boxOf(input: ReturnType<typeof repositoryOf>, refused: readonly string[] = []): Box {
  const destinations: (string | undefined)[] = [];
  const ran: RanAction[] = [];
  const refusals: string[] = [];
  const deps = {
    backend: {},
    nameOf: (model: string) => model,
    facts: () => Promise.resolve({}),
    destination: () => "a server",
    commitChange: () =>
      Promise.resolve({
        ...{ files: [], staged: true, recent: [], refused },
        ...{ root: uriOf("/a"), box: input.boxOf() },
      }),
  } as unknown as ActionsDeps;
  const run: RunningActions["run"] = (_, work, destination) => {
    destinations.push(destination);
    return work({ signal: new AbortController().signal, report: () => undefined } satisfies RunningAction);
  };
  const last = {
    set: (action: RanAction) => void ran.push(action),
    offerMore: (text: string) => void refusals.push(text),
  };
  const models = { get: () => Promise.resolve("m" as ModelId) };
  const box = new CommitBox(deps, { run } as unknown as RunningActions, last, models);
  return { box, destinations, ran, refusals };
}

const says = (text: string): unknown => ({ answer: { kind: "text", form: "message", text }, raw: `raw ${text}` });

beforeEach(() => {
  editor.picks = [];
  editor.pick = undefined;
  editor.said = [];
  editor.contexts = [];
  runAction.mockReset();
});

describe("the box for the commit message", () => {
  it("knows what was written by us, and asks for another try of it", async () => {
    const input = repositoryOf("");
    const { box, destinations } = boxOf(input);
    runAction.mockResolvedValueOnce(says("One")).mockResolvedValueOnce(says("Two"));
    runAction.mockResolvedValueOnce(says("Three"));
    await box.write(undefined);
    await box.write(undefined);
    await box.write(undefined);
    expect(input.value).toBe("Three");
    expect(editor.picks).toEqual([]);
    expect(runAction.mock.calls.map(([{ request }]) => request.attempt)).toEqual([0, 1, 2]);
    expect(destinations).toEqual(["a server", "a server", "a server"]);
  });

  it("can be asked for again: by another model, otherwise, and after a refusal", async () => {
    const input = repositoryOf("");
    const { box, ran, refusals } = boxOf(input);
    runAction.mockResolvedValueOnce(says("One")).mockResolvedValueOnce(says("Two"));
    runAction.mockResolvedValueOnce({ answer: { kind: "refused", why: "empty" }, raw: "" });
    await box.write(undefined);
    await ran.at(-1)?.repeat("other" as ModelId);
    expect(input.value).toBe("Two");
    await ran.at(-1)?.refine("shorter");
    expect(runAction.mock.calls.map(([{ model, request }]) => [model, request.attempt, request.refine])).toEqual([
      ["m", 0, undefined],
      ["other", 0, undefined],
      ["other", 0, { answer: "raw Two", wish: "shorter" }],
    ]);
    expect(refusals).toEqual(["other gave no answer that could be used."]);
    expect(input.value).toBe("Two");
    expect(ran).toHaveLength(3);
  });

  it("keeps what a person had begun to write, and knows it when it is asked for again", async () => {
    const input = repositoryOf("the tax");
    const { box, ran } = boxOf(input);
    editor.pick = "Put It Above";
    runAction.mockResolvedValueOnce(says("One")).mockResolvedValueOnce(says("Two"));
    await box.write(undefined);
    expect(input.value).toBe("One\n\nthe tax");
    await ran[0]?.repeat("m" as ModelId);
    expect(input.value).toBe("Two\n\nthe tax");
    expect(editor.picks).toHaveLength(1);
    expect(runAction.mock.calls.map(([{ request }]) => request.instruction)).toEqual([
      "It is about this: the tax",
      "It is about this: the tax",
    ]);
  });

  it("says while a message is being written that it can be cancelled, and no longer, however it ends", async () => {
    const said = (value: boolean): unknown[] => ["setContext", "paddock.writingCommitMessage", value];
    const { box } = boxOf(repositoryOf(""));
    let finish = (): void => undefined;
    runAction.mockReturnValueOnce(new Promise((_, reject) => (finish = () => reject(new Error("cancelled")))));
    const first = box.write(undefined);
    await vi.waitFor(() => expect(runAction).toHaveBeenCalledOnce());
    expect(editor.contexts.at(-1)).toEqual(said(true));
    runAction.mockResolvedValueOnce(says("Of another repository"));
    await box.write(undefined);
    expect(editor.contexts.at(-1)).toEqual(said(true));
    finish();
    await expect(first).rejects.toThrow("cancelled");
    expect(editor.contexts.at(-1)).toEqual(said(false));
  });

  it("does not write over what was typed while the model wrote", async () => {
    const input = repositoryOf("");
    const { box } = boxOf(input);
    runAction.mockImplementationOnce(() => {
      input.value = "Mine";
      return Promise.resolve(says("One"));
    });
    await box.write(undefined);
    expect(input.value).toBe("Mine");
    expect(editor.picks).toHaveLength(1);
    expect(editor.picks[0]?.[1]).toMatchObject({ ignoreFocusOut: true });
  });

  it("says which files the model was not shown, where it stays", async () => {
    const input = repositoryOf("");
    const { box } = boxOf(input, [".env", "keys/id_rsa"]);
    runAction.mockResolvedValueOnce(says("One"));
    await box.write(undefined);
    expect(input.value).toBe("One");
    expect(editor.said).toEqual(["Not shown to the model, because it may hold secrets: .env, keys/id_rsa."]);
  });
});

it("a message of @paddock goes into the repository that it is about, and nowhere once that is closed", async () => {
  const input = repositoryOf("");
  const other = repositoryOf("");
  const open = new Map([
    ["/a", input],
    ["/b", other],
  ]);
  const commitBox = (root: vscode.Uri): Promise<{ value: string } | undefined> =>
    Promise.resolve(open.get(root.toString())?.boxOf());
  const actions = chatActions({ commitBox } as unknown as Parameters<typeof chatActions>[0]);
  await actions.useCommitMessage("One", uriOf("/a"));
  expect([input.value, other.value]).toEqual(["One", ""]);
  open.delete("/a");
  await expect(actions.useCommitMessage("Two", uriOf("/a"))).rejects.toThrow("not open any more");
  expect([input.value, other.value]).toEqual(["One", ""]);
});
