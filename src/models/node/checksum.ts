import { createHash } from "node:crypto";
import { open, realpath } from "node:fs/promises";
import path from "node:path";

/** As large as reading gains by. */
const CHUNK = 1024 * 1024;

/** Whose word it is that a file should have this hash. */
export interface ExpectedHash {
  readonly sha256: string;
  readonly by: "manifest" | "hugging-face" | "ollama" | "download";
}

/**
 * What a file's SHA-256 should be, as far as somebody has said: the manifest of what travels with Paddock, the name
 * that Hugging Face's cache or Ollama gives its data, or the server that it was downloaded from.
 */
export async function expectedHash(
  file: string,
  known: {
    readonly manifest: string | undefined;
    readonly downloaded: (file: string) => Promise<string | undefined>;
  },
): Promise<ExpectedHash | undefined> {
  if (known.manifest !== undefined) return { sha256: known.manifest, by: "manifest" };
  const real = await realpath(file);
  const name = path.basename(real);
  if (path.basename(path.dirname(real)) === "blobs") {
    if (/^[0-9a-f]{64}$/.test(name)) return { sha256: name, by: "hugging-face" };
    const digest = /^sha256[-:]([0-9a-f]{64})$/.exec(name)?.[1];
    if (digest !== undefined) return { sha256: digest, by: "ollama" };
  }
  const downloaded = await known.downloaded(file);
  return downloaded === undefined ? undefined : { sha256: downloaded.toLowerCase(), by: "download" };
}

/**
 * Hashes on the thread that calls it: some gigabytes keep it busy for seconds, a piece at a time.
 * @param onRead bytes read since the last call.
 * @returns 64 hexadecimal digits.
 * @throws the file system's own errors; what the signal was aborted with.
 */
export async function sha256Of(file: string, signal: AbortSignal, onRead: (bytes: number) => void): Promise<string> {
  const handle = await open(file, "r");
  try {
    const hash = createHash("sha256");
    // Two buffers: one is read into while the other is hashed.
    let [filled, empty] = [Buffer.allocUnsafe(CHUNK), Buffer.allocUnsafe(CHUNK)];
    let { bytesRead } = await handle.read(filled, 0, CHUNK, null);
    while (bytesRead > 0) {
      signal.throwIfAborted();
      const next = handle.read(empty, 0, CHUNK, null);
      hash.update(filled.subarray(0, bytesRead));
      onRead(bytesRead);
      ({ bytesRead } = await next);
      [filled, empty] = [empty, filled];
    }
    return hash.digest("hex");
  } finally {
    await handle.close();
  }
}
