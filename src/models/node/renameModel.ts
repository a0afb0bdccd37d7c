import { link, lstat, rename, unlink } from "node:fs/promises";
import path from "node:path";
import { splitName, splitPartNames } from "../../gguf/core/splitFiles";
import { PaddockError } from "../../platform/core/errors";
import { errnoOf, toStorageError } from "../../platform/node/storageError";

/** Where the file system has no hard links: FAT, some network disks. */
const noLinks = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK", "EINVAL", "EACCES"]);

/** What the files of a model will be called. @param base without ending and numbers. */
export function renamedParts(parts: readonly string[], base: string): string[] {
  const [first = ""] = parts;
  const folder = path.dirname(first);
  const split = splitName(path.basename(first));
  const names = split === undefined ? [`${base}.gguf`] : splitPartNames({ ...split, base });
  return names.map((name) => path.join(folder, name));
}

/**
 * Gives all files of a model new names. Each gets its second name before any loses its first, so whatever happens in
 * between, the model is whole under one of them; nothing is ever written over.
 * @returns the new paths.
 * @throws PaddockError model/name-taken, storage/*; then all have their old names.
 */
export async function renameParts(parts: readonly string[], base: string): Promise<string[]> {
  const targets = renamedParts(parts, base);
  const made: { readonly from: string; readonly to: string; readonly isLink: boolean }[] = [];
  try {
    for (const [index, from] of parts.entries()) {
      const to = targets[index];
      if (to === undefined) throw new PaddockError("internal", "A model has more parts than names.");
      if (to !== from) made.push({ from, to, isLink: await giveName(from, to) });
    }
  } catch (error) {
    for (const { from, to, isLink } of made.reverse()) {
      await (isLink ? unlink(to) : rename(to, from)).catch(() => undefined);
    }
    throw error instanceof PaddockError ? error : toStorageError(error);
  }
  for (const { from, isLink } of made) {
    // Both names lead to the same data: a first name that cannot go does no harm.
    if (isLink) await unlink(from).catch(() => undefined);
  }
  return targets;
}

/** @returns whether the old name is still there. */
async function giveName(from: string, to: string): Promise<boolean> {
  try {
    // A second name of a link would be one of the file it leads to, on some systems.
    if (!(await lstat(from)).isSymbolicLink()) {
      await link(from, to);
      return true;
    }
  } catch (error) {
    const errno = errnoOf(error) ?? "";
    if (errno === "EEXIST") {
      if (!(await isOnlyCase(from, to))) throw taken(to);
    } else if (!noLinks.has(errno)) throw error;
  }
  // Without links there is no way to be certain, but the name was free a moment ago.
  if ((await isThere(to)) && !(await isOnlyCase(from, to))) throw taken(to);
  await rename(from, to);
  return false;
}

/** On file systems that do not tell case, a name in other letters is the file itself. */
async function isOnlyCase(from: string, to: string): Promise<boolean> {
  if (from.toLowerCase() !== to.toLowerCase()) return false;
  const [a, b] = await Promise.all([lstat(from, { bigint: true }), lstat(to, { bigint: true })]);
  return a.ino === b.ino && a.dev === b.dev;
}

async function isThere(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}

function taken(file: string): PaddockError {
  return new PaddockError("model/name-taken", `There is a file ${path.basename(file)} already.`, {
    remedy: "Choose another name.",
  });
}
