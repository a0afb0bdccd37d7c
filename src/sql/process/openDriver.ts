import type { OpenOptions } from "./databaseService";
import type { Driver } from "./driver";

/** Opens what is asked for; a driver is loaded only when it is needed. @throws PaddockError sql/*, unsupported. */
export async function openDriver({ target }: OpenOptions): Promise<Driver> {
  const { SqliteDriver } = await import("./sqliteDriver");
  return SqliteDriver.open((target as { file: string }).file);
}
