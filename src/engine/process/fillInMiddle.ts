import type { LlamaModel, Token } from "node-llama-cpp";
import type { LoadedModel } from "./loadedModel";

export interface FillInMiddleInput {
  readonly prefix: string;
  readonly suffix: string;
  readonly repository?: string | undefined;
  readonly files?: readonly { readonly name: string; readonly text: string }[] | undefined;
}

/**
 * The prompt for a completion in the middle: prefix, suffix, middle in the model's own FIM tokens, other files before
 * it in its repository tokens where it has them (Qwen2.5-Coder's and StarCoder2's <|repo_name|> and <|file_sep|>).
 * A model without FIM tokens gets the prefix alone, other files as plain text before it.
 */
export function fillInMiddleTokens(loaded: LoadedModel, input: FillInMiddleInput): Token[] {
  const { model } = loaded;
  const plain = (text: string): Token[] => (text === "" ? [] : model.tokenize(text, false));
  const { prefix, middle, suffix } = model.tokens.infill;
  const repositoryToken = loaded.specialToken("<|repo_name|>") ?? loaded.specialToken("<repo_name>");
  const fileToken = loaded.specialToken("<|file_sep|>") ?? loaded.specialToken("<file_sep>");
  const tokens: Token[] = beginning(model);
  if (repositoryToken !== null && input.repository !== undefined)
    tokens.push(repositoryToken, ...plain(`${input.repository}\n`));
  for (const file of input.files ?? []) {
    if (fileToken === null) tokens.push(...plain(`${file.text}\n\n`));
    else tokens.push(fileToken, ...plain(`${file.name}\n${file.text}\n`));
  }
  if (fileToken !== null && (input.files ?? []).length > 0) tokens.push(fileToken);
  if (prefix === null || middle === null || suffix === null) tokens.push(...plain(input.prefix));
  else tokens.push(prefix, ...plain(input.prefix), suffix, ...plain(input.suffix), middle);
  return tokens;
}

export function beginning(model: LlamaModel): Token[] {
  return model.tokens.shouldPrependBosToken && model.tokens.bos !== null ? [model.tokens.bos] : [];
}
