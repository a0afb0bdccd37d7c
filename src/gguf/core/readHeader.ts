import type { ByteSource } from "./byteSource";
import { GgufError, type GgufHeader, readGgufHeader } from "./ggufHeader";

/** The header is read in growing bites; a vocabulary of 250,000 tokens takes about 10 MB. */
const BITES = [1, 8, 64].map((mebibytes) => mebibytes * 1024 * 1024);

/**
 * The header of a GGUF file, with no more of it read than a header takes.
 * @throws HeaderReadError for what is no header; else what the source throws.
 */
export async function readHeader(source: ByteSource, signal: AbortSignal): Promise<GgufHeader> {
  let bytes = new Uint8Array();
  for (const bite of BITES) {
    signal.throwIfAborted();
    const wanted = Math.min(bite, source.size);
    const more = await source.read(bytes.length, wanted - bytes.length, signal);
    const all = new Uint8Array(bytes.length + more.length);
    all.set(bytes);
    all.set(more, bytes.length);
    bytes = all;
    const isWhole = bytes.length < wanted || bytes.length >= source.size;
    try {
      return readGgufHeader(bytes);
    } catch (error) {
      if (!(error instanceof GgufError)) throw error;
      if (error.problem === "incomplete" && !isWhole && bite !== BITES.at(-1)) continue;
      throw new HeaderReadError(error, bytes.subarray(0, 200), isWhole);
    }
  }
  throw new RangeError("There is a last bite.");
}

/** Why there is no header, with what a person's message needs to say what the file is instead. */
export class HeaderReadError extends Error {
  constructor(
    override readonly cause: GgufError,
    /** The file's first bytes. */
    readonly start: Uint8Array,
    /** All of the file was read. */
    readonly isWhole: boolean,
  ) {
    super(cause.message, { cause });
    this.name = "HeaderReadError";
  }
}
