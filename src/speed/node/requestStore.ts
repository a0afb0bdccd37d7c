import type { TimingRecord, TimingSink } from "../../engine/backend";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { requestOf, type RequestRecord, requestSchema } from "../core/requestHistory";
import { JsonLines } from "./jsonLines";

/** Twice as much is kept at most: some 15,000 requests of about 700 bytes. */
const mostBytes = 5 * 1024 * 1024;
/** Requests that wait for a disk that takes none. */
const mostWaiting = 1000;

/**
 * Every real request's timings on the disk: a ring, of all windows of this person on this machine. It never leaves the
 * machine. What cannot be written is tried again with the next request.
 */
export class RequestStore implements TimingSink {
  private readonly file: JsonLines<RequestRecord>;
  private readonly changed = new Emitter<undefined>();
  /** Fires when a request has come or all were cleared. */
  readonly onDidChange = this.changed.event;
  private waiting: RequestRecord[] = [];
  private writing: Promise<void> = Promise.resolve();
  private hasWarned = false;

  constructor(
    file: string,
    private readonly log: Logger,
  ) {
    this.file = new JsonLines<RequestRecord>({ file, schema: requestSchema, mostBytes, log });
  }

  record(record: TimingRecord): void {
    if (record.feature === "benchmark") return;
    this.waiting.push(requestOf(record));
    this.waiting.splice(0, this.waiting.length - mostWaiting);
    void this.flush();
    this.changed.fire(undefined);
  }

  /** The oldest first, those of other windows included. */
  async records(): Promise<RequestRecord[]> {
    await this.flush();
    return [...(await this.file.read()), ...this.waiting];
  }

  /** Resolves when all that came so far is on the disk, or cannot be written now. Never rejects. */
  flush(): Promise<void> {
    this.writing = this.writing.then(() => this.write());
    return this.writing;
  }

  /** Deletes all, those of other windows too. @throws PaddockError storage/* */
  async clear(): Promise<void> {
    this.waiting = [];
    await this.writing;
    this.waiting = [];
    await this.file.clear();
    this.changed.fire(undefined);
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.file.append(batch);
        this.hasWarned = false;
      } catch (error) {
        this.waiting = [...batch, ...this.waiting].slice(-mostWaiting);
        if (!this.hasWarned) this.log.warn(`The timings of requests could not be written: ${String(error)}`);
        this.hasWarned = true;
        return;
      }
    }
  }
}
