import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { filePath, type FileLink } from "../../platform/core/fileLinks";
import type { ChatTexts } from "../core/chatTexts";
import { isInside } from "../../platform/host/insideFolder";

/** Files come and go; for so long an answer about one counts. */
const freshMs = 10_000;
const maxKnown = 2_000;
/** So many are looked for at the same time: on a remote file system each is a round trip. */
const atOnce = 16;
/** A file system that hangs must not keep what it did answer from the page. */
const patienceMs = 3_000;

interface Known {
  readonly at: number;
  readonly uri: vscode.Uri | undefined;
}

/**
 * Files that an answer names. Names come from a model: only a file inside a folder of the workspace, links in the file
 * system followed, is said to be there or opened. No content is read.
 */
export class WorkspaceLinks {
  /** By path; the one used longest ago comes first. */
  private readonly known = new Map<string, Known>();

  constructor(private readonly texts: Pick<ChatTexts, "fileGone">) {}

  /** @returns those of the paths that are files of the workspace. What cannot be told in time is left out. */
  async existing(paths: readonly string[]): Promise<string[]> {
    const found: string[] = [];
    const waiting = [...new Set(paths)];
    const look = async (): Promise<void> => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        if ((await this.lookUp(next)) !== undefined) found.push(next);
      }
    };
    const all = Promise.all(Array.from({ length: Math.min(atOnce, waiting.length) }, look));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, patienceMs)));
    await Promise.race([all, patience]);
    clearTimeout(timer);
    waiting.length = 0;
    return [...found];
  }

  /** @throws PaddockError unsupported where there is no such file in the workspace, or not any more. */
  async open({ path: wanted, line, endLine }: FileLink): Promise<void> {
    const uri = await find(wanted);
    if (uri === undefined) throw new PaddockError("unsupported", this.texts.fileGone);
    const selection = line === undefined ? {} : { selection: new vscode.Range(line - 1, 0, endLine ?? line - 1, 0) };
    // Not showTextDocument: a picture or a notebook has an editor of its own.
    await vscode.commands.executeCommand("vscode.open", uri, { preview: true, ...selection });
  }

  private async lookUp(wanted: string): Promise<vscode.Uri | undefined> {
    const known = this.known.get(wanted);
    if (known !== undefined && Date.now() - known.at < freshMs) return known.uri;
    const uri = await find(wanted);
    this.known.delete(wanted);
    this.known.set(wanted, { at: Date.now(), uri });
    const [oldest] = this.known.keys();
    if (this.known.size > maxKnown && oldest !== undefined) this.known.delete(oldest);
    return uri;
  }
}

/** In several folders the first that has it; "folder/path" names the folder, as the editor's own labels do. */
async function find(wanted: string): Promise<vscode.Uri | undefined> {
  const relative = filePath(wanted);
  if (relative === undefined) return undefined;
  const folders = vscode.workspace.workspaceFolders ?? [];
  for (const folder of folders) {
    const uri = await fileIn(folder, relative);
    if (uri !== undefined) return uri;
  }
  if (folders.length < 2) return undefined;
  const named = folders.find(({ name }) => relative.startsWith(`${name}/`));
  return named === undefined ? undefined : fileIn(named, relative.slice(named.name.length + 1));
}

async function fileIn(folder: vscode.WorkspaceFolder, relative: string): Promise<vscode.Uri | undefined> {
  const uri = vscode.Uri.joinPath(folder.uri, ...relative.split("/"));
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    if ((type & vscode.FileType.File) === 0) return undefined;
    return (await isInside(folder.uri, uri)) ? uri : undefined;
  } catch {
    // Not there, or not to be seen: to the person it is the same.
    return undefined;
  }
}
