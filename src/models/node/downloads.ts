import { createHash } from "node:crypto";
import { type Disposable } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { toStorageError } from "../../platform/node/storageError";
import type { DownloadSource, DownloadState, DownloadView } from "../core/downloadState";
import { localPaths } from "../core/localPath";
import { downloadRetry } from "../core/retry";
import { DownloadFolder } from "./downloadFolder";
import { DownloadJob } from "./downloadJob";
import { findDownloaded } from "./downloadTargets";
import type { FileDownloadRules } from "./fileDownload";
import type { HubClient } from "./hubClient";

export interface WantedDownload {
  /** For people: "Qwen3 4B · Q4_K_M". */
  readonly title: string;
  readonly source: DownloadSource;
  /** All parts of one model, in order. */
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string | undefined }[];
}
export type WantedFiles = Pick<WantedDownload, "source" | "files">;

export interface DownloadsOptions {
  /** The models' own folder, a full path; it may change at any time. */
  readonly folder: () => string;
  readonly hub: HubClient;
  readonly log: Logger;
  readonly rules?: Partial<FileDownloadRules>;
  /** Bytes that are free on the disk of a folder. */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

/** Four connections reach what a home's line gives even where a server slows each of them; more gain nothing. */
const defaultRules: FileDownloadRules = {
  connections: 4,
  pieceBytes: 16 * 1024 * 1024,
  saveMs: 2_000,
  retry: downloadRetry,
};
/** Views are told of progress at most so often. */
const NEWS_MS = 250;

/**
 * The downloads of this machine: those of this window, one after another, and those that other windows run, as far as
 * they write down. A download that ran when its window closed goes on in the next one that opens.
 */
export class Downloads implements Disposable {
  private readonly changes = new Emitter<void>();
  private readonly finishes = new Emitter<{ readonly id: string; readonly path: string }>();
  /** Some download changed, by at most four times a second. */
  readonly onDidChange = this.changes.event;
  /** A model is there and verified: the full path of its first file. */
  readonly onDidFinish = this.finishes.event;
  private readonly jobs = new Map<string, DownloadJob>();
  private news: ReturnType<typeof setTimeout> | undefined;
  /** One download of this window at a time: the first is done soonest so. */
  private turn: Promise<unknown> = Promise.resolve();
  private closed = false;

  constructor(private readonly options: DownloadsOptions) {}

  /** Looks for downloads that other windows left or run, and goes on with those that ran. Never rejects. */
  async refresh(): Promise<void> {
    const folder = this.folder();
    await Promise.all([...this.jobs.values()].map((job) => job.look()));
    for (const id of await folder.ids()) {
      if (this.jobs.has(id) || this.closed) continue;
      const state = await folder.read(id);
      if (state === undefined) {
        this.options.log.warn(`The half download ${id} makes no sense and is removed.`);
        await folder.remove(id).catch((error: unknown) => this.options.log.warn(String(error)));
      } else {
        this.add(id, folder, state);
      }
    }
  }

  list(): DownloadView[] {
    return [...this.jobs.values()].map((job) => job.view());
  }

  /**
   * Begins a download, or goes on with the one of the same files.
   * @returns its id.
   * @throws PaddockError storage/*: the folder can't be written.
   */
  async start(wanted: WantedDownload): Promise<string> {
    const { source, files } = wanted;
    const paths = pathsOf(wanted);
    const id = idOf(source, paths);
    const known = this.jobs.get(id);
    if (known !== undefined) {
      this.resume(id);
      return id;
    }
    const folder = this.folder();
    try {
      await folder.make();
      const before = await folder.read(id);
      const state: DownloadState = before ?? {
        version: 1,
        title: wanted.title.slice(0, 300),
        source,
        wish: "run",
        problem: null,
        notice: null,
        files: files.map(({ path, size, sha256 }, index) => ({
          path,
          target: paths[index] ?? "",
          size,
          sha256: sha256 ?? null,
          etag: null,
          ranges: [],
          headerIsGood: false,
          isDone: false,
        })),
      };
      if (before === undefined) await folder.write(id, state);
      this.add(id, folder, { ...state, wish: "run", problem: null });
    } catch (error) {
      throw toStorageError(error);
    }
    return id;
  }

  /** A download of just these files, if there is one. */
  find(wanted: WantedFiles): DownloadView | undefined {
    return this.jobs.get(idOf(wanted.source, pathsOf(wanted)))?.view();
  }

  /**
   * Where just these files stand that were downloaded before: full paths, in order; undefined: not all of them do.
   * Never rejects: what cannot be looked at is not there.
   */
  async downloaded(wanted: WantedFiles): Promise<readonly string[] | undefined> {
    const paths = pathsOf(wanted);
    const files = wanted.files.map(({ size, sha256 }, index) => ({
      target: paths[index] ?? "",
      size,
      sha256: sha256 ?? null,
    }));
    return findDownloaded(this.folder(), files).catch(() => undefined);
  }

  /** SHA-256 that a file of the models' folder had when it was downloaded; undefined for any other. */
  async checksumOf(file: string): Promise<string | undefined> {
    return await this.folder().checksumOf(file);
  }

  pause(id: string): void {
    this.jobs.get(id)?.pause();
  }

  resume(id: string): void {
    this.jobs.get(id)?.resume();
  }

  /** Ends a download and deletes what came of it. */
  async cancel(id: string): Promise<void> {
    await this.jobs.get(id)?.cancel();
  }

  /**
   * Waits for the end of a download.
   * @returns the full path of the model's first file; undefined when it was paused or cancelled.
   * @throws PaddockError what it failed with; what the signal was aborted with.
   */
  async ended(id: string, signal: AbortSignal): Promise<string | undefined> {
    return await this.jobs.get(id)?.ended(signal);
  }

  /** Deletes all half downloads, also those of other windows. @throws PaddockError storage/* */
  async erase(): Promise<void> {
    const folder = this.folder();
    await Promise.all([...this.jobs.values()].map((job) => job.cancel()));
    await folder.erase().catch((error: unknown) => {
      throw toStorageError(error);
    });
  }

  /** Writes down how far everything is and lets go; what ran goes on in the next window. Never rejects. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.jobs.values()].map((job) => job.close()));
    this.dispose();
  }

  dispose(): void {
    this.closed = true;
    clearTimeout(this.news);
    for (const job of this.jobs.values()) void job.close();
    this.changes.dispose();
    this.finishes.dispose();
  }

  private folder(): DownloadFolder {
    return new DownloadFolder(this.options.folder());
  }

  private add(id: string, folder: DownloadFolder, state: DownloadState): void {
    const { hub, log, rules, freeBytes } = this.options;
    const job = new DownloadJob({
      id,
      folder,
      state,
      hub,
      log,
      rules: { ...defaultRules, ...rules },
      freeBytes,
      takeTurn: (work) => this.inTurn(work),
      onChange: () => this.tell(),
      onEnd: (how, path) => {
        if (how !== "kept") this.jobs.delete(id);
        this.tell();
        if (how === "finished") this.finishes.fire({ id, path });
      },
    });
    this.jobs.set(id, job);
    job.begin();
    this.tell();
  }

  private inTurn(work: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(work);
    this.turn = mine.catch(() => undefined);
    return mine;
  }

  private tell(): void {
    if (this.closed) return;
    this.news ??= setTimeout(() => {
      this.news = undefined;
      this.changes.fire();
    }, NEWS_MS);
  }
}

/** Below the models' folder. */
function pathsOf({ source, files }: WantedFiles): string[] {
  return localPaths(
    source.kind === "hub" ? source.repository : new URL(source.url).host,
    files.map(({ path }) => path),
  );
}

/** The same for the same files in every window: of where they come from and where they go. */
function idOf(source: DownloadSource, paths: readonly string[]): string {
  const from = source.kind === "hub" ? `${source.repository}@${source.revision}` : source.url;
  return createHash("sha256")
    .update([from, ...paths].join("\n"))
    .digest("hex")
    .slice(0, 16);
}
