import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";

/** As far as a server's words are quoted; they are its, not ours, and may be anything. */
const MOST_WORDS = 200;

/** What a server's answer says went wrong. */
export interface Refusal {
  readonly status: number;
  /** The server's own words, as `refusalWords` finds them. */
  readonly words: string;
  /** Header Retry-After, seconds. */
  readonly retryAfter: number | undefined;
  /** A key was sent along. */
  readonly hadKey: boolean;
}

/** The one place that has words for what servers refuse. @param server what it is called. */
export function refusalError(server: string, { status, words, retryAfter, hadKey }: Refusal): PaddockError {
  const detail = `${status}: ${words}`;
  const quoted = words === "" ? "" : ` It says: ${plainWords(words)}`;
  if (status === 401 || status === 403) {
    return new PaddockError(
      "server/key",
      hadKey ? `${server} does not accept the key.` : `${server} answers only those who have a key.`,
      { remedy: "Give the key with “Paddock: Set Server Key…”.", detail },
    );
  }
  if (isTooLong(words)) {
    return new PaddockError("context/overflow", `This does not fit the context that ${server} gives its model.`, {
      remedy: "Ask with less attached or in a new conversation, or start the server with a larger context.",
      detail,
    });
  }
  if (status === 404) {
    return new PaddockError("server/refused", `${server} does not have that.${quoted}`, {
      remedy: "The model may be gone from the server: choose another.",
      detail,
    });
  }
  if (status === 429 || status === 503) {
    return new PaddockError("server/busy", `${server} is busy.${quoted}`, {
      remedy: retryAfter === undefined ? "Try again in a moment." : `Try again in ${Math.ceil(retryAfter)} seconds.`,
      detail,
    });
  }
  if (status === 501 || status === 405) {
    return new PaddockError("unsupported", `${server} can't do that with this model.${quoted}`, {
      remedy: "Choose another model for it.",
      detail,
    });
  }
  if (status >= 500) {
    return new PaddockError("server/failed", `${server} has trouble of its own (${status}).${quoted}`, {
      remedy: "Look into the server's own log, then try again.",
      detail,
    });
  }
  if (status >= 300 && status < 400) {
    return new PaddockError("server/bad-answer", `${server} sends elsewhere what it is asked.`, {
      remedy: "Nothing is sent where you have not added a server: add the other address if you trust it.",
      detail,
    });
  }
  return new PaddockError("server/refused", `${server} refuses this (${status}).${quoted}`, {
    remedy: "The server may be of a version that Paddock does not know, or the model may not be made for this.",
    detail,
  });
}

/** By the words of llama-server, vLLM and OpenAI, none of which has a status of its own for it. */
function isTooLong(words: string): boolean {
  return /exceed_context_size|context_length_exceeded|maximum context length|exceeds the available context/iu.test(
    words,
  );
}

/** For a notification: nothing that it would read as a link, and nothing that acts instead of being seen. */
function plainWords(words: string): string {
  const short = words.length > MOST_WORDS ? `${words.slice(0, MOST_WORDS)}…` : words;
  return visibleText(short)
    .replace(/[[\]()<>\s]+/gu, " ")
    .trim();
}

/**
 * The words in an answer that refuses: OpenAI's `error.message` with its type, Ollama's `error`, FastAPI's `detail`.
 * @param answer as parsed; anything else than JSON says nothing.
 */
export function refusalWords(answer: unknown): string {
  const field = (of: unknown, name: string): unknown =>
    typeof of === "object" && of !== null ? (of as Readonly<Record<string, unknown>>)[name] : undefined;
  const error = field(answer, "error") ?? answer;
  const parts = [error, field(error, "type"), field(error, "code"), field(error, "message"), field(answer, "detail")];
  return parts
    .filter((part) => typeof part === "string")
    .join(" ")
    .slice(0, 2000);
}

/** An error in the middle of a stream, which has no status; llama-server puts the one it would have had into it. */
export function streamError(server: string, error: unknown, hadKey: boolean): PaddockError {
  const code =
    typeof error === "object" && error !== null && "code" in error && typeof error.code === "number" ? error.code : 500;
  return refusalError(server, { status: code, words: refusalWords({ error }), retryAfter: undefined, hadKey });
}

export function badServerAnswer(server: string, detail: string): PaddockError {
  return new PaddockError("server/bad-answer", `What ${server} answers makes no sense.`, {
    remedy: "A proxy or a sign-in page may be in between, or the address may be of another program; the log says more.",
    detail,
  });
}

/** It answers, but a small question takes too long. */
export function tooSlow(server: string, afterMs: number): PaddockError {
  return new PaddockError("server/offline", `${server} has not said which models it has.`, {
    remedy: "It answers too slowly: check the connection to it, and what else it is busy with.",
    detail: `not told in ${afterMs} ms`,
  });
}

/** The stream ended before the answer did. */
export function brokenOff(server: string, cause?: unknown): PaddockError {
  return new PaddockError("server/broken-off", `${server} broke off in the middle of the answer.`, {
    remedy: "Continue, or ask again; the server's own log may say why.",
    cause,
  });
}

const certificates =
  /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH)/;

/** For what went wrong on the way to the server. @param errno Node's or OpenSSL's. */
export function connectionError(server: string, errno: string | undefined, cause: unknown): PaddockError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (errno !== undefined && certificates.test(errno)) {
    return new PaddockError(
      "server/offline",
      `The connection to ${server} can't be trusted: its certificate is not good.`,
      {
        remedy:
          "Let VS Code use the system's certificates (http.systemCertificates), and have the server's among them.",
        detail,
        cause,
      },
    );
  }
  return new PaddockError("server/offline", `${server} does not answer.`, {
    remedy: "Check that the server runs and its address, or choose a model on this machine.",
    detail,
    cause,
  });
}
