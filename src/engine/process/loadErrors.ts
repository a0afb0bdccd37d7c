import { PaddockError, toPaddockError } from "../../platform/core/errors";

/** llama.cpp's phrases (llama-model-loader.cpp, gguf.cpp, llama.cpp) and what they mean for a person. */
const phrases: readonly { pattern: RegExp; make: (detail: string) => PaddockError }[] = [
  {
    pattern:
      /not within the file bounds|file is incomplete|unexpectedly reached end of file|failed to read tensor data/i,
    make: (detail) =>
      new PaddockError("model/truncated", "The model file is cut short.", {
        remedy: "Download it again; the download was probably interrupted.",
        detail,
      }),
  },
  {
    pattern: /unknown (model )?architecture|unknown pre-tokenizer|unsupported model architecture|unknown tokenizer/i,
    make: (detail) =>
      new PaddockError(
        "model/unsupported-architecture",
        "This version of llama.cpp does not know the model's architecture.",
        {
          remedy: "Choose another model, or update Paddock.",
          detail,
        },
      ),
  },
  {
    pattern:
      /insufficient ?memory|out of memory|failed to allocate|unable to allocate|cannot allocate|not enough (memory|v?ram)|too large to fit/i,
    make: (detail) =>
      new PaddockError("model/too-large", "There is not enough free memory for this model.", {
        remedy: "Close other programs, choose a smaller model or quantization, or lower paddock.engine.contextSize.",
        detail,
      }),
  },
  {
    pattern: /invalid magic|not a gguf/i,
    make: (detail) =>
      new PaddockError("model/not-gguf", "This is not a GGUF file.", { remedy: "Choose a .gguf model file.", detail }),
  },
];

/** What went wrong with a load, from the error and from llama.cpp's last lines. */
export function loadError(error: unknown, lines: readonly string[]): PaddockError {
  if (error instanceof PaddockError) return error;
  const detail = [error instanceof Error ? error.message : String(error), ...lines].join("\n").slice(0, 4000);
  for (const { pattern, make } of phrases) if (pattern.test(detail)) return make(detail);
  return new PaddockError("model/damaged", "llama.cpp could not load this model file.", {
    remedy: "The file may be damaged: download it again, or choose another. The log has llama.cpp's words.",
    detail,
  });
}

/** llama-context.cpp: a type's blocks must fit into a head, and values in blocks need flash attention. */
const cacheType = /[KV] cache type \S+ with block size|quantized V cache|cache type .* not supported/i;

export function contextError(error: unknown, lines: readonly string[]): PaddockError {
  if (lines.some((line) => cacheType.test(line))) {
    return new PaddockError("unsupported", "This model's KV cache cannot be kept in that type.", {
      remedy: "Keep it in F16.",
      detail: lines.join("\n").slice(0, 4000),
    });
  }
  const known = loadError(error, lines);
  if (known.code !== "model/too-large" && known.code !== "model/damaged") return toPaddockError(error);
  return new PaddockError("context/too-large", "There is not enough free memory for a context of this size.", {
    remedy: "Lower paddock.engine.contextSize, or choose a smaller model.",
    ...(known.detail === undefined ? {} : { detail: known.detail }),
  });
}
