import { type FileHandle, open } from "node:fs/promises";
import { PaddockError } from "../../platform/core/errors";
import { toStorageError } from "../../platform/node/storageError";
import { CHUNK, COMPARED_PER_CHUNK, type KeptPrediction } from "../divergence";
import { positionBytes } from "../measuring";

/**
 * A reference model's predictions, on their way to the process that compares them. All numbers are little endian:
 * "PADDOCKP", version, vocabulary size, chunks (32 bits each), the chunks' tokens (32 bits), and then for each position
 * scale, least and surprise (32-bit floats), the top token, and 16 bits for each token of the vocabulary.
 */
const MAGIC = "PADDOCKP";
const VERSION = 1;
const FIXED = 20;

export interface PredictionsHeader {
  readonly vocabularySize: number;
  readonly tokens: Uint32Array;
}

export class PredictionsWriter {
  private position = 0;

  private constructor(private readonly file: FileHandle) {}

  /** @throws PaddockError storage/* */
  static async create(path: string, header: PredictionsHeader): Promise<PredictionsWriter> {
    const writer = new PredictionsWriter(await stored(() => open(path, "wx", 0o600)));
    const start = Buffer.alloc(FIXED);
    start.write(MAGIC, "latin1");
    start.writeUInt32LE(VERSION, 8);
    start.writeUInt32LE(header.vocabularySize, 12);
    start.writeUInt32LE(header.tokens.length / CHUNK, 16);
    await writer.append(start);
    const tokens = Buffer.alloc(header.tokens.length * 4);
    header.tokens.forEach((token, index) => tokens.writeUInt32LE(token, index * 4));
    await writer.append(tokens);
    return writer;
  }

  async write(kept: KeptPrediction): Promise<void> {
    const bytes = Buffer.alloc(positionBytes(kept.steps.length));
    bytes.writeFloatLE(kept.scale, 0);
    bytes.writeFloatLE(kept.least, 4);
    bytes.writeFloatLE(kept.surprise, 8);
    bytes.writeUInt32LE(kept.top, 12);
    // Every platform that llama.cpp's prebuilt binaries are for is little endian.
    bytes.set(new Uint8Array(kept.steps.buffer, kept.steps.byteOffset, kept.steps.byteLength), 16);
    await this.append(bytes);
  }

  /** Written so far. */
  get bytes(): number {
    return this.position;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async append(bytes: Buffer): Promise<void> {
    const { bytesWritten } = await stored(() => this.file.write(bytes, 0, bytes.length, this.position));
    this.position += bytesWritten;
    if (bytesWritten < bytes.length)
      throw new PaddockError("storage/full", "There is no space left for the reference's predictions.", {
        remedy: "Free some disk space, or compare fewer positions.",
      });
  }
}

export class PredictionsReader {
  private position = 0;

  private constructor(
    private readonly file: FileHandle,
    private readonly size: number,
  ) {}

  /** @throws PaddockError storage/failed for what is no whole file of this kind. */
  static async open(path: string): Promise<{ reader: PredictionsReader; header: PredictionsHeader }> {
    const file = await stored(() => open(path, "r"));
    try {
      const reader = new PredictionsReader(file, (await file.stat()).size);
      const start = await reader.take(FIXED);
      if (start.toString("latin1", 0, 8) !== MAGIC || start.readUInt32LE(8) !== VERSION) throw damaged();
      const vocabularySize = start.readUInt32LE(12);
      const chunks = start.readUInt32LE(16);
      const wanted = FIXED + chunks * (CHUNK * 4 + COMPARED_PER_CHUNK * positionBytes(vocabularySize));
      if (chunks === 0 || reader.size !== wanted) throw damaged();
      const bytes = await reader.take(chunks * CHUNK * 4);
      const tokens = Uint32Array.from({ length: chunks * CHUNK }, (_, index) => bytes.readUInt32LE(index * 4));
      return { reader, header: { vocabularySize, tokens } };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async next(vocabularySize: number): Promise<KeptPrediction> {
    const bytes = await this.take(positionBytes(vocabularySize));
    const steps = new Uint16Array(vocabularySize);
    new Uint8Array(steps.buffer).set(bytes.subarray(16, 16 + 2 * vocabularySize));
    return {
      scale: bytes.readFloatLE(0),
      least: bytes.readFloatLE(4),
      surprise: bytes.readFloatLE(8),
      top: bytes.readUInt32LE(12),
      steps,
    };
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async take(length: number): Promise<Buffer> {
    if (this.position + length > this.size) throw damaged();
    const bytes = Buffer.alloc(length);
    const { bytesRead } = await stored(() => this.file.read(bytes, 0, length, this.position));
    if (bytesRead < length) throw damaged();
    this.position += length;
    return bytes;
  }
}

function damaged(): PaddockError {
  return new PaddockError("storage/failed", "The reference's predictions could not be read back.", {
    remedy: "Measure again.",
  });
}

async function stored<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toStorageError(error);
  }
}
