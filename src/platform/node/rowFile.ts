import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../core/logger";
import { writeFileAtomic } from "./atomicFile";
import { withFileLock } from "./fileLock";
import { errnoOf, toStorageError } from "./storageError";

export interface RowFileOptions<Row> {
  readonly file: string;
  readonly schema: v.GenericSchema<unknown, Row>;
  /** Of the rows' form; a file of another is not read. */
  readonly version: number;
  /** Bytes; a file of more is not ours. */
  readonly mostBytes: number;
  /** For the log, with a capital: "The measurements of model files". */
  readonly what: string;
  readonly log: Logger;
}

/**
 * Rows in one JSON file that is replaced as a whole. Several windows may write, one at a time: each changes what is there.
 * What is damaged is left out.
 */
export class RowFile<Row> {
  private rows: readonly Row[] | undefined;
  private writing: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: RowFileOptions<Row>) {}

  /** As last read or written by this window. */
  get known(): readonly Row[] {
    return this.rows ?? [];
  }

  /** What is there now; nothing where there is none, and what cannot be read is logged. */
  async load(): Promise<readonly Row[]> {
    return (this.rows = await this.read());
  }

  /** As `load`, the first time only. */
  async loaded(): Promise<readonly Row[]> {
    return this.rows ?? (await this.load());
  }

  /**
   * @param change the same rows: nothing is written.
   * @returns whether something was.
   * @throws PaddockError storage/*
   */
  change(change: (rows: readonly Row[]) => readonly Row[]): Promise<boolean> {
    const done = this.writing.then(async () => {
      try {
        await mkdir(path.dirname(this.options.file), { recursive: true });
        return await withFileLock(`${this.options.file}.lock`, () => this.rewrite(change));
      } catch (error) {
        throw toStorageError(error);
      }
    });
    this.writing = done.catch(() => undefined);
    return done;
  }

  private async rewrite(change: (rows: readonly Row[]) => readonly Row[]): Promise<boolean> {
    const { file, version } = this.options;
    const before = await this.read();
    const rows = change(before);
    if (rows !== before) await writeFileAtomic(file, JSON.stringify({ version, rows }));
    this.rows = rows;
    return rows !== before;
  }

  private async read(): Promise<readonly Row[]> {
    const { file, schema, version, mostBytes, what, log } = this.options;
    try {
      if ((await stat(file)).size > mostBytes) return [];
      const whole = v.object({ version: v.literal(version), rows: v.array(v.unknown()) });
      const { rows } = v.parse(whole, JSON.parse(await readFile(file, "utf8")));
      return rows.flatMap((raw) => {
        const row = v.safeParse(schema, raw);
        return row.success ? [row.output] : [];
      });
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") log.warn(`${what} could not be read: ${String(error)}`);
      return [];
    }
  }
}
