import { randomBytes } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import path from "node:path";

/**
 * A file that is not whole yet: NAME.PID-RANDOM.part beside NAME, of plain letters for llama.cpp on Windows. The process id
 * tells whether anybody still writes it.
 */
const partName = /^\.(\d+)-[0-9a-f]{8}\.part$/;

export function newPartFile(target: string): string {
  const name = `${plainName(target)}.${process.pid}-${randomBytes(4).toString("hex")}.part`;
  return path.join(path.dirname(target), name);
}

function plainName(target: string): string {
  return path.basename(target).replace(/[^ -~]/g, "_");
}

/**
 * Removes what runs that were killed have left of a file.
 * @param inUse part files of this process that are being written.
 */
export async function removeStaleParts(target: string, inUse: ReadonlySet<string>): Promise<void> {
  const folder = path.dirname(target);
  const name = plainName(target);
  for (const entry of await readdir(folder).catch(() => [])) {
    const match = entry.startsWith(name) ? partName.exec(entry.slice(name.length)) : null;
    const file = path.join(folder, entry);
    if (match === null || inUse.has(file)) continue;
    const pid = Number(match[1]);
    if (pid === process.pid || !isAlive(pid)) await rm(file, { force: true }).catch(() => undefined);
  }
}

/** The part becomes the file: its bytes are on the disk before the name points to them. */
export async function finishPart(part: string, target: string): Promise<void> {
  const handle = await open(part, "r+");
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(part, target);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process lives, too.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
