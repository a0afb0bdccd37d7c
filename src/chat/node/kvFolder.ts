import { mkdir, readdir, rm, stat, statfs, unlink, utimes } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { idSchema } from "../core/conversation";

const extension = ".kv";
/** No save takes this long: what is left of one belongs to an engine that was killed. */
const partMs = 10 * 60_000;
/** Left free on the disk for everything else, bytes. */
const leastFree = 1024 ** 3;

interface StateFile {
  readonly path: string;
  readonly bytes: number;
  /** Its last use, by whichever window. */
  readonly usedMs: number;
}

/**
 * The saved KV caches of conversations, one file for each and each kind of context, shared by all windows without a
 * lock: files appear whole, their time of last change is their last use, and any of them may be gone at any time.
 */
export class KvFolder {
  constructor(
    private readonly folder: string,
    private readonly freeBytes: (folder: string) => Promise<number> = freeOnDisk,
  ) {}

  /** Half of the identity key tells files apart; the engine compares the whole one, which is in the file. */
  path(conversation: string, identityKey: string): string {
    return path.join(this.folder, `${v.parse(idSchema, conversation)}.${identityKey.slice(0, 32)}${extension}`);
  }

  /** Marks the file as used now. @returns whether it is there. */
  async use(file: string): Promise<boolean> {
    const now = new Date();
    return utimes(file, now, now).then(
      () => true,
      () => false,
    );
  }

  /**
   * Makes the folder, and room in it for one more file by removing those that were used longest ago.
   * @param replacing the file that the new one takes the place of, if it exists.
   * @returns false when the file would be larger than the cap, or leave the disk too full.
   */
  async makeRoom(bytes: number, cap: number, replacing: string): Promise<boolean> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
    if (bytes > cap) return false;
    await this.trim(cap - bytes, replacing);
    return (await this.freeBytes(this.folder)) >= bytes + leastFree;
  }

  /** Removes those that were used longest ago until the rest is no more than `cap` bytes. @param keep left out of it. */
  async trim(cap: number, keep?: string): Promise<void> {
    const files = (await this.files()).filter((file) => file.path !== keep).sort((a, b) => b.usedMs - a.usedMs);
    let total = 0;
    for (const file of files) {
      total += file.bytes;
      if (total > cap) await remove(file.path);
    }
  }

  /** Removes what belongs to no conversation, and what was left half-written. */
  async sweep(isKnown: (conversation: string) => boolean): Promise<void> {
    for (const name of await this.names()) {
      const file = path.join(this.folder, name);
      if (name.endsWith(extension) ? !isKnown(conversationOf(name)) : await isOld(file)) await remove(file);
    }
  }

  /** All of a conversation's. */
  async forget(conversation: string): Promise<void> {
    for (const name of await this.names())
      if (name.endsWith(extension) && conversationOf(name) === conversation) await remove(path.join(this.folder, name));
  }

  async clear(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private async files(): Promise<StateFile[]> {
    const files: StateFile[] = [];
    for (const name of await this.names()) {
      if (!name.endsWith(extension)) continue;
      const file = path.join(this.folder, name);
      const facts = await stat(file).catch(() => undefined);
      if (facts !== undefined) files.push({ path: file, bytes: facts.size, usedMs: facts.mtimeMs });
    }
    return files;
  }

  private async names(): Promise<string[]> {
    return readdir(this.folder).catch(() => []);
  }
}

function conversationOf(name: string): string {
  return name.slice(0, name.indexOf("."));
}

async function isOld(file: string): Promise<boolean> {
  const facts = await stat(file).catch(() => undefined);
  return facts !== undefined && facts.mtimeMs < Date.now() - partMs;
}

/** Gone already is as good; one that is open elsewhere on Windows goes another time. */
export async function remove(file: string): Promise<void> {
  await unlink(file).catch(() => undefined);
}

async function freeOnDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
