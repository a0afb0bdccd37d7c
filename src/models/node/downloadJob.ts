import { setTimeout as sleep } from "node:timers/promises";
import { type ErrorCode, errorCodes, isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { errnoOf, toStorageError } from "../../platform/node/storageError";
import { coveredBytes } from "../core/byteRanges";
import type { DownloadFile, DownloadState, DownloadView } from "../core/downloadState";
import { RateMeter, secondsLeft } from "../core/rateMeter";
import { assertSpace, diskFull, freeBytesOf } from "./diskSpace";
import type { DownloadFolder } from "./downloadFolder";
import { FileLock, isHeld } from "../../platform/node/fileLock";
import { isAtTarget, moveToTarget, settleTargets, targetPath, wasMoved } from "./downloadTargets";
import { FileDownload, type FileDownloadRules } from "./fileDownload";
import type { HubClient } from "./hubClient";
import type { RemoteFile } from "./remoteFile";

/** How often one looks how another window's download goes. */
const FOLLOW_MS = 500;

export interface DownloadJobDeps {
  readonly id: string;
  readonly folder: DownloadFolder;
  readonly state: DownloadState;
  readonly hub: HubClient;
  readonly log: Logger;
  readonly rules: FileDownloadRules;
  readonly freeBytes: ((folder: string) => Promise<number>) | undefined;
  /** Runs the work when the downloads before it in this window have ended. */
  readonly takeTurn: (work: () => Promise<void>) => Promise<void>;
  readonly onChange: () => void;
  /** "kept": it stays in the list, paused or failed. @param path of the model's first file. */
  readonly onEnd: (how: "finished" | "gone" | "kept", path: string) => void;
}

type Phase = "waiting" | "running" | "retrying" | "verifying" | "elsewhere" | "idle";

/** One download as this window knows it: it runs it, or follows the window that does. */
export class DownloadJob {
  private state: DownloadState;
  private phase: Phase = "idle";
  private readonly meter = new RateMeter();
  /** Bytes since the state was last written down, of the file that is being downloaded. */
  private unsaved = 0;
  private run: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  private outcome: "finished" | "gone" | undefined;
  private goesOn = false;
  private isCancelled = false;

  constructor(private readonly deps: DownloadJobDeps) {
    this.state = deps.state;
  }

  /** Goes on with it, where the person has not stopped it. Where another window has it, that one is followed. */
  begin(): void {
    if (this.state.wish === "run") this.start();
    else void this.look();
  }

  pause(): void {
    if (this.run === undefined) return;
    if (this.phase === "elsewhere") void this.order("pause");
    else this.stop();
  }

  resume(): void {
    this.state = { ...this.state, wish: "run", problem: null };
    // One that is just being paused goes on when it has let go.
    this.goesOn = this.run?.abort.signal.aborted === true;
    this.start();
  }

  /** Ends it and deletes what came. Never rejects. */
  async cancel(): Promise<void> {
    if (this.phase === "elsewhere") await this.order("cancel");
    else {
      this.isCancelled = true;
      this.stop();
      await this.run?.done;
      if (this.outcome !== undefined) return;
      await this.remove();
      this.end("gone");
    }
  }

  /** Lets go of it without stopping it: the next window goes on. */
  async close(): Promise<void> {
    this.goesOn = false;
    this.run?.abort.abort();
    await this.run?.done;
  }

  /** Another window may have gone on with it, finished it or deleted it since it was last looked at. */
  async look(): Promise<void> {
    if (this.run !== undefined || this.outcome !== undefined) return;
    const { folder, id } = this.deps;
    const state = await folder.read(id);
    if (this.isRunning()) return;
    if (state === undefined) await this.endOfOther();
    else if (await isHeld(folder.lock(id))) this.start();
    else if (state.wish !== "run") this.take(state);
  }

  async ended(signal: AbortSignal): Promise<string | undefined> {
    while (this.run !== undefined) {
      const { done } = this.run;
      await Promise.race([done, aborted(signal)]);
      signal.throwIfAborted();
    }
    const { problem } = this.state;
    if (this.outcome === "finished") return this.target();
    if (problem !== null) {
      const code = errorCodes.find((known) => known === problem.code) ?? "download/stopped";
      throw new PaddockError(code, problem.message, problem.remedy === null ? {} : { remedy: problem.remedy });
    }
    return undefined;
  }

  view(): DownloadView {
    const { files, title, wish, problem, notice } = this.state;
    const sizeBytes = files.reduce((sum, { size }) => sum + size, 0);
    const saved = files.reduce((sum, { size, isDone, ranges }) => sum + (isDone ? size : coveredBytes(ranges)), 0);
    const doneBytes = Math.min(sizeBytes, saved + this.unsaved);
    const bytesPerSecond =
      this.phase === "running" || this.phase === "elsewhere" ? this.meter.rate(performance.now()) : null;
    const isIdle = this.phase === "idle";
    return {
      id: this.deps.id,
      title,
      target: this.target(),
      sizeBytes,
      doneBytes,
      bytesPerSecond,
      secondsLeft: secondsLeft(sizeBytes - doneBytes, bytesPerSecond),
      status: this.phase !== "idle" ? this.phase : wish === "failed" ? "failed" : "paused",
      problem:
        problem !== null && (isIdle || this.phase === "retrying")
          ? { message: problem.message, remedy: problem.remedy ?? undefined }
          : undefined,
      notice: notice ?? undefined,
    };
  }

  private target(): string {
    const [first] = this.state.files;
    return first === undefined ? this.deps.folder.models : targetPath(this.deps.folder, first);
  }

  private start(): void {
    if (this.run !== undefined || this.outcome !== undefined) return;
    const abort = new AbortController();
    const done = this.goOn(abort.signal).finally(() => {
      this.run = undefined;
      this.phase = "idle";
      this.unsaved = 0;
      this.meter.reset();
      if (this.goesOn && this.outcome === undefined) {
        this.goesOn = false;
        this.start();
      } else {
        this.deps.onEnd(this.outcome ?? "kept", this.target());
      }
    });
    this.run = { abort, done };
    this.show("waiting");
  }

  private stop(): void {
    this.goesOn = false;
    this.state = { ...this.state, wish: "paused" };
    this.run?.abort.abort();
  }

  /** Never rejects. */
  private async goOn(signal: AbortSignal): Promise<void> {
    const { folder, id, takeTurn } = this.deps;
    try {
      while (!signal.aborted && this.outcome === undefined) {
        if (await isHeld(folder.lock(id))) await this.follow(signal);
        else if (this.state.wish === "run") await takeTurn(() => this.download(signal));
        else break;
      }
    } catch (error) {
      if (!isCancellation(error)) this.fail(error);
    }
    // Where it was stopped before it had its turn, nobody else has written this down.
    const isStopped = this.outcome === undefined && this.state.wish !== "run" && !this.isCancelled;
    if (isStopped && !(await isHeld(folder.lock(id)))) await this.write();
  }

  private async download(signal: AbortSignal): Promise<void> {
    if (signal.aborted || !this.wantsToRun()) return;
    const { folder, id } = this.deps;
    await folder.make();
    const lock = await FileLock.take(folder.lock(id));
    // Another window was faster: it is followed.
    if (lock === undefined) {
      await sleep(100, undefined, { signal });
      return;
    }
    const lost = new AbortController();
    lock.keep(
      () => void this.obey(),
      () => lost.abort(new Lost()),
    );
    try {
      await this.downloadFiles(AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (lost.signal.aborted) return;
      // What the signal was aborted with is no failure.
      if (!isAborted(signal)) this.fail(error);
      if (!this.wantsToRun() && !this.isCancelled) await this.write();
    } finally {
      // Before anybody else may look: a window that follows it would take it for paused.
      if (this.isCancelled && this.outcome === undefined) await this.remove();
      await lock.release();
    }
  }

  private async downloadFiles(signal: AbortSignal): Promise<void> {
    const { folder, id, log, freeBytes } = this.deps;
    const written = await folder.read(id);
    if (written === undefined) {
      await this.endOfOther();
      return;
    }
    this.state = { ...written, wish: "run", problem: null };
    if (written.files.every(({ ranges, isDone }) => ranges.length === 0 && !isDone)) {
      this.show("verifying");
      this.state = { ...this.state, files: await settleTargets(folder, written.files, signal) };
    }
    await this.write();
    assertSpace(this.state.title, this.missingBytes(), await (freeBytes ?? freeBytesOf)(folder.models));
    for (let index = 0; index < this.state.files.length; index++) await this.downloadFile(index, signal);
    // The first part last: who finds it finds the others beside it.
    for (let index = this.state.files.length - 1; index >= 0; index--) {
      const file = this.state.files[index];
      if (file === undefined || file.isDone) continue;
      await moveToTarget(folder, file, folder.part(id, index));
      if (file.sha256 !== null) await folder.keepChecksum(file.target, file.sha256).catch(() => undefined);
      await this.keep(index, { ...file, isDone: true });
    }
    await folder.remove(id);
    log.info(
      `Downloaded ${this.target()}${this.state.files.every(({ sha256 }) => sha256 !== null) ? ", verified" : ""}.`,
    );
    this.end("finished");
  }

  private async downloadFile(index: number, signal: AbortSignal): Promise<void> {
    const { folder, id, rules, log } = this.deps;
    const file = this.state.files[index];
    if (file === undefined || file.isDone) return;
    const part = folder.part(id, index);
    if (await wasMoved(folder, file, part)) {
      await this.keep(index, { ...file, isDone: true });
      return;
    }
    this.show("running");
    await FileDownload.run(file, {
      remote: this.remote(file),
      part,
      rules,
      signal,
      save: (now) => this.keep(index, now),
      events: {
        bytes: (count) => {
          this.unsaved += count;
          this.meter.add(count, performance.now());
          this.show("running");
        },
        retrying: (why) => {
          log.debug(`${file.target}: ${why.message} ${why.detail ?? ""}`);
          this.state = { ...this.state, problem: problemOf(why) };
          this.show("retrying");
        },
        verifying: () => this.show("verifying"),
        anew: (why) => {
          log.warn(why);
          this.unsaved = 0;
          this.state = { ...this.state, notice: why };
        },
      },
    });
  }

  private remote(file: DownloadFile): RemoteFile {
    const { source } = this.state;
    return source.kind === "url" ? this.deps.hub.fileAt(source.url) : this.deps.hub.file(source, file.path);
  }

  private async keep(index: number, file: DownloadFile): Promise<void> {
    this.unsaved = 0;
    this.state = { ...this.state, files: this.state.files.map((old, at) => (at === index ? file : old)) };
    await this.write();
    this.deps.onChange();
  }

  private async write(): Promise<void> {
    await this.deps.folder.write(this.deps.id, this.state).catch((error: unknown) => {
      this.deps.log.warn(`How a download stands was not written down: ${String(error)}`);
    });
  }

  private async remove(): Promise<void> {
    const { folder, id, log } = this.deps;
    await folder.remove(id).catch((error: unknown) => log.warn(`A half download was not removed: ${String(error)}`));
  }

  private missingBytes(): number {
    return this.state.files.reduce((sum, file) => sum + (file.isDone ? 0 : file.size - coveredBytes(file.ranges)), 0);
  }

  /** Looks how another window's download goes until it ends, or that window does. */
  private async follow(signal: AbortSignal): Promise<void> {
    const { folder, id } = this.deps;
    this.show("elsewhere");
    while (await isHeld(folder.lock(id))) {
      const state = await folder.read(id);
      if (state !== undefined) this.take(state);
      await sleep(FOLLOW_MS, undefined, { signal });
    }
    const state = await folder.read(id);
    if (state === undefined) await this.endOfOther();
    else this.take(state);
  }

  private take(state: DownloadState): void {
    const before = this.view().doneBytes;
    this.state = state;
    this.unsaved = 0;
    this.meter.add(Math.max(0, this.view().doneBytes - before), performance.now());
    this.deps.onChange();
  }

  /** Another window finished it, or somebody deleted it. */
  private async endOfOther(): Promise<void> {
    const [first] = this.state.files;
    const isThere = first !== undefined && (await isAtTarget(this.deps.folder, first));
    this.end(isThere ? "finished" : "gone");
  }

  /** What another window asked for. */
  private async obey(): Promise<void> {
    const order = await this.deps.folder.takeOrder(this.deps.id);
    if (order === "pause") this.stop();
    else if (order === "cancel") await this.cancel();
  }

  private async order(order: "pause" | "cancel"): Promise<void> {
    const { folder, id, log } = this.deps;
    await folder.order(id, order).catch((error: unknown) => log.warn(String(error)));
  }

  private fail(error: unknown): void {
    const known = errnoOf(error) === undefined ? toPaddockError(error) : toStorageError(error);
    this.deps.log.warn(`${this.state.title}: ${known.message} ${known.detail ?? ""}`);
    const why = known.code === "storage/full" ? diskFull(this.state.title, this.missingBytes()) : known;
    const wish = why.code === "download/no-space" ? "paused" : "failed";
    this.state = { ...this.state, wish, problem: problemOf(why) };
  }

  private end(how: "finished" | "gone"): void {
    if (this.outcome !== undefined) return;
    this.outcome = how;
    // One that runs tells when it has let go of everything.
    if (!this.isRunning()) this.deps.onEnd(how, this.target());
  }

  private show(phase: Phase): void {
    this.phase = phase;
    this.deps.onChange();
  }

  /** Functions, because these change over an await. */
  private wantsToRun(): boolean {
    return this.state.wish === "run";
  }

  private isRunning(): boolean {
    return this.run !== undefined;
  }
}

/** Thrown inside: another window took the lock from this one. */
class Lost extends Error {}

function problemOf(error: PaddockError): { code: ErrorCode; message: string; remedy: string | null } {
  return { code: error.code, message: error.message, remedy: error.remedy ?? null };
}

function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
