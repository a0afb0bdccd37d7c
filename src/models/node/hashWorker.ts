import { parentPort, workerData } from "node:worker_threads";
import { errnoOf } from "../../platform/node/storageError";
import { sha256Of } from "./checksum";
import { type HashNews, hashWorkSchema } from "./hashInWorker";
import * as v from "valibot";

/** News of progress come once for so many bytes. */
const NEWS_EVERY = 16 * 1024 * 1024;

/** A thread that hashes one file: tens of gigabytes take minutes of a processor, which an extension host has not. */
async function main(): Promise<void> {
  const tell = (news: HashNews): void => parentPort?.postMessage(news);
  try {
    const { file } = v.parse(hashWorkSchema, workerData);
    let untold = 0;
    const sha256 = await sha256Of(file, new AbortController().signal, (bytes) => {
      untold += bytes;
      if (untold < NEWS_EVERY) return;
      tell({ kind: "read", bytes: untold });
      untold = 0;
    });
    tell({ kind: "read", bytes: untold });
    tell({ kind: "done", sha256 });
  } catch (error) {
    tell({ kind: "failed", message: String(error), errno: errnoOf(error) });
  }
}

void main();
