import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";

/**
 * A saved KV cache: llama.cpp's own sequence file, which it reads from the start without asking for its end, and behind
 * it a description in JSON and a footer of fixed size:
 *
 *   llama.cpp's bytes | JSON | SHA-256 of the JSON (32 bytes) | its length (4, little-endian) | "PADKV001"
 *
 * llama.cpp trusts what it reads, so no byte of a file gets to it whose hash is not the one that was written. It is a
 * guard against damage and mix-ups; whoever can write here can write the extension as well.
 */
const MAGIC = Buffer.from("PADKV001", "latin1");
const FOOTER = 32 + 4 + MAGIC.length;
/** The description holds the sampled tokens of one conversation's answers: far less than this. */
const MOST_DESCRIPTION = 16 * 1024 * 1024;
/** Hashing 1 MiB takes about a millisecond: as long as anything else in this process may have to wait for it. */
const PIECE = 1024 * 1024;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const descriptionSchema = v.object({
  identityKey: v.string(),
  /** Tokens in the KV cache. */
  tokens: count,
  /** Length and SHA-256 of llama.cpp's part. */
  bytes: count,
  sha256: v.string(),
  /** What the model sampled for which text: see SampledTokens. */
  sampled: v.array(v.object({ text: v.string(), tokens: v.array(count) })),
});
export type StateDescription = v.InferOutput<typeof descriptionSchema>;

/** Called between two pieces: waits where something more urgent runs, throws where it is not wanted any more. */
export type Between = () => Promise<void>;

/** Adds the description to a file that holds llama.cpp's part alone. @returns the whole file's size, bytes. */
export async function seal(
  path: string,
  description: Omit<StateDescription, "bytes" | "sha256">,
  between: Between,
): Promise<number> {
  const file = await open(path, "r+");
  try {
    const bytes = (await file.stat()).size;
    const sha256 = await hashOf(file, bytes, between);
    const json = Buffer.from(JSON.stringify({ ...description, bytes, sha256 } satisfies StateDescription));
    const length = Buffer.alloc(4);
    length.writeUInt32LE(json.length);
    const end = Buffer.concat([json, createHash("sha256").update(json).digest(), length, MAGIC]);
    const { bytesWritten } = await file.write(end, 0, end.length, bytes);
    if (bytesWritten !== end.length) throw new Error(`Wrote ${bytesWritten} of ${end.length} bytes.`);
    return bytes + end.length;
  } finally {
    await file.close();
  }
}

/**
 * What the file holds, once every byte of it is known to be what was written.
 * @throws PaddockError unsupported for a file that is damaged, of another version, or of another identity.
 */
export async function verify(path: string, identityKey: string, between: Between): Promise<StateDescription> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    const footer = await exactly(file, size - FOOTER, FOOTER);
    if (!footer.subarray(36).equals(MAGIC)) throw damaged("it is not a state file of this version");
    const length = footer.readUInt32LE(32);
    if (length > MOST_DESCRIPTION || length > size - FOOTER) throw damaged("its description's length is impossible");
    const json = await exactly(file, size - FOOTER - length, length);
    if (!createHash("sha256").update(json).digest().equals(footer.subarray(0, 32)))
      throw damaged("its description is not what was written");
    const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), descriptionSchema), json.toString("utf8"));
    if (!parsed.success) throw damaged("its description cannot be read");
    const description = parsed.output;
    if (description.identityKey !== identityKey) throw otherIdentity();
    if (description.bytes !== size - FOOTER - length) throw damaged("its size is not what was written");
    if ((await hashOf(file, description.bytes, between)) !== description.sha256)
      throw damaged("its content is not what was written");
    return description;
  } finally {
    await file.close();
  }
}

export function otherIdentity(): PaddockError {
  return new PaddockError(
    "unsupported",
    "The saved state belongs to another model, adapter or version and cannot be used.",
  );
}

function damaged(detail: string): PaddockError {
  return new PaddockError("unsupported", "The saved state is damaged and cannot be used.", { detail });
}

async function hashOf(file: FileHandle, bytes: number, between: Between): Promise<string> {
  const hash = createHash("sha256");
  const piece = Buffer.allocUnsafe(PIECE);
  for (let position = 0; position < bytes;) {
    await between();
    const { bytesRead } = await file.read(piece, 0, Math.min(PIECE, bytes - position), position);
    if (bytesRead === 0) throw damaged("it is cut short");
    hash.update(piece.subarray(0, bytesRead));
    position += bytesRead;
  }
  return hash.digest("hex");
}

async function exactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0) throw damaged("it is cut short");
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length) throw damaged("it is cut short");
  return buffer;
}
