import os from "node:os";
import path from "node:path";
import type * as duckdb from "@duckdb/node-api";
import { PaddockError } from "../../platform/core/errors";
import { literal, quoted } from "./quoting";

/** The package is native and large: it is loaded when a database of its kind is opened. */
export type Duckdb = typeof duckdb;

/** A file that is read as a table, and the view that stands for it. */
export interface FileView {
  readonly file: string;
  readonly name: string;
}

export interface OpenDuckdb {
  readonly instance: duckdb.DuckDBInstance;
  readonly connection: duckdb.DuckDBConnection;
}

const readers: readonly (readonly [RegExp, string])[] = [
  [/\.(csv|tsv|txt)(\.(gz|zst))?$/i, "read_csv"],
  [/\.(parquet|pq)$/i, "read_parquet"],
  [/\.(json|jsonl|ndjson)(\.(gz|zst))?$/i, "read_json"],
];

/**
 * The names of the views: those of the files without their endings, made names that need no quotes; of the same name,
 * the later ones with a number. What looks like a path or a pattern would be taken for one by DuckDB.
 */
export function fileViews(files: readonly string[]): FileView[] {
  const taken = new Set<string>();
  return files.map((file) => {
    const plain = path
      .basename(file)
      .replace(/(\.[^.]+)(\.(gz|zst))?$/i, "")
      .replaceAll(/[^\p{L}\p{N}]+/gu, "_")
      .replaceAll(/^_+|_+$/g, "");
    const base = plain === "" ? "data" : plain;
    let name = base;
    for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base}_${number}`;
    taken.add(name.toLowerCase());
    return { file, name };
  });
}

/**
 * Opens a database so that it can do nothing but what it holds: its file read-only unless `writes`, no other file but
 * those of the views, no network, no extension that is not part of it, and no way to change any of this.
 * @throws DuckDB's own errors.
 */
export async function openDuckdb(
  api: Duckdb,
  file: string | undefined,
  views: readonly FileView[],
  writes: boolean,
): Promise<OpenDuckdb> {
  const instance = await api.DuckDBInstance.create(file ?? ":memory:", {
    ...(file === undefined ? {} : { access_mode: writes ? "READ_WRITE" : "READ_ONLY" }),
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    allow_community_extensions: "false",
    allow_unsigned_extensions: "false",
    // Nothing is written beside the person's files; what does not fit into memory fails.
    temp_directory: "",
    memory_limit: `${Math.floor(os.totalmem() / 2 / 1024 / 1024)}MiB`,
  });
  try {
    const connection = await instance.connect();
    // A path that could be a pattern means the file of exactly that name, where there is one; and no other is allowed.
    for (const view of views) {
      const source = `${readerOf(view.file)}(${literal(view.file)})`;
      await connection.run(`CREATE TEMP VIEW ${quoted(view.name)} AS SELECT * FROM ${source}`);
    }
    await connection.run(`SET allowed_paths = [${views.map((view) => literal(view.file)).join(", ")}]`);
    await connection.run("SET enable_external_access = false");
    await connection.run("SET lock_configuration = true");
    return { instance, connection };
  } catch (error) {
    instance.closeSync();
    throw error;
  }
}

function readerOf(file: string): string {
  const reader = readers.find(([pattern]) => pattern.test(file))?.[1];
  if (reader === undefined) {
    throw new PaddockError("unsupported", `${path.basename(file)} is no file that DuckDB reads as a table.`, {
      remedy: "Choose CSV, TSV, Parquet or JSON files.",
    });
  }
  return reader;
}
