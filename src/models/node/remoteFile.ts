import type { ByteSource } from "../../gguf/core/byteSource";
import { PaddockError } from "../../platform/core/errors";
import { badAnswer, refusalError } from "../core/hubErrors";
import { parseRetryAfter } from "../core/retry";
import type { HttpAnswer, HubHttp } from "./hubHttp";

/** What tells one content of a file from another, as far as the server says. */
export interface FileIdentity {
  /** Bytes in all. */
  readonly size: number;
  /** Of the content, 64 hexadecimal digits, where the hub knows it. */
  readonly sha256: string | undefined;
  /** The answering server's own mark of the content. */
  readonly etag: string | undefined;
}

export interface RangeAnswer {
  readonly identity: FileIdentity;
  /** False: the server sends all of the file, from its beginning. */
  readonly isRange: boolean;
  /** Where the body begins in the file, bytes. */
  readonly start: number;
  readonly body: AsyncIterable<Uint8Array>;
  readonly discard: () => void;
}

export interface RemoteFileOptions {
  readonly http: HubHttp;
  readonly url: string;
  /** For messages: the file's name. */
  readonly what: string;
  /** Where a person accepts conditions. */
  readonly page: string | undefined;
  readonly token: () => Promise<{ readonly value: string; readonly origin: string } | undefined>;
}

/** What a refusal asks for, for whoever tries again. */
export class RefusedError extends PaddockError {
  constructor(
    known: PaddockError,
    readonly status: number,
    /** Seconds. */
    readonly retryAfter: number | undefined,
  ) {
    super(known.code, known.message, {
      ...(known.remedy === undefined ? {} : { remedy: known.remedy }),
      ...(known.detail === undefined ? {} : { detail: known.detail }),
      cause: known.cause,
    });
  }
}

/**
 * A file on a server, read by ranges. Where the hub sends us for the content is remembered, so that only the first
 * request takes the way through it; that address is signed and grows old, and is then asked for anew.
 */
export class RemoteFile {
  private place: { readonly url: string; readonly sha256: string | undefined } | undefined;

  constructor(private readonly options: RemoteFileOptions) {}

  /**
   * What the server has now, by a request of its own through the hub.
   * @throws as `range`.
   */
  async look(signal: AbortSignal): Promise<{ readonly identity: FileIdentity; readonly answersRanges: boolean }> {
    this.place = undefined;
    const { identity, isRange, body, discard } = await this.range(0, 1, signal);
    // One byte is read to its end, so that the connection serves the next request too.
    if (isRange) for await (const chunk of body) if (chunk.length > 1) break;
    discard();
    return { identity, answersRanges: isRange };
  }

  /**
   * Asks for the bytes from `start` to before `end`; what comes may be less, or all of the file where the server
   * answers no ranges.
   * @throws RefusedError for what the server refuses; PaddockError as HubHttp.
   */
  async range(start: number, end: number, signal: AbortSignal): Promise<RangeAnswer> {
    const known = this.place;
    if (known !== undefined) {
      const answer = await this.ask(known.url, start, end, signal);
      // A signed address that has grown old is refused, by some servers as if it had never been.
      if (![400, 401, 403, 404, 410].includes(answer.status)) return await this.take(answer, start, known.sha256);
      answer.discard();
      this.place = undefined;
    }
    const answer = await this.ask(this.options.url, start, end, signal);
    const sha256 = sha256Of(answer);
    if (answer.url.href !== this.options.url && isGood(answer.status)) this.place = { url: answer.url.href, sha256 };
    return await this.take(answer, start, sha256);
  }

  private async ask(url: string, start: number, end: number, signal: AbortSignal): Promise<HttpAnswer> {
    const { http, what, token } = this.options;
    return await http.get(url, {
      headers: { range: `bytes=${start}-${end - 1}` },
      token: await token(),
      signal,
      what,
    });
  }

  private async take(answer: HttpAnswer, asked: number, sha256: string | undefined): Promise<RangeAnswer> {
    const { what } = this.options;
    if (!isGood(answer.status)) {
      answer.discard();
      const hadToken = (await this.options.token()) !== undefined;
      throw refused(answer, { what, host: answer.url.host, page: this.options.page, hadToken });
    }
    try {
      if (/^text\/html\b/i.test(answer.header("content-type") ?? "")) {
        throw new PaddockError("hub/bad-answer", `${answer.url.host} sent a web page instead of ${what}.`, {
          remedy: "A sign-in page of a proxy or network may be in between: open the address in a browser once.",
        });
      }
      const isRange = answer.status === 206;
      const { start, size } = isRange ? contentRange(answer, what) : { start: 0, size: contentLength(answer, what) };
      if (isRange && start !== asked) throw badAnswer(what, answer.url.host, `begins at ${start} instead of ${asked}`);
      const identity = { size, sha256, etag: etagOf(answer) };
      return { identity, isRange, start, body: answer.body, discard: answer.discard };
    } catch (error) {
      answer.discard();
      throw error;
    }
  }
}

/** @param asked as for refusalError. */
export function refused(answer: HttpAnswer, asked: Parameters<typeof refusalError>[1]): RefusedError {
  const retryAfter = parseRetryAfter(answer.header("retry-after"), Date.now());
  const refusal = { status: answer.status, reason: answer.anyHeader("x-error-code")?.slice(0, 60), retryAfter };
  return new RefusedError(refusalError(refusal, asked), answer.status, retryAfter);
}

/** The file's bytes by ranges, whole ones: for reading headers. @param size of the file, bytes. */
export function remoteSource(file: RemoteFile, size: number, what: string): ByteSource {
  return {
    size,
    read: async (offset, length, signal) => {
      const end = Math.min(offset + length, size);
      if (end <= offset) return new Uint8Array();
      const answer = await file.range(offset, end, signal);
      if (!answer.isRange && offset > 0) {
        answer.discard();
        throw new PaddockError("download/no-ranges", `The server of ${what} sends whole files only.`, {
          remedy: "Download it to look into it.",
        });
      }
      const bytes = Buffer.alloc(end - offset);
      let at = 0;
      for await (const chunk of answer.body) {
        bytes.set(chunk.subarray(0, bytes.length - at), at);
        at = Math.min(bytes.length, at + chunk.length);
        if (at === bytes.length) break;
      }
      if (at < bytes.length) throw badAnswer(what, "The server", `${at} of ${bytes.length} bytes`);
      return bytes;
    },
  };
}

function isGood(status: number): boolean {
  return status === 200 || status === 206;
}

function contentRange(answer: HttpAnswer, what: string): { start: number; size: number } {
  const header = answer.header("content-range") ?? "";
  const found = /^bytes (\d{1,16})-(\d{1,16})\/(\d{1,16})$/.exec(header);
  const [start, end, size] = (found ?? []).slice(1).map(Number);
  if (start === undefined || end === undefined || size === undefined || end < start || end >= size) {
    throw badAnswer(what, answer.url.host, `Content-Range: ${header.slice(0, 100)}`);
  }
  return { start, size };
}

function contentLength(answer: HttpAnswer, what: string): number {
  const header = answer.header("content-length") ?? "";
  if (!/^\d{1,15}$/.test(header)) throw badAnswer(what, answer.url.host, "does not say how long the file is");
  return Number(header);
}

function etagOf(answer: HttpAnswer): string | undefined {
  return (answer.header("etag") ?? answer.header("last-modified"))?.slice(0, 300);
}

/** The hub says the checksum where it redirects to the content. */
function sha256Of(answer: HttpAnswer): string | undefined {
  const linked = answer.anyHeader("x-linked-etag")?.replace(/^W\//, "").replaceAll('"', "");
  return linked !== undefined && /^[0-9a-f]{64}$/.test(linked) ? linked : undefined;
}
