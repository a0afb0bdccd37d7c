import path from "node:path";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";

/** Files come in bursts: the parts of a model, a folder that is moved. */
const DEBOUNCE_MS = 500;
/** Other programs' folders are not watched; who comes back to the window may have downloaded something there. */
const STALE_MS = 10_000;

export interface StoreWatchDeps {
  /** Full paths of the folders whose changes count at once. */
  readonly folders: () => readonly string[];
  readonly refresh: () => Promise<void>;
  /** Somebody has looked into the store: before that, nobody waits for news of it. */
  readonly isWanted: () => boolean;
}

/** Has the store looked at again when files in its own folders change, and when the person comes back to the window. */
export class StoreWatch implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private watchers = new DisposableStore();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lookedAt = 0;

  constructor(private readonly deps: StoreWatchDeps) {
    this.subscriptions.add(
      vscode.window.onDidChangeWindowState(({ focused }) => {
        if (focused) this.lookAgain();
      }),
    );
    this.watch();
  }

  /** The folders are others now. */
  restart(): void {
    this.watchers.dispose();
    this.watchers = new DisposableStore();
    this.watch();
    this.soon();
  }

  /** Looks where the last look is a while ago. */
  lookAgain(): void {
    if (Date.now() - this.lookedAt > STALE_MS) this.now();
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.watchers.dispose();
    this.subscriptions.dispose();
  }

  private watch(): void {
    for (const folder of this.deps.folders()) {
      const pattern = new vscode.RelativePattern(vscode.Uri.file(folder), "**/*.[gG][gG][uU][fF]");
      const watcher = this.watchers.add(vscode.workspace.createFileSystemWatcher(pattern));
      for (const event of [watcher.onDidCreate, watcher.onDidChange, watcher.onDidDelete]) {
        this.watchers.add(event(() => this.soon()));
      }
    }
  }

  private soon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), DEBOUNCE_MS);
  }

  private now(): void {
    if (!this.deps.isWanted()) return;
    this.lookedAt = Date.now();
    void this.deps.refresh();
  }
}

/** Paddock's own folder: the setting's where it is a full path, else one in the extension's storage. */
export function ownFolder(setting: string, storage: vscode.Uri): string {
  return path.isAbsolute(setting) ? path.normalize(setting) : path.join(storage.fsPath, "models");
}
