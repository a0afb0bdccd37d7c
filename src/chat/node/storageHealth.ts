import type { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { toStorageError } from "../../platform/node/storageError";
import type { StorageProblem } from "./conversationHandle";
import type { OpenConversation } from "./openConversation";

const firstRetryMs = 1_000;
const lastRetryMs = 15_000;

/** Whether the storage takes what it is given: what could not be written stays in memory and is tried again. */
export class StorageHealth {
  private readonly problems = new Emitter<StorageProblem | undefined>();
  readonly onDidChangeProblem = this.problems.event;
  private writeError: PaddockError | undefined;
  private startError: PaddockError | undefined;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retryMs = firstRetryMs;
  private closed = false;

  constructor(
    /** Those in memory, now. */
    private readonly loaded: () => Iterable<OpenConversation>,
    private readonly log: Logger,
  ) {}

  /** Writing failed a moment ago, and a timer will try again. */
  get isHolding(): boolean {
    return this.retry !== undefined;
  }

  problem(): StorageProblem | undefined {
    const error = this.writeError ?? this.startError;
    if (error === undefined) return undefined;
    let held = 0;
    for (const conversation of this.loaded()) held += conversation.held;
    return { error, held };
  }

  /** The storage could not be made ready. */
  startFailed(error: unknown): void {
    this.startError = toStorageError(error);
    this.log.warn(`chat storage: ${this.startError.detail ?? this.startError.message}`);
    this.problems.fire(this.problem());
  }

  /** A write has ended; `problem` where it failed. */
  written(conversation: OpenConversation, problem: PaddockError | undefined): void {
    const before = this.problem()?.error.code;
    const anyHeld = [...this.loaded()].some(({ held }) => held > 0);
    if (problem !== undefined) {
      this.writeError = problem;
    } else {
      this.retryMs = firstRetryMs;
      this.startError = undefined;
      if (!anyHeld) this.writeError = undefined;
    }
    if (before !== this.problem()?.error.code) {
      if (problem !== undefined) this.log.warn(`conversation ${conversation.id}: ${problem.detail ?? problem.message}`);
      this.problems.fire(this.problem());
    }
    if (anyHeld) this.scheduleRetry();
  }

  /** Nothing is left that could be written. */
  forget(): void {
    this.writeError = undefined;
    this.problems.fire(this.problem());
  }

  /** Writes what is held, once more. */
  flushHeld(): void {
    for (const conversation of this.loaded()) if (conversation.held > 0) void conversation.flush();
  }

  /** No more tries by itself. */
  stop(): void {
    this.closed = true;
    clearTimeout(this.retry);
  }

  dispose(): void {
    this.stop();
    this.problems.dispose();
  }

  private scheduleRetry(): void {
    if (this.closed || this.retry !== undefined) return;
    this.retry = setTimeout(() => {
      this.retry = undefined;
      this.flushHeld();
    }, this.retryMs);
    this.retryMs = Math.min(this.retryMs * 2, lastRetryMs);
  }
}
