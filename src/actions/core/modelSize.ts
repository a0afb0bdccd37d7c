/** Models by what they can make use of in a prompt. */
export type ModelSize = "small" | "middle" | "large";

/** Below this a model is led astray by code that is not its task, and wants to see how an answer looks. */
const smallParameters = 1_000_000_000;
/** Below this, by the code a few lines further away. */
const middleParameters = 3_000_000_000;

/** @param parameters undefined where nobody knows: such a model is taken for small. */
export function modelSize(parameters: number | undefined): ModelSize {
  if (parameters === undefined || parameters < smallParameters) return "small";
  return parameters < middleParameters ? "middle" : "large";
}
