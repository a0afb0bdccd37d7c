import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type * as vscode from "vscode";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { PromptFiles } from "../../src/chat/host/promptFiles";
import { readInstructions } from "../../src/chat/host/workspaceInstructions";
import { silentLogger } from "../../src/platform/core/logger";

interface FakeUri {
  readonly scheme: string;
  readonly fsPath: string;
  readonly path: string;
}
const editor = vi.hoisted(() => ({
  trusted: true,
  folders: [] as { name: string; uri: unknown }[],
  read: [] as string[],
  ran: [] as string[],
  typed: [] as (string | undefined)[],
  asked: [] as { prompt?: string; placeHolder?: string }[],
}));
const at = (fsPath: string): FakeUri & { toString(): string } => ({
  scheme: "file",
  fsPath,
  path: fsPath,
  toString: () => `file://${fsPath}`,
});
/** Trust, links and sizes, which the editor under test can't be made to have. */
vi.mock("vscode", () => ({
  FileType: { File: 1, Directory: 2, SymbolicLink: 64 },
  FileSystemError: class extends Error {},
  Uri: { joinPath: ({ fsPath }: FakeUri, ...rest: string[]) => at(path.join(fsPath, ...rest)) },
  l10n: { t: (text: string) => text },
  commands: { executeCommand: (name: string) => Promise.resolve(void editor.ran.push(name)) },
  window: {
    activeTextEditor: undefined,
    showInputBox: (options: { prompt?: string; placeHolder?: string }) => {
      editor.asked.push(options);
      return Promise.resolve(editor.typed.shift());
    },
  },
  workspace: {
    get isTrusted() {
      return editor.trusted;
    },
    get workspaceFolders() {
      return editor.folders;
    },
    textDocuments: [],
    asRelativePath: ({ fsPath }: FakeUri) => fsPath.split("/").slice(-3).join("/"),
    fs: {
      readDirectory: async ({ fsPath }: FakeUri) => (await readdir(fsPath)).map((name) => [name, 1]),
      stat: async ({ fsPath }: FakeUri) => {
        const { size } = await stat(fsPath);
        return { size, type: (await stat(fsPath)).isFile() ? 1 : 2 };
      },
      readFile: ({ fsPath }: FakeUri) => {
        editor.read.push(path.basename(fsPath));
        return readFile(fsPath);
      },
    },
  },
}));

let home: string;
let prompts: PromptFiles;
let taken: string[];
let warned: string[];
const never = new AbortController().signal;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "paddock-prompts-"));
  for (const folder of ["one/.github/prompts", "one/docs", "own", "outside"])
    await mkdir(path.join(home, folder), { recursive: true });
  Object.assign(editor, { trusted: true, read: [], ran: [], typed: [], asked: [] });
  editor.folders = [{ name: "one", uri: at(path.join(home, "one")) }];
  taken = [];
  warned = [];
  const log = { ...silentLogger, warn: (text: string) => void warned.push(text) };
  prompts = new PromptFiles({
    ownFolder: at(path.join(home, "own")) as unknown as vscode.Uri,
    selection: () => Promise.resolve({ label: "", uri: "", text: "selected" }),
    takeFiles: (uris) => {
      taken = uris.map(({ fsPath }) => path.relative(home, fsPath));
      return Promise.resolve({ references: [], ignored: [], refused: [] });
    },
    runCommand: () => Promise.resolve(),
    log,
  });
});
afterEach(() => rm(home, { recursive: true, force: true }));
const write = (name: string, text: string): Promise<void> => writeFile(path.join(home, name), text);
const id = (name: string): string => `prompt:file://${path.join(home, name)}`;

it("in Restricted Mode nothing of the workspace is read, and it is said, one click from trust", async () => {
  await write("one/.github/prompts/team.prompt.md", "Team");
  await write("one/AGENTS.md", "Obey");
  await write("own/mine.prompt.md", "Mine");
  editor.trusted = false;
  const offered = await prompts.offer("", never);
  expect(offered[0]?.label).toBe("/mine");
  expect(offered.at(-1)).toMatchObject({ label: "Manage Workspace Trust", icon: "shield" });
  expect((await prompts.offer("team", never)).map(({ id: one }) => one)).toEqual(["trust"]);
  expect(await prompts.use("trust")).toBeUndefined();
  expect(editor.ran).toEqual(["workbench.trust.manage"]);
  await expect(prompts.use(id("one/.github/prompts/team.prompt.md"))).rejects.toThrow("no longer there");
  expect(await readInstructions(() => true, never, silentLogger)).toEqual([]);
  expect(editor.read).not.toContain("team.prompt.md");
  expect(editor.read).not.toContain("AGENTS.md");

  editor.folders = [];
  expect((await prompts.offer("", never)).map(({ id: one }) => one)).not.toContain("trust");
});

it("prompts and instructions behind links out of the workspace are not read", async () => {
  await write("outside/secret.md", "Secret");
  await write("one/docs/real.md", "Real");
  await symlink(path.join(home, "outside/secret.md"), path.join(home, "one/.github/prompts/out.prompt.md"));
  await symlink(path.join(home, "one/docs/real.md"), path.join(home, "one/.github/prompts/in.prompt.md"));
  await symlink(path.join(home, "outside/secret.md"), path.join(home, "one/AGENTS.md"));
  await symlink(path.join(home, "outside/secret.md"), path.join(home, "own/mine.prompt.md"));
  const names = (await prompts.list(never)).map(({ prompt }) => prompt.name);
  // The person's own folder is theirs: many keep such files elsewhere and link them.
  expect(names).toEqual(["in", "mine"]);
  expect(warned.join()).toContain("out.prompt.md leads out of the workspace");
  expect(await readInstructions(() => true, never, silentLogger)).toEqual([]);
});

it("a folder's instructions are left out where the person wants none from it", async () => {
  await mkdir(path.join(home, "two"));
  await write("one/AGENTS.md", "First");
  await write("two/AGENTS.md", "Second");
  editor.folders.push({ name: "two", uri: at(path.join(home, "two")) });
  const wanted = (uri: { fsPath: string }): boolean => uri.fsPath.endsWith("two");
  const found = await readInstructions(wanted, never, silentLogger);
  expect(found.map(({ label, text }) => [label, text])).toEqual([["two/AGENTS.md", "Second"]]);
});

it("links are from the prompt's place, a person's own from the workspace's; what is no file there is only text", async () => {
  await write("one/docs/style.md", "Style");
  await symlink(path.join(home, "outside"), path.join(home, "one/docs/away"));
  await write("outside/a.md", "");
  const body = (link: string): string => `See [a](${link}style.md) [b](${link}none.md) [c](${link}away/a.md)`;
  await write("one/.github/prompts/team.prompt.md", body("../../docs/"));
  await write("own/mine.prompt.md", body("docs/"));
  for (const name of ["one/.github/prompts/team.prompt.md", "own/mine.prompt.md"]) {
    taken = [];
    await prompts.use(id(name));
    expect(taken).toEqual(["one/docs/style.md"]);
  }
});

it("asks for what it needs, in order, and does nothing when the person leaves", async () => {
  await write("own/ask.prompt.md", "${input:what:e.g. a form} for ${input:whom} in ${workspaceFolder}: ${selection}");
  editor.typed = ["x ${input:whom}", ""];
  expect(await prompts.use(id("own/ask.prompt.md"))).toMatchObject({ text: "x ${input:whom} for  in one: selected" });
  expect(editor.asked.map(({ prompt, placeHolder }) => [prompt, placeHolder])).toEqual([
    ["what", "e.g. a form"],
    ["whom", ""],
  ]);
  editor.typed = ["x", undefined];
  expect(await prompts.use(id("own/ask.prompt.md"))).toBeUndefined();
});

it("reads again what may have changed, and not with each key", async () => {
  await write("own/a.prompt.md", "One");
  for (const query of ["", "a", "a.", "x"]) await prompts.offer(query, never);
  expect(editor.read).toEqual(["a.prompt.md"]);
  await write("own/a.prompt.md", "Two");
  expect(await prompts.use(id("own/a.prompt.md"))).toMatchObject({ text: "Two" });
});

it("is not waited for by who has gone on typing, and the next one has it all the same", async () => {
  await write("own/a.prompt.md", "One");
  await expect(prompts.offer("", AbortSignal.abort())).rejects.toThrow();
  const first = new AbortController();
  const gone = prompts.offer("", first.signal);
  const next = prompts.offer("a", never);
  first.abort();
  await expect(gone).rejects.toThrow();
  expect((await next)[0]?.label).toBe("/a");
  expect(editor.read).toEqual(["a.prompt.md"]);
});
