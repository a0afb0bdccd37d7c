import { randomBytes } from "node:crypto";
import { readFile, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as v from "valibot";
import { PaddockError } from "../core/errors";
import { errnoOf } from "./storageError";

const BEAT_MS = 1_000;
/** Ten beats missed: its window hangs, or its process id belongs to another program by now. */
const STALE_MS = 10_000;
/** A lock without an owner is one that is just being written. */
const YOUNG_MS = 2_000;
/** How long to wait for a lock that is held for moments: until one that hangs has lost it. */
const PATIENCE_MS = STALE_MS + 5_000;

const ownerSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  host: v.string(),
  mark: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
});

/**
 * Says that this window works on something, and that it still does: a file with its process id, touched every second.
 * A killed window is noticed at once by others on its machine; one that hangs loses the lock, and notices that itself.
 */
export class FileLock {
  private timer: ReturnType<typeof setInterval> | undefined;

  private constructor(
    private readonly file: string,
    private readonly mark: string,
  ) {}

  /**
   * @returns undefined while another window that lives has it.
   * @throws Node's own errors: the folder can't be written.
   */
  static async take(file: string): Promise<FileLock | undefined> {
    const mark = randomBytes(8).toString("hex");
    for (let attempt = 0; attempt < 3; attempt++) {
      if (await created(file, JSON.stringify({ pid: process.pid, host: hostname(), mark }))) {
        return new FileLock(file, mark);
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

/**
 * Does what takes a moment while no other window does the same; the others wait.
 * @throws what the work throws; Node's own errors where the lock can't be written; storage/failed after 15 s.
 */
export async function withFileLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  const until = performance.now() + PATIENCE_MS;
  for (let pause = 4; ; pause = Math.min(2 * pause, 64)) {
    const lock = await FileLock.take(file);
    if (lock !== undefined) {
      try {
        return await work();
      } finally {
        // One that stays belongs to nobody after a while.
        await lock.release().catch(() => undefined);
      }
    }
    if (performance.now() > until) {
      throw new PaddockError("storage/failed", "Another window keeps a file of Paddock to itself.", {
        remedy: "Close other windows and try again.",
        detail: file,
      });
    }
    // Not all at the same moment again.
    await sleep(pause * (0.5 + Math.random()));
  }
}

/** Does a window that lives work on it? */
export async function isHeld(file: string): Promise<boolean> {
  return (await stateOf(file)) === "held";
}

/** From one look, since another window may take it or let it go at any time. */
async function stateOf(file: string): Promise<"free" | "held" | "stale"> {
  try {
    const age = Date.now() - (await stat(file)).mtimeMs;
    if (age > STALE_MS) return "stale";
    const owner = await ownerOf(file);
    if (owner === undefined) return age < YOUNG_MS ? "held" : "stale";
    return owner.host !== hostname() || processExists(owner.pid) ? "held" : "stale";
  } catch {
    return "free";
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
    // One that is free now may be taken before it is removed.
    if ((await stateOf(file)) === "stale") await rm(file, { force: true });
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
