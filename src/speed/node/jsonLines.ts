import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { Breath } from "../../platform/node/breath";
import { FileLock } from "../../platform/node/fileLock";
import { toStorageError } from "../../platform/node/storageError";

export interface JsonLinesOptions<T> {
  readonly file: string;
  readonly schema: v.GenericSchema<unknown, T>;
  /** Bytes; a file that has more becomes the older of two, and the one that was older goes. */
  readonly mostBytes: number;
  readonly log: Logger;
}

/**
 * A log of records, one line of JSON each, that several windows write to at once: a line is appended by one write, and
 * nothing that is there is ever written anew. Lines that are damaged, as one that a crash cut off, are passed over.
 */
export class JsonLines<T> {
  private working: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: JsonLinesOptions<T>) {}

  /** In turn, after what was begun before. @throws PaddockError storage/* */
  append(records: readonly T[]): Promise<void> {
    if (records.length === 0) return Promise.resolve();
    return this.inTurn(async () => {
      const { file } = this.options;
      await mkdir(path.dirname(file), { recursive: true });
      await this.makeRoom();
      const handle = await open(file, "a+", 0o600);
      try {
        const begin = (await endsInLine(handle)) ? "" : "\n";
        await handle.appendFile(`${begin}${records.map((record) => JSON.stringify(record)).join("\n")}\n`);
      } finally {
        await handle.close();
      }
    });
  }

  /** The oldest first. Nothing where there is none; what cannot be read is logged. */
  async read(): Promise<T[]> {
    await this.working;
    return [...(await this.records(this.older)), ...(await this.records(this.options.file))];
  }

  /** Deletes all, also what was to be appended before. @throws PaddockError storage/* */
  clear(): Promise<void> {
    return this.inTurn(async () => {
      // In this order: what another window makes the older one meanwhile goes, too.
      for (const file of [this.options.file, this.older]) await rm(file, { force: true });
    });
  }

  /**
   * Makes a full file the older one. Two windows may find it full at once: the second would put the few records that came
   * since in the place of all those before, so one window at a time looks again and renames.
   */
  private async makeRoom(): Promise<void> {
    const { file, mostBytes } = this.options;
    const isFull = async (): Promise<boolean> => (await sizeOf(file)) > mostBytes;
    if (!(await isFull())) return;
    const lock = await FileLock.take(`${file}.lock`);
    // Another window is at it; a record more in either file does no harm.
    if (lock === undefined) return;
    try {
      if (await isFull()) await rename(file, this.older);
    } catch (error) {
      // Another window has deleted all.
      if (!isAbsent(error)) throw error;
    } finally {
      // One that stays belongs to nobody after a while.
      await lock.release().catch(() => undefined);
    }
  }

  private get older(): string {
    return this.options.file.replace(/(\.\w+)?$/, ".older$1");
  }

  private async inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.working.then(work);
    this.working = done.catch(() => undefined);
    await done.catch((error: unknown) => {
      throw toStorageError(error);
    });
  }

  private async records(file: string): Promise<T[]> {
    const { schema, mostBytes, log } = this.options;
    try {
      // Appending may have gone beyond by one batch; a file of another size is not ours.
      if ((await sizeOf(file)) > 2 * mostBytes) throw new Error("it is too large");
      const lines = (await readFile(file, "utf8")).split("\n").filter((line) => line !== "");
      const records: T[] = [];
      const breath = new Breath();
      for (const line of lines) {
        await breath.take();
        const record = v.safeParse(schema, parsed(line));
        if (record.success) records.push(record.output);
      }
      if (records.length < lines.length)
        log.warn(`${path.basename(file)}: ${lines.length - records.length} damaged lines were passed over.`);
      return records;
    } catch (error) {
      if (!isAbsent(error)) log.warn(`${path.basename(file)} could not be read: ${String(error)}`);
      return [];
    }
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return undefined;
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isAbsent(error)) return 0;
    throw error;
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

async function endsInLine(handle: Awaited<ReturnType<typeof open>>): Promise<boolean> {
  const { size } = await handle.stat();
  if (size === 0) return true;
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer.toString() === "\n";
}
