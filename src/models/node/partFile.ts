import { type FileHandle, open } from "node:fs/promises";
import { fileProblem } from "../../gguf/core/fileProblem";
import { HeaderReadError, readHeader } from "../../gguf/core/readHeader";
import { PaddockError } from "../../platform/core/errors";
import { addRange, type ByteRanges, coveredBytes, cutRanges, prefixEnd } from "../core/byteRanges";
import { FollowingHash } from "./followingHash";

/** When so much of the beginning is there, the header is looked for: the first bytes, then as far as headers go. */
const HEADER_LOOKS = [64, 1024, 9 * 1024, 33 * 1024].map((kibibytes) => kibibytes * 1024);

/** The bytes of a file that is being downloaded, written in any order, with what is known of them. */
export class PartFile {
  private ranges: ByteRanges = [];
  private looks = [...HEADER_LOOKS];
  private looking: Promise<void> | undefined;
  private readonly hash: FollowingHash;
  private dirty = false;
  headerIsGood = false;

  private constructor(
    private readonly handle: FileHandle,
    private readonly name: string,
    private size: number,
  ) {
    this.hash = new FollowingHash(handle);
  }

  /**
   * @param ranges what is known to be in it; what the file is too short for is forgotten.
   * @param name for messages.
   * @throws Node's own errors.
   */
  static async open(
    path: string,
    known: { readonly ranges: ByteRanges; readonly size: number; readonly headerIsGood: boolean },
    name: string,
  ): Promise<PartFile> {
    const handle = await open(path, "r+").catch(() => open(path, "w+"));
    const part = new PartFile(handle, name, known.size);
    const { size } = await handle.stat();
    part.ranges = cutRanges(known.ranges, Math.min(size, known.size));
    part.headerIsGood = known.headerIsGood && part.ranges.length > 0;
    part.hash.follow(prefixEnd(part.ranges));
    return part;
  }

  get there(): ByteRanges {
    return this.ranges;
  }

  get doneBytes(): number {
    return coveredBytes(this.ranges);
  }

  /** Of all that is there from the beginning on, how much the checksum has seen, bytes. */
  get hashedBytes(): number {
    return this.hash.hashedBytes;
  }

  /**
   * @throws Node's own errors; PaddockError model/* when the beginning is there and shows that this is no model, or one
   * that needs more bytes than the file has.
   */
  async write(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      const { bytesWritten } = await this.handle.write(bytes, at, bytes.length - at, position + at);
      this.ranges = addRange(this.ranges, position + at, position + at + bytesWritten);
      this.dirty = true;
      at += bytesWritten;
    }
    this.hash.follow(prefixEnd(this.ranges));
    await this.checkHeader();
  }

  /** As much of the header as is there, where it was not found good before. @throws PaddockError model/*, as write. */
  async checkHeader(): Promise<void> {
    await this.lookAtHeader(prefixEnd(this.ranges));
  }

  /**
   * Flushes to the disk. @returns the ranges that are there for certain; undefined when nothing was written since the
   * last time.
   */
  async flush(): Promise<ByteRanges | undefined> {
    if (!this.dirty) return undefined;
    const { ranges } = this;
    this.dirty = false;
    try {
      await this.handle.datasync();
      return ranges;
    } catch (error) {
      this.dirty = true;
      throw error;
    }
  }

  /** Forgets all bytes: another file of `size` begins. */
  async beginAnew(size: number): Promise<void> {
    this.ranges = [];
    this.size = size;
    this.headerIsGood = false;
    this.looks = [...HEADER_LOOKS];
    await this.hash.reset();
    await this.handle.truncate(0);
    this.dirty = true;
  }

  /** SHA-256 of the whole file. @throws as FollowingHash.finish. */
  async checksum(signal: AbortSignal): Promise<string> {
    return await this.hash.finish(this.size, signal);
  }

  async close(): Promise<void> {
    await this.hash.reset();
    await this.handle.close();
  }

  private async lookAtHeader(prefix: number): Promise<void> {
    if (this.headerIsGood) return;
    const isWhole = prefix >= this.size;
    if (!isWhole && prefix < (this.looks[0] ?? Infinity)) return;
    this.looks = this.looks.filter((look) => look > prefix);
    // Others that write meanwhile hear of it by the one that looks.
    this.looking ??= this.readHeader(prefix, isWhole).finally(() => (this.looking = undefined));
    await this.looking;
    if (isWhole && !this.isHeaderGood()) await this.readHeader(prefix, isWhole);
  }

  /** A function, because it changes over an await. */
  private isHeaderGood(): boolean {
    return this.headerIsGood;
  }

  private async readHeader(prefix: number, isWhole: boolean): Promise<void> {
    const source = {
      size: prefix,
      read: async (offset: number, length: number): Promise<Uint8Array> => {
        const bytes = Buffer.alloc(Math.max(0, Math.min(length, prefix - offset)));
        const { bytesRead } = await this.handle.read(bytes, 0, bytes.length, offset);
        return bytes.subarray(0, bytesRead);
      },
    };
    try {
      const { expectedSize } = await readHeader(source, new AbortController().signal);
      if (expectedSize > this.size) {
        throw new PaddockError("model/truncated", `${this.name} is cut short where it comes from.`, {
          remedy: "Choose another file, or ask whoever published it.",
          detail: `${this.size} of at least ${expectedSize} bytes`,
        });
      }
      this.headerIsGood = true;
    } catch (error) {
      if (!(error instanceof HeaderReadError)) throw error;
      if (error.cause.problem === "incomplete" && !isWhole && this.looks.length > 0) return;
      // What was read is only the beginning, where the rest has not come yet.
      throw fileProblem(new HeaderReadError(error.cause, error.start, isWhole), this.name);
    }
  }
}
