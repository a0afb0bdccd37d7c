import { existsSync } from "node:fs";
import { mkdir, open, stat } from "node:fs/promises";
import path from "node:path";
import { cacheFolder } from "../../scripts/setup.mjs";
import { readGgufHeader } from "../../src/gguf/core/ggufHeader";
import type { GeneratedTokenizer } from "../../src/gguf/core/generatedPlan";
import { generateModel } from "../../src/gguf/node/generateModel";
import { afterValue } from "./ggufValue";

/** Llama 3.2 1B's shape; the vocabulary is the donor's, so that text works. 1.06 G parameters with 49,152 tokens. */
const shape = { layers: 16, width: 2048, heads: 32, headsKv: 8, feedForward: 8192, context: 8192 };
const Q4_0 = 2;

/**
 * A model of the 1B class with random weights, for speed only; it is generated once and kept in the cache folder.
 * @param donor a GGUF whose tokenizer is taken.
 */
export async function generatedModel(donor: string): Promise<string> {
  const target = path.join(cacheFolder(), "models", "generated-1b-8k.Q4_0.gguf");
  if (existsSync(target)) return target;
  console.error("Generating a model of the 1B class (once) …");
  await mkdir(path.dirname(target), { recursive: true });
  const tokenizer = await tokenizerOf(donor);
  await generateModel(
    target,
    { name: "generated-1b", shape, tokenizer, typeOf: () => Q4_0 },
    new AbortController().signal,
  );
  return target;
}

/** The donor's tokenizer and chat template, as they stand in its file. */
export async function tokenizerOf(donor: string): Promise<GeneratedTokenizer> {
  const { size } = await stat(donor);
  const file = await open(donor, "r");
  const bytes = Buffer.alloc(Math.min(size, 32 * 1024 * 1024));
  await file.read(bytes, 0, bytes.length, 0);
  await file.close();
  const tokens = readGgufHeader(bytes).metadata.get("tokenizer.ggml.tokens");
  if (typeof tokens !== "object") throw new Error("The donor has no vocabulary.");
  const keys: Buffer[] = [];
  const count = Number(bytes.readBigUInt64LE(16));
  let at = 24;
  for (let index = 0; index < count; index++) {
    const start = at;
    const length = Number(bytes.readBigUInt64LE(at));
    const name = bytes.toString("utf8", at + 8, at + 8 + length);
    at = afterValue(bytes, at + 8 + length + 4, bytes.readUInt32LE(at + 8 + length));
    if (name.startsWith("tokenizer.")) keys.push(bytes.subarray(start, at));
  }
  return { keys, vocabulary: tokens.length };
}
