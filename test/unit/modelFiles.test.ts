import { mkdtemp, readdir, readFile, rm, symlink } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectedHash, sha256Of } from "../../src/models/node/checksum";
import { hashInWorker } from "../../src/models/node/hashInWorker";
import { DownloadFolder } from "../../src/models/node/downloadFolder";
import { renameParts } from "../../src/models/node/renameModel";
import { childProgram } from "../support/childProgram";
import { put, putHuggingFace, putOllama, sha256 } from "../support/modelFolders";

const never = new AbortController().signal;
let home: string;
const at = (...parts: string[]): string => path.join(home, ...parts);
const names = async (): Promise<string[]> => (await readdir(home)).sort();
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "paddock-files-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

describe("a checksum", () => {
  it("is that of all of the file, read in pieces", async () => {
    const bytes = Buffer.alloc(32 * 1024 * 1024 + 17, "paddock");
    const file = await put(at("big.gguf"), bytes);
    let read = 0;
    expect(await sha256Of(file, never, (more) => (read += more))).toBe(sha256(bytes));
    expect(read).toBe(bytes.length);
  });

  it("ends when nobody wants it any more", async () => {
    const file = await put(at("big.gguf"), Buffer.alloc(4 * 1024 * 1024));
    const abort = new AbortController();
    await expect(sha256Of(file, abort.signal, () => abort.abort())).rejects.toMatchObject({ name: "AbortError" });
  });

  it("is computed in a thread, which tells how far it is, what fails, and ends when nobody wants it", async () => {
    const program = await childProgram(new URL("../../src/models/node/hashWorker.ts", import.meta.url));
    const hash = hashInWorker(program.file);
    try {
      const bytes = Buffer.alloc(40 * 1024 * 1024 + 17, "paddock");
      const file = await put(at("big.gguf"), bytes);
      const read: number[] = [];
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      expect(await hash(file, never, (more) => read.push(more))).toBe(sha256(bytes));
      delay.disable();
      expect(read.reduce((sum, more) => sum + more, 0)).toBe(bytes.length);
      expect(read.length).toBeGreaterThan(2);
      expect(delay.percentile(50) / 1e6).toBeLessThan(5);
      await expect(hash(at("gone.gguf"), never, () => undefined)).rejects.toMatchObject({ code: "ENOENT" });
      const abort = new AbortController();
      await expect(hash(file, abort.signal, () => abort.abort())).rejects.toMatchObject({ name: "AbortError" });
      await expect(hash(file, AbortSignal.abort(), () => undefined)).rejects.toMatchObject({ name: "AbortError" });
      await expect(hashInWorker(at("no.cjs"))(file, never, () => undefined)).rejects.toThrow(/Cannot find module/);
    } finally {
      await program.remove();
    }
  });

  it("is compared with what the manifest, Hugging Face's cache, Ollama or the download says", async () => {
    const content = Buffer.from("a model");
    const hash = sha256(content);
    const nobody = { manifest: undefined, downloaded: () => Promise.resolve(undefined) };
    const { link } = await putHuggingFace(at("hub"), "o/n", "n.gguf", content);
    const blob = await putOllama(at("ollama"), ["registry.ollama.ai", "library", "n", "1b"], content);
    const plain = await put(at("plain.gguf"), content);
    await symlink(blob, at("linked.gguf"));
    expect(await expectedHash(link, nobody)).toEqual({ sha256: hash, by: "hugging-face" });
    expect(await expectedHash(blob, nobody)).toEqual({ sha256: hash, by: "ollama" });
    expect(await expectedHash(at("linked.gguf"), nobody)).toEqual({ sha256: hash, by: "ollama" });
    expect(await expectedHash(plain, nobody)).toBeUndefined();
    expect(await expectedHash(plain, { ...nobody, manifest: hash })).toEqual({ sha256: hash, by: "manifest" });
    const downloaded = { ...nobody, downloaded: () => Promise.resolve(hash.toUpperCase()) };
    expect(await expectedHash(plain, downloaded)).toEqual({ sha256: hash, by: "download" });
  });
});

describe("what a download left", () => {
  it("goes with a file's name, and with the file", async () => {
    const folder = new DownloadFolder(home);
    await folder.make();
    const [old, other, now] = [at("o", "old.gguf"), at("o", "other.gguf"), at("o", "new.gguf")];
    await folder.keepChecksum("o/old.gguf", "a".repeat(64));
    await folder.keepChecksum("o/other.gguf", "b".repeat(64));
    await folder.moveChecksum(old, now);
    expect(await folder.checksumOf(old)).toBeUndefined();
    expect(await folder.checksumOf(now)).toBe("a".repeat(64));
    await folder.moveChecksum(now, undefined);
    await folder.moveChecksum(at("never.gguf"), at("new.gguf"));
    expect(await folder.checksumOf(now)).toBeUndefined();
    expect(await folder.checksumOf(other)).toBe("b".repeat(64));
  });
});

describe("renaming", () => {
  it("gives a file its new name", async () => {
    const file = await put(at("old.gguf"), "text");
    expect(await renameParts([file], "new")).toEqual([at("new.gguf")]);
    expect(await names()).toEqual(["new.gguf"]);
  });

  it("gives all parts of a split model theirs", async () => {
    const parts = [1, 2, 3].map((part) => at(`old-0000${part}-of-00003.gguf`));
    for (const part of parts) await put(part, path.basename(part));
    const renamed = await renameParts(parts, "new");
    expect(await names()).toEqual(["new-00001-of-00003.gguf", "new-00002-of-00003.gguf", "new-00003-of-00003.gguf"]);
    expect(await readFile(renamed[1] ?? "", "utf8")).toBe("old-00002-of-00003.gguf");
  });

  it("writes nothing over, and leaves all as it was", async () => {
    const parts = [1, 2].map((part) => at(`old-0000${part}-of-00002.gguf`));
    for (const part of parts) await put(part, "old");
    await put(at("new-00002-of-00002.gguf"), "precious");
    await expect(renameParts(parts, "new")).rejects.toMatchObject({ code: "model/name-taken" });
    expect(await names()).toEqual(["new-00002-of-00002.gguf", "old-00001-of-00002.gguf", "old-00002-of-00002.gguf"]);
    expect(await readFile(at("new-00002-of-00002.gguf"), "utf8")).toBe("precious");
  });

  it("renames a link, not what it leads to, and a name to itself", async () => {
    const target = await put(at("target.bin"), "text");
    await symlink(target, at("link.gguf"));
    await renameParts([at("link.gguf")], "renamed");
    expect(await names()).toEqual(["renamed.gguf", "target.bin"]);
    expect(await renameParts([at("renamed.gguf")], "renamed")).toEqual([at("renamed.gguf")]);
  });

  it("says that a file is gone", async () => {
    await expect(renameParts([at("never.gguf")], "new")).rejects.toMatchObject({ code: "storage/failed" });
  });
});
