import { type FSWatcher, watch } from "node:fs";

const pollMs = 2_000;

/** Tells of changes in one folder, by watching it or, where the file system can't be watched, by asking to look. */
export class FolderWatch {
  private watcher: FSWatcher | undefined;
  private timer: ReturnType<typeof setInterval> | undefined;
  private closed = false;

  /** @param poll called every two seconds while there is no watching. */
  constructor(
    private readonly folder: string,
    private readonly noticed: (name: string | null) => void,
    private readonly poll: () => void,
  ) {}

  /** Begins, or begins anew after the folder was made again. */
  start(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.closed) return;
    try {
      this.watcher = watch(this.folder, { persistent: false }, (_event, name) => this.noticed(name));
      this.watcher.on("error", () => this.pollInstead());
      clearInterval(this.timer);
      this.timer = undefined;
    } catch {
      this.pollInstead();
    }
  }

  close(): void {
    this.closed = true;
    this.watcher?.close();
    clearInterval(this.timer);
  }

  private pollInstead(): void {
    this.watcher?.close();
    this.watcher = undefined;
    if (this.closed) return;
    this.timer ??= setInterval(this.poll, pollMs);
    this.timer.unref();
  }
}
