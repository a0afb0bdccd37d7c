import path from "node:path";
import * as vscode from "vscode";
import { IgnoreRules } from "../core/ignoreRules";

/** A folder's parents are looked through up to here for a repository. */
const maxLevels = 40;

interface Repository {
  readonly root: vscode.Uri;
  readonly rules: IgnoreRules;
}

/** Whether Git ignores files. Keeps the rules it has read; use one for one piece of work. */
export class GitIgnored {
  /** By folder. */
  private readonly repositories = new Map<string, Promise<Repository | undefined>>();

  async isIgnored(uri: vscode.Uri): Promise<boolean> {
    const repository = await this.repositoryOf(parentOf(uri));
    return repository?.rules.isIgnored(piecesBelow(repository.root, uri)) ?? false;
  }

  async isFolderIgnored(uri: vscode.Uri): Promise<boolean> {
    const repository = await this.repositoryOf(uri);
    return repository?.rules.isFolderIgnored(piecesBelow(repository.root, uri)) ?? false;
  }

  private repositoryOf(folder: vscode.Uri): Promise<Repository | undefined> {
    const key = folder.toString();
    let known = this.repositories.get(key);
    if (known === undefined) {
      known = this.find(folder);
      this.repositories.set(key, known);
    }
    return known;
  }

  /** The rules of a folder count where there is no repository yet, or above it. */
  private async find(folder: vscode.Uri): Promise<Repository | undefined> {
    const own = vscode.workspace.getWorkspaceFolder(folder)?.uri;
    if (await exists(vscode.Uri.joinPath(folder, ".git"))) return repositoryAt(folder);
    const parent = parentOf(folder);
    const isTop = parent.path === folder.path || folder.path.split("/").length > maxLevels;
    const above = isTop ? undefined : await this.repositoryOf(parent);
    return above ?? (own?.toString() === folder.toString() ? repositoryAt(folder) : undefined);
  }
}

export function isIgnored(uri: vscode.Uri): Promise<boolean> {
  return new GitIgnored().isIgnored(uri);
}

function repositoryAt(root: vscode.Uri): Repository {
  return {
    root,
    rules: new IgnoreRules(async (folder) => {
      const rules = await readRules(vscode.Uri.joinPath(root, ...folder, ".gitignore"));
      if (folder.length > 0) return rules;
      // What only this clone ignores; a .gitignore has the last word over it.
      const excluded = await readRules(vscode.Uri.joinPath(root, ".git", "info", "exclude"));
      return excluded === undefined ? rules : `${excluded}\n${rules ?? ""}`;
    }),
  };
}

function piecesBelow(root: vscode.Uri, uri: vscode.Uri): string[] {
  return path.posix
    .relative(root.path, uri.path)
    .split("/")
    .filter((piece) => piece !== "");
}

function parentOf(uri: vscode.Uri): vscode.Uri {
  return uri.with({ path: path.posix.dirname(uri.path) });
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

async function readRules(uri: vscode.Uri): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    // Most folders have none.
    return undefined;
  }
}
