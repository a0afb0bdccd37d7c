import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ggmlTypes } from "../../src/gguf/core/ggmlTypes";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import { openModel } from "../../src/gguf/node/modelFiles";
import { preflight } from "../../src/models/node/ggufPreflight";
import { ggufHeader, type HeaderTensor, type HeaderValue } from "../support/ggufHeaders";
import { tinyGguf } from "../support/tinyGguf";

const signal = new AbortController().signal;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "paddock-preflight-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file of the right length, with zeros for tensors. */
async function file(
  name: string,
  metadata: Record<string, HeaderValue>,
  tensors: HeaderTensor[] = [],
  missing = 0,
): Promise<string> {
  const bytes = ggufHeader(metadata, tensors);
  const target = path.join(folder, name);
  await writeFile(target, bytes);
  const isKnown = tensors.every(({ type = 0 }) => ggmlTypes.has(type));
  if (isKnown) await truncate(target, readGgufHeader(bytes).expectedSize - missing);
  return target;
}

async function split(base: string, parts: readonly number[], missing = 0): Promise<string> {
  for (const part of parts) {
    await file(
      `${base}-0000${part}-of-00003.gguf`,
      { ...(part === 1 ? { "general.architecture": "llama" } : {}), "split.no": part - 1, "split.count": 3 },
      [{ name: `t${part}`, dimensions: [64, 64] }],
      part === 3 ? missing : 0,
    );
  }
  return path.join(folder, `${base}-0000${parts[0] ?? 1}-of-00003.gguf`);
}

describe("before llama.cpp sees a file", () => {
  test("a good one passes, whole or split", async () => {
    const tiny = path.join(folder, "tiny.gguf");
    await writeFile(tiny, tinyGguf());
    await preflight(tiny, signal);
    await preflight(await split("good", [1, 2, 3]), signal);
  });

  test.each<[string, () => Promise<string>, string, RegExp]>([
    [
      "an unknown architecture",
      () => file("new.gguf", { "general.architecture": "unheardof" }),
      "model/unsupported-architecture",
      /“unheardof”, which this version of llama\.cpp does not know/,
    ],
    [
      "an image part",
      () => file("mmproj.gguf", { "general.architecture": "clip" }),
      "model/unsupported-architecture",
      /not a model but the image or audio part/,
    ],
    [
      "an adapter",
      () => file("lora.gguf", { "general.architecture": "llama", "general.type": "adapter" }),
      "model/unsupported-architecture",
      /LoRA adapter/,
    ],
    [
      "an importance matrix",
      () => file("matrix.gguf", { "general.type": "imatrix" }),
      "model/unsupported-architecture",
      /importance matrix/,
    ],
    [
      "an unknown type",
      () => file("type.gguf", { "general.architecture": "llama" }, [{ name: "a", dimensions: [32], type: 99 }]),
      "model/unsupported-architecture",
      /tensor type 99/,
    ],
    [
      "metadata that cannot be",
      () => file("layers.gguf", { "general.architecture": "llama", "llama.block_count": 100_000 }),
      "model/damaged",
      /llama\.block_count is 100000/,
    ],
    [
      "tensors past the end",
      () => file("short.gguf", { "general.architecture": "llama" }, [{ name: "a", dimensions: [32] }], 1),
      "model/truncated",
      /short\.gguf is cut short: it has \d+ B of at least/,
    ],
    [
      "tensors past the end of a later part",
      () => split("cut", [1, 2, 3], 5),
      "model/truncated",
      /cut-00003-of-00003\.gguf is cut short/,
    ],
    ["a part that is not there", () => split("gap", [1, 3]), "model/missing", /gap-00002-of-00003\.gguf is missing/],
    [
      "a later part",
      async () => {
        await split("later", [1, 2, 3]);
        return path.join(folder, "later-00002-of-00003.gguf");
      },
      "model/damaged",
      /a later part of a split model/,
    ],
    [
      "a part under another name",
      () => file("renamed.gguf", { "general.architecture": "llama", "split.count": 2, "split.no": 0 }),
      "model/damaged",
      /name does not say which/,
    ],
    [
      "an empty file",
      async () => {
        await writeFile(path.join(folder, "empty.gguf"), "");
        return path.join(folder, "empty.gguf");
      },
      "model/not-gguf",
      /empty\.gguf is empty/,
    ],
    ["a folder", () => Promise.resolve(folder), "model/not-a-file", /is a folder/],
  ])("%s is refused with the reason", async (_, make, code, words) => {
    await expect(preflight(await make(), signal)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(words) as string,
      remedy: expect.stringMatching(/\.$/) as string,
    });
  });
});

test("a split model is opened by any of its parts, and says which are missing", async () => {
  await split("any", [1, 2]);
  const { files, missing } = await openModel(path.join(folder, "any-00002-of-00003.gguf"), signal);
  expect(files.map((part) => path.basename(part.path))).toEqual(["any-00001-of-00003.gguf", "any-00002-of-00003.gguf"]);
  expect(missing).toEqual(["any-00003-of-00003.gguf"]);
});
