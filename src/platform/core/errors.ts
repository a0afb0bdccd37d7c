/**
 * Every failure a person can meet has a code. The code picks the words and the remedy in one place
 * (the catalogue in `host`), so the same fault reads the same everywhere.
 */
export const errorCodes = [
  "cancelled",
  "internal",
  "disconnected",
  "invalid-message",
  "protocol-version",
  "unsupported",
  "model/unknown",
  "model/missing",
  "model/not-a-file",
  "model/unreadable",
  "model/not-gguf",
  "model/bad-version",
  "model/truncated",
  "model/damaged",
  "model/unsupported-architecture",
  "model/too-large",
  "model/not-loaded",
  "model/in-use",
  "model/name-taken",
  "model/not-ours",
  "context/unknown",
  "context/too-large",
  "context/overflow",
  "adapter/failed",
  "engine/crashed",
  "engine/stopped",
  "engine/not-found",
  "engine/unresponsive",
  "hub/address",
  "hub/not-found",
  "hub/token-needed",
  "hub/no-access",
  "hub/busy",
  "hub/unavailable",
  "hub/offline",
  "hub/bad-answer",
  "download/changed",
  "download/damaged",
  "download/no-ranges",
  "download/other-file",
  "download/no-space",
  "download/stopped",
  "quantizer/refused",
  "quantizer/failed",
  "sql/refused",
  "sql/invalid",
  "sql/timeout",
  "sql/locked",
  "sql/changed",
  "sql/connection",
  "sql/authentication",
  "server/unknown",
  "server/key",
  "server/refused",
  "server/busy",
  "server/failed",
  "server/offline",
  "server/bad-answer",
  "server/broken-off",
  "storage/full",
  "storage/read-only",
  "storage/failed",
] as const;

export type ErrorCode = (typeof errorCodes)[number];

export interface PaddockErrorOptions {
  /** What the person can do about it: a full sentence. */
  readonly remedy?: string;
  /** For the log, never shown on its own: a path, an errno, llama.cpp's own words. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/** The one error type that crosses rooms and processes. `message` is a full sentence for a person. */
export class PaddockError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly detail: string | undefined;

  constructor(code: ErrorCode, message: string, options: PaddockErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = "PaddockError";
    this.code = code;
    this.remedy = options.remedy;
    this.detail = options.detail;
  }
}

/** Cancellation is not an error to report: callers test for it and stay quiet. */
export function isCancellation(error: unknown): boolean {
  return (
    (error instanceof PaddockError && error.code === "cancelled") ||
    (error instanceof Error && error.name === "AbortError")
  );
}

export function cancelled(): PaddockError {
  return new PaddockError("cancelled", "Cancelled.");
}

/** Narrow anything that was thrown to a PaddockError, keeping the original as cause. */
export function toPaddockError(error: unknown, fallback: ErrorCode = "internal"): PaddockError {
  if (error instanceof PaddockError) return error;
  if (isCancellation(error)) return cancelled();
  const message = error instanceof Error ? error.message : String(error);
  return new PaddockError(fallback, message, { cause: error });
}
