import * as v from "valibot";
import { idSchema } from "../core/conversation";
import type { StoreFiles } from "./storeFiles";

const count = v.pipe(v.number(), v.minValue(0));

/** What a list needs to know of a conversation without its messages. */
export const summarySchema = v.object({
  title: v.string(),
  updatedAt: count,
  removedAt: v.nullable(count),
  pinned: v.boolean(),
  /** Writers with an answer begun and not ended. */
  openWriters: v.array(v.string()),
  /** Lines of a newer version, and lines that could not be read. */
  newer: count,
  unreadable: count,
});
export type StoredSummary = v.InferOutput<typeof summarySchema>;

const rowSchema = v.object({ id: idSchema, size: count, mtimeMs: count, summary: summarySchema });
export type IndexRow = v.InferOutput<typeof rowSchema>;

/** Another version's index is made anew: its rows would lack what this one asks for. */
const indexVersion = 2;
const indexSchema = v.object({ version: v.literal(indexVersion), rows: v.array(v.unknown()) });
const maxIndexBytes = 64 * 1024 * 1024;

/**
 * The index is a cache beside the journals and nothing more: a row counts only while its file has the size and time
 * it was made from. Whoever writes it last wins; missing or damaged, it is made anew from the journals.
 */
export async function readIndex(files: StoreFiles, path: string): Promise<Map<string, IndexRow>> {
  const rows = new Map<string, IndexRow>();
  try {
    if ((await files.facts(path)).size > maxIndexBytes) return rows;
    const chunks: Buffer[] = [];
    await files.read(path, 0, (chunk) => chunks.push(Buffer.from(chunk)));
    const index = v.parse(indexSchema, JSON.parse(Buffer.concat(chunks).toString("utf8")));
    for (const raw of index.rows) {
      const row = v.safeParse(rowSchema, raw);
      if (row.success) rows.set(row.output.id, row.output);
    }
  } catch {
    rows.clear();
  }
  return rows;
}

/** @throws Node's error; callers may ignore it. */
export async function writeIndex(files: StoreFiles, path: string, rows: readonly IndexRow[]): Promise<void> {
  await files.replace(path, JSON.stringify({ version: indexVersion, rows }));
}
