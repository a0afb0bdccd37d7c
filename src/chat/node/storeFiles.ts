import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, stat, unlink, utimes } from "node:fs/promises";
import { writeFileAtomic } from "../../platform/node/atomicFile";

export interface FileFacts {
  readonly size: number;
  readonly mtimeMs: number;
}

/** The file operations the chat's storage does: everything that can fail goes through here, so that tests can make it. */
export interface StoreFiles {
  makeFolder(path: string): Promise<void>;
  names(folder: string): Promise<string[]>;
  facts(path: string): Promise<FileFacts>;
  /**
   * Appends all of `data` with one write, so that other windows' records are never cut in two. Rejects on a short
   * write: what got through is then a torn record, which readers skip.
   * @param create make the file when it is missing; otherwise ENOENT.
   * @param durable wait until the data is on the disk itself.
   */
  append(path: string, data: Uint8Array, options: { create: boolean; durable: boolean }): Promise<void>;
  /** Hands over the bytes from `offset` to the end, in order, in chunks the callback must not keep. */
  read(path: string, offset: number, onChunk: (chunk: Buffer) => void): Promise<void>;
  replace(path: string, data: string): Promise<void>;
  /** Sets the time of last change to now. */
  touch(path: string): Promise<void>;
  remove(path: string): Promise<void>;
}

/** What is parsed in one go: a few milliseconds of the extension host, at most. */
const chunkBytes = 128 * 1024;

export const nodeStoreFiles: StoreFiles = {
  async makeFolder(path) {
    await mkdir(path, { recursive: true });
  },
  async names(folder) {
    return readdir(folder);
  },
  async facts(path) {
    const { size, mtimeMs } = await stat(path);
    return { size, mtimeMs };
  },
  async append(path, data, { create, durable }) {
    const flags = constants.O_APPEND | constants.O_WRONLY | (create ? constants.O_CREAT : 0);
    await using(await open(path, flags, 0o600), async (handle) => {
      const { bytesWritten } = await handle.write(data);
      if (bytesWritten !== data.byteLength) {
        throw Object.assign(new Error(`wrote ${bytesWritten} of ${data.byteLength} bytes`), { code: "ENOSPC" });
      }
      if (durable) await handle.datasync();
    });
  },
  async read(path, offset, onChunk) {
    await using(await open(path, "r"), async (handle) => {
      const buffer = Buffer.allocUnsafe(chunkBytes);
      for (let position = offset; ;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.byteLength, position);
        if (bytesRead === 0) return;
        onChunk(buffer.subarray(0, bytesRead));
        position += bytesRead;
      }
    });
  },
  replace: writeFileAtomic,
  async touch(path) {
    const now = new Date();
    await utimes(path, now, now);
  },
  async remove(path) {
    await unlink(path);
  },
};

async function using(handle: FileHandle, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}
