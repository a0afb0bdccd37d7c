import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import * as v from "valibot";
import { errnoOf } from "../../platform/node/storageError";

const BEAT_MS = 1_000;
/** Ten beats missed: its window hangs, or its process id belongs to another program by now. */
const STALE_MS = 10_000;

const ownerSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  host: v.string(),
  mark: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
});

/**
 * Says that this window downloads something, and that it still does: a file with its process id, touched every second.
 * A killed window is noticed at once by others on its machine; one that hangs loses the lock, and notices that itself.
 */
export class DownloadLock {
  private timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly file: string,
    private readonly mark: string,
  ) {}

  /**
   * @returns undefined while another window that lives has it.
   * @throws Node's own errors: the folder can't be written.
   */
  static async take(file: string): Promise<DownloadLock | undefined> {
    const mark = randomBytes(8).toString("hex");
    // Written beside its place and linked to it, so that nobody ever sees a lock without its owner.
    const own = `${file}.${mark}`;
    await writeFile(own, JSON.stringify({ pid: process.pid, host: hostname(), mark }));
    try {
      for (let attempt = 0; attempt < 3; attempt++) {
        if (await linked(own, file)) return new DownloadLock(file, mark);
        if (await isHeld(file)) return undefined;
        await removeStale(file, mark);
      }
      return undefined;
    } finally {
      await rm(own, { force: true });
    }
  }

  /**
   * @param onBeat each second, while the lock is ours.
   * @param onLost another window took it: from here on nothing may be written.
   */
  keep(onBeat: () => void, onLost: () => void): void {
    this.timer = setInterval(() => {
      void this.beat().then((isOurs) => {
        if (this.timer === undefined) return;
        if (isOurs) onBeat();
        else onLost();
      });
    }, BEAT_MS);
    this.timer.unref();
  }

  async release(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    if ((await ownerOf(this.file))?.mark === this.mark) await rm(this.file, { force: true });
  }

  private async beat(): Promise<boolean> {
    try {
      if ((await ownerOf(this.file))?.mark !== this.mark) return false;
      const now = new Date();
      await utimes(this.file, now, now);
      return true;
    } catch {
      return false;
    }
  }
}

/** Does a window that lives download it? */
export async function isHeld(file: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(file);
    if (Date.now() - mtimeMs > STALE_MS) return false;
    const owner = await ownerOf(file);
    return owner !== undefined && (owner.host !== hostname() || processExists(owner.pid));
  } catch {
    return false;
  }
}

/** A link fails where something is, on every file system that has links; where there are none, copying must do. */
async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    return await writeFile(to, await readFile(from), { flag: "wx" }).then(
      () => true,
      (problem: unknown) => {
        if (errnoOf(problem) === "EEXIST") return false;
        throw problem;
      },
    );
  }
}

/** Of two windows that find the same stale lock, only one gets to rename it; a fresh one that came in between goes back. */
async function removeStale(file: string, mark: string): Promise<void> {
  const aside = `${file}.${mark}.stale`;
  try {
    await rename(file, aside);
    if (await isHeld(aside)) await linked(aside, file);
  } catch (error) {
    if (errnoOf(error) !== "ENOENT") throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function ownerOf(file: string): Promise<v.InferOutput<typeof ownerSchema> | undefined> {
  try {
    const parsed = v.safeParse(ownerSchema, JSON.parse(await readFile(file, "utf8")));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errnoOf(error) === "EPERM";
  }
}
