import { beforeEach, expect, it, vi } from "vitest";
import type * as vscode from "vscode";
import { filesInWorkspace } from "../../src/edits/host/editTarget";

const editor = vi.hoisted(() => ({
  folders: [] as { name: string; path: string }[],
  files: new Set<string>(),
}));
vi.mock("vscode", () => {
  const uri = (path: string) => ({ path, toString: () => path });
  const folders = () => editor.folders.map(({ name, path }, index) => ({ name, index, uri: uri(path) }));
  return {
    l10n: { t: (text: string) => text },
    Uri: { joinPath: ({ path }: { path: string }, ...rest: string[]) => uri([path, ...rest].join("/")) },
    workspace: {
      get workspaceFolders() {
        return folders();
      },
      getWorkspaceFolder: ({ path }: { path: string }) => folders().find((one) => path.startsWith(`${one.uri.path}/`)),
      fs: {
        stat: ({ path }: { path: string }) =>
          editor.files.has(path) ? Promise.resolve({}) : Promise.reject(new Error("ENOENT")),
      },
    },
  };
});

beforeEach(() => {
  editor.folders = [
    { name: "alpha", path: "/w/alpha" },
    { name: "beta", path: "/w/beta" },
  ];
  editor.files = new Set();
});

async function meant(path: string, near?: string): Promise<string[]> {
  const uri = near === undefined ? undefined : ({ path: near, toString: () => near } as unknown as vscode.Uri);
  return (await filesInWorkspace(path, uri)).map((one) => one.path);
}

it("is the one that is there, in whichever folder", async () => {
  editor.files.add("/w/beta/src/a.ts");
  expect(await meant("src/a.ts", "/w/alpha/b.ts")).toEqual(["/w/beta/src/a.ts"]);
});

it("is in the folder whose name the path begins with, also where it is still to be made", async () => {
  expect(await meant("beta/a.ts", "/w/alpha/b.ts")).toEqual(["/w/beta/a.ts"]);
  editor.files.add("/w/beta/a.ts");
  expect(await meant("beta/a.ts")).toEqual(["/w/beta/a.ts"]);
  // A folder "beta" inside alpha may be meant just as well.
  editor.files.add("/w/alpha/beta/a.ts");
  expect(await meant("beta/a.ts")).toEqual(["/w/beta/a.ts", "/w/alpha/beta/a.ts"]);
});

it("is several where several folders have it, unless the editor in front says which", async () => {
  editor.files.add("/w/alpha/a.ts").add("/w/beta/a.ts");
  expect(await meant("a.ts")).toEqual(["/w/alpha/a.ts", "/w/beta/a.ts"]);
  expect(await meant("a.ts", "/elsewhere/x.ts")).toEqual(["/w/alpha/a.ts", "/w/beta/a.ts"]);
  expect(await meant("a.ts", "/w/beta/other.ts")).toEqual(["/w/beta/a.ts"]);
  expect(await meant("a.ts", "/w/alpha/a.ts")).toEqual(["/w/alpha/a.ts"]);
});

it("is asked about where a new file could be in any folder", async () => {
  expect(await meant("src/new.ts")).toEqual(["/w/alpha/src/new.ts", "/w/beta/src/new.ts"]);
  expect(await meant("src/new.ts", "/w/beta/x.ts")).toEqual(["/w/beta/src/new.ts"]);
});

it("is none without a folder, and never outside of one", async () => {
  await expect(meant("../a.ts")).rejects.toThrow("is not a file inside the workspace");
  editor.folders = [];
  expect(await meant("a.ts")).toEqual([]);
});
