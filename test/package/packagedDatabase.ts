import { writeFile } from "node:fs/promises";
import path from "node:path";
import { silentLogger } from "../../src/platform/core/logger";
import { DatabaseClient } from "../../src/sql/node/databaseClient";

/**
 * Has the databases' process of an unpacked extension read a CSV file: DuckDB's binding loads, and the statement gate with
 * its parser.
 * @returns the sum of the file's numbers.
 */
export async function sumWithPackagedDuckdb(extension: string, folder: string): Promise<unknown> {
  const file = path.join(folder, "numbers.csv");
  await writeFile(file, "n\n40\n2\n");
  const signal = AbortSignal.timeout(60_000);
  const launch = { processPath: path.join(extension, "dist/database.mjs"), log: silentLogger };
  const target = { engine: "duckdb", files: [file] } as const;
  const database = await DatabaseClient.open(launch, { target, writable: false }, signal);
  try {
    const limits = { maxRows: 10, maxBytes: 10_000, timeoutMs: 30_000 };
    const { rows } = await database.query("SELECT sum(n) FROM numbers", limits, signal);
    return rows[0]?.[0];
  } finally {
    await database.close();
  }
}
