import { beforeEach, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import type { CodeTarget } from "../../src/actions/host/codeTarget";
import { renameTo } from "../../src/actions/host/renameTo";

const editor = vi.hoisted(() => ({ rename: (): Promise<unknown> => Promise.resolve(undefined) }));
vi.mock("vscode", () => ({
  l10n: { t: (text: string) => text },
  commands: { executeCommand: () => editor.rename() },
}));

const propose = vi.fn(() => Promise.resolve(true));
const abort = { now: new AbortController() };
const running = {
  run: <T>(_: string, work: (action: { signal: AbortSignal; report: () => void }) => Promise<T>): Promise<T> =>
    work({ signal: abort.now.signal, report: () => undefined }),
};

function targetOf(selected: string, version = 1): CodeTarget {
  const document = {
    ...{ isClosed: false, version, uri: "file:///a.py" },
    ...{ getText: () => selected, offsetAt: () => 0, positionAt: (at: number) => at },
  };
  return {
    ...{ document: document as unknown as vscode.TextDocument, range: {} as unknown as vscode.Range, version: 1 },
    subject: { path: "a.py", languageId: "python", before: "", selected, after: "", eol: "\n", problems: [] },
  };
}

beforeEach(() => {
  propose.mockClear();
  abort.now = new AbortController();
  editor.rename = () => Promise.resolve(undefined);
});

it("without anybody who renames, the name is changed inside the selection", async () => {
  await renameTo({ propose }, running, targetOf("total"), "sum");
  expect(propose).toHaveBeenCalledWith(
    expect.objectContaining({ change: { kind: "whole", base: "total", text: "sum" } }),
  );
});

it("what was changed since the model was asked is not renamed, also while the language's extension looks", async () => {
  await expect(renameTo({ propose }, running, targetOf("total", 2), "sum")).rejects.toThrow("changed since");
  const target = targetOf("total");
  editor.rename = () => {
    Object.assign(target.document, { version: 2 });
    return Promise.resolve(undefined);
  };
  await expect(renameTo({ propose }, running, target, "sum")).rejects.toThrow("changed since");
  expect(propose).not.toHaveBeenCalled();
});

it("an extension that fails is told of, and one that never answers can be left", async () => {
  editor.rename = () => Promise.reject(new Error("You cannot rename this element."));
  await expect(renameTo({ propose }, running, targetOf("total"), "sum")).rejects.toMatchObject({ code: "unsupported" });
  editor.rename = () => new Promise(() => undefined);
  const waiting = renameTo({ propose }, running, targetOf("total"), "sum");
  abort.now.abort();
  await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
  expect(propose).not.toHaveBeenCalled();
});
