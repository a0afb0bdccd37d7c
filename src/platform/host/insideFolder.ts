import { realpath } from "node:fs/promises";
import path from "node:path";
import type * as vscode from "vscode";

/**
 * Whether a file is below a folder once links on the disk are followed; a link may look inside and lead away. On other
 * file systems than the disk's there are none to follow. @throws where one of them is not there.
 */
export async function isInside(folder: vscode.Uri, file: vscode.Uri): Promise<boolean> {
  if (file.scheme !== "file") return true;
  const way = path.relative(await realpath(folder.fsPath), await realpath(file.fsPath));
  return way !== "" && way !== ".." && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way);
}
