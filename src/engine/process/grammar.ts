import type { Llama, LlamaGrammarEvaluationState, LlamaModel } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { Runtime } from "./runtime";

/** A schema deeper than this is a mistake or an attack, and the grammar would be as deep. */
const DEEPEST = 32;

export interface SchemaGrammar {
  readonly state: LlamaGrammarEvaluationState;
  /** What the grammar lets a model write only after the value is complete: the sign to stop. */
  readonly stop: readonly string[];
}

/** @throws PaddockError invalid-message for a schema that llama.cpp's grammars cannot express. */
export async function createGrammar(
  { llama, binding }: Runtime,
  model: LlamaModel,
  schema: Readonly<Record<string, unknown>>,
): Promise<SchemaGrammar> {
  if (depth(schema) > DEEPEST) throw new PaddockError("invalid-message", "The JSON schema is nested too deeply.");
  try {
    const grammar = await llama.createGrammarForJsonSchema(
      schema as Parameters<Llama["createGrammarForJsonSchema"]>[0],
    );
    return {
      state: new binding.LlamaGrammarEvaluationState({ model, grammar }),
      stop: grammar.stopGenerationTriggers.map((trigger) => (typeof trigger === "string" ? trigger : String(trigger))),
    };
  } catch (error) {
    throw new PaddockError("invalid-message", "The JSON schema cannot be turned into a grammar.", {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}

function depth(value: unknown): number {
  let deepest = 0;
  const stack: { value: unknown; level: number }[] = [{ value, level: 1 }];
  for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
    deepest = Math.max(deepest, item.level);
    if (deepest > DEEPEST) break;
    if (item.value !== null && typeof item.value === "object") {
      for (const child of Object.values(item.value)) stack.push({ value: child, level: item.level + 1 });
    }
  }
  return deepest;
}
