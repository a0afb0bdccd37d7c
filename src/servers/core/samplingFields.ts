import type { Sampling } from "../../engine/protocol";
import type { ServerKind } from "./serverKinds";

type Fields = Readonly<Record<string, unknown>>;

/** Seeds of all of them have 32 bits. */
const SEEDS = 2 ** 32;

/**
 * Sampling as a kind of server names it. Fields that a server does not know are left out rather than ignored or refused:
 * strict ones refuse them. DRY and the length that a penalty looks back are llama.cpp's own.
 */
export function samplingFields(sampling: Sampling, kind: ServerKind): Fields {
  const { temperature, topP, topK, minP, seed, repeatPenalty } = sampling;
  const common = {
    temperature,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(seed === undefined ? {} : { seed: seed % SEEDS }),
  };
  const more = {
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(minP === undefined ? {} : { min_p: minP }),
  };
  switch (kind) {
    case "llama-server":
      return {
        ...common,
        ...more,
        // Its defaults penalise nothing, but a person may have started it with others.
        repeat_penalty: repeatPenalty?.penalty ?? 1,
        ...(repeatPenalty === undefined ? {} : { repeat_last_n: repeatPenalty.lastTokens }),
        ...dryFields(sampling),
      };
    case "vllm":
      return {
        ...common,
        ...more,
        ...(repeatPenalty === undefined ? {} : { repetition_penalty: repeatPenalty.penalty }),
      };
    case "lm-studio":
      return {
        ...common,
        ...more,
        ...(repeatPenalty === undefined ? {} : { repeat_penalty: repeatPenalty.penalty }),
      };
    case "ollama":
    case "other":
      return common;
  }
}

/** In Ollama's own API. What is off is said, since a model there may have come with it. */
export function ollamaOptions({ temperature, topP, topK, minP, seed, repeatPenalty }: Sampling): Fields {
  return {
    temperature,
    ...(topP === undefined ? {} : { top_p: topP }),
    ...(topK === undefined ? {} : { top_k: topK }),
    ...(minP === undefined ? {} : { min_p: minP }),
    ...(seed === undefined ? {} : { seed: seed % SEEDS }),
    repeat_penalty: repeatPenalty?.penalty ?? 1,
    ...(repeatPenalty === undefined ? {} : { repeat_last_n: repeatPenalty.lastTokens }),
  };
}

function dryFields({ dryStrength, dryBase, dryAllowedLength }: Sampling): Fields {
  return {
    dry_multiplier: dryStrength ?? 0,
    ...(dryBase === undefined ? {} : { dry_base: dryBase }),
    ...(dryAllowedLength === undefined ? {} : { dry_allowed_length: dryAllowedLength }),
  };
}
