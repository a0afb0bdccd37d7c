import { Worker } from "node:worker_threads";
import * as v from "valibot";
import { cancelled } from "../../platform/core/errors";

/** What the thread is given. */
export const hashWorkSchema = v.object({ file: v.string() });

const newsSchema = v.variant("kind", [
  v.object({ kind: v.literal("read"), bytes: v.number() }),
  v.object({ kind: v.literal("done"), sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)) }),
  v.object({ kind: v.literal("failed"), message: v.string(), errno: v.optional(v.string()) }),
]);
/** What the thread tells. */
export type HashNews = v.InferOutput<typeof newsSchema>;

/** Hashes a file. */
export type FileHash = (file: string, signal: AbortSignal, onRead: (bytes: number) => void) => Promise<string>;

/**
 * Hashes files in a thread of their own, which ends with its file.
 * @param program the bundled thread, dist/hashWorker.cjs.
 * @returns what sha256Of does, with the same errors.
 */
export function hashInWorker(program: string): FileHash {
  return (file, signal, onRead) =>
    new Promise<string>((resolve, reject) => {
      signal.throwIfAborted();
      const worker = new Worker(program, { workerData: { file } satisfies v.InferOutput<typeof hashWorkSchema> });
      const abort = (): void => end(() => reject(signal.reason instanceof Error ? signal.reason : cancelled()));
      const end = (settle: () => void): void => {
        signal.removeEventListener("abort", abort);
        settle();
        void worker.terminate();
      };
      signal.addEventListener("abort", abort, { once: true });
      worker.on("message", (message: unknown) => {
        const news = v.parse(newsSchema, message);
        if (news.kind === "read") onRead(news.bytes);
        else if (news.kind === "done") end(() => resolve(news.sha256));
        else end(() => reject(failure(news)));
      });
      worker.on("error", (error) => end(() => reject(error instanceof Error ? error : new Error(String(error)))));
      worker.on("exit", () => end(() => reject(new Error("The thread that hashes ended before its file did."))));
    });
}

/** As the file system's own errors are. */
function failure({ message, errno }: Extract<HashNews, { kind: "failed" }>): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(message);
  if (errno !== undefined) error.code = errno;
  return error;
}
