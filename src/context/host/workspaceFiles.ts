import * as vscode from "vscode";
import { cancelled } from "../../platform/core/errors";
import { DisposableStore } from "../../platform/core/disposables";
import { Breath } from "../../platform/node/breath";
import { refusalOfPath } from "../core/gate";
import { PathIndex, rankNames } from "../core/ranking";
import { folderName } from "./folderOutline";
import { GitIgnored } from "./gitIgnored";
import { withPatience } from "./patience";
import { nameOf } from "./workspaceSources";

/** Enough for most workspaces; in larger ones names are searched for on their own too. */
const maxFiles = 20_000;
const maxNamed = 200;
/** The list is made again after this time: files come and go without VS Code's doing. */
const freshMs = 15_000;
/** What somebody types waits for no slower file system than this. */
const patienceMs = 3_000;

interface FileList {
  readonly at: number;
  readonly isWhole: boolean;
  readonly index: PathIndex;
  readonly uris: ReadonlyMap<string, vscode.Uri>;
  /** Made when somebody looks for one. */
  folders?: readonly FoundFolder[];
}

export interface FoundFolder {
  readonly path: string;
  readonly uri: vscode.Uri;
}

export interface FoundFile {
  readonly path: string;
  readonly uri: vscode.Uri;
  readonly isIgnored: boolean;
}

/** The workspace's files by name. Secrets are not among them, nor what files.exclude and search.exclude leave out. */
export class WorkspaceFiles {
  private readonly subscriptions = new DisposableStore();
  private readonly closed = new AbortController();
  private list: FileList | undefined;
  private making: Promise<FileList> | undefined;

  constructor() {
    const forget = (): void => {
      this.list = undefined;
    };
    this.subscriptions.add(vscode.workspace.onDidCreateFiles(forget));
    this.subscriptions.add(vscode.workspace.onDidDeleteFiles(forget));
    this.subscriptions.add(vscode.workspace.onDidRenameFiles(forget));
    this.subscriptions.add(vscode.workspace.onDidChangeWorkspaceFolders(forget));
  }

  /** Only files of the workspace are suggested; others are attached by whoever names them. */
  isOffered(uri: vscode.Uri): boolean {
    return vscode.workspace.getWorkspaceFolder(uri) !== undefined && refusalOfPath(uri.path) === undefined;
  }

  /** Files whose path fits, best first, those that Git ignores after the others. */
  async search(
    query: string,
    recent: readonly vscode.Uri[],
    limit: number,
    signal: AbortSignal,
  ): Promise<readonly FoundFile[]> {
    const list = await this.current(signal);
    const uris = new Map(list?.uris);
    const open = new Set<string>();
    for (const uri of recent) {
      const path = nameOf(uri);
      if (!this.isOffered(uri)) continue;
      open.add(path);
      uris.set(path, uri);
    }
    let index = list?.index ?? new PathIndex();
    if (list?.isWhole !== true) {
      // Open files and those of that name, for want of the whole list.
      const more = new PathIndex();
      for (const uri of [...recent, ...(await findNamed(query, signal))]) {
        uris.set(nameOf(uri), uri);
        more.add(nameOf(uri));
      }
      const found = [...new Set([...index.search(query, open, limit), ...more.search(query, open, limit)])];
      index = new PathIndex();
      for (const path of found) index.add(path);
    }
    const found = index.search(query, open, limit).flatMap((path) => {
      const uri = uris.get(path);
      return uri === undefined || refusalOfPath(path) !== undefined ? [] : [{ path, uri }];
    });
    const ignored = new GitIgnored();
    const files = await Promise.all(
      found.map(async ({ path, uri }) => ({ path, uri, isIgnored: await ignored.isIgnored(uri) })),
    );
    return [...files.filter((file) => !file.isIgnored), ...files.filter((file) => file.isIgnored)];
  }

  /** Folders whose path fits; the highest ones where nothing was typed. What Git ignores is not among them. */
  async searchFolders(query: string, limit: number, signal: AbortSignal): Promise<readonly FoundFolder[]> {
    const list = await this.current(signal);
    if (list === undefined) return [];
    list.folders ??= await foldersOf(list.uris, signal);
    const ignored = new GitIgnored();
    const found: FoundFolder[] = [];
    for (const folder of rankNames(query, list.folders, ({ path }) => path, limit * 2)) {
      if (found.length < limit && !(await ignored.isFolderIgnored(folder.uri))) found.push(folder);
    }
    return found;
  }

  dispose(): void {
    this.closed.abort();
    this.subscriptions.dispose();
  }

  /** Makes the list, so that it is there when somebody types. */
  prepare(): void {
    void this.refreshed().catch(() => undefined);
  }

  /** An old list serves while a new one is made. */
  private async current(signal: AbortSignal): Promise<FileList | undefined> {
    const list = this.list;
    const making = this.refreshed().catch(() => undefined);
    return list ?? withPatience(making, patienceMs, signal);
  }

  private refreshed(): Promise<FileList> {
    const list = this.list;
    if (list !== undefined && performance.now() - list.at < freshMs) return Promise.resolve(list);
    this.making ??= this.make().finally(() => {
      this.making = undefined;
    });
    return this.making;
  }

  private async make(): Promise<FileList> {
    const { signal } = this.closed;
    const found = await findFiles("**/*", maxFiles, signal);
    const index = new PathIndex();
    const uris = new Map<string, vscode.Uri>();
    const breath = new Breath();
    for (const uri of found) {
      await breath.take(signal);
      const path = nameOf(uri);
      if (refusalOfPath(path) !== undefined) continue;
      index.add(path);
      uris.set(path, uri);
    }
    this.list = { at: performance.now(), isWhole: found.length < maxFiles, index, uris };
    return this.list;
  }
}

/** Folders that have files in them and those of the workspace, the highest first. */
async function foldersOf(uris: ReadonlyMap<string, vscode.Uri>, signal: AbortSignal): Promise<readonly FoundFolder[]> {
  const folders = new Map<string, vscode.Uri>();
  for (const { uri } of vscode.workspace.workspaceFolders ?? []) folders.set(uri.path, uri);
  const breath = new Breath();
  for (const uri of uris.values()) {
    await breath.take(signal);
    // Up to a folder that is known, and with it those above it; the workspace's own are.
    for (let at = parentPath(uri.path); at.length > 1 && !folders.has(at); at = parentPath(at)) {
      folders.set(at, uri.with({ path: at }));
    }
  }
  const depth = (path: string): number => path.split("/").length;
  return [...folders]
    .sort(([a], [b]) => depth(a) - depth(b) || (a < b ? -1 : 1))
    .map(([, uri]) => ({ path: folderName(uri), uri }));
}

function parentPath(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

async function findNamed(query: string, signal: AbortSignal): Promise<readonly vscode.Uri[]> {
  const name = query.trim().split(/[\\/]/u).at(-1) ?? "";
  // Globs know upper and lower case, and people do not type it.
  const letters = Array.from(name, (letter) => {
    const [low, high] = [letter.toLowerCase(), letter.toUpperCase()];
    return low === high ? (/[\w.-]/u.test(letter) ? letter : "?") : `[${low}${high}]`;
  });
  if (letters.length < 2) return [];
  return (await withPatience(findFiles(`**/*${letters.join("")}*`, maxNamed, signal), patienceMs, signal)) ?? [];
}

/** Files of the workspace without what files.exclude and search.exclude leave out; secrets may be among them. */
export function allFiles(limit: number, signal: AbortSignal): Promise<readonly vscode.Uri[]> {
  return findFiles("**/*", limit, signal);
}

async function findFiles(include: string, limit: number, signal: AbortSignal): Promise<readonly vscode.Uri[]> {
  if (signal.aborted) throw cancelled();
  const source = new vscode.CancellationTokenSource();
  const stop = (): void => source.cancel();
  signal.addEventListener("abort", stop);
  try {
    return await vscode.workspace.findFiles(include, excluded(), limit, source.token);
  } finally {
    signal.removeEventListener("abort", stop);
    source.dispose();
  }
}

/** files.exclude counts by itself; that a search leaves something out has to be said. */
function excluded(): string {
  const globs = Object.entries(vscode.workspace.getConfiguration("search").get<Record<string, unknown>>("exclude", {}));
  const all = globs.flatMap(([glob, isOn]) => (isOn === true ? [glob] : []));
  // VS Code takes no braces within braces; such a pattern is left to files.exclude and Git's rules.
  return `{${["**/.git/**", ...all.filter((glob) => !/[{},]/u.test(glob))].join(",")}}`;
}
