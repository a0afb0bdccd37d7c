/** The programs whose ways are known here; any other that speaks OpenAI's API is "other". */
export const serverKinds = ["llama-server", "vllm", "ollama", "lm-studio", "other"] as const;
export type ServerKind = (typeof serverKinds)[number];

/** As their makers write them; for "other" a plain word is to be found by whoever shows it. */
export function kindName(kind: Exclude<ServerKind, "other">): string {
  return { "llama-server": "llama-server", vllm: "vLLM", ollama: "Ollama", "lm-studio": "LM Studio" }[kind];
}

/** Where llama-server, Ollama, LM Studio and vLLM listen unless somebody said otherwise. */
export const usualPorts: readonly number[] = [8080, 11434, 1234, 8000];
