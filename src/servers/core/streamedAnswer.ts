import * as v from "valibot";
import type { GeneratedPart, StopReason } from "../../engine/protocol";
import { chatChunkSchema, type ServerTimings, type Stats, textChunkSchema, type Usage } from "./chunks";
import { badServerAnswer, brokenOff, streamError } from "./serverErrors";

/** UTF-16 units of an answer, and calls in it: more than any model writes. */
const MOST_TEXT = 16 * 1024 * 1024;
export const MOST_CALLS = 128;

/** What one piece brought, as far as somebody wants to see it at once. */
export interface AnswerPiece {
  readonly text?: string;
  readonly reasoning?: string;
  readonly prompt?: { readonly total: number; readonly cached: number; readonly processed: number };
  /** Of the least probable token in the text, 0 to 1, where the server was asked for it. */
  readonly probability?: number;
}

/** What came of an answer, as far as it came. */
export interface Answered {
  readonly parts: readonly GeneratedPart[];
  /** undefined: it has not ended. */
  readonly stopReason: StopReason | undefined;
  readonly usage: Usage | undefined;
  readonly timings: ServerTimings | undefined;
  readonly stats: Stats | undefined;
  /** How many pieces had text in them; about a token each. */
  readonly pieces: number;
}
export type EndedAnswer = Answered & { readonly stopReason: StopReason };

interface Call {
  id: string;
  name: string;
  arguments: string;
}

interface Who {
  /** What the server is called, for messages. */
  readonly server: string;
  readonly hadKey: boolean;
  /** How long the answer may be, to tell its limit from the context's. */
  readonly maxTokens: number;
}

/** An answer that is put together from what a server streams. */
export abstract class StreamedAnswer {
  private readonly parts: { type: "text" | "reasoning"; text: string }[] = [];
  private length = 0;
  private pieces = 0;
  protected stopReason: StopReason | undefined;
  protected usage: Usage | undefined;
  protected timings: ServerTimings | undefined;
  private stats: Stats | undefined;

  constructor(protected readonly who: Who) {}

  /**
   * @param data of one event.
   * @throws PaddockError server/* where it tells of an error or is none of an answer's.
   */
  push(data: string): AnswerPiece {
    if (data.trim() === "[DONE]") return {};
    let chunk: unknown;
    try {
      chunk = JSON.parse(data);
    } catch {
      throw badServerAnswer(this.who.server, `no JSON: ${data.slice(0, 200)}`);
    }
    return this.take(chunk);
  }

  /** Once the stream has ended. @throws PaddockError server/broken-off where the answer has not. */
  end(): EndedAnswer {
    const { stopReason, ...answered } = this.answered();
    if (stopReason === undefined) throw brokenOff(this.who.server);
    return { ...answered, stopReason };
  }

  /** As far as it came. */
  answered(): Answered {
    const { usage, timings, stats, pieces } = this;
    return { parts: [...this.parts, ...this.calls()], stopReason: this.reason(), usage, timings, stats, pieces };
  }

  protected abstract take(chunk: unknown): AnswerPiece;

  protected calls(): GeneratedPart[] {
    return [];
  }

  /** A limit that the caller did not set is the context's. */
  private reason(): StopReason | undefined {
    const predicted = this.timings?.predicted_n ?? this.usage?.completion_tokens;
    const isFull = this.stopReason === "maxTokens" && predicted !== undefined && predicted < this.who.maxTokens;
    return isFull ? "contextFull" : this.stopReason;
  }

  protected takeFigures(chunk: {
    readonly usage?: Usage | null | undefined;
    readonly timings?: ServerTimings | undefined;
    readonly stats?: Stats | undefined;
    readonly error?: unknown;
  }): void {
    if (chunk.error !== undefined && chunk.error !== null)
      throw streamError(this.who.server, chunk.error, this.who.hadKey);
    this.usage = chunk.usage ?? this.usage;
    this.timings = chunk.timings ?? this.timings;
    this.stats = chunk.stats ?? this.stats;
  }

  protected add(type: "text" | "reasoning", text: string): void {
    if (text === "") return;
    this.pieces++;
    const last = this.parts.at(-1);
    if (last?.type === type) last.text += text;
    else this.parts.push({ type, text });
    this.grown(text.length);
  }

  protected grown(by: number): void {
    this.length += by;
    if (this.length > MOST_TEXT) throw badServerAnswer(this.who.server, "an answer without end");
  }
}

/** Of /v1/chat/completions. */
export class ChatAnswer extends StreamedAnswer {
  private readonly called = new Map<number, Call>();

  protected override take(raw: unknown): AnswerPiece {
    const chunk = v.safeParse(chatChunkSchema, raw);
    if (!chunk.success) throw badServerAnswer(this.who.server, "a piece that is none of an answer's");
    this.takeFigures(chunk.output);
    const [choice] = chunk.output.choices ?? [];
    const { delta } = choice ?? {};
    const text = delta?.content ?? "";
    const reasoning = delta?.reasoning_content ?? delta?.reasoning ?? "";
    this.add("reasoning", reasoning);
    this.add("text", text);
    for (const call of delta?.tool_calls ?? []) {
      // Servers that send a call whole may leave out which it is.
      this.addCall(call.index ?? this.called.size, call.id, call.function?.name, call.function?.arguments);
    }
    this.finished(choice?.finish_reason);
    const progress = chunk.output.prompt_progress;
    return {
      ...(text === "" ? {} : { text }),
      ...(reasoning === "" ? {} : { reasoning }),
      ...(progress === undefined
        ? {}
        : { prompt: { total: progress.total, cached: progress.cache, processed: progress.processed } }),
    };
  }

  private addCall(index: number, id?: string | null, name?: string | null, given?: string | null): void {
    const call = this.called.get(index) ?? { id: "", name: "", arguments: "" };
    if (!this.called.has(index) && this.called.size >= MOST_CALLS)
      throw badServerAnswer(this.who.server, "calls without end");
    this.called.set(index, call);
    call.id ||= id ?? "";
    call.name ||= name ?? "";
    call.arguments += given ?? "";
    this.grown(given?.length ?? 0);
  }

  private finished(reason: string | null | undefined): void {
    switch (reason) {
      case undefined:
      case null:
        return;
      case "length":
        this.stopReason = "maxTokens";
        return;
      default:
        // Ollama says "stop" of calls too.
        this.stopReason = this.called.size > 0 ? "toolCalls" : "end";
    }
  }

  /** Those of which a name came; arguments that are no JSON stay as the text they are, for the tool to refuse. */
  protected override calls(): GeneratedPart[] {
    return [...this.called]
      .sort(([a], [b]) => a - b)
      .flatMap(([index, { id, name, arguments: given }]): GeneratedPart[] =>
        name === ""
          ? []
          : [{ type: "toolCall", id: id === "" ? `call-${index}` : id, name, arguments: parsedArguments(given) }],
      );
  }
}

function parsedArguments(text: string): unknown {
  if (text.trim() === "") return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

/** Of /completion, /infill and /v1/completions. */
export class TextAnswer extends StreamedAnswer {
  protected override take(raw: unknown): AnswerPiece {
    const parsed = v.safeParse(textChunkSchema, raw);
    if (!parsed.success) throw badServerAnswer(this.who.server, "a piece that is none of an answer's");
    const chunk = parsed.output;
    this.takeFigures(chunk);
    const [choice] = chunk.choices ?? [];
    const text = chunk.content ?? choice?.text ?? "";
    this.add("text", text);
    if (chunk.stop === true) this.stopReason = stopOf(chunk.stop_type, chunk.truncated);
    else if (typeof choice?.finish_reason === "string") {
      this.stopReason =
        choice.finish_reason === "length" ? "maxTokens" : typeof choice.stop_reason === "string" ? "stopText" : "end";
    }
    const progress = chunk.prompt_progress;
    const logprobs = chunk.completion_probabilities?.map(({ logprob }) => logprob) ?? [];
    return {
      ...(text === "" ? {} : { text }),
      ...(logprobs.length === 0 ? {} : { probability: Math.exp(Math.min(...logprobs)) }),
      ...(progress === undefined
        ? {}
        : { prompt: { total: progress.total, cached: progress.cache, processed: progress.processed } }),
    };
  }
}

function stopOf(type: string | undefined, truncated: boolean | undefined): StopReason {
  if (type === "word") return "stopText";
  if (type === "limit") return truncated === true ? "contextFull" : "maxTokens";
  return "end";
}
