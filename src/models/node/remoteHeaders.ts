import type { ByteSource } from "../../gguf/core/byteSource";
import { fileProblem } from "../../gguf/core/fileProblem";
import { GgufError, type GgufHeader, readGgufHeader } from "../../gguf/core/ggufHeader";
import { readHeader } from "../../gguf/core/readHeader";
import { type Span, vocabularySpan } from "./vocabularySpan";

/** Of each server at once: as many as a browser opens. */
const AT_ONCE = 6;
/** What stands before the vocabulary: names, sizes, sometimes a licence. */
const HEAD = 64 * 1024;
/** What stands behind it: the chat template and the tensors, some 80 bytes each. */
const TAILS = [256 * 1024, 2 * 1024 * 1024];
/** Between the last tensor and the end of a file there is padding at most. */
const MOST_PADDING = 65_536;

export interface HeaderWanted {
  /** For messages. */
  readonly name: string;
  readonly source: ByteSource;
}

/**
 * The headers of several files, usually of one repository: as each is read, `onHeader` hears of it. The files of a
 * repository carry the same vocabulary of some megabytes, so it is read once and lent to the others. A lent header
 * counts only where its tensors fill the file to the last byte; otherwise the file's own is read.
 * @throws only what the signal was aborted with.
 */
export async function readRemoteHeaders<T extends HeaderWanted>(
  wanted: readonly T[],
  signal: AbortSignal,
  onHeader: (file: T, header: GgufHeader | Error) => void,
): Promise<void> {
  const queue = [...wanted];
  let lender: Vocabulary | undefined;
  const next = async (file: T): Promise<void> => {
    try {
      const lent = lender === undefined ? undefined : await borrow(lender, file.source, signal);
      if (lent !== undefined) {
        onHeader(file, lent);
        return;
      }
      const kept = remembering(file.source);
      const header = await readHeader(kept.source, signal);
      lender ??= vocabularyOf(kept.bytes());
      onHeader(file, header);
    } catch (error) {
      signal.throwIfAborted();
      onHeader(file, toError(fileProblem(error, file.name)));
    }
  };
  while (lender === undefined && queue.length > 0) {
    const [first] = queue.splice(0, 1);
    if (first !== undefined) await next(first);
  }
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (let file = queue.shift(); file !== undefined; file = queue.shift()) await next(file);
    }),
  );
}

interface Vocabulary {
  readonly header: Uint8Array;
  readonly span: Span;
}

function vocabularyOf(header: Uint8Array): Vocabulary | undefined {
  const span = vocabularySpan(header);
  return span === undefined ? undefined : { header, span };
}

/** The header of a file with another's vocabulary; undefined where the file shows that it has its own. */
async function borrow(
  { header, span }: Vocabulary,
  source: ByteSource,
  signal: AbortSignal,
): Promise<GgufHeader | undefined> {
  if (source.size < HEAD * 4) return undefined;
  const head = await source.read(0, HEAD, signal);
  const start = vocabularySpan(head)?.start;
  if (start === undefined) return undefined;
  const seen = head.subarray(start);
  if (Buffer.compare(seen, header.subarray(span.start, span.start + seen.length)) !== 0) return undefined;
  const middle = header.subarray(span.start, span.end);
  for (const length of TAILS) {
    const tail = await source.read(start + middle.length, length, signal);
    try {
      const read = readGgufHeader(Buffer.concat([head.subarray(0, start), middle, tail]));
      const rest = source.size - read.expectedSize;
      return rest >= 0 && rest < MOST_PADDING ? read : undefined;
    } catch (error) {
      if (!(error instanceof GgufError)) throw error;
      if (error.problem !== "incomplete") return undefined;
    }
  }
  return undefined;
}

/** A source that keeps what was read from the beginning on, as readHeader reads it. */
function remembering(source: ByteSource): { readonly source: ByteSource; readonly bytes: () => Uint8Array } {
  const chunks: Uint8Array[] = [];
  return {
    bytes: () => Buffer.concat(chunks),
    source: {
      size: source.size,
      read: async (offset, length, signal) => {
        const bytes = await source.read(offset, length, signal);
        chunks.push(bytes);
        return bytes;
      },
    },
  };
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
