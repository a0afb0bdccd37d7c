import { createHash } from "node:crypto";
import { mkdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { emptyFolder } from "../../platform/node/emptyFolder";
import { withFileLock } from "../../platform/node/fileLock";

const text = (length: number) => v.pipe(v.string(), v.maxLength(length));
const placeSchema = v.object({ schema: v.nullable(v.string()), table: v.string(), column: v.nullable(v.string()) });

const recordSchema = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  /** ms since 1970. */
  at: v.pipe(v.number(), v.finite()),
  /** Empty: a statement that was written by hand. */
  question: text(4000),
  sql: text(100_000),
  explanation: text(10_000),
  effect: v.picklist(["read", "write"]),
  confidence: v.nullable(v.picklist(["confirmed", "majority", "unconfirmed"])),
  isCorrected: v.boolean(),
  tables: v.array(placeSchema),
  columns: v.array(placeSchema),
  assumptions: v.array(text(2000)),
  attempts: v.array(v.object({ sql: text(100_000), error: text(10_000) })),
  isFavourite: v.boolean(),
  isConfirmed: v.boolean(),
});
/** One question and the statement that answers it. Results are never kept on the disk. */
export type AskRecord = v.InferOutput<typeof recordSchema>;

const version = 1;
const fileSchema = v.object({
  version: v.literal(version),
  /** What the panel shows, in its order. */
  shown: v.array(v.string()),
  records: v.array(v.unknown()),
});
const mostBytes = 32 * 1024 * 1024;
/** Beyond so many the oldest go that are neither favourites nor confirmed. */
const mostRecords = 500;
/** Beyond so many the oldest go whatever they are. */
const mostKept = 2000;

interface Kept {
  readonly shown: readonly string[];
  /** The oldest first. */
  readonly records: readonly AskRecord[];
}
const none: Kept = { shown: [], records: [] };

/**
 * What was asked of each connection, one file each. Windows that write one at once wait for each other, and each reads
 * what is there before. Rejects with Node's errors where a file cannot be written; one that cannot be read counts as empty, and the log says why.
 */
export class AskStore {
  private writing: Promise<unknown> = Promise.resolve();
  /** Grows when all is deleted: what was to be written before that is not. */
  private epoch = 0;

  constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  /** The oldest first. */
  async records(connection: string): Promise<readonly AskRecord[]> {
    await this.writing;
    return (await this.read(connection)).records;
  }

  /** What the panel showed last, in its order. */
  async shown(connection: string): Promise<readonly AskRecord[]> {
    await this.writing;
    const { shown, records } = await this.read(connection);
    const byId = new Map(records.map((record) => [record.id, record]));
    return shown.flatMap((id) => byId.get(id) ?? []);
  }

  /** Adds a record, or puts it in place of the one with its id. */
  put(connection: string, record: AskRecord): Promise<void> {
    return this.change(connection, ({ shown, records }) => {
      const isKnown = records.some(({ id }) => id === record.id);
      const next = isKnown ? records.map((one) => (one.id === record.id ? record : one)) : [...records, record];
      return { shown, records: bounded(next) };
    });
  }

  remove(connection: string, id: string): Promise<void> {
    return this.change(connection, ({ shown, records }) => ({
      shown: shown.filter((one) => one !== id),
      records: records.filter((one) => one.id !== id),
    }));
  }

  setShown(connection: string, ids: readonly string[]): Promise<void> {
    return this.change(connection, ({ records }) => ({ shown: ids, records }));
  }

  /** Deletes all that was asked of one connection. */
  forget(connection: string): Promise<void> {
    return this.inTurn(() => rm(this.fileOf(connection), { force: true }));
  }

  /** Deletes all that was ever asked. */
  async erase(): Promise<void> {
    this.epoch++;
    await this.inTurn(() => emptyFolder(this.folder));
  }

  private change(connection: string, change: (kept: Kept) => Kept): Promise<void> {
    const { epoch } = this;
    return this.inTurn(async () => {
      if (epoch !== this.epoch) return;
      const file = this.fileOf(connection);
      await mkdir(this.folder, { recursive: true });
      await withFileLock(`${file}.lock`, async () => {
        const next = change(await this.read(connection));
        if (epoch === this.epoch) await writeFileAtomic(file, JSON.stringify({ version, ...next }), 0o600);
      });
    });
  }

  private async inTurn(work: () => Promise<unknown>): Promise<void> {
    const done = this.writing.then(work);
    this.writing = done.catch(() => undefined);
    await done;
  }

  /** Ids come from settings; a hash is a name on every disk. */
  private fileOf(connection: string): string {
    return path.join(this.folder, `${createHash("sha256").update(connection).digest("hex").slice(0, 32)}.json`);
  }

  private async read(connection: string): Promise<Kept> {
    const file = this.fileOf(connection);
    try {
      if ((await stat(file)).size > mostBytes) throw new Error("it is too large");
      const { shown, records } = v.parse(fileSchema, JSON.parse(await readFile(file, "utf8")));
      return {
        shown,
        records: records.flatMap((raw) => {
          const record = v.safeParse(recordSchema, raw);
          return record.success ? [record.output] : [];
        }),
      };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT"))
        this.log.warn(`What was asked of a database could not be read: ${String(error)}`);
      return none;
    }
  }
}

function bounded(records: readonly AskRecord[]): readonly AskRecord[] {
  let tooMany = records.length - mostRecords;
  if (tooMany <= 0) return records;
  return records.filter((record) => record.isFavourite || record.isConfirmed || tooMany-- <= 0).slice(-mostKept);
}
