import { mkdir, mkdtemp, readdir, rm, statfs } from "node:fs/promises";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";
import { toStorageError } from "../../platform/node/storageError";
import { chunksFor, COMPARED_PER_CHUNK } from "../divergence";
import { positionBytes } from "../measuring";

const PREFIX = "predictions-";

/** Where a reference's predictions lie while they are compared, a folder for each comparison. */
export class PredictionsFolder {
  private swept: Promise<void> | undefined;

  constructor(private readonly folder: string) {}

  /** @throws PaddockError storage/* */
  async make(): Promise<string> {
    await (this.swept ??= this.sweep());
    try {
      await mkdir(this.folder, { recursive: true });
      return await mkdtemp(path.join(this.folder, `${PREFIX}${process.pid}-`));
    } catch (error) {
      throw toStorageError(error);
    }
  }

  /**
   * @param needed bytes.
   * @throws PaddockError storage/full
   */
  async assertRoom(needed: number): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize >= needed) return;
    throw new PaddockError(
      "storage/full",
      `Comparing these models needs ${Math.ceil(needed / 2 ** 20).toLocaleString("en")} MiB on the disk for a while, and there is less.`,
      { remedy: "Free some disk space, or compare fewer positions." },
    );
  }

  /** Leftovers of windows that were killed in the middle of a comparison. */
  private async sweep(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      const pid = Number(new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1]);
      if (Number.isInteger(pid) && !isAlive(pid))
        await rm(path.join(this.folder, name), { recursive: true, force: true });
    }
  }
}

/** What the reference's predictions take on the disk while a divergence is measured, bytes. */
export function predictionsBytes(vocabularySize: number, positions: number): number {
  return chunksFor(positions) * COMPARED_PER_CHUNK * positionBytes(vocabularySize);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
