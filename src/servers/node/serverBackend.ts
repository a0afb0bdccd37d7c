import * as v from "valibot";
import type {
  ChatRequest,
  CompleteRequest,
  FillInMiddleRequest,
  JobOptions,
  ModelId,
  PortableBackend,
  TimingSink,
} from "../../engine/backend";
import type { BackendRoute } from "../../engine/client/routedBackend";
import type { GenerationResult, ModelInfo, PromptMessage, Tool } from "../../engine/protocol";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import { embeddingsSchema, tokenCountSchema } from "../core/chunks";
import { OllamaAnswer, ollamaChatRequest } from "../core/ollamaChat";
import { chatRequest, completeRequest, infillRequest, type WireRequest } from "../core/requests";
import { parseServerModelId } from "../core/serverEntry";
import { badServerAnswer } from "../core/serverErrors";
import { serverMachine, serverTimings } from "../core/serverTimings";
import { type AnswerPiece, type Answered, ChatAnswer, type StreamedAnswer, TextAnswer } from "../core/streamedAnswer";
import { ProgressFlow } from "./progressFlow";
import type { ReachedModel, Servers } from "./servers";

type Where = Pick<JobOptions, "model" | "signal">;
type Who = ConstructorParameters<typeof ChatAnswer>[0];
/** Requests that count texts, at a time. */
const COUNTING = 4;

/** A result, and what the server said that it was made from. */
interface Generated {
  readonly result: GenerationResult;
  readonly answered: Answered;
}

/** The models of the person's servers, behind the same interface as those on this machine. */
export class ServerBackend implements PortableBackend, BackendRoute {
  readonly backend = this;
  private readonly running = new Map<ModelId, number>();
  private readonly busyChanges = new Emitter<ModelId>();
  /** A model has begun or ended its work, or more is known of it. */
  readonly onDidChange = this.busyChanges.event;

  constructor(
    private readonly servers: Servers,
    private readonly timings: TimingSink,
  ) {}

  owns(model: ModelId): boolean {
    return parseServerModelId(model) !== undefined;
  }

  destination(model: ModelId): string | undefined {
    const { server } = parseServerModelId(model) ?? {};
    return server === undefined ? undefined : this.servers.destination(server);
  }

  contextSize(model: ModelId): number | undefined {
    return this.servers.knownModel(model)?.contextSize;
  }

  isBusy(model: ModelId): boolean {
    return this.running.has(model);
  }

  async prepare(model: ModelId, signal: AbortSignal): Promise<void> {
    const { server } = parseServerModelId(model) ?? {};
    // What was known may be long past.
    if (server !== undefined && this.servers.destination(server) !== undefined) await this.servers.look(server, signal);
    await this.servers.reach(model, signal);
    this.busyChanges.fire(model);
  }

  capabilities(model: ModelId, signal: AbortSignal): Promise<ModelInfo["can"]> {
    return this.servers.can(model, signal);
  }

  async chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    const reached = await this.servers.reach(options.model, options.signal);
    const { kind, model, guess } = reached;
    const { messages, tools = [], maxTokens } = request;
    const isOllama = kind === "ollama";
    const wire = isOllama ? ollamaChatRequest(request, model.name) : chatRequest(request, model.name, kind);
    const { answered, result } = await this.generate(
      reached,
      wire,
      (who) => (isOllama ? new OllamaAnswer({ ...who, maxTokens }) : new ChatAnswer({ ...who, maxTokens })),
      options,
    );
    const { usage, timings: told } = answered;
    const counted = told === undefined ? usage?.prompt_tokens : told.prompt_n + (told.cache_n ?? 0);
    if (counted !== undefined) guess.learn(messages, tools, counted);
    return result;
  }

  async complete(request: CompleteRequest, options: JobOptions): Promise<GenerationResult> {
    const reached = await this.servers.reach(options.model, options.signal);
    const wire = completeRequest(request, reached.model.name, reached.kind);
    if (wire === undefined) {
      throw new PaddockError("unsupported", `${reached.destination} has no way to complete a text in a given form.`, {
        remedy: "Ask it by messages, or choose a model of a llama-server or on this machine.",
      });
    }
    return this.text(reached, wire, request.maxTokens, options);
  }

  async fillInMiddle(request: FillInMiddleRequest, options: JobOptions): Promise<GenerationResult> {
    const reached = await this.reachedForInfill(options);
    return this.text(reached, infillRequest(request, reached.model.name), request.maxTokens, options);
  }

  /** @throws PaddockError unsupported where the server has no /infill, or its model no marks for it. */
  async reachedForInfill({ model, signal }: Where): Promise<ReachedModel> {
    const reached = await this.servers.reach(model, signal);
    if (!(await this.servers.can(model, signal)).fillInMiddle) {
      throw new PaddockError(
        "unsupported",
        reached.kind === "llama-server"
          ? `${reached.model.name} on ${reached.destination} was not trained to complete inside a text.`
          : `${reached.destination} has no /infill, so its models can't complete inside a text.`,
        { remedy: "For completions choose a code model of a llama-server, or one on this machine." },
      );
    }
    return reached;
  }

  async embed(
    inputs: readonly string[],
    { model: id, signal }: JobOptions,
  ): Promise<{ vectors: number[][]; tokens: number }> {
    if (inputs.length === 0) return { vectors: [], tokens: 0 };
    const { client, model, destination } = await this.servers.reach(id, signal);
    const answer = await this.working(id, () =>
      client.json("/v1/embeddings", { body: { model: model.name, input: inputs }, signal }),
    );
    const parsed = v.safeParse(embeddingsSchema, answer);
    if (!parsed.success || parsed.output.data.length !== inputs.length)
      throw badServerAnswer(destination, `no ${inputs.length} vectors`);
    const vectors = parsed.output.data
      .map(({ index, embedding }, at) => ({ index: index ?? at, embedding }))
      .sort((a, b) => a.index - b.index)
      .map(({ embedding }) => embedding);
    return { vectors, tokens: parsed.output.usage?.prompt_tokens ?? 0 };
  }

  /** Of servers without a tokenizer to ask, an estimate that is rather too high; see TokenGuess. */
  async countTokens(texts: readonly string[], { model: id, signal }: Where): Promise<number[]> {
    const reached = await this.servers.reach(id, signal);
    const { kind, model, guess } = reached;
    const body = (text: string): unknown =>
      kind === "llama-server"
        ? { model: model.name, content: text, add_special: false }
        : { model: model.name, prompt: text, add_special_tokens: false };
    if (kind !== "llama-server" && kind !== "vllm") return guess.texts(texts);
    const counts: number[] = [];
    for (let from = 0; from < texts.length; from += COUNTING) {
      const some = texts.slice(from, from + COUNTING);
      counts.push(...(await Promise.all(some.map((text) => this.counted(reached, "/tokenize", body(text), signal)))));
    }
    return counts;
  }

  async countMessageTokens(
    messages: readonly PromptMessage[],
    { model: id, signal, tools = [] }: Where & { readonly tools?: readonly Tool[] },
  ): Promise<number> {
    const reached = await this.servers.reach(id, signal);
    const { kind, model, guess } = reached;
    const request: ChatRequest = { messages, tools, maxTokens: 1, sampling: { temperature: 0 } };
    const { path, body } = chatRequest(request, model.name, kind);
    if (kind === "llama-server") {
      try {
        return await this.counted(reached, `${path}/input_tokens`, { ...body, stream: false }, signal);
      } catch (error) {
        // Versions before 2026 cannot count; what they can't be asked is reckoned.
        if (!(error instanceof PaddockError) || error.code !== "server/refused") throw error;
      }
    }
    if (kind === "vllm") {
      const { messages: wired, tools: given } = body;
      return this.counted(reached, "/tokenize", { model: model.name, messages: wired, tools: given }, signal);
    }
    return guess.messages(messages, tools);
  }

  dispose(): void {
    this.busyChanges.dispose();
  }

  private async counted(
    { client, destination }: ReachedModel,
    path: string,
    body: unknown,
    signal: AbortSignal,
  ): Promise<number> {
    const parsed = v.safeParse(tokenCountSchema, await client.json(path, { body, signal }));
    if (!parsed.success) throw badServerAnswer(destination, `no number of tokens at ${path}`);
    return parsed.output;
  }

  private async text(
    reached: ReachedModel,
    wire: WireRequest,
    maxTokens: number,
    options: JobOptions,
  ): Promise<GenerationResult> {
    const { result } = await this.generate(reached, wire, (who) => new TextAnswer({ ...who, maxTokens }), options);
    return result;
  }

  /**
   * Asks, tells of what comes, and takes note of the time it took.
   * @param onPiece besides the options' progress: each piece as it comes.
   * @throws PaddockError server/*, context/overflow, unsupported; what the signal was aborted with, before anything came.
   */
  async generate(
    { client, kind, model, destination }: ReachedModel,
    wire: WireRequest,
    make: (who: Omit<Who, "maxTokens">) => StreamedAnswer,
    options: Pick<JobOptions, "model" | "feature" | "signal" | "askedAt" | "before" | "onProgress">,
    onPiece: (piece: AnswerPiece) => void = () => undefined,
  ): Promise<Generated> {
    const { model: id, feature, signal } = options;
    const askedAt = options.askedAt ?? performance.now();
    await options.before?.();
    const flow = new ProgressFlow(options.onProgress);
    const sentAt = performance.now();
    let firstAt: number | undefined;
    let lastAt = sentAt;
    let taken: StreamedAnswer | undefined;
    const take = (piece: AnswerPiece): void => {
      if (piece.text !== undefined || piece.reasoning !== undefined) {
        lastAt = performance.now();
        firstAt ??= lastAt;
      }
      flow.take(piece);
      onPiece(piece);
    };
    const begin = (who: Omit<Who, "maxTokens">): StreamedAnswer => (taken = make(who));
    const answered = await this.working(id, async () => {
      try {
        return await client.stream(wire, begin, { signal, onPiece: take });
      } catch (error) {
        // What was generated is the answer of one that was stopped.
        if (!isCancellation(error) && !signal.aborted) throw error;
        if (taken === undefined) throw error;
        return { ...taken.answered(), stopReason: "cancelled" as const };
      } finally {
        flow.end();
      }
    });
    const timings = serverTimings(answered, { askedAt, sentAt, firstAt, lastAt });
    const machine = serverMachine({ program: kind, destination, contextSize: model.contextSize }, answered, timings);
    const { stopReason } = answered;
    this.timings.record({ at: Date.now(), model: id, feature, stopReason, timings, machine });
    return { result: { parts: [...answered.parts], stopReason, timings, machine }, answered };
  }

  private async working<T>(model: ModelId, work: () => Promise<T>): Promise<T> {
    this.running.set(model, (this.running.get(model) ?? 0) + 1);
    this.busyChanges.fire(model);
    try {
      return await work();
    } finally {
      const left = (this.running.get(model) ?? 1) - 1;
      if (left > 0) this.running.set(model, left);
      else this.running.delete(model);
      this.busyChanges.fire(model);
    }
  }
}
