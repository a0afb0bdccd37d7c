import { setTimeout as sleep } from "node:timers/promises";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import { type ByteRanges, nextPiece } from "../core/byteRanges";
import { begunAnew, type ContentNow, type DownloadFile, isSameContent } from "../core/downloadState";
import { badAnswer, isPassing } from "../core/hubErrors";
import { retryDelay, type RetryRules } from "../core/retry";
import { PartFile } from "./partFile";
import { RefusedError, type RemoteFile } from "./remoteFile";

export interface FileDownloadRules {
  /** Ranges fetched at once. */
  readonly connections: number;
  /** Bytes of one range. */
  readonly pieceBytes: number;
  /** How often what is there is flushed and written down, milliseconds. */
  readonly saveMs: number;
  readonly retry: RetryRules;
}

export interface FileDownloadEvents {
  /** Bytes came and were written. */
  bytes(count: number): void;
  /** The connection failed or the server is busy; it is tried again. */
  retrying(why: PaddockError): void;
  /** All bytes are there. */
  verifying(): void;
  /** It begins anew, and why: a sentence for a person. */
  anew(why: string): void;
}

export interface FileDownloadDeps {
  readonly remote: RemoteFile;
  /** Where the bytes go. */
  readonly part: string;
  readonly rules: FileDownloadRules;
  readonly events: FileDownloadEvents;
  /** Writes down how the file stands. */
  readonly save: (file: DownloadFile) => Promise<void>;
  readonly signal: AbortSignal;
}

/** Gathered before they are written, so that a fast connection does not make thousands of small writes. */
const WRITE_BYTES = 512 * 1024;
const WRITE_MS = 500;
/** A server that shows another content each time is not downloaded from. */
const MOST_BEGINNINGS = 4;
/** Servers behind one name may mark the same content differently. */
const MOST_MARKS = 3;

/** Thrown inside: the bytes that are here belong to another content. */
class Changed extends Error {}
/** Thrown inside: the server sends whole files only. */
class NoRanges extends Error {}

/**
 * Downloads one file: what is missing of it, by several ranges at once, until all is there and its checksum is the
 * expected one. Whatever ends it, what was written down before stays true.
 */
export class FileDownload {
  private taken: ByteRanges = [];
  private etag: string | undefined;
  private marks = 0;
  private progressAt = 0;
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private file: DownloadFile,
    private readonly part: PartFile,
    private readonly deps: FileDownloadDeps,
  ) {}

  /**
   * @returns the file with all its bytes, verified.
   * @throws PaddockError hub/*, download/*, model/*, storage/*; what the signal was aborted with.
   */
  static async run(file: DownloadFile, deps: FileDownloadDeps): Promise<DownloadFile> {
    const part = await PartFile.open(deps.part, file, nameOf(file)).catch((error: unknown) => {
      throw toStorageError(error);
    });
    const download = new FileDownload(file, part, deps);
    const timer = setInterval(() => void download.keep().catch(() => undefined), deps.rules.saveMs);
    try {
      await download.fetchAll();
      return await download.verify();
    } catch (error) {
      throw errnoOf(error) === undefined || error instanceof PaddockError ? error : toStorageError(error);
    } finally {
      clearInterval(timer);
      // On a full disk even this may fail; what was written down before is still true.
      await download.keep().catch(() => undefined);
      await part.close();
    }
  }

  private async fetchAll(): Promise<void> {
    for (let beginnings = 0; ;) {
      const { signal } = this.deps;
      const { identity, answersRanges } = await this.patiently(() => this.deps.remote.look(signal), signal);
      if (!isSameContent(this.file, identity)) {
        this.refuseNonsense(identity);
        if (++beginnings > MOST_BEGINNINGS) throw changes(this.file);
        await this.beginAnew(identity, `${nameOf(this.file)} has changed on the server, so its download began anew.`);
      }
      const { sha256, etag } = identity;
      this.file = { ...this.file, sha256: this.file.sha256 ?? sha256 ?? null, etag: etag ?? null };
      this.etag = identity.etag;
      try {
        if (answersRanges) await this.fetchRanges();
        else await this.fetchWhole();
        return;
      } catch (error) {
        if (error instanceof NoRanges && ++beginnings <= MOST_BEGINNINGS) continue;
        if (error instanceof Changed && ++beginnings <= MOST_BEGINNINGS) continue;
        throw error instanceof NoRanges || error instanceof Changed ? changes(this.file) : error;
      }
    }
  }

  /** The same checksum and another size: what the server says can't all be true. */
  private refuseNonsense(now: ContentNow): void {
    if (this.file.sha256 === null || now.sha256 !== this.file.sha256) return;
    throw badAnswer(nameOf(this.file), "the server", `${now.size} bytes instead of ${this.file.size}`);
  }

  private async fetchRanges(): Promise<void> {
    const failed = new AbortController();
    const signal = AbortSignal.any([this.deps.signal, failed.signal]);
    const results = await Promise.allSettled(
      Array.from({ length: this.deps.rules.connections }, async () => {
        try {
          await this.fetchPieces(signal);
        } catch (error) {
          failed.abort(error);
          throw error;
        }
      }),
    );
    this.deps.signal.throwIfAborted();
    if (results.some(({ status }) => status === "rejected")) throw failed.signal.reason as Error;
  }

  private async fetchPieces(signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted();
      const piece = nextPiece(this.part.there, this.taken, this.file.size, this.deps.rules.pieceBytes);
      if (piece === undefined) return;
      const own = [piece.start, piece.end] as const;
      this.taken = [...this.taken, own];
      try {
        await this.patiently(() => this.fetchPiece(piece.start, piece.end, signal), signal);
      } finally {
        this.taken = this.taken.filter((range) => range !== own);
      }
    }
  }

  /** What of the piece is still missing; a broken one goes on where it broke. */
  private async fetchPiece(first: number, end: number, signal: AbortSignal): Promise<void> {
    const from = this.part.there.find(([start, to]) => start <= first && to > first)?.[1] ?? first;
    if (from >= end) return;
    const answer = await this.deps.remote.range(from, end, signal).catch((error: unknown) => {
      // The file is shorter than it was: what it is now decides.
      throw error instanceof RefusedError && error.status === 416 ? new Changed() : error;
    });
    try {
      if (!answer.isRange) throw new NoRanges();
      await this.compare(answer.identity, signal);
    } catch (error) {
      answer.discard();
      throw error;
    }
    const came = await this.take(answer.body, from, end);
    if (came < end - from) {
      throw new PaddockError("hub/offline", "The server sent less than it was asked for.", {
        detail: `${came} of ${end - from} bytes`,
      });
    }
  }

  /** From the beginning in one go, as often as it takes: the server answers no ranges. */
  private async fetchWhole(): Promise<void> {
    const { signal, remote, events } = this.deps;
    if (this.part.doneBytes >= this.file.size) return;
    if (this.part.doneBytes > 0) {
      await this.part.beginAnew(this.file.size);
      events.anew(`The server of ${nameOf(this.file)} sends whole files only, so its download began anew.`);
    }
    await this.patiently(
      async () => {
        if (this.part.doneBytes > 0) await this.part.beginAnew(this.file.size);
        const answer = await remote.range(0, this.file.size, signal);
        const came = await this.take(answer.body, 0, this.file.size);
        if (came < this.file.size) throw new PaddockError("hub/offline", "The server sent less than it said.");
      },
      signal,
      false,
    );
  }

  /** @returns bytes that were written. Also when it fails, what came is kept. */
  private async take(body: AsyncIterable<Uint8Array>, from: number, end: number): Promise<number> {
    let position = from;
    let gathered: Uint8Array[] = [];
    let length = 0;
    let since = performance.now();
    const write = async (): Promise<void> => {
      const bytes = Buffer.concat(gathered);
      gathered = [];
      length = 0;
      since = performance.now();
      await this.part.write(bytes, position);
      position += bytes.length;
      this.progressAt = since;
      this.deps.events.bytes(bytes.length);
    };
    try {
      for await (const chunk of body) {
        // More than was asked for is nothing we asked for.
        const wanted = chunk.subarray(0, end - position - length);
        gathered.push(wanted);
        length += wanted.length;
        if (length >= WRITE_BYTES || performance.now() - since > WRITE_MS) await write();
        if (position + length >= end) break;
      }
    } catch (error) {
      if (length > 0) await write();
      throw error;
    }
    if (length > 0) await write();
    return position - from;
  }

  /** Does an answer belong to the content that is being downloaded? */
  private async compare(identity: ContentNow, signal: AbortSignal): Promise<void> {
    const { size, etag } = identity;
    if (size === this.file.size && (etag === this.etag || this.marks >= MOST_MARKS)) return;
    const now = (await this.deps.remote.look(signal)).identity;
    if (!isSameContent({ ...this.file, etag: this.file.sha256 === null ? this.file.etag : null }, now))
      throw new Changed();
    this.refuseOtherSize(size);
    this.marks++;
    this.etag = now.etag;
  }

  private refuseOtherSize(size: number): void {
    if (size !== this.file.size)
      throw badAnswer(nameOf(this.file), "the server", `${size} bytes instead of ${this.file.size}`);
  }

  private async beginAnew(now: ContentNow, why: string): Promise<void> {
    const hadBytes = this.part.doneBytes > 0;
    await this.saving;
    this.file = begunAnew(this.file, now);
    await this.part.beginAnew(now.size);
    await this.deps.save(this.file);
    if (hadBytes) this.deps.events.anew(why);
  }

  private async verify(): Promise<DownloadFile> {
    const { signal, events } = this.deps;
    events.verifying();
    await this.part.checkHeader();
    await this.keep();
    if (this.file.sha256 !== null) {
      const found = await this.part.checksum(signal);
      if (found !== this.file.sha256) {
        const expected = this.file.sha256;
        await this.part.beginAnew(this.file.size);
        this.file = { ...this.file, ranges: [], headerIsGood: false };
        throw new PaddockError(
          "download/damaged",
          `${nameOf(this.file)} arrived damaged: its checksum is not the one its publisher gives.`,
          {
            remedy:
              "What came was thrown away. Resume to download it anew; if it happens again, something in between changes what you download.",
            detail: `${found} instead of ${expected}`,
          },
        );
      }
    }
    return this.file;
  }

  /** Flushes what came, then writes down that it is there. One at a time. */
  private keep(): Promise<void> {
    this.saving = this.saving
      .catch(() => undefined)
      .then(async () => {
        const ranges = await this.part.flush();
        if (ranges === undefined) return;
        const { headerIsGood } = this.part;
        this.file = { ...this.file, ranges: ranges.map(([start, end]) => [start, end]), headerIsGood };
        await this.deps.save(this.file);
      });
    return this.saving;
  }

  /**
   * Tries again what may pass; bytes that came in between begin the count anew.
   * @param countsProgress false where each attempt begins at the beginning, and bytes are no progress.
   */
  private async patiently<T>(work: () => Promise<T>, signal: AbortSignal, countsProgress = true): Promise<T> {
    let failures = 0;
    let since = performance.now();
    for (;;) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (isCancellation(error) || !isPassing(error) || !(error instanceof PaddockError)) throw error;
        failures = countsProgress && this.progressAt > since ? 1 : failures + 1;
        since = performance.now();
        const retryAfter = error instanceof RefusedError ? error.retryAfter : undefined;
        const wait = retryDelay(this.deps.rules.retry, failures, retryAfter, Math.random);
        if (wait === undefined) throw error;
        this.deps.events.retrying(error);
        await sleep(wait, undefined, { signal });
      }
    }
  }
}

function nameOf({ target }: DownloadFile): string {
  return target.split("/").at(-1) ?? target;
}

function changes(file: DownloadFile): PaddockError {
  return new PaddockError("download/changed", `${nameOf(file)} changes on the server while it is downloaded.`, {
    remedy: "Try again later, when whoever publishes it has finished.",
  });
}
