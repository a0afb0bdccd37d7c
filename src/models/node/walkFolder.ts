import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf } from "../../platform/node/storageError";
import { Breath } from "../../platform/node/breath";

export interface WalkLimits {
  /** Folders below the first. */
  readonly depth: number;
  /** Files and folders looked at in all. */
  readonly entries: number;
}

/** Deep enough for publisher/repository/quantization/file; a home folder given by mistake ends soon. */
export const walkLimits: WalkLimits = { depth: 8, entries: 50_000 };

export interface Walk {
  /** Full paths, in the order of their names. */
  readonly files: readonly string[];
  /** Folders that could not be listed, and why. */
  readonly problems: readonly { readonly path: string; readonly why: "missing" | "unreadable" | "too-many" }[];
}

/**
 * Files of a folder and those below it. Links are followed, and each real folder is entered once, so loops end; hidden
 * folders are left out.
 * @param wanted by a file's name.
 * @throws what the signal was aborted with, and nothing else.
 */
export async function walkFolder(
  folder: string,
  wanted: (name: string) => boolean,
  signal: AbortSignal,
  limits: WalkLimits = walkLimits,
): Promise<Walk> {
  const files: string[] = [];
  const problems: Walk["problems"][number][] = [];
  const entered = new Set<string>();
  const breath = new Breath();
  let left = limits.entries;
  const enter = async (at: string, depth: number): Promise<void> => {
    await breath.take(signal);
    let entries: Dirent[];
    try {
      const real = await realpath(at);
      if (entered.has(real)) return;
      entered.add(real);
      entries = await readdir(at, { withFileTypes: true });
    } catch (error) {
      const errno = errnoOf(error);
      problems.push({ path: at, why: errno === "ENOENT" || errno === "ENOTDIR" ? "missing" : "unreadable" });
      return;
    }
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      if (--left < 0) return;
      const full = path.join(at, entry.name);
      const isFolder = entry.isDirectory() || (entry.isSymbolicLink() && (await leadsToFolder(full)));
      if (!isFolder) {
        if (wanted(entry.name)) files.push(full);
      } else if (depth > 0 && !entry.name.startsWith(".") && entry.name !== "node_modules") {
        await enter(full, depth - 1);
      }
    }
  };
  await enter(folder, limits.depth);
  if (left < 0) problems.push({ path: folder, why: "too-many" });
  return { files, problems };
}

async function leadsToFolder(link: string): Promise<boolean> {
  return stat(link).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
