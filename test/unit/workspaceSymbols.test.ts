import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WorkspaceSymbols } from "../../src/chat/host/workspaceSymbols";

interface FakeUri {
  readonly scheme: string;
  readonly fsPath: string;
}
interface FakeSymbol {
  readonly name: string;
  readonly containerName: string;
  readonly location: { readonly uri: FakeUri; readonly range?: { readonly start: { readonly line: number } } };
}
const editor = vi.hoisted(
  (): {
    folder: FakeUri | undefined;
    symbols: FakeSymbol[];
    asked: string[];
    opened: unknown[][];
    offered: { label: string; description: string }[];
    picks: number | undefined;
    hangs: string | undefined;
    fails: boolean;
  } => ({
    folder: undefined,
    symbols: [],
    asked: [],
    opened: [],
    offered: [],
    picks: 0,
    hangs: undefined,
    fails: false,
  }),
);
vi.mock("vscode", () => ({
  Range: class {
    constructor(readonly start: { line: number }) {}
  },
  commands: {
    executeCommand: async (name: string, ...given: unknown[]) => {
      if (name === "vscode.open") return void editor.opened.push(given);
      editor.asked.push(String(given[0]));
      if (editor.fails) throw new Error("the server is gone");
      if (given[0] === editor.hangs) await new Promise(() => undefined);
      // Loosely, as languages' servers do.
      return editor.symbols.filter(({ name: one }) => one.toLowerCase().includes(String(given[0]).toLowerCase()));
    },
  },
  window: {
    showQuickPick: (items: { label: string; description: string }[]) => {
      editor.offered = items;
      return Promise.resolve(editor.picks === undefined ? undefined : items[editor.picks]);
    },
  },
  workspace: {
    get workspaceFolders() {
      return editor.folder === undefined ? undefined : [{ uri: editor.folder }];
    },
    getWorkspaceFolder: ({ fsPath }: FakeUri) =>
      editor.folder !== undefined && fsPath.startsWith(editor.folder.fsPath + path.sep)
        ? { uri: editor.folder }
        : undefined,
    asRelativePath: ({ fsPath }: FakeUri) => path.relative(editor.folder?.fsPath ?? "", fsPath),
  },
}));

let home: string;
let symbols: WorkspaceSymbols;
const never = new AbortController().signal;
function symbol(name: string, file: string, line = 0, containerName = ""): FakeSymbol {
  const uri = { scheme: "file", fsPath: path.join(home, file) };
  return { name, containerName, location: { uri, range: { start: { line } } } };
}
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "paddock-symbols-"));
  for (const folder of ["one/src", "outside"]) await mkdir(path.join(home, folder), { recursive: true });
  for (const file of ["one/src/a.ts", "one/src/b.ts", "outside/c.ts"]) await writeFile(path.join(home, file), "");
  await symlink(path.join(home, "outside/c.ts"), path.join(home, "one/src/out.ts"));
  Object.assign(editor, {
    folder: { scheme: "file", fsPath: path.join(home, "one") },
    symbols: [
      symbol("send", "one/src/a.ts", 4, "Chat"),
      symbol("send", "one/src/b.ts", 7, "View"),
      symbol("sendAll", "one/src/a.ts", 9, "Chat"),
      symbol("lonely(int)", "one/src/b.ts", 2),
      symbol("outside", "outside/c.ts"),
      symbol("linked", "one/src/out.ts"),
      { ...symbol("nowhere", "one/src/a.ts"), location: { uri: symbol("x", "one/src/a.ts").location.uri } },
    ],
    asked: [],
    opened: [],
    offered: [],
    picks: 0,
    hangs: undefined,
    fails: false,
  });
  symbols = new WorkspaceSymbols({ symbolGone: "symbolGone", pickSymbol: "pickSymbol" });
});
afterEach(() => rm(home, { recursive: true, force: true }));

it("tells which names are symbols of files inside the folders", async () => {
  const names = ["send", "Chat.send", "Other.send", "lonely()", "Send", "sen", "outside", "linked", "nowhere", "a b"];
  expect((await symbols.existing(names, never)).sort()).toEqual(["Chat.send", "lonely()", "send"]);
  expect(editor.asked).not.toContain("a b");
});

it("asks once while the answer is fresh", async () => {
  await symbols.existing(["send", "send"], never);
  await symbols.existing(["send"], never);
  expect(editor.asked).toEqual(["send"]);
});

it("asks nothing without a folder, and takes a server that fails for one that knows nothing", async () => {
  editor.fails = true;
  expect(await symbols.existing(["send"], never)).toEqual([]);
  editor.folder = undefined;
  expect(await symbols.existing(["lonely"], never)).toEqual([]);
  expect(editor.asked).toEqual(["send"]);
});

it("does not wait for a server that hangs, and stops when nobody waits any more", async () => {
  editor.hangs = "hangs";
  const page = new AbortController();
  const asked = symbols.existing(["hangs", "lonely", "send"], page.signal);
  await vi.waitFor(() => expect(editor.asked).toEqual(["hangs", "lonely", "send"]));
  page.abort();
  expect((await asked).sort()).toEqual(["lonely", "send"]);
  expect(await symbols.existing(["more"], AbortSignal.abort())).toEqual([]);
  expect(editor.asked).not.toContain("more");
});

it("opens the definition, and lets the person pick of several", async () => {
  await symbols.open("Chat.send");
  expect(editor.offered).toEqual([]);
  const at = (file: string) => ({ scheme: "file", fsPath: path.join(home, file) });
  expect(editor.opened).toEqual([[at("one/src/a.ts"), { preview: true, selection: { start: { line: 4 } } }]]);
  editor.picks = 1;
  await symbols.open("send");
  expect(editor.offered.map(({ label, description }) => `${label} ${description}`)).toEqual([
    `Chat › send ${path.join("src", "a.ts")}:5`,
    `View › send ${path.join("src", "b.ts")}:8`,
  ]);
  expect(editor.opened[1]?.[0]).toEqual(at("one/src/b.ts"));
  editor.picks = undefined;
  await expect(symbols.open("send")).rejects.toMatchObject({ code: "cancelled" });
  expect(editor.opened).toHaveLength(2);
});

it("shows a name that looks like an icon as text", async () => {
  editor.symbols = [symbol("send", "one/src/a.ts", 1, "$(zap)"), symbol("send", "one/src/b.ts", 1, "\u202eView")];
  await symbols.open("send");
  expect(editor.offered.map(({ label }) => label).join()).not.toMatch(/\$\(|\u202e/);
});

it.each(["outside", "linked", "nowhere", "none", "../x"])("does not open %s", async (name) => {
  await expect(symbols.open(name)).rejects.toMatchObject({ code: "unsupported", message: "symbolGone" });
  expect(editor.opened).toEqual([]);
});
