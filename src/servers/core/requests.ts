import type { ChatRequest, CompleteRequest, FillInMiddleRequest, GenerateRequest } from "../../engine/backend";
import type { InfillPrompt } from "../../engine/infill";
import type { PromptMessage, Tool } from "../../engine/protocol";
import { withoutMarks } from "../../platform/core/templateMarks";
import { samplingFields } from "./samplingFields";
import type { ServerKind } from "./serverKinds";

type Fields = Readonly<Record<string, unknown>>;

/** What is asked of a server: where below its address, and with what body. */
export interface WireRequest {
  readonly path: string;
  readonly body: Fields;
  /** How the answer comes: as server-sent events, or as JSON line by line. Absent: the former. */
  readonly framing?: "lines";
}

const streamed = { stream: true, stream_options: { include_usage: true } };
/** What only llama-server understands: how far it is with the prompt. */
const progress = { return_progress: true };

export function chatRequest(request: ChatRequest, model: string, kind: ServerKind): WireRequest {
  const { messages, maxTokens, sampling, tools = [], schema, continueLast = false } = request;
  return {
    path: "/v1/chat/completions",
    body: {
      model,
      messages: wireMessages(messages, continueLast && kind === "llama-server"),
      ...streamed,
      max_tokens: maxTokens,
      ...samplingFields(sampling, kind),
      ...(tools.length === 0 ? {} : { tools: tools.map(wireTool) }),
      ...(schema === undefined
        ? {}
        : { response_format: { type: "json_schema", json_schema: { name: "answer", strict: true, schema } } }),
      ...(kind === "llama-server" ? progress : {}),
      // The others go on by themselves from a last message of the assistant's. So does llama-server, but unless it is told
      // so it gives back what it goes on from.
      ...(continueLast && (kind === "vllm" || kind === "llama-server")
        ? { continue_final_message: true, add_generation_prompt: false }
        : {}),
      ...reasoningFields(request.reasoningBudget, kind),
    },
  };
}

/** Only llama-server counts what reasoning costs; the others can only do without it. */
function reasoningFields(budget: number | undefined, kind: ServerKind): Fields {
  if (budget === undefined) return {};
  if (kind === "llama-server") {
    return budget === 0
      ? { chat_template_kwargs: { enable_thinking: false }, reasoning_budget_tokens: 0 }
      : { reasoning_budget_tokens: budget };
  }
  return budget === 0 && kind === "vllm" ? { chat_template_kwargs: { enable_thinking: false } } : {};
}

/** @returns undefined where the kind of server has no such thing. */
export function completeRequest(request: CompleteRequest, model: string, kind: ServerKind): WireRequest | undefined {
  const { prompt, maxTokens, sampling, stop = [], schema } = request;
  const fields = { ...samplingFields(sampling, kind), ...(stop.length === 0 ? {} : { stop }) };
  if (kind === "llama-server") {
    return {
      path: "/completion",
      body: {
        model,
        prompt,
        stream: true,
        n_predict: maxTokens,
        ...fields,
        ...progress,
        ...(schema === undefined ? {} : { json_schema: schema }),
      },
    };
  }
  if (schema !== undefined) return undefined;
  return { path: "/v1/completions", body: { model, prompt, ...streamed, max_tokens: maxTokens, ...fields } };
}

/** Of llama-server alone, which knows its model's own marks. */
export function infillRequest(request: FillInMiddleRequest, model: string): WireRequest {
  const { prefix, suffix, files = [], stop = [] } = request;
  return {
    path: "/infill",
    body: {
      ...infillFields({ prefix, suffix, files }, request, model),
      ...(stop.length === 0 ? {} : { stop }),
    },
  };
}

/** As inline suggestions ask: with what was typed since the prompt was made, and each token's probability. */
export function typedInfillRequest(prompt: InfillPrompt, request: GenerateRequest, model: string): WireRequest {
  return {
    path: "/infill",
    body: { ...infillFields(prompt, request, model), prompt: prompt.typed, n_probs: 1 },
  };
}

function infillFields(
  { prefix, suffix, files }: Pick<InfillPrompt, "prefix" | "suffix"> & { files: FillInMiddleRequest["files"] },
  { maxTokens, sampling }: GenerateRequest,
  model: string,
): Fields {
  return {
    model,
    input_prefix: prefix,
    input_suffix: suffix,
    input_extra: (files ?? []).map(({ name, text }) => ({ filename: name, text })),
    stream: true,
    n_predict: maxTokens,
    ...samplingFields(sampling, "llama-server"),
  };
}

export function wireTool({ name, description, parameters }: Tool): Fields {
  return {
    type: "function",
    function: {
      name,
      description: withoutMarks(description),
      parameters: parameters ?? { type: "object", properties: {} },
    },
  };
}

/** @param keepsReasoning of the last message, which is gone on with; templates leave out that of the others anyway. */
export function wireMessages(messages: readonly PromptMessage[], keepsReasoning = false): Fields[] {
  return messages.map((message, index) => wireMessage(message, keepsReasoning && index === messages.length - 1));
}

/**
 * Servers read a mark of the model's template wherever it stands in a prompt, so files, results and questions hold none.
 * What the model wrote is given back as it came: it is the model's own, and the server's KV cache holds it so.
 */
function wireMessage(message: PromptMessage, keepsReasoning: boolean): Fields {
  switch (message.role) {
    case "system":
    case "user":
      return { role: message.role, content: withoutMarks(message.text) };
    case "tool": {
      const { callId, name, result } = message;
      return {
        role: "tool",
        tool_call_id: callId,
        name,
        content: withoutMarks(typeof result === "string" ? result : JSON.stringify(result ?? null)),
      };
    }
    case "assistant": {
      const textOf = (type: "text" | "reasoning"): string =>
        message.parts.map((part) => (part.type === type ? part.text : "")).join("");
      const reasoning = keepsReasoning ? textOf("reasoning") : "";
      const calls = message.parts.filter((part) => part.type === "toolCall");
      return {
        role: "assistant",
        content: textOf("text"),
        ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
        ...(calls.length === 0
          ? {}
          : {
              tool_calls: calls.map(({ id, name, arguments: given }) => ({
                id,
                type: "function",
                function: { name, arguments: JSON.stringify(given ?? {}) },
              })),
            }),
      };
    }
  }
}
