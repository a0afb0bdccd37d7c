import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Memento } from "vscode";
import { afterEach, beforeEach, expect, it } from "vitest";
import { DatabasePlaces } from "../../src/sql/host/databasePlaces";

let root: string;
let kept: Map<string, unknown>;
let places: DatabasePlaces;
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), "paddock-places-"));
  kept = new Map();
  const memento = {
    get: (key: string) => kept.get(key),
    update: (key: string, value: unknown) => Promise.resolve(void kept.set(key, value)),
    keys: () => [...kept.keys()],
  };
  places = new DatabasePlaces(memento as Memento);
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** A workspace's folder of connections, with those in it and a file beside it. */
async function workspace(name: string): Promise<string> {
  const folder = path.join(root, name, "databases");
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, "connections.json"), "{}");
  await writeFile(path.join(root, name, "other.json"), "{}");
  return folder;
}

it("deletes the connections of all workspaces that have some, and nothing else of theirs", async () => {
  const folders = await Promise.all(["a", "b", "c"].map(workspace));
  for (const folder of [...folders.slice(0, 2), ...folders.slice(0, 2)]) await places.note(folder);
  expect(kept.get("paddock.databasePlaces")).toEqual(folders.slice(0, 2));
  expect(await places.erase()).toBe(0);
  expect(await readdir(path.join(root, "a"), { recursive: true })).toEqual(["databases", "other.json"]);
  expect(await readdir(path.join(root, "b", "databases"))).toEqual([]);
  expect(await readdir(path.join(root, "c", "databases"))).toEqual(["connections.json"]);
  expect(await places.erase()).toBe(0);
});

it("empties no folder that is not called as ours are, whatever is kept", async () => {
  await workspace("a");
  kept.set("paddock.databasePlaces", [path.join(root, "a"), 3, null, path.join(root, "gone", "databases")]);
  expect(await places.erase()).toBe(0);
  expect(await readdir(path.join(root, "a"))).toEqual(["databases", "other.json"]);
});
