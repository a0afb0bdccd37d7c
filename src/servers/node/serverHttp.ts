import * as http from "node:http";
import * as https from "node:https";
import { cancelled } from "../../platform/core/errors";
import { httpChunks, silence } from "../../platform/node/httpChunks";
import { brokenOff, connectionError } from "../core/serverErrors";

/** One server, as far as asking it goes. */
export interface ServerPlace {
  /** As platform's serverAddress gives it. */
  readonly address: string;
  /** What it is called, for messages. */
  readonly destination: string;
  /** Sent to the address' own origin, and never elsewhere. */
  readonly key: string | undefined;
}

export interface ServerRequest {
  /** Sent as JSON by POST; absent: GET. */
  readonly body?: unknown;
  readonly signal: AbortSignal;
  /** After so long without a byte it is given up, ms. */
  readonly silenceMs: number;
}

export interface ServerAnswer {
  readonly status: number;
  readonly contentType: string;
  /** Seconds. */
  readonly retryAfter: number | undefined;
  /** A reader that leaves ends the connection, which tells the server to stop. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * HTTP by Node's own modules, into which VS Code puts the person's proxy and certificates. Redirects are not followed:
 * what is asked, and the key, would go where nobody has added a server.
 */
export class ServerHttp {
  /** @param userAgent how Paddock introduces itself. */
  constructor(private readonly userAgent: string) {}

  /**
   * Statuses are the caller's to judge.
   * @param path below the server's address, with its first slash.
   * @throws PaddockError server/offline, server/broken-off; what the signal was aborted with.
   */
  async ask(place: ServerPlace, path: string, request: ServerRequest): Promise<ServerAnswer> {
    const { destination } = place;
    const { signal, silenceMs } = request;
    const response = await this.send(place, path, request);
    const { statusCode = 0, headers } = response;
    const retryAfter = Number(headers["retry-after"]);
    response.on("error", () => undefined);
    return {
      status: statusCode,
      contentType: headers["content-type"] ?? "",
      retryAfter: Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : undefined,
      body: httpChunks(response, silenceMs, (error) =>
        signal.aborted ? abortReason(signal) : brokenOff(destination, error),
      ),
    };
  }

  private send(place: ServerPlace, path: string, asked: ServerRequest): Promise<http.IncomingMessage> {
    const { address, destination, key } = place;
    const { body, signal, silenceMs } = asked;
    signal.throwIfAborted();
    const url = new URL(`${address}${path}`);
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        const errno =
          error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
        reject(signal.aborted ? abortReason(signal) : connectionError(destination, errno, error));
      };
      // Through the modules, not by names taken out of them: what VS Code patched is looked up at each call.
      const { request } = url.protocol === "https:" ? https : http;
      try {
        const outgoing = request(
          url,
          {
            method: payload === undefined ? "GET" : "POST",
            headers: {
              "user-agent": this.userAgent,
              "accept-encoding": "identity",
              accept: "application/json, text/event-stream",
              ...(payload === undefined
                ? {}
                : { "content-type": "application/json", "content-length": payload.length }),
              ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
            },
            signal,
          },
          (response) => {
            // Errors of the body are its reader's to see.
            outgoing.off("error", onError);
            outgoing.on("error", () => undefined);
            outgoing.setTimeout(0);
            resolve(response);
          },
        );
        // A connection kept from before, which the server has closed meanwhile: it has heard nothing of this.
        const onError = (error: Error): void => {
          const isStale = outgoing.reusedSocket && "code" in error && error.code === "ECONNRESET";
          if (isStale && !signal.aborted) resolve(this.send(place, path, asked));
          else fail(error);
        };
        outgoing.on("error", onError);
        outgoing.setTimeout(silenceMs, () => outgoing.destroy(silence()));
        outgoing.end(payload);
      } catch (error) {
        fail(error);
      }
    });
  }
}

function abortReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : cancelled();
}
