import type { ByteSource } from "./byteSource";
import { GgufError, type GgufHeader, readGgufHeader } from "./ggufHeader";

const MEBIBYTE = 1024 * 1024;
/** The header is read in growing bites; a vocabulary of 250,000 tokens and its merges take about 16 MB. */
const BITES = [1, 8, 32].map((mebibytes) => mebibytes * MEBIBYTE);
/** Asked of the source at once, so that a long header is not in memory twice. */
const PIECE = 8 * MEBIBYTE;

/**
 * The header of a GGUF file, with no more of it read than a header takes.
 * @throws HeaderReadError for what is no header; else what the source throws.
 */
export async function readHeader(source: ByteSource, signal: AbortSignal): Promise<GgufHeader> {
  let bytes: Uint8Array = new Uint8Array();
  for (const bite of BITES) {
    signal.throwIfAborted();
    const wanted = Math.min(bite, source.size);
    bytes = await readOn(source, bytes, wanted, signal);
    const isWhole = bytes.length < wanted || bytes.length >= source.size;
    try {
      return readGgufHeader(bytes);
    } catch (error) {
      if (!(error instanceof GgufError)) throw error;
      if (error.problem === "incomplete" && !isWhole && bite !== BITES.at(-1)) continue;
      throw new HeaderReadError(error, bytes.slice(0, 200), isWhole);
    }
  }
  throw new RangeError("There is a last bite.");
}

/** What has been read already and more, up to `wanted` bytes or the source's end. */
async function readOn(
  source: ByteSource,
  already: Uint8Array,
  wanted: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  if (already.length === 0 && wanted <= PIECE) return (await source.read(0, wanted, signal)).subarray(0, wanted);
  const bytes = new Uint8Array(wanted);
  bytes.set(already);
  let end = already.length;
  while (end < wanted) {
    const piece = await source.read(end, Math.min(PIECE, wanted - end), signal);
    // A source that gives more than it was asked for would be believed to have more than it says.
    bytes.set(piece.subarray(0, wanted - end), end);
    end += piece.length;
    if (piece.length === 0) break;
  }
  return bytes.subarray(0, end);
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
