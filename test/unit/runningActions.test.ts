import { beforeEach, expect, it, vi } from "vitest";
import { RunningActions } from "../../src/actions/host/runningActions";

interface Item {
  text: string;
  tooltip: string;
  accessibilityInformation: { label: string; role: string };
  isShown: boolean;
}

const editor = vi.hoisted(() => ({ item: {} as Item, contexts: new Map<unknown, unknown>() }));
vi.mock("vscode", () => ({
  l10n: {
    t: (text: string, ...values: unknown[]) => text.replace(/\{(\d)\}/gu, (_, index) => String(values[Number(index)])),
  },
  StatusBarAlignment: { Left: 1 },
  commands: {
    executeCommand: (_: string, key: unknown, value: unknown) => {
      editor.contexts.set(key, value);
      return Promise.resolve();
    },
  },
  window: {
    createStatusBarItem: () =>
      Object.assign(editor.item, {
        show: () => (editor.item.isShown = true),
        hide: () => (editor.item.isShown = false),
        dispose: () => undefined,
      }),
  },
}));

beforeEach(() => {
  editor.item = { text: "", tooltip: "", accessibilityInformation: { label: "", role: "" }, isShown: false };
});

it("the status bar says what runs, with which model, how far it is, and how it is cancelled", async () => {
  const running = new RunningActions({ agree: () => Promise.resolve() });
  const labels: string[] = [];
  await running.run(
    "Paddock: fixing",
    ({ report }) => {
      const look = (): number => labels.push(editor.item.accessibilityInformation.label);
      look();
      report({ phase: "writing", text: "const a" });
      look();
      report({ phase: "writing", text: "const a = 1;" });
      look();
      expect(editor.item.text).toContain("12 characters");
      expect(editor.item.tooltip).toBe("Paddock: fixing, with Tiny\n\nconst a = 1;\n\nClick to cancel.");
      expect(editor.contexts.get("paddock.actionRunning")).toBe(true);
      return Promise.resolve();
    },
    undefined,
    "Tiny",
  );
  expect(labels).toEqual([
    "Paddock: fixing, with Tiny: waiting for the model. Press Enter to cancel.",
    "Paddock: fixing, with Tiny: the model is writing. Press Enter to cancel.",
    "Paddock: fixing, with Tiny: the model is writing. Press Enter to cancel.",
  ]);
  expect(editor.item.isShown).toBe(false);
  expect(editor.contexts.get("paddock.actionRunning")).toBe(false);
});

it("work that no model does names none, and cancelling ends it", async () => {
  const running = new RunningActions({ agree: () => Promise.resolve() });
  const work = running.run("Paddock: reading the code", ({ signal }) => {
    expect(editor.item.accessibilityInformation.label).toMatch(/^Paddock: reading the code: /u);
    return new Promise((resolve) => signal.addEventListener("abort", resolve));
  });
  running.cancelAll();
  await expect(work).rejects.toMatchObject({ code: "cancelled" });
});
