/** What somebody wants a model for. */
export type Purpose = "chat" | "completion" | "embedding";

/** Why an entry is in the catalogue; the host has the words. */
export type CatalogueReason =
  "tiny" | "light" | "all-round" | "strong" | "reasons" | "code" | "experts" | "fill-in" | "search" | "languages";

export interface CatalogueEntry {
  /** "owner/name" on Hugging Face: of the model's publisher, or of those who publish GGUF files for many. */
  readonly repository: string;
  /** As people call it. */
  readonly name: string;
  readonly purpose: Purpose;
  /** As its publisher counts them. */
  readonly parameters: number;
  /** Of those, what one token uses, in a mixture of experts. */
  readonly activeParameters?: number;
  /** As the hub tags it. */
  readonly license: string;
  readonly reason: CatalogueReason;
}

const million = 1e6;
const billion = 1e9;

/** Models that many people use for the purpose, the smallest first. Facts of their publishers; no figure of ours. */
export const catalogue: readonly CatalogueEntry[] = [
  chat("HuggingFaceTB/SmolLM2-360M-Instruct-GGUF", "SmolLM2 360M Instruct", 362 * million, "apache-2.0", "tiny"),
  chat("Qwen/Qwen3-0.6B-GGUF", "Qwen3 0.6B", 0.6 * billion, "apache-2.0", "tiny"),
  chat("ggml-org/gemma-3-1b-it-GGUF", "Gemma 3 1B", billion, "gemma", "light"),
  chat("bartowski/Llama-3.2-1B-Instruct-GGUF", "Llama 3.2 1B Instruct", 1.23 * billion, "llama3.2", "light"),
  chat("HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "SmolLM2 1.7B Instruct", 1.7 * billion, "apache-2.0", "light"),
  chat("Qwen/Qwen3-1.7B-GGUF", "Qwen3 1.7B", 1.7 * billion, "apache-2.0", "reasons"),
  chat("bartowski/Llama-3.2-3B-Instruct-GGUF", "Llama 3.2 3B Instruct", 3.21 * billion, "llama3.2", "all-round"),
  chat("Qwen/Qwen3-4B-GGUF", "Qwen3 4B", 4 * billion, "apache-2.0", "reasons"),
  chat("ggml-org/gemma-3-4b-it-GGUF", "Gemma 3 4B", 4.3 * billion, "gemma", "all-round"),
  chat("Qwen/Qwen2.5-Coder-7B-Instruct-GGUF", "Qwen2.5 Coder 7B Instruct", 7.6 * billion, "apache-2.0", "code"),
  chat("bartowski/Meta-Llama-3.1-8B-Instruct-GGUF", "Llama 3.1 8B Instruct", 8 * billion, "llama3.1", "all-round"),
  chat("Qwen/Qwen3-8B-GGUF", "Qwen3 8B", 8.2 * billion, "apache-2.0", "reasons"),
  chat("ggml-org/gemma-3-12b-it-GGUF", "Gemma 3 12B", 12.2 * billion, "gemma", "strong"),
  {
    ...chat("ggml-org/gpt-oss-20b-GGUF", "gpt-oss 20B", 21 * billion, "apache-2.0", "experts"),
    activeParameters: 3.6 * billion,
  },
  {
    ...chat(
      "ggml-org/Qwen3-Coder-30B-A3B-Instruct-Q8_0-GGUF",
      "Qwen3 Coder 30B A3B Instruct",
      30.5 * billion,
      "apache-2.0",
      "experts",
    ),
    activeParameters: 3.3 * billion,
  },
  fillIn("ggml-org/Qwen2.5-Coder-0.5B-Q8_0-GGUF", "Qwen2.5 Coder 0.5B", 0.49 * billion, "apache-2.0"),
  fillIn("ggml-org/Qwen2.5-Coder-1.5B-Q8_0-GGUF", "Qwen2.5 Coder 1.5B", 1.54 * billion, "apache-2.0"),
  fillIn("ggml-org/Qwen2.5-Coder-3B-Q8_0-GGUF", "Qwen2.5 Coder 3B", 3.09 * billion, "qwen-research"),
  fillIn("ggml-org/Qwen2.5-Coder-7B-Q8_0-GGUF", "Qwen2.5 Coder 7B", 7.61 * billion, "apache-2.0"),
  embedding("nomic-ai/nomic-embed-text-v1.5-GGUF", "Nomic Embed Text v1.5", 137 * million, "apache-2.0", "search"),
  embedding("Qwen/Qwen3-Embedding-0.6B-GGUF", "Qwen3 Embedding 0.6B", 0.6 * billion, "apache-2.0", "languages"),
];

function chat(
  repository: string,
  name: string,
  parameters: number,
  license: string,
  reason: CatalogueReason,
): CatalogueEntry {
  return { repository, name, purpose: "chat", parameters, license, reason };
}

function fillIn(repository: string, name: string, parameters: number, license: string): CatalogueEntry {
  return { repository, name, purpose: "completion", parameters, license, reason: "fill-in" };
}

function embedding(
  repository: string,
  name: string,
  parameters: number,
  license: string,
  reason: CatalogueReason,
): CatalogueEntry {
  return { repository, name, purpose: "embedding", parameters, license, reason };
}
