import * as v from "valibot";
import { isRepository } from "./hubAddress";
import { localName } from "./localPath";

/**
 * What is kept of a download beside its bytes, so that it goes on after a reload, a crash or in another window. `ranges`
 * are bytes that are on the disk for certain: written, and flushed before this was written down.
 */
const bytes = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(Number.MAX_SAFE_INTEGER));
const range = v.pipe(
  v.tuple([bytes, bytes]),
  v.check(([start, end]) => start < end, "a range that ends before it begins"),
);

/** Below the models' folder: what localPaths makes, and nothing else. */
const relativePath = v.pipe(
  v.string(),
  v.maxLength(2000),
  v.check(
    (path) => /\.gguf$/i.test(path) && path.split("/").every((name) => localName(name) === name),
    "no local name",
  ),
);

const fileSchema = v.object({
  /** As the server calls it. */
  path: v.pipe(v.string(), v.maxLength(1000)),
  target: relativePath,
  size: bytes,
  sha256: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/))),
  /** Of the server that sends the content. */
  etag: v.nullable(v.pipe(v.string(), v.maxLength(300))),
  ranges: v.pipe(v.array(range), v.maxLength(10_000)),
  /** Its header was read and is that of a model of this size. */
  headerIsGood: v.boolean(),
  /** It is verified and stands at its target. */
  isDone: v.boolean(),
});
export type DownloadFile = v.InferOutput<typeof fileSchema>;

const sourceSchema = v.variant("kind", [
  v.object({
    kind: v.literal("hub"),
    repository: v.pipe(v.string(), v.check(isRepository, "no repository")),
    revision: v.pipe(v.string(), v.maxLength(200)),
  }),
  v.object({ kind: v.literal("url"), url: v.pipe(v.string(), v.maxLength(4000), v.url()) }),
]);
export type DownloadSource = v.InferOutput<typeof sourceSchema>;

export const downloadStateSchema = v.object({
  version: v.literal(1),
  title: v.pipe(v.string(), v.maxLength(300)),
  source: sourceSchema,
  /** What the person wants of it; "failed" waits for them, as "paused" does. */
  wish: v.picklist(["run", "paused", "failed"]),
  /** Why it does not run. */
  problem: v.nullable(
    v.object({ code: v.pipe(v.string(), v.maxLength(60)), message: v.string(), remedy: v.nullable(v.string()) }),
  ),
  /** What the person should know: that it began anew, and why. */
  notice: v.nullable(v.pipe(v.string(), v.maxLength(500))),
  files: v.pipe(v.array(fileSchema), v.minLength(1), v.maxLength(1000)),
});
export type DownloadState = v.InferOutput<typeof downloadStateSchema>;

/** What a server says a file is now. */
export interface ContentNow {
  readonly size: number;
  readonly sha256: string | undefined;
  readonly etag: string | undefined;
}

/** Do bytes that are here belong to what the server has now? A checksum decides where both know one. */
export function isSameContent(file: DownloadFile, now: ContentNow): boolean {
  if (file.size !== now.size) return false;
  if (file.sha256 !== null && now.sha256 !== undefined) return file.sha256 === now.sha256;
  return file.etag === null || now.etag === undefined || file.etag === now.etag;
}

/** The file as the server has it now, with none of its bytes here. */
export function begunAnew(file: DownloadFile, now: ContentNow): DownloadFile {
  return {
    ...file,
    size: now.size,
    sha256: now.sha256 ?? null,
    etag: now.etag ?? null,
    ranges: [],
    headerIsGood: false,
  };
}

/** How a download stands, for those who show it. */
export interface DownloadView {
  readonly id: string;
  readonly title: string;
  /** Where the model will be: a full path, of the first part. */
  readonly target: string;
  readonly sizeBytes: number;
  readonly doneBytes: number;
  /** null while it can't be told. */
  readonly bytesPerSecond: number | null;
  readonly secondsLeft: number | null;
  /**
   * "waiting": for another download of this window. "retrying": the connection is lost or the server busy.
   * "elsewhere": another window downloads it.
   */
  readonly status: "waiting" | "running" | "retrying" | "verifying" | "elsewhere" | "paused" | "failed";
  readonly problem: { readonly message: string; readonly remedy: string | undefined } | undefined;
  readonly notice: string | undefined;
}

/** The person can pause it. */
export function isActive({ status }: DownloadView): boolean {
  return status !== "paused" && status !== "failed";
}
