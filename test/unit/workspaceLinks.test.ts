import { mkdir, mkdtemp, rm, stat, symlink, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WorkspaceLinks } from "../../src/chat/host/workspaceLinks";

interface FakeUri {
  readonly scheme: string;
  readonly fsPath: string;
}
const editor = vi.hoisted(
  (): {
    folders: { name: string; uri: FakeUri }[];
    stats: string[];
    opened: unknown[][];
    hangs: boolean;
  } => ({ folders: [], stats: [], opened: [], hangs: false }),
);
vi.mock("vscode", () => ({
  FileType: { File: 1, Directory: 2 },
  Range: class {
    readonly numbers: number[];
    constructor(...numbers: number[]) {
      this.numbers = numbers;
    }
  },
  Uri: {
    joinPath: ({ scheme, fsPath }: FakeUri, ...rest: string[]): FakeUri => ({
      scheme,
      fsPath: path.join(fsPath, ...rest),
    }),
  },
  commands: { executeCommand: (...all: unknown[]) => Promise.resolve(void editor.opened.push(all)) },
  workspace: {
    get workspaceFolders() {
      return editor.folders;
    },
    fs: {
      stat: async ({ fsPath }: FakeUri) => {
        editor.stats.push(fsPath);
        if (editor.hangs && fsPath.endsWith("hang.ts")) await new Promise(() => undefined);
        return { type: (await stat(fsPath)).isFile() ? 1 : 2 };
      },
    },
  },
}));

let home: string;
let links: WorkspaceLinks;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "paddock-links-"));
  for (const folder of ["one/src", "two/src", "outside"]) await mkdir(path.join(home, folder), { recursive: true });
  for (const file of ["one/src/a.ts", "two/src/a.ts", "two/src/b.ts", "outside/secret.ts"])
    await writeFile(path.join(home, file), "");
  await symlink(path.join(home, "outside/secret.ts"), path.join(home, "one/src/out.ts"));
  await symlink(path.join(home, "outside"), path.join(home, "one/away"));
  await symlink("a.ts", path.join(home, "one/src/in.ts"));
  editor.folders = ["one", "two"].map((name) => ({ name, uri: { scheme: "file", fsPath: path.join(home, name) } }));
  editor.stats = [];
  editor.opened = [];
  editor.hangs = false;
  links = new WorkspaceLinks({ fileGone: "fileGone" });
});
afterEach(() => rm(home, { recursive: true, force: true }));

it("tells which paths are files inside the folders, and follows links", async () => {
  const found = await links.existing([
    "src/a.ts",
    "src/b.ts",
    "two/src/b.ts",
    "src/in.ts",
    "src",
    "src/none.ts",
    "src/out.ts",
    "away/secret.ts",
    "../outside/secret.ts",
    path.join(home, "one/src/a.ts"),
  ]);
  expect(found.sort()).toEqual(["src/a.ts", "src/b.ts", "src/in.ts", "two/src/b.ts"]);
  expect(editor.stats.filter((file) => !file.startsWith(path.join(home, "one")))).not.toContain(
    path.join(home, "outside/secret.ts"),
  );
});

it("looks for each path once while the answer is fresh, but always before it opens one", async () => {
  await links.existing(["src/a.ts", "src/a.ts"]);
  await links.existing(["src/a.ts"]);
  expect(editor.stats).toHaveLength(1);
  await rm(path.join(home, "one/src/a.ts"));
  await rm(path.join(home, "two/src/a.ts"));
  await expect(links.open({ path: "src/a.ts" })).rejects.toMatchObject({ code: "unsupported", message: "fileGone" });
  expect(editor.opened).toEqual([]);
});

it("opens at the line, in the first folder that has the file", async () => {
  await links.open({ path: "src/a.ts", line: 12 });
  await links.open({ path: "src/b.ts", line: 2, endLine: 4 });
  const at = (file: string) => ({ scheme: "file", fsPath: path.join(home, file) });
  expect(editor.opened).toEqual([
    ["vscode.open", at("one/src/a.ts"), { preview: true, selection: { numbers: [11, 0, 11, 0] } }],
    ["vscode.open", at("two/src/b.ts"), { preview: true, selection: { numbers: [1, 0, 4, 0] } }],
  ]);
});

it.each(["src/out.ts", "away/secret.ts", "../outside/secret.ts", "/etc/passwd", "src", "src/none.ts"])(
  "does not open %j",
  async (wanted) => {
    await expect(links.open({ path: wanted })).rejects.toMatchObject({ message: "fileGone" });
    expect(editor.opened).toEqual([]);
  },
);

it("does not wait for a file system that hangs", async () => {
  editor.hangs = true;
  expect(await links.existing(["src/hang.ts", "src/a.ts"])).toEqual(["src/a.ts"]);
});

it("finds nothing without a folder", async () => {
  editor.folders = [];
  expect(await links.existing(["src/a.ts"])).toEqual([]);
});
