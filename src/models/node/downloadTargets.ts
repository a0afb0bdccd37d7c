import { mkdir, open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";
import { coveredBytes } from "../core/byteRanges";
import type { DownloadFile } from "../core/downloadState";
import type { DownloadFolder } from "./downloadFolder";
import { FollowingHash } from "./followingHash";

/** Where a file of a download goes. */
export function targetPath(folder: DownloadFolder, { target }: Pick<DownloadFile, "target">): string {
  return path.join(folder.models, ...target.split("/"));
}

/**
 * Looks at what already stands where the files go. What has the checksum that is wanted is done; where something else
 * stands, all parts go to a folder of their own below, so that nothing is overwritten.
 * @throws the file system's own errors; what the signal was aborted with.
 */
export async function settleTargets(
  folder: DownloadFolder,
  files: readonly DownloadFile[],
  signal: AbortSignal,
): Promise<DownloadFile[]> {
  for (let attempt = 1; ; attempt++) {
    const moved = atAttempt(files, attempt);
    const settled: (DownloadFile | undefined)[] = [];
    for (const file of moved) settled.push(await settle(folder, file, signal));
    const good = settled.filter((file) => file !== undefined);
    if (good.length === files.length) return good;
  }
}

/**
 * Where the files of a model stand that was downloaded before: full paths, in the order of the parts. A file is what it
 * was when it arrived as long as its size is the same; undefined where one is missing or of another checksum.
 * @throws the file system's own errors.
 */
export async function findDownloaded(
  folder: DownloadFolder,
  files: readonly Pick<DownloadFile, "target" | "size" | "sha256">[],
): Promise<string[] | undefined> {
  // Where two others stand in the way there may be a third; nobody goes looking for it.
  for (const attempt of [1, 2, 3]) {
    const moved = atAttempt(files, attempt);
    const good = await Promise.all(
      moved.map(async (file) => {
        const at = targetPath(folder, file);
        if ((await sizeOf(at)) !== file.size) return false;
        return file.sha256 === null || (await folder.checksumOf(at)) === file.sha256;
      }),
    );
    if (good.length > 0 && good.every(Boolean)) return moved.map((file) => targetPath(folder, file));
  }
  return undefined;
}

/** Where the files go when something else stands at the places of the attempts before: first is 1. */
function atAttempt<T extends Pick<DownloadFile, "target" | "sha256">>(files: readonly T[], attempt: number): T[] {
  if (attempt === 1) return [...files];
  const mark = (files[0]?.sha256 ?? "new").slice(0, 8);
  const below = `version ${mark}${attempt === 2 ? "" : ` ${attempt - 1}`}`;
  return files.map((file) => ({ ...file, target: inFolder(file.target, below) }));
}

/** Undefined where something else stands. */
async function settle(
  folder: DownloadFolder,
  file: DownloadFile,
  signal: AbortSignal,
): Promise<DownloadFile | undefined> {
  const at = targetPath(folder, file);
  const size = await sizeOf(at);
  if (size === undefined) return file;
  if (size !== file.size || file.sha256 === null) return undefined;
  return (await checksumOf(at, size, signal)) === file.sha256 ? { ...file, isDone: true } : undefined;
}

/** As far as its size tells. */
export async function isAtTarget(folder: DownloadFolder, file: DownloadFile): Promise<boolean> {
  return (await sizeOf(targetPath(folder, file))) === file.size;
}

/** It was verified and renamed, and then the window was killed before it could write that down. */
export async function wasMoved(folder: DownloadFolder, file: DownloadFile, part: string): Promise<boolean> {
  return (
    coveredBytes(file.ranges) === file.size && (await sizeOf(part)) === undefined && (await isAtTarget(folder, file))
  );
}

/** Gives a verified file its name. @throws PaddockError download/other-file; the file system's own errors. */
export async function moveToTarget(folder: DownloadFolder, file: DownloadFile, part: string): Promise<void> {
  const at = targetPath(folder, file);
  if ((await sizeOf(at)) !== undefined) {
    throw new PaddockError("download/other-file", `${path.basename(at)} is there now, and is another file.`, {
      remedy: "Move that one away, then resume.",
      detail: at,
    });
  }
  await mkdir(path.dirname(at), { recursive: true });
  await rename(part, at);
  // The name is on the disk, too, before it is written down that it is. Windows has no such thing for folders.
  const parent = await open(path.dirname(at)).catch(() => undefined);
  await parent?.sync().catch(() => undefined);
  await parent?.close();
}

async function sizeOf(at: string): Promise<number | undefined> {
  return stat(at).then(
    ({ size }) => size,
    () => undefined,
  );
}

async function checksumOf(at: string, size: number, signal: AbortSignal): Promise<string> {
  const handle = await open(at, "r");
  const hash = new FollowingHash(handle);
  try {
    return await hash.finish(size, signal);
  } finally {
    await hash.reset();
    await handle.close();
  }
}

function inFolder(target: string, below: string): string {
  const parts = target.split("/");
  return [...parts.slice(0, -1), below, ...parts.slice(-1)].join("/");
}
