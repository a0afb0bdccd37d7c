import { beforeEach, describe, expect, it, vi } from "vitest";
import { RunningActions } from "../../src/actions/host/runningActions";
import { Sending } from "../../src/actions/host/sending";

const editor = vi.hoisted(() => ({
  titles: [] as string[],
  commands: [] as unknown[],
  pick: undefined as string | undefined,
}));
vi.mock("vscode", () => ({
  l10n: {
    t: (text: string, ...values: string[]) => text.replace("{0}", values[0] ?? "").replace("{1}", values[1] ?? ""),
  },
  StatusBarAlignment: { Left: 1 },
  commands: {
    executeCommand: (...given: unknown[]) => {
      if (given[0] !== "setContext") editor.commands.push(given[0]);
      return Promise.resolve();
    },
  },
  window: {
    createStatusBarItem: () => ({ show: () => undefined, hide: () => undefined, dispose: () => undefined }),
    showQuickPick: (_: unknown, { title }: { title: string }) => {
      editor.titles.push(title);
      return Promise.resolve(editor.pick);
    },
  },
}));

const memento = () => {
  const kept = new Map<string, unknown>();
  return {
    get: (key: string) => kept.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
  };
};

beforeEach(() => {
  editor.titles = [];
  editor.commands = [];
  editor.pick = undefined;
});

describe("an action that sends text elsewhere", () => {
  const work = vi.fn(() => Promise.resolve("done"));
  beforeEach(() => work.mockClear());

  it("says where before the first time, and no more once a person has agreed", async () => {
    const kept = memento();
    editor.pick = "Send It";
    const first = new RunningActions(new Sending(kept));
    expect(await first.run("Paddock: fixing", work, "Desk")).toBe("done");
    expect(editor.titles).toEqual(["Your code goes to Desk"]);
    // Another window of the same workspace, and another action.
    const second = new RunningActions(new Sending(kept));
    await second.run("Paddock: writing the message", work, "Desk");
    expect(editor.titles).toHaveLength(1);
    await second.run("Paddock: fixing", work, "Rack");
    expect(editor.titles).toEqual(["Your code goes to Desk", "Your code goes to Rack"]);
    expect(work).toHaveBeenCalledTimes(3);
  });

  it("is none where the person leaves the question or wants another model, and is asked about again", async () => {
    const running = new RunningActions(new Sending(memento()));
    await expect(running.run("x", work, "Desk")).rejects.toMatchObject({ code: "cancelled" });
    editor.pick = "Switch Model…";
    await expect(running.run("x", work, "Desk")).rejects.toMatchObject({ code: "cancelled" });
    expect(editor.commands).toEqual(["paddock.switchModel"]);
    expect(editor.titles).toHaveLength(2);
    expect(work).not.toHaveBeenCalled();
  });

  it("asks nothing where the text stays on this machine", async () => {
    await new RunningActions(new Sending(memento())).run("x", work);
    expect(editor.titles).toEqual([]);
    expect(work).toHaveBeenCalledTimes(1);
  });
});
