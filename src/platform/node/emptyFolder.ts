import { readdir, rm, rmdir, truncate } from "node:fs/promises";
import path from "node:path";

/**
 * Removes all that is in a folder, and folders in it that are empty then. A file that can't be removed, as one that is
 * open on Windows, is at least emptied. @param keep paths that stay. @returns files that are still there with text.
 */
export async function emptyFolder(folder: string, keep: readonly string[] = []): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let left = 0;
  for (const entry of entries) {
    const at = path.join(folder, entry.name);
    if (keep.includes(at)) continue;
    if (entry.isDirectory()) {
      left += await emptyFolder(at, keep);
      if (!keep.some((kept) => kept.startsWith(at + path.sep))) await rmdir(at).catch(() => undefined);
      continue;
    }
    await rm(at, { force: true }).catch(async () => {
      await truncate(at).catch(() => left++);
    });
  }
  return left;
}

/** Empties the files in a folder that others hold open and go on writing to, such as logs. @returns files that still have text. */
export async function emptyFiles(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let left = 0;
  for (const entry of entries) {
    const at = path.join(folder, entry.name);
    if (entry.isDirectory()) left += await emptyFiles(at);
    else await truncate(at).catch(() => left++);
  }
  return left;
}
