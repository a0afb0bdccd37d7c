import { statfs } from "node:fs/promises";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";

/** What a disk should have left beside a download, bytes. */
const RESERVE = 256 * 1024 * 1024;

/** Bytes that are free on the disk of a folder, for this person. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

/** @throws PaddockError download/no-space: `needed` bytes more would fill the disk. */
export function assertSpace(title: string, needed: number, free: number): void {
  if (needed + RESERVE <= free) return;
  throw noSpace(`${title} needs ${formatBytes(needed)} more, and its disk has ${formatBytes(free)} free.`);
}

/** For a disk that filled up all the same. */
export function diskFull(title: string, needed: number): PaddockError {
  return noSpace(`The disk is full; ${title} needs ${formatBytes(needed)} more.`);
}

function noSpace(message: string): PaddockError {
  return new PaddockError("download/no-space", message, {
    remedy: "Free some space, then resume; what came so far is kept.",
  });
}
