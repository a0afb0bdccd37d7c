import type { LlamaContextSequence, Token } from "node-llama-cpp";
import type { PromptMessage, GeneratedPart, GenerationProgress, Sampling, StopReason, Tool } from "../protocol";
import { PaddockError } from "../../platform/core/errors";
import { toFunctions, toHistory } from "./chatPrompt";
import { samplingOptions } from "./generate";
import type { Job } from "./jobs";
import type { LoadedModel } from "./loadedModel";
import type { ModelContext } from "./modelContext";
import { prefill } from "./prefill";
import type { Runtime } from "./runtime";
import { commonPrefix, type Slot } from "./slots";
import type { RequestTimer } from "./timer";

export interface ToolChatOptions {
  readonly runtime: Runtime;
  readonly loaded: LoadedModel;
  readonly context: ModelContext;
  readonly slot: Slot;
  readonly job: Job;
  readonly timer: RequestTimer;
  /** The messages and tools as the renderer lays them out. */
  readonly prompt: readonly Token[];
  readonly messages: readonly PromptMessage[];
  readonly tools: readonly Tool[];
  readonly sampling: Sampling;
  readonly maxTokens: number;
  readonly reasoningBudget: number | undefined;
  readonly progress: (progress: GenerationProgress) => void;
}

/**
 * Chat with tools. The calls' syntax is the template's own and their parameters are held to the schema by a grammar:
 * the binding's LlamaChat knows both, so it generates here, behind our own sliced prefill.
 */
export async function chatWithTools(
  options: ToolChatOptions,
): Promise<{ parts: GeneratedPart[]; stopReason: StopReason }> {
  const { runtime, loaded, context, slot, job, timer, prompt, messages, tools, sampling, maxTokens, progress } =
    options;
  const { sequence } = slot;
  if (prompt.length + 8 > sequence.contextSize) {
    throw new PaddockError(
      "context/overflow",
      `The conversation has ${prompt.length} tokens and the context holds ${sequence.contextSize}.`,
      {
        remedy: "Start a new conversation, or raise paddock.engine.contextSize.",
      },
    );
  }
  const shared = Math.min(commonPrefix(sequence.contextTokens, prompt), prompt.length - 1);
  await sequence.adaptStateToTokens(prompt.slice(0, shared), false);
  const cached = sequence.nextTokenIndex;
  const fresh = prompt.slice(cached);
  const report = (processed: number, made: Pick<GenerationProgress, "text" | "reasoning"> = {}): void =>
    progress({
      ...made,
      prompt: { total: prompt.length, cached, processed },
      predicted_n: timer.predicted,
      predicted_ms: timer.predictedMs,
    });
  timer.promptBegins(fresh.length, cached);
  const done = await prefill(sequence, fresh.slice(0, -1), {
    sizer: context.sizer,
    gate: job.gate,
    signal: job.signal,
    timer,
    onSlice: (processed) => report(processed),
  });
  if (done < fresh.length - 1 || job.signal.aborted) {
    timer.promptStoppedAt(done);
    return { parts: [], stopReason: "cancelled" };
  }
  const history = toHistory(messages);
  if (history.at(-1)?.type !== "model") history.push({ type: "model", response: [] });
  const chat = new runtime.binding.LlamaChat({
    contextSequence: sequence,
    chatWrapper: loaded.wrapper,
    autoDisposeSequence: false,
  });
  const release = letThrough(
    sequence,
    job,
    () => timer.token(),
    (ms) => timer.pausedFor(ms),
  );
  try {
    const { temperature, topK, topP, minP, seed, dryRepeatPenalty } = samplingOptions(sampling, []);
    const response = await chat.generateResponse(history, {
      functions: toFunctions(tools),
      documentFunctionParams: true,
      maxTokens,
      ...(options.reasoningBudget === undefined ? {} : { budgets: { thoughtTokens: options.reasoningBudget } }),
      signal: job.signal,
      stopOnAbortSignal: true,
      ...(temperature === undefined ? {} : { temperature }),
      ...(topK === undefined ? {} : { topK }),
      ...(topP === undefined ? {} : { topP }),
      ...(minP === undefined ? {} : { minP }),
      ...(seed === undefined ? {} : { seed }),
      // Line breaks count as they do in an answer without tools.
      repeatPenalty:
        sampling.repeatPenalty === undefined ? false : { ...sampling.repeatPenalty, penalizeNewLine: true },
      ...(dryRepeatPenalty === undefined ? {} : { dryRepeatPenalty }),
      onResponseChunk: ({ type, text, tokens: generated }) => {
        if (type === "segment") generated.forEach(() => timer.reasoned());
        report(fresh.length, type === "segment" ? { reasoning: text } : { text });
      },
    });
    const parts: GeneratedPart[] = [];
    const thoughts = response.fullResponse.flatMap((part) => (typeof part === "string" ? [] : [part.text]));
    const reasoning = thoughts.join("");
    if (reasoning !== "") parts.push({ type: "reasoning", text: reasoning });
    if (response.response !== "") parts.push({ type: "text", text: response.response });
    for (const [index, call] of (response.functionCalls ?? []).entries()) {
      parts.push({
        type: "toolCall",
        id: `call-${index + 1}`,
        name: call.functionName,
        arguments: call.params as unknown,
      });
    }
    return { parts, stopReason: stopReason(response.metadata.stopReason) };
  } finally {
    release();
    chat.dispose();
  }
}

/**
 * The binding's loop knows no pause, and a completion must not wait for an answer's end: while this holds, each token of
 * the sequence is let through by the job's gate. @returns ends it.
 */
function letThrough(
  sequence: LlamaContextSequence,
  { gate, signal }: Job,
  onToken: () => void,
  onPaused: (ms: number) => void,
): () => void {
  const evaluate = sequence.evaluate.bind(sequence);
  sequence.evaluate = async function* (tokens, options) {
    const iterator = evaluate(tokens, options);
    let replacement: Parameters<typeof iterator.next> = [];
    try {
      for (;;) {
        if (gate.closed) onPaused(await gate.pass(signal));
        const { value, done } = await iterator.next(...replacement);
        if (done === true) return;
        onToken();
        replacement = [yield value];
      }
    } finally {
      await iterator.return();
    }
  };
  // What is left then is the class' own.
  return () => void Reflect.deleteProperty(sequence, "evaluate");
}

function stopReason(reason: string): StopReason {
  switch (reason) {
    case "functionCalls":
      return "toolCalls";
    case "abort":
      return "cancelled";
    case "maxTokens":
      return "maxTokens";
    default:
      return "end";
  }
}
