import { type ErrorCode, PaddockError } from "../../platform/core/errors";

/** What a server's answer says went wrong, as far as words for a person depend on it. */
export interface Refusal {
  readonly status: number;
  /** The hub's own reason, header X-Error-Code. */
  readonly reason: string | undefined;
  /** Header Retry-After, seconds. */
  readonly retryAfter: number | undefined;
}

export interface Asked {
  /** What it was asked for, in words: "bartowski/Model-GGUF", a file's name, "the search". */
  readonly what: string;
  /** The server's name, such as "huggingface.co". */
  readonly host: string;
  /** The page where a person accepts a model's conditions; undefined where there is none. */
  readonly page: string | undefined;
  readonly hadToken: boolean;
}

const howToGiveToken = "run “Paddock: Set Hugging Face Token…” with a token that may read it";

/** The one place that has words for what servers refuse. */
export function refusalError(refusal: Refusal, asked: Asked): PaddockError {
  const { status, reason } = refusal;
  const { what, host } = asked;
  const error = (code: ErrorCode, message: string, remedy: string): PaddockError =>
    new PaddockError(code, message, {
      remedy,
      detail: `${host}: ${status}${reason === undefined ? "" : ` ${reason}`}`,
    });
  const isGated = reason === "GatedRepo";
  if (status === 401 && !asked.hadToken) {
    return isGated
      ? error("hub/token-needed", `${what} is only for people who have accepted its conditions.`, acceptRemedy(asked))
      : error(
          "hub/token-needed",
          `${host} has no ${what}, or shows it only to people who may see it.`,
          `Check the name. If it is private, ${howToGiveToken}.`,
        );
  }
  if (status === 401 && !isGated) {
    return error(
      "hub/no-access",
      `${host} does not accept the token for ${what}.`,
      `It may have expired, or the name may be wrong: ${howToGiveToken}.`,
    );
  }
  if (status === 401 || status === 403) {
    return isGated || asked.page !== undefined
      ? error("hub/no-access", `The token may not read ${what}.`, acceptRemedy(asked))
      : error("hub/no-access", `${host} does not hand out ${what}.`, "Ask whoever gave you the address.");
  }
  if (status === 404 || status === 410) {
    const lacks =
      reason === "RevisionNotFound"
        ? `${host} has no such version of ${what}.`
        : reason === "EntryNotFound"
          ? `${what} is not in its repository any more.`
          : `${host} has no ${what}.`;
    return error("hub/not-found", lacks, "Check the name; it may have been renamed or removed.");
  }
  if (status === 416) {
    return error("download/changed", `${what} is shorter on ${host} than it was.`, "Start the download anew.");
  }
  if (status === 429) {
    return error(
      "hub/busy",
      `${host} asks for patience: too many requests.`,
      refusal.retryAfter === undefined ? "Try again in a few minutes." : `Try again in ${seconds(refusal.retryAfter)}.`,
    );
  }
  if (status >= 500) {
    return error("hub/unavailable", `${host} has trouble of its own (${status}).`, "Try again later.");
  }
  return error("hub/bad-answer", `${host} answered ${status} for ${what}.`, "Check the address.");
}

function acceptRemedy({ page }: Asked): string {
  return page === undefined
    ? `To get it, ${howToGiveToken}.`
    : `Accept its conditions at ${page}, then ${howToGiveToken}.`;
}

function seconds(count: number): string {
  return count < 120 ? `${Math.ceil(count)} seconds` : `${Math.ceil(count / 60)} minutes`;
}

/** Codes of Node and of OpenSSL for certificates that nobody here vouches for. */
const certificates =
  /^(?:CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)|HOSTNAME_MISMATCH)/;

/** For what went wrong on the way, before or in the middle of an answer. */
export function networkError(errno: string | undefined, detail: string, host: string, cause: unknown): PaddockError {
  const options = { detail: `${host}: ${detail}`, cause };
  if (errno !== undefined && certificates.test(errno)) {
    return new PaddockError(
      "hub/unavailable",
      `The connection to ${host} can't be trusted: its certificate is not good.`,
      {
        ...options,
        remedy: "Behind a company's proxy, let VS Code use the system's certificates (http.systemCertificates).",
      },
    );
  }
  if (errno === "ENOTFOUND" || errno === "EAI_AGAIN") {
    return new PaddockError("hub/offline", `${host} can't be found.`, {
      ...options,
      remedy: "Check the network connection, and VS Code's http.proxy where you need one.",
    });
  }
  if (errno === "PADDOCK_TIMEOUT") {
    return new PaddockError("hub/offline", `${host} does not answer.`, {
      ...options,
      remedy: "Check the connection, then try again.",
    });
  }
  return new PaddockError("hub/offline", `The connection to ${host} failed.`, {
    ...options,
    remedy: "Check the network connection, and VS Code's http.proxy where you need one.",
  });
}

export function badAnswer(what: string, host: string, detail: string): PaddockError {
  return new PaddockError("hub/bad-answer", `What ${host} answered for ${what} makes no sense.`, {
    remedy: "A proxy or a sign-in page may be in between; the log says what came.",
    detail,
  });
}

/** Will the same request perhaps be answered in a moment? */
export function isPassing(error: unknown): boolean {
  return error instanceof PaddockError && ["hub/busy", "hub/unavailable", "hub/offline"].includes(error.code);
}
