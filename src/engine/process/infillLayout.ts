import type { LlamaModel, Token } from "node-llama-cpp";
import type { InfillLayout } from "../infill";

/**
 * Names of special tokens by which code models know a repository and its files, where the metadata does not say:
 * llama.cpp's own lists (src/llama-vocab.cpp, special_fim_rep_id and special_fim_sep_id), then StarCoder2's and its kin.
 */
const repositoryNames = ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>", "<repo_name>"];
const fileNames = ["<|file_sep|>", "<file_sep>", "<filename>"];
/** Codestral's, which llama.cpp looks for under no name: the suffix comes first, and no mark is in front of the middle. */
const suffixFirst = { prefix: "[PREFIX]", suffix: "[SUFFIX]" };

/** How the model's infill prompts are laid out: FIM tokens as llama.cpp finds them, the others by metadata or by name. */
export function infillLayout(model: LlamaModel): InfillLayout {
  const repository = declared(model, "fim_rep_token_id") ?? named(model, repositoryNames);
  const file = declared(model, "fim_sep_token_id") ?? named(model, fileNames);
  const marks = { ...(repository === null ? {} : { repository }), ...(file === null ? {} : { file }) };
  const { prefixString: prefix, suffixString: suffix, middleString: middle } = model.tokens.infill;
  if (isText(prefix) && isText(suffix)) {
    return isText(middle)
      ? { order: "prefix-suffix-middle", prefix, suffix, middle, ...marks }
      : { order: "suffix-prefix-middle", prefix, suffix, ...marks };
  }
  if (specialToken(model, suffixFirst.prefix) !== null && specialToken(model, suffixFirst.suffix) !== null)
    return { order: "suffix-prefix-middle", ...suffixFirst, ...marks };
  return { order: "prefix-only", ...marks };
}

/** The special token of this text, where the vocabulary has one. */
export function specialToken(model: LlamaModel, text: string): Token | null {
  const { infill } = model.tokens;
  // llama.cpp makes these control tokens whatever the file says, and some are written with a space of the tokenizer's.
  if (text === infill.prefixString) return infill.prefix;
  if (text === infill.suffixString) return infill.suffix;
  if (text === infill.middleString) return infill.middle;
  const [only, ...more] = model.tokenize(text, true);
  return only !== undefined && more.length === 0 && model.isSpecialToken(only) ? only : null;
}

function declared(model: LlamaModel, key: "fim_rep_token_id" | "fim_sep_token_id"): string | null {
  const { ggml } = model.fileInfo.metadata.tokenizer;
  const id: unknown = (ggml as Readonly<Record<string, unknown>>)[key];
  const text: unknown = typeof id === "number" ? ggml.tokens[id] : undefined;
  return isText(text) && specialToken(model, text) === id ? text : null;
}

function named(model: LlamaModel, names: readonly string[]): string | null {
  return names.find((name) => specialToken(model, name) !== null) ?? null;
}

/** As long as the contract lets a mark be: it comes from the file. */
function isText(value: unknown): value is string {
  return typeof value === "string" && value.length > 0 && value.length <= 100;
}
