import { createHash, type Hash } from "node:crypto";
import type { FileHandle } from "node:fs/promises";

/** Hashed at once: well under a millisecond, so that the extension host stays free. */
const BLOCK = 256 * 1024;

/**
 * SHA-256 of a file that is still being written: it follows the part from the beginning on that is complete, so that
 * little is left to hash when the last byte is there. What it reads was just written and comes from memory.
 */
export class FollowingHash {
  private hash: Hash = createHash("sha256");
  private position = 0;
  private target = 0;
  private running: Promise<void> | undefined;
  private failure: unknown;
  private readonly block = Buffer.alloc(BLOCK);

  constructor(private readonly handle: FileHandle) {}

  /** Bytes hashed so far. */
  get hashedBytes(): number {
    return this.position;
  }

  /** All before `end` is there now. */
  follow(end: number): void {
    this.target = Math.max(this.target, end);
    this.running ??= this.run().finally(() => (this.running = undefined));
  }

  /** The file begins anew. */
  async reset(): Promise<void> {
    this.target = 0;
    await this.running;
    this.hash = createHash("sha256");
    this.position = 0;
    this.failure = undefined;
  }

  /**
   * The whole file's, 64 hexadecimal digits.
   * @throws the file system's own errors; what the signal was aborted with.
   */
  async finish(size: number, signal: AbortSignal): Promise<string> {
    const stop = (): void => void (this.target = 0);
    signal.addEventListener("abort", stop, { once: true });
    try {
      while (this.position < size) {
        signal.throwIfAborted();
        this.follow(size);
        await this.running;
        if (this.failure !== undefined) throw this.failure as Error;
      }
    } finally {
      signal.removeEventListener("abort", stop);
    }
    return this.hash.copy().digest("hex");
  }

  private async run(): Promise<void> {
    try {
      while (this.position < this.target) {
        const length = Math.min(BLOCK, this.target - this.position);
        const { bytesRead } = await this.handle.read(this.block, 0, length, this.position);
        if (bytesRead === 0) throw new Error("The file is shorter than what was written to it.");
        if (this.position >= this.target) return;
        this.hash.update(this.block.subarray(0, bytesRead));
        this.position += bytesRead;
      }
    } catch (error) {
      this.failure = error;
    }
  }
}
