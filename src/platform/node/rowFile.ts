import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { PaddockError } from "../core/errors";
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
    const before = await this.read((problem) => refuseToReplace(this.options.what, problem));
    const rows = change(before);
    if (rows !== before) await writeFileAtomic(file, JSON.stringify({ version, rows }));
    this.rows = rows;
    return rows !== before;
  }

  /** @param unread is told of a file that is there and may be whole, though not for us. */
  private async read(unread?: (problem: unknown) => never): Promise<readonly Row[]> {
    const { file, schema, version, mostBytes, what, log } = this.options;
    let text: string;
    try {
      const { size } = await stat(file);
      if (size > mostBytes) throw new RangeError(`${size} bytes`);
      text = await readFile(file, "utf8");
    } catch (error) {
      if (errnoOf(error) === "ENOENT") return [];
      log.warn(`${what} could not be read: ${String(error)}`);
      unread?.(error);
      return [];
    }
    const whole = v.safeParse(wholeSchema, parsed(text));
    if (!whole.success) {
      log.warn(`${what} are damaged, and begin anew.`);
      return [];
    }
    if (whole.output.version > version) {
      log.warn(`${what} are of a later Paddock.`);
      unread?.(new RangeError(`version ${whole.output.version}`));
    }
    if (whole.output.version !== version) return [];
    return whole.output.rows.flatMap((raw) => {
      const row = v.safeParse(schema, raw);
      return row.success ? [row.output] : [];
    });
  }
}

const wholeSchema = v.object({ version: v.number(), rows: v.array(v.unknown()) });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What could not be read is not what is there: writing would lose it. */
function refuseToReplace(what: string, problem: unknown): never {
  if (errnoOf(problem) !== undefined) throw problem;
  throw new PaddockError("storage/failed", `${what} were not changed, since the file is not for this Paddock.`, {
    remedy: "Update Paddock in this window, or move the file away.",
    detail: String(problem),
  });
}
