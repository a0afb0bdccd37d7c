/** What a model's main context is made with where no setting says otherwise; estimates must be of the same. */

/** A smaller context than this answers nothing. */
export const LEAST_CONTEXT = 512;
export const DEFAULT_CONTEXT = 8192;
/** Of the context in which questions become statements: the schema, a question and several answers. Tokens. */
export const SQL_CONTEXT = 4096;
/** llama-bench's and the binding's default; larger ones cost memory and gain little on a CPU. */
export const BATCH = 512;
/** Below this many parameters a second KV cache costs little, and switching between two conversations stays free. */
const SMALL_MODEL = 1_000_000_000;

/** How many KV caches the main context has. */
export function mainSequences(parameters: number): number {
  return parameters < SMALL_MODEL ? 2 : 1;
}

/**
 * Tokens per sequence of the main context.
 * @param wanted the setting; 0: what the model was trained for, up to 8,192.
 */
export function mainContextSize(wanted: number, trainContextSize: number): number {
  return wanted > 0 ? wanted : Math.min(DEFAULT_CONTEXT, Math.max(LEAST_CONTEXT, trainContextSize));
}

/** What llama.cpp is asked for: no more than the model was trained for. */
export function clampedContextSize(wanted: number, trainContextSize: number): number {
  return Math.max(LEAST_CONTEXT, Math.min(wanted, trainContextSize));
}
