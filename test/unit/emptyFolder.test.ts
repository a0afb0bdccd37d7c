import { appendFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { emptyFiles, emptyFolder } from "../../src/platform/node/emptyFolder";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-empty-"));
  await mkdir(path.join(folder, "a", "b"), { recursive: true });
  await mkdir(path.join(folder, "kept"));
  for (const name of ["one", "a/two", "a/b/three", "kept/four"]) await writeFile(path.join(folder, name), "text");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it("removes files and folders, but for those that are to stay", async () => {
  expect(await emptyFolder(folder, [path.join(folder, "kept"), path.join(folder, "a", "two")])).toBe(0);
  expect((await readdir(folder, { recursive: true })).sort()).toEqual(
    ["a", "a/two", "kept", "kept/four"].map(path.normalize),
  );
  expect(await emptyFolder(path.join(folder, "none"))).toBe(0);
});

it("empties what somebody goes on writing to, and that goes on in the same file", async () => {
  const log = await open(path.join(folder, "a", "two"), "a");
  expect(await emptyFiles(folder)).toBe(0);
  for (const name of ["one", "a/two", "a/b/three"]) expect(await readFile(path.join(folder, name), "utf8")).toBe("");
  await appendFile(log, "next line");
  await log.close();
  expect(await readFile(path.join(folder, "a", "two"), "utf8")).toBe("next line");
});
