import type { FileHandle } from "node:fs/promises";
import type { ByteSource } from "../core/byteSource";

/** An open file as a source; the handle stays its owner's to close. */
export async function fileSource(handle: FileHandle): Promise<ByteSource> {
  const { size } = await handle.stat();
  return {
    size,
    read: async (offset, length, signal) => {
      signal.throwIfAborted();
      const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - offset)));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, offset);
      return bytes.subarray(0, bytesRead);
    },
  };
}
