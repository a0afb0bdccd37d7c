import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { ServerKind } from "../../src/servers/core/serverKinds";

/** What goes wrong with requests for answers, until it is switched off. */
export type ServerFault =
  | { readonly kind: "status"; readonly status: number; readonly body?: unknown; readonly retryAfter?: string }
  /** A sign-in page with a status that says that all is well. */
  | { readonly kind: "html" }
  /** The stream ends cleanly after so many pieces, without its end. */
  | { readonly kind: "half"; readonly pieces: number }
  /** The connection breaks after so many pieces. */
  | { readonly kind: "dies"; readonly pieces: number }
  /** After so many pieces the server says what went wrong, in the stream. */
  | { readonly kind: "error"; readonly pieces: number; readonly error: unknown }
  /** Pieces come one by one, ms apart. */
  | { readonly kind: "slow"; readonly betweenMs: number }
  /** Something comes all the time, and never an end. */
  | { readonly kind: "trickle" }
  /** Somewhere else says more. */
  | { readonly kind: "redirect"; readonly to: string }
  /** A piece that is no JSON. */
  | { readonly kind: "garbage" };

export interface ServerQuestion {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface ToolCallPiece {
  readonly name: string;
  /** In the pieces in which they come. */
  readonly arguments: readonly string[];
}

/**
 * A server with OpenAI's API on this machine, speaking as its kind does (llama-server, vLLM, Ollama, LM Studio), with a
 * canned answer: for what goes wrong, which a real one can't be made to do.
 */
export class ModelServer {
  readonly questions: ServerQuestion[] = [];
  /** Connections that the client closed before the answer had ended. */
  cancelled = 0;
  fault: ServerFault | undefined;
  /** Connections that are used once more are dead, as those of a server that closes them without a word. */
  dropsReused = false;
  private readonly used = new WeakSet<object>();
  /** Also of the lists. */
  lookFault: ServerFault | undefined;
  /** Wanted as a bearer token; undefined: none is. */
  key: string | undefined;
  answer: readonly string[] = ["Hello", " there", ", ", "world."];
  reasoning: readonly string[] = [];
  calls: readonly ToolCallPiece[] = [];
  finish = "stop";
  models: readonly string[] = ["small", "family/large:7b"];
  /** Whether the model of a llama-server has marks to fill in the middle, or was started for embeddings. */
  can: "chat" | "infill" | "embed" = "infill";
  /** Tokens of a prompt, and how many of them were in the cache. */
  usage = { prompt: 12, cached: 4 };

  private constructor(
    private readonly server: Server,
    readonly kind: ServerKind,
    readonly address: string,
  ) {
    server.on("request", (request, response) => void this.respond(request, response));
  }

  static async start(kind: ServerKind, port = 0): Promise<ModelServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", () => resolve()));
    return new ModelServer(server, kind, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** Bodies of the questions to a path. */
  asked(path: string): Readonly<Record<string, unknown>>[] {
    return this.questions.filter((question) => question.path === path).map(({ body }) => body);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }

  private async respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (this.dropsReused && this.used.has(request.socket)) {
      request.socket.destroy();
      return;
    }
    this.used.add(request.socket);
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const { method = "GET", url = "/", headers } = request;
    const body = text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
    this.questions.push({ method, path: url, authorization: headers.authorization, body });
    if (this.key !== undefined && headers.authorization !== `Bearer ${this.key}`) {
      json(response, 401, { error: { message: "Invalid API Key", type: "authentication_error", code: 401 } });
      return;
    }
    if (method === "GET") this.tell(url, response);
    else await this.give(url, body, response);
  }

  private tell(path: string, response: ServerResponse): void {
    if (this.lookFault !== undefined && fails(this.lookFault, response)) return;
    const { kind } = this;
    if (path === "/v1/models") {
      const own = { "llama-server": { owned_by: "llamacpp" }, vllm: { owned_by: "vllm", max_model_len: 8192 } };
      const data = this.models.map((id) => ({ id, object: "model", ...(own as Record<string, object>)[kind] }));
      json(response, 200, { object: "list", data });
    } else if (path === "/props" && kind === "llama-server") {
      json(response, 200, {
        default_generation_settings: { n_ctx: 2048 },
        build_info: "b1-test",
        chat_template_caps: { supports_tool_calls: true },
      });
    } else if (path === "/api/version" && kind === "ollama") json(response, 200, { version: "0.30.0" });
    else if (path === "/api/ps" && kind === "ollama") {
      json(response, 200, { models: [{ name: this.models[0], context_length: 16_384 }] });
    } else if (path === "/version" && kind === "vllm") json(response, 200, { version: "0.20.0" });
    else if (path === "/api/v0/models" && kind === "lm-studio") {
      const data = this.models.map((id, index) => ({
        id,
        type: index === 0 ? "llm" : "embeddings",
        max_context_length: 32_768,
        ...(index === 0 ? { loaded_context_length: 10_000, capabilities: ["tool_use"] } : {}),
      }));
      json(response, 200, { object: "list", data });
    } else json(response, 404, { error: { message: "Not Found" } });
  }

  private async give(path: string, body: Record<string, unknown>, response: ServerResponse): Promise<void> {
    const isLlama = this.kind === "llama-server";
    if (this.fault !== undefined && fails(this.fault, response)) return;
    if (path === "/api/show") json(response, 200, { capabilities: ["completion", "tools"] });
    else if (path === "/v1/embeddings") this.embed(body, response);
    else if (path === "/tokenize" && isLlama) json(response, 200, { tokens: words(String(body.content)) });
    else if (path === "/tokenize" && this.kind === "vllm") json(response, 200, { count: 7 });
    else if (path === "/v1/chat/completions/input_tokens" && isLlama) json(response, 200, { input_tokens: 33 });
    else if (path === "/infill" && isLlama && this.can !== "infill")
      json(response, 501, { error: { code: 501, message: "Infill is not supported", type: "not_supported_error" } });
    else if (body.stream !== true) json(response, 200, { content: "" });
    else if (path === "/v1/chat/completions") await this.stream(response, this.chatPieces());
    else if (path === "/api/chat" && this.kind === "ollama") await this.lines(response, this.ollamaPieces());
    else if (path === "/v1/completions") await this.stream(response, this.textPieces());
    else if ((path === "/completion" || path === "/infill") && isLlama) await this.stream(response, this.ownPieces());
    else json(response, 404, { error: { message: `Unexpected endpoint or method. (POST ${path})` } });
  }

  private embed(body: Record<string, unknown>, response: ServerResponse): void {
    if (this.kind === "llama-server" && this.can !== "embed") {
      json(response, 501, { error: { code: 501, message: "no embeddings", type: "not_supported_error" } });
      return;
    }
    const inputs = [body.input].flat();
    // In another order than they were asked for, which servers may.
    const data = inputs.map((text, index) => ({ index, embedding: [String(text).length, 1] })).reverse();
    json(response, 200, { data, usage: { prompt_tokens: 5 * inputs.length } });
  }

  /** llama-server's timings, and everybody's usage. */
  private figures(): Record<string, unknown> {
    const { prompt, cached } = this.usage;
    const predicted = this.answer.length + this.reasoning.length;
    const usage = {
      prompt_tokens: prompt,
      completion_tokens: predicted,
      prompt_tokens_details: { cached_tokens: cached },
    };
    if (this.kind === "lm-studio") return { usage, stats: { time_to_first_token: 0.04, generation_time: 0.06 } };
    if (this.kind !== "llama-server") return { usage };
    return {
      usage,
      timings: { cache_n: cached, prompt_n: prompt - cached, prompt_ms: 40, predicted_n: predicted, predicted_ms: 60 },
    };
  }

  private chatPieces(): unknown[] {
    const delta = (fields: object, finish: string | null = null): unknown => ({
      choices: [{ index: 0, delta: fields, finish_reason: finish }],
    });
    const named = this.kind === "vllm" ? "reasoning" : "reasoning_content";
    return [
      delta({ role: "assistant", content: null }),
      ...(this.kind === "llama-server" ? [{ choices: [], prompt_progress: { total: 8, cache: 4, processed: 8 } }] : []),
      ...this.reasoning.map((text) => delta({ [named]: text })),
      ...this.answer.map((text) => delta({ content: text })),
      ...this.calls.flatMap(({ name, arguments: pieces }, index) => [
        delta({ tool_calls: [{ index, id: `id-${index}`, type: "function", function: { name, arguments: "" } }] }),
        ...pieces.map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ]),
      delta({}, this.calls.length > 0 ? "tool_calls" : this.finish),
      { choices: [], ...this.figures() },
    ];
  }

  private ollamaPieces(): unknown[] {
    const piece = (fields: object): unknown => ({
      ...{ model: "small", created_at: "2026-01-01T00:00:00Z", done: false },
      message: { role: "assistant", content: "", ...fields },
    });
    return [
      ...this.reasoning.map((thinking) => piece({ thinking })),
      ...this.answer.map((content) => piece({ content })),
      ...this.calls.map(({ name, arguments: pieces }) =>
        piece({ tool_calls: [{ function: { name, arguments: JSON.parse(pieces.join("")) as unknown } }] }),
      ),
      {
        ...{ model: "small", message: { role: "assistant", content: "" }, done: true, done_reason: this.finish },
        ...{ total_duration: 120e6, load_duration: 20e6 },
        ...{ prompt_eval_count: this.usage.prompt, prompt_eval_duration: 40e6 },
        ...{ eval_count: this.answer.length + this.reasoning.length, eval_duration: 60e6 },
      },
    ];
  }

  private textPieces(): unknown[] {
    const piece = (text: string, finish: string | null = null): unknown => ({
      choices: [{ index: 0, text, finish_reason: finish }],
    });
    return [...this.answer.map((text) => piece(text)), piece("", this.finish), { choices: [], ...this.figures() }];
  }

  private ownPieces(): unknown[] {
    return [
      ...this.answer.map((content, index) => ({
        content,
        stop: false,
        completion_probabilities: [{ token: content, logprob: index === 0 ? 0 : Math.log(0.5) }],
      })),
      { content: "", stop: true, stop_type: this.finish === "length" ? "limit" : "eos", ...this.figures() },
    ];
  }

  /** As Ollama streams: JSON line by line, the lines in no way those of the packets. */
  private async lines(response: ServerResponse, pieces: readonly unknown[]): Promise<void> {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    const { fault } = this;
    for (const piece of fault?.kind === "half" || fault?.kind === "error" ? pieces.slice(0, fault.pieces) : pieces) {
      const line = `${JSON.stringify(piece)}\n`;
      response.write(line.slice(0, 9));
      await new Promise((resolve) => setImmediate(resolve));
      response.write(line.slice(9));
    }
    if (fault?.kind === "error") response.write(`${JSON.stringify({ error: fault.error })}\n`);
    if (fault?.kind === "garbage") response.write("<html>no\n");
    response.end();
  }

  private async stream(response: ServerResponse, pieces: readonly unknown[]): Promise<void> {
    const { fault } = this;
    const isShort = fault?.kind === "half" || fault?.kind === "dies" || fault?.kind === "error";
    const sent = isShort ? pieces.slice(0, fault.pieces) : pieces;
    response.on("close", () => {
      if (!response.writableFinished) this.cancelled++;
    });
    response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
    response.write(": a comment, and an event in two chunks\r\n\r\n");
    for (const piece of sent) {
      if (response.destroyed) return;
      const event = `data: ${JSON.stringify(piece)}\n\n`;
      response.write(event.slice(0, 9));
      response.write(event.slice(9));
      if (fault?.kind === "slow") await new Promise((resolve) => setTimeout(resolve, fault.betweenMs));
    }
    if (fault?.kind === "garbage") response.write("data: <html>no\n\n");
    if (fault?.kind === "error") response.write(`data: ${JSON.stringify({ error: fault.error })}\n\n`);
    if (fault?.kind === "dies") {
      // What was written is to arrive before the end does.
      setTimeout(() => response.destroy(), 30);
      return;
    }
    if (!isShort) response.write("data: [DONE]\n\n");
    response.end();
  }
}

/** @returns true where the fault is all of the answer. */
function fails(fault: ServerFault, response: ServerResponse): boolean {
  switch (fault.kind) {
    case "status":
      if (fault.retryAfter !== undefined) response.setHeader("retry-after", fault.retryAfter);
      json(response, fault.status, fault.body ?? {});
      return true;
    case "html":
      response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Sign in</body></html>");
      return true;
    case "trickle": {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 10);
      response.on("close", () => clearInterval(timer));
      return true;
    }
    case "redirect":
      response.writeHead(307, { location: fault.to }).end();
      return true;
    default:
      return false;
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function words(text: string): string[] {
  return text.split(/\s+/u).filter((word) => word !== "");
}
