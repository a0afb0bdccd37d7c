import { createHash } from "node:crypto";
import path from "node:path";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import type { ConnectionTarget } from "../core/connection";
import { type ConnectionText, isSameTarget, nameOfTarget } from "../core/connectionUrl";
import { connectionsInEnv } from "../core/dotEnv";
import type { FoundConnection, FoundList } from "../core/found";
import { connectionsOfSqlTools } from "../core/sqlTools";
import { databaseFileKind } from "../node/fileKind";

const databaseGlob = "**/*.{sqlite,sqlite3,db,db3,s3db,duckdb,ddb}";
const envGlob = "**/{.env,.env.*}";
/** More than a person reads through; what is beyond is opened by the wizard. */
const mostFiles = 100;
const mostEnvFiles = 20;
const mostEnvBytes = 64 * 1024;
/** A workspace that takes longer shows what was found by then. */
const patienceMs = 8_000;
const soonMs = 500;

type Target = Extract<ConnectionText, { kind: "target" }>;

export interface DiscoveryDeps {
  /** What Git leaves out, for one piece of work. */
  readonly ignored: () => { isFolderIgnored(folder: vscode.Uri): Promise<boolean> };
  readonly log: Logger;
}

/**
 * Looks for databases that the workspace names. Files are known by their first bytes and nothing else of them is read;
 * nothing is looked for in Restricted Mode. Databases and .env files are mostly ignored by Git by their own name and
 * are shown all the same; what lies in an ignored folder is not.
 */
export class Discovery implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  readonly onDidChange = this.changes.event;
  private looking: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private list: FoundList = { found: [], isPartial: false };

  constructor(private readonly deps: DiscoveryDeps) {
    const again = (): void => this.lookSoon();
    for (const glob of [databaseGlob, envGlob]) {
      const watcher = this.subscriptions.add(vscode.workspace.createFileSystemWatcher(glob, false, glob !== envGlob));
      this.subscriptions.add(watcher.onDidCreate(again));
      this.subscriptions.add(watcher.onDidChange(again));
      this.subscriptions.add(watcher.onDidDelete(again));
    }
    this.subscriptions.add(vscode.workspace.onDidChangeWorkspaceFolders(again));
    this.subscriptions.add(vscode.workspace.onDidGrantWorkspaceTrust(again));
    this.subscriptions.add(
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("sqltools.connections") || event.affectsConfiguration("files.exclude")) again();
      }),
    );
  }

  get current(): FoundList {
    return this.list;
  }

  /** Looks anew; what is still being looked for is given up. Never rejects. */
  async look(): Promise<FoundList> {
    this.looking?.abort();
    const own = (this.looking = new AbortController());
    const late = AbortSignal.timeout(patienceMs);
    const found: FoundConnection[] = [];
    let isPartial = false;
    if (vscode.workspace.isTrusted) {
      try {
        isPartial = await this.gather(found, AbortSignal.any([own.signal, late]));
      } catch (error) {
        if (own.signal.aborted) return this.list;
        isPartial = true;
        if (!isCancellation(error)) this.deps.log.warn(`Looking for databases failed: ${String(error)}`);
      }
    }
    if (own.signal.aborted) return this.list;
    this.list = { found: distinct(found), isPartial };
    this.changes.fire();
    return this.list;
  }

  /** The password that the source of an offer holds, read now; undefined: none any more. */
  async passwordOf(offer: FoundConnection): Promise<string | undefined> {
    if (!vscode.workspace.isTrusted) return undefined;
    const { source } = offer;
    const all: readonly [FoundConnection, Target][] =
      source.kind === "env"
        ? await this.inEnvFiles(AbortSignal.timeout(patienceMs))
        : source.kind === "sqltools"
          ? inSqlTools()
          : [];
    return all.find(([found]) => found.id === offer.id)?.[1].password;
  }

  dispose(): void {
    clearTimeout(this.timer);
    this.looking?.abort();
    this.subscriptions.dispose();
  }

  private lookSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), soonMs);
  }

  /** @returns whether there is more than was looked at. */
  private async gather(found: FoundConnection[], signal: AbortSignal): Promise<boolean> {
    found.push(...inSqlTools().map(([one]) => one));
    found.push(...(await this.inEnvFiles(signal)).map(([one]) => one));
    const files = await findFiles(databaseGlob, mostFiles, signal);
    const ignored = this.deps.ignored();
    for (const uri of files) {
      signal.throwIfAborted();
      if (uri.scheme !== "file" || (await ignored.isFolderIgnored(parentOf(uri)))) continue;
      const kind = await databaseFileKind(uri.fsPath);
      if (kind === undefined) continue;
      const target: ConnectionTarget =
        kind === "sqlite" ? { engine: kind, file: uri.fsPath } : { engine: kind, file: uri.fsPath, files: [] };
      found.push(offer({ kind: "target", target }, vscode.workspace.asRelativePath(uri), { kind: "file" })[0]);
    }
    return files.length >= mostFiles;
  }

  private async inEnvFiles(signal: AbortSignal): Promise<readonly [FoundConnection, Target][]> {
    const all: [FoundConnection, Target][] = [];
    const ignored = this.deps.ignored();
    for (const uri of await findFiles(envGlob, mostEnvFiles, signal)) {
      signal.throwIfAborted();
      if (/\.(example|sample|template|dist)$/u.test(uri.path) || (await ignored.isFolderIgnored(parentOf(uri))))
        continue;
      const text = await readSmall(uri);
      if (text === undefined) continue;
      const label = vscode.workspace.asRelativePath(uri);
      for (const { key, found } of connectionsInEnv(text)) {
        const target = below(path.dirname(uri.fsPath), found.target);
        all.push(offer({ ...found, target }, nameOfTarget(target), { kind: "env", label, key }));
      }
    }
    return all;
  }
}

function inSqlTools(): readonly [FoundConnection, Target][] {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const folderOf = (name: string | undefined): string | undefined =>
    (name === undefined ? folders[0] : folders.find((folder) => folder.name === name))?.uri.fsPath;
  const scopes = folders.length === 0 ? [undefined] : folders;
  return scopes.flatMap((folder) => {
    const setting = vscode.workspace.getConfiguration("sqltools", folder?.uri).get<unknown>("connections");
    return connectionsOfSqlTools(setting, (name) => folderOf(name ?? folder?.name)).map(({ name, found }) => {
      const target = below(folder?.uri.fsPath, found.target);
      return offer({ ...found, target }, name, { kind: "sqltools" });
    });
  });
}

function offer(target: Target, name: string, source: FoundConnection["source"]): [FoundConnection, Target] {
  const key = JSON.stringify([source, name, target.target]);
  const id = createHash("sha256").update(key).digest("hex").slice(0, 24);
  const found = { id, name, target: target.target, source, hasPassword: target.password !== undefined };
  return [found, target];
}

/** A file that is named relative to where it stands. */
function below(folder: string | undefined, target: ConnectionTarget): ConnectionTarget {
  const full = (file: string): string =>
    folder === undefined || path.isAbsolute(file) ? file : path.resolve(folder, file);
  if (target.engine === "sqlite") return { ...target, file: full(target.file) };
  if (target.engine !== "duckdb") return target;
  const files = target.files.map(full);
  return target.file === undefined ? { ...target, files } : { ...target, files, file: full(target.file) };
}

/** One that several sources name is offered once: by the first, which says most. */
function distinct(found: readonly FoundConnection[]): readonly FoundConnection[] {
  return found.filter((one, at) => found.findIndex((other) => isSameTarget(one.target, other.target)) === at);
}

async function readSmall(uri: vscode.Uri): Promise<string | undefined> {
  try {
    if ((await vscode.workspace.fs.stat(uri)).size > mostEnvBytes) return undefined;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return undefined;
  }
}

function parentOf(uri: vscode.Uri): vscode.Uri {
  return uri.with({ path: path.posix.dirname(uri.path) });
}

async function findFiles(include: string, limit: number, signal: AbortSignal): Promise<readonly vscode.Uri[]> {
  signal.throwIfAborted();
  const source = new vscode.CancellationTokenSource();
  const stop = (): void => source.cancel();
  signal.addEventListener("abort", stop);
  try {
    // files.exclude counts by itself.
    return await vscode.workspace.findFiles(include, "{**/.git/**,**/node_modules/**}", limit, source.token);
  } finally {
    signal.removeEventListener("abort", stop);
    source.dispose();
  }
}
