import { mkdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import { errorCodes } from "../../platform/core/errors";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { fileFactsSchema } from "../core/fileFacts";
import type { FileContent } from "../core/storedModel";

const problemSchema = v.object({
  code: v.picklist(errorCodes),
  message: v.string(),
  remedy: v.optional(v.string()),
});
const rowSchema = v.object({
  path: v.string(),
  /** Sizes and times of all parts: what the facts were read from. */
  signature: v.string(),
  content: v.variant("usable", [
    v.object({ usable: v.literal(true), facts: fileFactsSchema }),
    v.object({ usable: v.literal(false), why: problemSchema }),
  ]),
});
const cacheSchema = v.object({ version: v.string(), rows: v.array(v.unknown()) });
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * What was read from headers, so that a second look at the same files opens none of them. A row counts only while the
 * files have the sizes and times it was made from; missing or damaged, the cache is made anew.
 */
export class HeaderCache {
  private rows: Map<string, { readonly signature: string; readonly content: FileContent }> | undefined;
  private used = new Set<string>();
  private isChanged = false;

  /**
   * @param file where it is kept; undefined: only in memory.
   * @param version of Paddock: another one knows other architectures, and may show more of a header.
   */
  constructor(
    private readonly file: string | undefined,
    private readonly version = "",
  ) {}

  async get(modelPath: string, signature: string): Promise<FileContent | undefined> {
    this.rows ??= await this.read();
    this.used.add(modelPath);
    const row = this.rows.get(modelPath);
    return row?.signature === signature ? row.content : undefined;
  }

  set(modelPath: string, signature: string, content: FileContent): void {
    this.rows?.set(modelPath, { signature, content });
    this.isChanged = true;
  }

  /** Drops what was not asked for since the last time, and writes the rest. @throws Node's error; the rows stay. */
  async keep(): Promise<void> {
    const { rows, used, file } = this;
    this.used = new Set();
    if (rows === undefined) return;
    for (const name of [...rows.keys()]) {
      if (used.has(name)) continue;
      rows.delete(name);
      this.isChanged = true;
    }
    if (!this.isChanged || file === undefined) return;
    this.isChanged = false;
    await mkdir(path.dirname(file), { recursive: true });
    await writeFileAtomic(
      file,
      JSON.stringify({ version: this.version, rows: [...rows].map(([name, row]) => ({ path: name, ...row })) }),
    );
  }

  private async read(): Promise<NonNullable<HeaderCache["rows"]>> {
    const rows: NonNullable<HeaderCache["rows"]> = new Map();
    if (this.file === undefined) return rows;
    try {
      if ((await stat(this.file)).size > MAX_BYTES) return rows;
      const kept = v.parse(cacheSchema, JSON.parse(await readFile(this.file, "utf8")));
      if (kept.version !== this.version) return rows;
      for (const raw of kept.rows) {
        const row = v.safeParse(rowSchema, raw);
        if (!row.success) continue;
        const { path: name, signature, content } = row.output;
        rows.set(name, {
          signature,
          content: content.usable ? content : { usable: false, why: { ...content.why, remedy: content.why.remedy } },
        });
      }
    } catch {
      // There is none yet, or it is damaged: the files themselves are asked.
    }
    return rows;
  }
}
