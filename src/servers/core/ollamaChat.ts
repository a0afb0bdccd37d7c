import * as v from "valibot";
import type { ChatRequest } from "../../engine/backend";
import type { GeneratedPart, PromptMessage } from "../../engine/protocol";
import { ollamaChunkSchema } from "./chunks";
import { wireMessages, type WireRequest, wireTool } from "./requests";
import { ollamaOptions } from "./samplingFields";
import { badServerAnswer } from "./serverErrors";
import { type AnswerPiece, MOST_CALLS, StreamedAnswer } from "./streamedAnswer";

type Fields = Readonly<Record<string, unknown>>;

/** Ollama's own way to chat: by OpenAI's it tells no times, and takes neither top-k nor min-p nor a repeat penalty. */
export function ollamaChatRequest(request: ChatRequest, model: string): WireRequest {
  const { messages, maxTokens, sampling, tools = [], schema, continueLast = false } = request;
  return {
    path: "/api/chat",
    framing: "lines",
    body: {
      model,
      messages: ollamaMessages(messages, continueLast),
      stream: true,
      options: { num_predict: maxTokens, ...ollamaOptions(sampling) },
      ...(tools.length === 0 ? {} : { tools: tools.map(wireTool) }),
      ...(schema === undefined ? {} : { format: schema }),
      // It counts nothing of what reasoning costs; it can only do without it.
      ...(request.reasoningBudget === 0 ? { think: false } : {}),
    },
  };
}

/** As for OpenAI's API but for how calls and results are written. A last message of the assistant's is gone on with. */
function ollamaMessages(messages: readonly PromptMessage[], keepsReasoning: boolean): Fields[] {
  return wireMessages(messages, keepsReasoning).map((wired, index) => {
    const message = messages[index];
    const { role, content, reasoning_content: thinking } = wired;
    if (message?.role === "tool") return { role, content, tool_name: message.name };
    if (message?.role !== "assistant") return wired;
    const calls = message.parts.filter((part) => part.type === "toolCall");
    return {
      ...{ role, content },
      ...(thinking === undefined ? {} : { thinking }),
      ...(calls.length === 0
        ? {}
        : { tool_calls: calls.map(({ name, arguments: given }) => ({ function: { name, arguments: given ?? {} } })) }),
    };
  });
}

const NANOSECONDS = 1e6;

/** Of /api/chat. Calls come whole. */
export class OllamaAnswer extends StreamedAnswer {
  private readonly made: GeneratedPart[] = [];

  protected override take(raw: unknown): AnswerPiece {
    const parsed = v.safeParse(ollamaChunkSchema, raw);
    if (!parsed.success) throw badServerAnswer(this.who.server, "a piece that is none of an answer's");
    const chunk = parsed.output;
    this.takeFigures({ error: chunk.error });
    const text = chunk.message?.content ?? "";
    const reasoning = chunk.message?.thinking ?? "";
    this.add("reasoning", reasoning);
    this.add("text", text);
    for (const { function: called } of chunk.message?.tool_calls ?? []) {
      if (this.made.length >= MOST_CALLS) throw badServerAnswer(this.who.server, "calls without end");
      const given = called.arguments ?? {};
      this.made.push({ type: "toolCall", id: `call-${this.made.length}`, name: called.name, arguments: given });
      this.grown(JSON.stringify(given).length);
    }
    if (chunk.done === true) this.ended(chunk);
    return { ...(text === "" ? {} : { text }), ...(reasoning === "" ? {} : { reasoning }) };
  }

  protected override calls(): GeneratedPart[] {
    return this.made;
  }

  private ended({
    done_reason,
    prompt_eval_count: prompt_n = 0,
    prompt_eval_duration: prompt,
    eval_count: predicted_n,
    eval_duration: predicted,
  }: v.InferOutput<typeof ollamaChunkSchema>): void {
    this.stopReason = done_reason === "length" ? "maxTokens" : this.made.length > 0 ? "toolCalls" : "end";
    if (predicted_n === undefined) return;
    this.usage = { prompt_tokens: prompt_n, completion_tokens: predicted_n };
    // It leaves out what took no time, as a prompt that it had in its KV cache.
    if (predicted === undefined) return;
    const prompt_ms = (prompt ?? 0) / NANOSECONDS;
    this.timings = { prompt_n, prompt_ms, predicted_n, predicted_ms: predicted / NANOSECONDS };
  }
}
