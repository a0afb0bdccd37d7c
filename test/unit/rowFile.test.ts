import { mkdir, mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as v from "valibot";
import { afterEach, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../../src/platform/core/logger";
import { RowFile } from "../../src/platform/node/rowFile";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-rows-"));
  file = path.join(folder, "rows.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function rows(): RowFile<number> {
  const bounds = { version: 2, mostBytes: 1000, what: "The rows", log: silentLogger };
  return new RowFile({ file, schema: v.number(), ...bounds });
}
const add = (row: number) => (before: readonly number[]) => [...before, row];

test("rows of two windows are both kept; what is damaged or of an earlier form begins anew", async () => {
  await Promise.all([rows().change(add(1)), rows().change(add(2))]);
  expect([...(await rows().load())].sort()).toEqual([1, 2]);
  for (const old of ["{", '{"version":1,"rows":[7]}', "[]"]) {
    await writeFile(file, old);
    expect(await rows().load()).toEqual([]);
    await rows().change(add(3));
    expect(await rows().load()).toEqual([3]);
  }
});

test("what this window cannot read is not replaced", async () => {
  const later = '{"version":3,"rows":[{"of":"a later Paddock"}]}';
  await writeFile(file, later);
  expect(await rows().load()).toEqual([]);
  await expect(rows().change(add(1))).rejects.toMatchObject({ code: "storage/failed" });
  expect(await readFile(file, "utf8")).toBe(later);
  await truncate(file, 2000);
  await expect(rows().change(add(1))).rejects.toMatchObject({ code: "storage/failed" });
  // A folder of that name stands for every file that cannot be opened just now.
  await rm(file);
  await mkdir(file);
  await expect(rows().change(add(1))).rejects.toMatchObject({ code: "storage/failed" });
});
