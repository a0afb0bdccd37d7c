import * as http from "node:http";
import * as https from "node:https";
import { cancelled } from "../../platform/core/errors";
import { httpChunks, silence } from "../../platform/node/httpChunks";
import { mayFollow } from "../core/hubAddress";
import { badAnswer, networkError } from "../core/hubErrors";

/**
 * HTTP by Node's own http and https modules: VS Code puts the person's proxy and the system's certificates into just
 * these (http.proxy, http.proxySupport, http.systemCertificates), in remote windows too. It does so for fetch as well,
 * but there redirects cannot be followed by hand everywhere, and a token must not travel to where the hub sends us.
 */
export interface HttpRequest {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to its origin only, wherever redirects lead. */
  readonly token?: { readonly value: string; readonly origin: string } | undefined;
  readonly signal: AbortSignal;
  /** What it is for, in words, for messages. */
  readonly what: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** What answered, after all redirects. */
  readonly url: URL;
  readonly header: (name: string) => string | undefined;
  /** A header of the last answer or of one that redirected to it, the first that has it. */
  readonly anyHeader: (name: string) => string | undefined;
  readonly body: AsyncIterable<Uint8Array>;
  /** Ends the connection without reading the rest. */
  readonly discard: () => void;
}

const MOST_REDIRECTS = 6;

export class HubHttp {
  /**
   * @param silenceMs after so long without a byte a request is given up.
   * @param userAgent how Paddock introduces itself.
   */
  constructor(
    private readonly userAgent: string,
    private readonly silenceMs = 30_000,
  ) {}

  /**
   * Asks, and follows redirects. Statuses are the caller's to judge.
   * @throws PaddockError hub/offline, hub/unavailable, hub/bad-answer; what the signal was aborted with.
   */
  async get(address: string, request: HttpRequest): Promise<HttpAnswer> {
    const hops: http.IncomingHttpHeaders[] = [];
    let url = new URL(address);
    for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
      const response = await this.once(url, request);
      const status = response.statusCode ?? 0;
      const { location } = response.headers;
      if (status < 300 || status >= 400 || status === 304 || location === undefined) {
        return this.answer(url, response, hops, request);
      }
      response.destroy();
      hops.push(response.headers);
      const next = URL.canParse(location, url.href) ? new URL(location, url.href) : undefined;
      if (next === undefined || !mayFollow(url, next)) {
        throw badAnswer(request.what, url.host, `redirects to ${location.slice(0, 200)}`);
      }
      url = next;
    }
    throw badAnswer(request.what, url.host, "redirects without end");
  }

  /**
   * A whole answer as JSON.
   * @param mostBytes of the answer.
   * @throws as `get`, and hub/bad-answer for what is no JSON or too long.
   */
  async json(answer: HttpAnswer, what: string, mostBytes: number): Promise<unknown> {
    const text = new TextDecoder().decode(await this.bytes(answer, what, mostBytes));
    try {
      return JSON.parse(text) as unknown;
    } catch {
      throw badAnswer(what, answer.url.host, `no JSON: ${text.slice(0, 200)}`);
    }
  }

  async bytes(answer: HttpAnswer, what: string, mostBytes: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    let length = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      length += chunk.length;
      if (length <= mostBytes) continue;
      answer.discard();
      throw badAnswer(what, answer.url.host, `more than ${mostBytes} bytes`);
    }
    return Buffer.concat(chunks);
  }

  private once(url: URL, { headers, token, signal }: HttpRequest): Promise<http.IncomingMessage> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(toNetworkError(error, url, signal));
      // Through the modules, not by names taken out of them: what VS Code patched is looked up at each call.
      const { request } = url.protocol === "https:" ? https : http;
      try {
        const outgoing = request(
          url,
          {
            method: "GET",
            headers: {
              "user-agent": this.userAgent,
              // Ranges are of the bytes themselves.
              "accept-encoding": "identity",
              ...headers,
              ...(token?.origin === url.origin ? { authorization: `Bearer ${token.value}` } : {}),
            },
            signal,
          },
          (response) => {
            // Errors of the body are its reader's to see.
            outgoing.off("error", fail);
            outgoing.on("error", () => undefined);
            outgoing.setTimeout(0);
            resolve(response);
          },
        );
        outgoing.on("error", fail);
        outgoing.setTimeout(this.silenceMs, () => outgoing.destroy(silence()));
        outgoing.end();
      } catch (error) {
        fail(error);
      }
    });
  }

  private answer(
    url: URL,
    response: http.IncomingMessage,
    hops: readonly http.IncomingHttpHeaders[],
    { signal }: HttpRequest,
  ): HttpAnswer {
    const take = (all: http.IncomingHttpHeaders, name: string): string | undefined => {
      const value = all[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    };
    response.on("error", () => undefined);
    return {
      status: response.statusCode ?? 0,
      url,
      header: (name) => take(response.headers, name),
      anyHeader: (name) =>
        [...hops, response.headers].map((headers) => take(headers, name)).find((value) => value !== undefined),
      body: httpChunks(response, this.silenceMs, (error) => toNetworkError(error, url, signal)),
      discard: () => void response.destroy(),
    };
  }
}

function toNetworkError(error: unknown, url: URL, signal: AbortSignal): Error {
  if (signal.aborted) return signal.reason instanceof Error ? signal.reason : cancelled();
  const errno = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
  return networkError(errno, error instanceof Error ? error.message : String(error), url.host, error);
}
