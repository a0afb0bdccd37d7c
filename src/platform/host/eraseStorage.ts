import { readdir } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";
import { emptyFiles, emptyFolder } from "../node/emptyFolder";

/** Models were downloaded or made for a purpose, hold nothing of what was said, and may have taken hours. */
const models = "models";
/** The chat's own, which says that all was deleted; it holds a random name and nothing else. */
const kept = path.join("chat", "epoch.json");

/**
 * Deletes all that the extension keeps on this machine, after the rooms have deleted what they write at any time:
 * files in its storage folders, what it has in the editor's memory, and its logs. Models and settings stay.
 * @param rest deletes what rooms keep elsewhere and lets go of what may hold files open, such as a loaded model; it returns
 * files that it could not delete.
 * @returns files that could not be deleted.
 */
export async function eraseStorage(context: vscode.ExtensionContext, rest: () => Promise<number>): Promise<number> {
  let left = await rest();
  const { globalStorageUri, storageUri, logUri } = context;
  // Windows watch these two, and a window that lives writes its mark there.
  const chat = path.join(globalStorageUri.fsPath, "chat");
  const keep = [
    path.join(globalStorageUri.fsPath, kept),
    path.join(globalStorageUri.fsPath, models),
    path.join(chat, "conversations"),
    path.join(chat, "writers"),
  ];
  left += await emptyFolder(globalStorageUri.fsPath, keep);
  if (storageUri !== undefined) left += await emptyFolder(storageUri.fsPath);
  for (const memento of [context.globalState, context.workspaceState]) {
    for (const key of memento.keys()) if (key !== "paddock.chat.epoch") await memento.update(key, undefined);
  }
  for (const folder of await logFolders(logUri.fsPath)) {
    // A window that is open goes on writing to its log, which would be nowhere to be seen if the file were gone.
    left += sessionOf(folder) === sessionOf(logUri.fsPath) ? await emptyFiles(folder) : await emptyFolder(folder);
  }
  return left;
}

/** The extension's log folders of all sessions that the editor still keeps: logs/SESSION/…/EXTENSION. */
async function logFolders(current: string): Promise<string[]> {
  const name = path.basename(current);
  const parts = current.split(path.sep);
  const at = parts.lastIndexOf("logs");
  if (at === -1) return [current];
  const found: string[] = [];
  const walk = async (folder: string, depth: number): Promise<void> => {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      if (!entry.isDirectory()) continue;
      const below = path.join(folder, entry.name);
      if (entry.name === name) found.push(below);
      else if (depth > 0) await walk(below, depth - 1);
    }
  };
  await walk(parts.slice(0, at + 1).join(path.sep), 3);
  return found.includes(current) ? found : [current, ...found];
}

/** The editor's folder of one start, which holds the logs of its windows. */
function sessionOf(folder: string): string {
  const parts = folder.split(path.sep);
  return parts.slice(0, parts.lastIndexOf("logs") + 2).join(path.sep);
}
