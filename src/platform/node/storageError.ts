import { PaddockError } from "../core/errors";

/** errno codes by what a person can do about them. EFBIG is a file-size limit, EDQUOT a quota. */
const full = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const readOnly = new Set(["EROFS", "EACCES", "EPERM"]);

export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** What a failed file operation means to a person: storage/full, storage/read-only or storage/failed. */
export function toStorageError(error: unknown): PaddockError {
  if (error instanceof PaddockError) return error;
  const errno = errnoOf(error) ?? "";
  const options = { cause: error, detail: error instanceof Error ? error.message : String(error) };
  if (full.has(errno)) {
    return new PaddockError("storage/full", "There is no space left where Paddock keeps its files.", {
      ...options,
      remedy: "Free some disk space; Paddock tries again by itself.",
    });
  }
  if (readOnly.has(errno)) {
    return new PaddockError("storage/read-only", "Paddock may not write where it keeps its files.", {
      ...options,
      remedy: "Make the folder writable; Paddock tries again by itself.",
    });
  }
  return new PaddockError("storage/failed", "Paddock could not read or write its files.", {
    ...options,
    remedy: "See the log for the reason; Paddock tries again by itself.",
  });
}
