import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { type Manifest, manifestSchema } from "../../src/models/core/manifest";

const folder = path.resolve("media/models");
const manifest = v.parse(manifestSchema, JSON.parse(await readFile(path.join(folder, "manifest.json"), "utf8")));
const [first] = manifest.entries;
if (first?.kind !== "model") throw new Error("The first entry is not a model.");

describe("the manifest", () => {
  it.each(manifest.entries)(
    "describes $file as it is, licence included",
    async ({ file, sizeBytes, sha256, license }) => {
      const hash = createHash("sha256");
      await pipeline(createReadStream(path.join(folder, file)), hash);
      expect(hash.digest("hex")).toBe(sha256);
      expect((await stat(path.join(folder, file))).size).toBe(sizeBytes);
      expect(license.file).toBeDefined();
      expect((await readFile(path.join(folder, license.file ?? ""), "utf8")).length).toBeGreaterThan(1000);
    },
  );

  it("says plainly that the starter is small", () => {
    expect(manifest.entries.find(({ id }) => id === manifest.starter)?.note).toContain("foolish");
  });

  const adapter = {
    ...{ id: "an-adapter", file: "adapter.gguf", sizeBytes: 1, sha256: "0".repeat(64), displayName: "An adapter" },
    ...{ baseModel: "x/y", license: { spdx: "MIT" }, provenance: "made here", kind: "adapter" as const },
    ...{ appliesTo: first.id, scale: 1, roles: ["completion" as const], promptLayout: "infill" },
    infill: {
      ...{ order: "prefix-suffix-middle" as const, prefix: "<|fim_prefix|>", suffix: "<|fim_suffix|>" },
      middle: "<|fim_middle|>",
    },
  };
  const refused: readonly [string, Manifest, string][] = [
    ["a path for a file name", { ...manifest, entries: [{ ...first, file: "../elsewhere.gguf" }] }, "Invalid format"],
    ["an id twice", { ...manifest, entries: [first, first] }, "same id"],
    ["a starter that is not there", { ...manifest, starter: "nobody" }, "starter"],
    ["an adapter without its model", { ...manifest, entries: [first, { ...adapter, appliesTo: "nobody" }] }, "adapter"],
    [
      "an adapter for completions without a layout",
      { ...manifest, entries: [first, { ...adapter, infill: undefined }] },
      "laid out",
    ],
    ["no hash", { ...manifest, entries: [{ ...first, sha256: "" }] }, "Invalid format"],
  ];
  it.each(refused)("is refused with %s", (_, changed, words) => {
    const result = v.safeParse(manifestSchema, changed);
    expect(result.issues?.map(({ message }) => message).join("; ")).toContain(words);
  });

  it("takes an adapter beside its model", () => {
    expect(v.is(manifestSchema, { ...manifest, entries: [first, adapter] })).toBe(true);
  });
});
