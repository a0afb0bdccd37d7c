import { silentLogger } from "../../src/platform/core/logger";
import { downloadRetry } from "../../src/models/core/retry";
import { plainHub } from "../../src/models/node/hubClient";
import { HubHttp } from "../../src/models/node/hubHttp";
import { Downloads } from "../../src/models/node/downloads";

/**
 * A window as far as downloads go: ENDPOINT FOLDER REPOSITORY PATH. It downloads, prints "N bytes" as it goes on, and
 * ends when the model is there, with its path. Without a PATH it only goes on with what it finds.
 */
async function main([endpoint = "", folder = "", repository = "", path = ""]: string[]): Promise<void> {
  const hub = plainHub(new HubHttp("paddock-test"), endpoint);
  const downloads = new Downloads({
    folder: () => folder,
    hub,
    log: silentLogger,
    rules: { pieceBytes: 256 * 1024, saveMs: 20, retry: { ...downloadRetry, firstMs: 10, mostMs: 50 } },
    freeBytes: () => Promise.resolve(Infinity),
  });
  downloads.onDidChange(() => {
    for (const { doneBytes, status } of downloads.list()) process.stdout.write(`${doneBytes} bytes ${status}\n`);
  });
  downloads.onDidFinish(({ path: at }) => {
    process.stdout.write(`${at}\n`);
    process.exit(0);
  });
  if (path === "") await downloads.refresh();
  else {
    const { files } = await hub.repository({ repository, revision: "main" }, new AbortController().signal);
    const file = files.find((one) => one.path === path);
    if (file === undefined) throw new Error("no such file");
    await downloads.start({ title: path, source: { kind: "hub", repository, revision: "main" }, files: [file] });
  }
  process.stdout.write("began\n");
}
void main(process.argv.slice(2));
