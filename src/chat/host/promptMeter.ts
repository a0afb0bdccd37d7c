import type { ModelId, ModelLifecycle, PortableBackend } from "../../engine/backend";
import type { PromptMessage, Tool } from "../../engine/protocol";
import { PaddockError } from "../../platform/core/errors";
import { estimatePrompt, estimateTokens } from "../core/tokenEstimate";

/** What prompts cost and how much a model's context holds, in tokens. */
export interface PromptMeter {
  /** Undefined while no model is loaded that says so. */
  knownSize(model: ModelId): number | undefined;
  contextSize(model: ModelId, signal: AbortSignal): Promise<number>;
  /** @param tools that the model is offered with it. */
  countPrompt(
    messages: readonly PromptMessage[],
    model: ModelId,
    signal: AbortSignal,
    tools?: readonly Tool[],
  ): Promise<number>;
  countTexts(texts: readonly string[], model: ModelId, signal: AbortSignal): Promise<readonly number[]>;
}

/** Asks whoever runs the model, our own engine loading it where it isn't; the answer needs it anyway. */
export class EngineMeter implements PromptMeter {
  constructor(
    private readonly backend: Pick<PortableBackend, "countTokens" | "countMessageTokens">,
    private readonly lifecycle: Pick<ModelLifecycle, "prepare" | "state">,
  ) {}

  knownSize(model: ModelId): number | undefined {
    const state = this.lifecycle.state(model);
    if (state.status === "elsewhere") return state.contextSize;
    return state.status === "ready" ? state.loaded.context.contextSize : undefined;
  }

  /** Where one that runs elsewhere does not say, nothing is too long for it until it refuses it. */
  async contextSize(model: ModelId, signal: AbortSignal): Promise<number> {
    const known = this.knownSize(model);
    if (known !== undefined) return known;
    await this.lifecycle.prepare(model, signal);
    const size = this.knownSize(model);
    if (size !== undefined) return size;
    if (this.lifecycle.state(model).status === "elsewhere") return Number.POSITIVE_INFINITY;
    throw new PaddockError("engine/crashed", "The engine crashed.");
  }

  countPrompt(
    messages: readonly PromptMessage[],
    model: ModelId,
    signal: AbortSignal,
    tools: readonly Tool[] = [],
  ): Promise<number> {
    const options = { model, signal, ...(tools.length === 0 ? {} : { tools }) };
    return onceMore(() => this.backend.countMessageTokens(messages, options), signal);
  }

  countTexts(texts: readonly string[], model: ModelId, signal: AbortSignal): Promise<readonly number[]> {
    return onceMore(() => this.backend.countTokens(texts, { model, signal }), signal);
  }
}

/** Reckons with the texts' lengths, and asks nobody. */
export class EstimatingMeter implements PromptMeter {
  /** @param size tokens of the context, where it is known from before; else nothing is too long. */
  constructor(private readonly size: number | undefined) {}

  knownSize(): number | undefined {
    return this.size;
  }

  contextSize(): Promise<number> {
    return Promise.resolve(this.size ?? Number.POSITIVE_INFINITY);
  }

  countPrompt(
    messages: readonly PromptMessage[],
    _model: ModelId,
    _signal: AbortSignal,
    tools: readonly Tool[] = [],
  ): Promise<number> {
    return Promise.resolve(estimatePrompt(messages) + (tools.length === 0 ? 0 : estimateTokens(JSON.stringify(tools))));
  }

  countTexts(texts: readonly string[]): Promise<readonly number[]> {
    return Promise.resolve(texts.map(estimateTokens));
  }
}

/** An engine that was dying when it was asked has counted nothing: the next one can, unseen. */
async function onceMore<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal.aborted || !(error instanceof PaddockError) || error.code !== "engine/crashed") throw error;
    return work();
  }
}
