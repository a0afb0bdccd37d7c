import type { ModelId } from "../../engine/backend";

/** A model on this machine, as VS Code's model picker and `vscode.lm` are told of it. */
export interface LocalModel {
  readonly id: ModelId;
  /** From a file's name: untrusted. */
  readonly displayName: string;
  readonly note?: string;
  readonly architecture: string | undefined;
  readonly quantization: string | undefined;
  /** Bytes; undefined where nobody has looked. */
  readonly sizeBytes: number | undefined;
  /** Tokens of prompt and answer together: as loaded, or as it would be loaded by the settings of now. */
  readonly contextSize: number;
  /** Its chat template has tools. */
  readonly tools: boolean;
}

export interface Limits {
  readonly maxInputTokens: number;
  readonly maxOutputTokens: number;
}

/** No answer is promised more of the context than this share: a question needs the rest. */
const answerShare = 0.5;

/**
 * VS Code takes the sum of both for the context, and never sends more than the first.
 * @param maxTokens of an answer, by the setting.
 */
export function limitsOf(contextSize: number, maxTokens: number): Limits {
  const maxOutputTokens = Math.max(1, Math.min(maxTokens, Math.floor(contextSize * answerShare)));
  return { maxInputTokens: Math.max(1, contextSize - maxOutputTokens), maxOutputTokens };
}
