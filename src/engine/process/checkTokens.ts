import type { Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";

/** Token ids come from outside; llama.cpp does not check them against the vocabulary. */
export function checkTokens(tokens: readonly number[], vocabularySize: number): Token[] {
  for (const token of tokens) {
    if (token >= vocabularySize)
      throw new PaddockError("invalid-message", `There is no token ${token} in this model's vocabulary.`);
  }
  return tokens as Token[];
}
