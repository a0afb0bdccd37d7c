import path from "node:path";
import type * as vscode from "vscode";
import { emptyFolder } from "../../platform/node/emptyFolder";

const KEPT = "paddock.databasePlaces";
/** What every folder of ours is called, so that nothing else is ever emptied. */
const NAME = "databases";

/**
 * The folders in which workspaces keep their connections, so that all of them can be deleted: an extension is told of no
 * workspace's storage but that of its own window.
 */
export class DatabasePlaces {
  constructor(private readonly memento: vscode.Memento) {}

  /** The folder of a workspace's storage, or of that of all. */
  static in(storage: vscode.Uri): string {
    return path.join(storage.fsPath, NAME);
  }

  /** Connections are kept there. */
  async note(folder: string): Promise<void> {
    const kept = this.kept();
    if (!kept.includes(folder)) await this.memento.update(KEPT, [...kept, folder]);
  }

  /** Deletes what is kept in all of them. @returns files that are still there with text. */
  async erase(): Promise<number> {
    const left = await Promise.all(this.kept().map((folder) => emptyFolder(folder)));
    await this.memento.update(KEPT, undefined);
    return left.reduce((sum, files) => sum + files, 0);
  }

  private kept(): readonly string[] {
    const kept = this.memento.get<unknown>(KEPT);
    if (!Array.isArray(kept)) return [];
    return kept.filter((one): one is string => typeof one === "string" && path.basename(one) === NAME);
  }
}
