import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import type { Logger } from "../../src/platform/core/logger";
import type { ConnectionTarget } from "../../src/sql/core/connection";
import type { QueryLimits } from "../../src/sql/core/database";
import { DatabaseClient } from "../../src/sql/node/databaseClient";
import { databaseBundle } from "./engineBundle";

export const forever = new AbortController().signal;
export const limits: QueryLimits = { maxRows: 1000, maxBytes: 4 * 1024 * 1024, timeoutMs: 20_000 };

/** Opens databases through the product's own client and process, and closes them all. */
export interface DatabaseBench {
  readonly folder: string;
  /** What the clients and processes logged. */
  readonly lines: readonly string[];
  open(
    target: ConnectionTarget,
    options?: { readonly password?: string; readonly writable?: boolean; readonly idleMs?: number },
  ): Promise<DatabaseClient>;
  close(): Promise<void>;
}

export async function databaseBench(): Promise<DatabaseBench> {
  const bundle = await databaseBundle();
  const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-databases-"));
  const lines: string[] = [];
  const line = (text: string): void => void lines.push(text);
  const log: Logger = { debug: line, info: line, warn: line, error: line };
  const clients: DatabaseClient[] = [];
  return {
    folder,
    lines,
    async open(target, { password, writable = false, idleMs = 20_000 } = {}) {
      const request = { target, writable, ...(password === undefined ? {} : { password }) };
      const client = await DatabaseClient.open({ processPath: bundle.processPath, log, idleMs }, request, forever);
      clients.push(client);
      return client;
    },
    async close() {
      for (const client of clients) await client.close();
      await bundle.remove();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The rows of a statement, and nothing else. */
export async function rowsOf(database: DatabaseClient, sql: string): Promise<readonly (readonly unknown[])[]> {
  return (await database.query(sql, limits, forever)).rows;
}

/** Whether a process of this number lives. */
export function lives(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Aborts a call a little after its beginning. @returns ms from the abort until it rejects, and the code it rejects with. */
export async function cancelLater(
  call: (signal: AbortSignal) => Promise<unknown>,
  afterMs = 400,
): Promise<{ readonly ms: number; readonly code: string }> {
  const controller = new AbortController();
  let aborted = 0;
  const timer = setTimeout(() => {
    aborted = performance.now();
    controller.abort();
  }, afterMs);
  try {
    await call(controller.signal);
    return { ms: performance.now() - aborted, code: "none" };
  } catch (error) {
    const { code } = error as { code?: string };
    return { ms: performance.now() - aborted, code: code ?? String(error) };
  } finally {
    clearTimeout(timer);
  }
}
