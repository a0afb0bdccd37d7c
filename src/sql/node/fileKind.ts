import { open } from "node:fs/promises";

/** Of SQLite's header, and of DuckDB's, which begins after an 8-byte checksum. */
const sqliteMagic = "SQLite format 3\0";
const duckdbMagic = "DUCK";

/** What a database file is by its first bytes, whatever its name; undefined: neither, or it cannot be read. */
export async function databaseFileKind(file: string): Promise<"sqlite" | "duckdb" | undefined> {
  try {
    const handle = await open(file, "r");
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(16), 0, 16, 0);
      const head = buffer.subarray(0, bytesRead).toString("latin1");
      if (head === sqliteMagic) return "sqlite";
      return head.slice(8, 12) === duckdbMagic ? "duckdb" : undefined;
    } finally {
      await handle.close();
    }
  } catch {
    return undefined;
  }
}
