import { randomBytes } from "node:crypto";
import { type TinyTensor, writeGguf } from "./tinyGguf";

/**
 * A GGUF file as quantizations of one model are in a repository: the same vocabulary in all, tensors of their own. No
 * engine loads it. @param tensorBytes of its tensors, a multiple of 1,024.
 */
export function publishedGguf(options: {
  readonly tensorBytes: number;
  readonly tokens?: number;
  readonly fileType?: number;
  readonly name?: string;
}): Buffer {
  const { tensorBytes, tokens = 2000, fileType = 1, name = "published" } = options;
  const rows = 8;
  const tensors = Array.from({ length: rows }, (_, index): TinyTensor => {
    const bytes = Math.floor(tensorBytes / rows / 128) * 128;
    const raw = randomBytes(bytes);
    return {
      name: `blk.${index}.ffn_up.weight`,
      dimensions: [32, bytes / 128],
      data: new Float32Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength)),
    };
  });
  return writeGguf(
    {
      "general.architecture": { type: "string", value: "llama" },
      "general.name": { type: "string", value: name },
      "llama.block_count": { type: "u32", value: rows },
      "llama.embedding_length": { type: "u32", value: 32 },
      "llama.feed_forward_length": { type: "u32", value: 64 },
      "tokenizer.ggml.model": { type: "string", value: "gpt2" },
      "tokenizer.ggml.tokens": {
        type: "strings",
        value: Array.from({ length: tokens }, (_, at) => `token number ${at}`),
      },
      "tokenizer.ggml.token_type": { type: "i32s", value: Array.from({ length: tokens }, () => 1) },
      "tokenizer.ggml.merges": {
        type: "strings",
        value: Array.from({ length: tokens }, (_, at) => `tok${at} en${at}`),
      },
      "tokenizer.ggml.eos_token_id": { type: "u32", value: 2 },
      "general.file_type": { type: "u32", value: fileType },
    },
    tensors,
  );
}
