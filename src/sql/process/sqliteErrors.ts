import path from "node:path";
import { PaddockError } from "../../platform/core/errors";

/** SQLite's primary result codes, as far as they are told apart here. */
const codes = { busy: 5, locked: 6, readonly: 8, io: 10, corrupt: 11, cantOpen: 14, notADatabase: 26, auth: 23 };

/** The primary result code of an error of node:sqlite's; undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return undefined;
  return error.errcode & 0xff;
}

/** Whether a file could not be opened or written beside, as in a folder that is read-only. */
export function cannotWriteBeside(error: unknown): boolean {
  return [codes.cantOpen, codes.readonly].includes(sqliteCode(error) ?? -1);
}

/** SQLite's error as one of ours, with its exact words where it is about the statement. */
export function fromSqlite(error: unknown, file: string): unknown {
  const code = sqliteCode(error);
  if (!(error instanceof Error) || code === undefined) return error;
  const name = path.basename(file);
  const options = { detail: `${error.message} (${code})`, cause: error };
  if (code === codes.busy || code === codes.locked) {
    return new PaddockError("sql/locked", `${name} is locked by another program.`, {
      remedy: "Let that program finish what it writes, then try again.",
      ...options,
    });
  }
  if (code === codes.auth || code === codes.readonly || /^not authorized|prohibited/.test(error.message))
    return new PaddockError("sql/refused", `SQLite refused it: ${error.message}.`, options);
  if (code === codes.notADatabase) {
    return new PaddockError("sql/connection", `${name} is no SQLite database, or an encrypted one.`, {
      remedy: "Choose another file.",
      ...options,
    });
  }
  if (code === codes.corrupt)
    return new PaddockError("sql/connection", `${name} is damaged: ${error.message}.`, options);
  if (code === codes.cantOpen || code === codes.io)
    return new PaddockError("sql/connection", `${name} cannot be read: ${error.message}.`, options);
  return new PaddockError("sql/invalid", error.message, { cause: error });
}
