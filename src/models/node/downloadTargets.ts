import { mkdir, open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";
import { coveredBytes } from "../core/byteRanges";
import type { DownloadFile } from "../core/downloadState";
import type { DownloadFolder } from "./downloadFolder";
import { FollowingHash } from "./followingHash";

/** Where a file of a download goes. */
export function targetPath(folder: DownloadFolder, { target }: DownloadFile): string {
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
  const mark = (files[0]?.sha256 ?? "new").slice(0, 8);
  for (let attempt = 1; ; attempt++) {
    const below = attempt === 1 ? undefined : `version ${mark}${attempt === 2 ? "" : ` ${attempt - 1}`}`;
    const moved = files.map((file) => (below === undefined ? file : { ...file, target: inFolder(file.target, below) }));
    const settled: (DownloadFile | undefined)[] = [];
    for (const file of moved) settled.push(await settle(folder, file, signal));
    const good = settled.filter((file) => file !== undefined);
    if (good.length === files.length) return good;
  }
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
