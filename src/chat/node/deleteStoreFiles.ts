import * as path from "node:path";
import { errnoOf } from "../../platform/node/storageError";
import type { StoreFiles } from "./storeFiles";

/** By then another window has noticed that all data was deleted, and what it was writing is written. */
const otherWindowsMs = 400;

/**
 * Removes every file of the chat's storage but one. The folders stay: windows watch them.
 * @param keep the file that says that all was deleted.
 * @throws Node's error: some file can't be removed. The others are gone then.
 */
export async function deleteStoreFiles(files: StoreFiles, root: string, keep: string): Promise<void> {
  const found: string[] = [];
  for (const folder of [path.join(root, "conversations"), path.join(root, "writers")]) {
    const names = await files.names(folder).catch((): string[] => []);
    found.push(...names.map((name) => path.join(folder, name)));
  }
  for (const name of await files.names(root)) {
    // The index, and what a crash left of a new one.
    if (name.startsWith("index.json")) found.push(path.join(root, name));
  }
  await removeAll(files, found, keep);
  // Another window may have been in the middle of a write when it happened.
  await new Promise((resolve) => setTimeout(resolve, otherWindowsMs));
  await removeAll(files, found, keep);
}

async function removeAll(files: StoreFiles, found: readonly string[], keep: string): Promise<void> {
  const failures: unknown[] = [];
  for (const file of found) {
    if (file === keep) continue;
    await files.remove(file).catch((error: unknown) => {
      if (errnoOf(error) !== "ENOENT") failures.push(error);
    });
  }
  if (failures.length > 0) throw failures[0];
}
