import { randomBytes } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { errnoOf } from "../../platform/node/storageError";

const BEAT_MS = 1_000;
/** Ten beats missed: its window hangs, or its process id belongs to another program by now. */
const STALE_MS = 10_000;
/** A lock without an owner is one that is just being written. */
const YOUNG_MS = 2_000;

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
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await created(file, JSON.stringify({ pid: process.pid, host: hostname(), mark }))) {
        return new DownloadLock(file, mark);
      }
      if (await isHeld(file)) return undefined;
      await removeStale(file);
    }
    return undefined;
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
    const age = Date.now() - (await stat(file)).mtimeMs;
    if (age > STALE_MS) return false;
    const owner = await ownerOf(file);
    if (owner === undefined) return age < YOUNG_MS;
    return owner.host !== hostname() || processExists(owner.pid);
  } catch {
    return false;
  }
}

/** False where there is one already. */
async function created(file: string, text: string): Promise<boolean> {
  return await writeFile(file, text, { flag: "wx" }).then(
    () => true,
    (error: unknown) => {
      if (errnoOf(error) === "EEXIST") return false;
      throw error;
    },
  );
}

/** One window at a time looks again and removes, so that nobody takes away the fresh lock of who was faster. */
async function removeStale(file: string): Promise<void> {
  const guard = `${file}.guard`;
  if (!(await created(guard, ""))) {
    // Nobody holds it for longer than a moment, but one that was killed then.
    if ((await ageOf(guard)) > STALE_MS) await rm(guard, { force: true });
    await sleep(20);
    return;
  }
  try {
    if (!(await isHeld(file))) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

/** Milliseconds since it was touched; 0 for one that is gone. */
async function ageOf(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => Date.now() - mtimeMs,
    () => 0,
  );
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
