import { mkdir, readdir, readFile, rm, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { errnoOf } from "../../platform/node/storageError";

const keptSchema = v.object({
  state: v.picklist(["attached", "ignored"]),
  label: v.string(),
  uri: v.string(),
  text: v.string(),
});
/** Something attached to a question that is not sent yet. */
export type KeptAttachment = v.InferOutput<typeof keptSchema>;
const fileSchema = v.object({ version: v.literal(1), items: v.pipe(v.array(keptSchema), v.maxLength(500)) });

/** More was not written by us. */
const maxBytes = 64 * 1024 * 1024;
/** Files whose window never came back. */
const forgottenMs = 30 * 24 * 3_600_000;

/**
 * What a window's next question carries, on disk, so that it is there after a reload: files are too large for the
 * editor's own memory. Nothing here rejects; without the file there is nothing attached.
 */
export class KeptAttachments {
  private tail: Promise<void> = Promise.resolve();

  /** @param folder made when something is written. @param window a name for this window, of the kind of a UUID. */
  constructor(
    private readonly folder: string,
    private readonly window: string,
    private readonly log: Logger,
  ) {}

  async read(): Promise<readonly KeptAttachment[]> {
    void this.sweep();
    try {
      if ((await stat(this.file)).size > maxBytes) throw new Error("too large");
      return v.parse(fileSchema, JSON.parse(await readFile(this.file, "utf8"))).items;
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") this.log.warn(`What was attached could not be read: ${String(error)}`);
      return [];
    }
  }

  /** Resolves when it is on disk, or could not be written. */
  write(items: readonly KeptAttachment[]): Promise<void> {
    this.tail = this.tail.then(async () => {
      try {
        if (items.length === 0) {
          await rm(this.file, { force: true });
          return;
        }
        await mkdir(this.folder, { recursive: true });
        await writeFileAtomic(this.file, JSON.stringify({ version: 1, items }));
      } catch (error) {
        this.log.warn(`What is attached was not kept: ${String(error)}`);
      }
    });
    return this.tail;
  }

  /** Resolves when all that was to be written is. */
  settled(): Promise<void> {
    return this.tail;
  }

  private get file(): string {
    return path.join(this.folder, `${this.window}.json`);
  }

  private async sweep(): Promise<void> {
    const names = await readdir(this.folder).catch(() => []);
    for (const name of names) {
      const file = path.join(this.folder, name);
      const written = (await stat(file).catch(() => undefined))?.mtimeMs ?? Number.POSITIVE_INFINITY;
      if (Date.now() - written > forgottenMs) await rm(file, { force: true }).catch(() => undefined);
    }
  }
}
