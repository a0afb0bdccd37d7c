import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { withPatience } from "./patience";
import { plainLabel } from "./plainLabel";

/** What is used of the API that VS Code's own Git extension offers (extensions/git/src/api/git.d.ts, version 1). */
export interface GitChange {
  readonly uri: vscode.Uri;
  readonly status: number;
}
export interface GitRepository {
  readonly rootUri: vscode.Uri;
  /** Where the Source Control view has the message of the next commit. */
  readonly inputBox: { value: string };
  readonly state: {
    readonly HEAD?: { readonly name?: string | undefined } | undefined;
    readonly indexChanges: readonly GitChange[];
    readonly workingTreeChanges: readonly GitChange[];
    readonly mergeChanges: readonly GitChange[];
    /** Since VS Code 1.85, filled where git.untrackedChanges is "separate". */
    readonly untrackedChanges?: readonly GitChange[] | undefined;
  };
  status(): Promise<void>;
  /** @param cached what is staged; otherwise what is not yet. */
  diff(cached?: boolean): Promise<string>;
  /** A file as it was in a commit; an empty `ref` is what is staged. */
  show(ref: string, path: string): Promise<string>;
  /** Fails in a repository that has no commit yet. */
  log(options: { readonly maxEntries: number }): Promise<readonly { readonly message: string }[]>;
}
interface GitApi {
  readonly state: "uninitialized" | "initialized";
  readonly onDidChangeState: vscode.Event<unknown>;
  readonly repositories: readonly GitRepository[];
  getRepository(uri: vscode.Uri): GitRepository | null;
}
interface GitExtension {
  readonly enabled: boolean;
  getAPI(version: 1): GitApi;
}

/** `Status.UNTRACKED` of the API. */
export const untrackedStatus = 7;
/** The extension looks for repositories when it starts. */
const startMs = 10_000;

/** The repository's API where it runs already; nothing is started for it. */
export function knownRepository(): GitRepository | undefined {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  if (extension?.isActive !== true || !extension.exports.enabled) return undefined;
  const api = extension.exports.getAPI(1);
  return repositoryInFront(api) ?? (api.repositories.length === 1 ? api.repositories[0] : undefined);
}

/** The repository whose folder this is. @throws PaddockError with what is missing. */
export async function repositoryOf(root: vscode.Uri): Promise<GitRepository | undefined> {
  return (await gitApi()).getRepository(root) ?? undefined;
}

/**
 * The repository of the file in front, the only one, or the one that the person picks; undefined: they picked none.
 * @throws PaddockError with what is missing.
 */
export async function chooseRepository(): Promise<GitRepository | undefined> {
  const api = await gitApi();
  const { repositories } = api;
  const own = repositoryInFront(api) ?? (repositories.length === 1 ? repositories[0] : undefined);
  if (own !== undefined) return own;
  if (repositories.length === 0) {
    throw new PaddockError("unsupported", vscode.l10n.t("There is no Git repository in this workspace."), {
      remedy: vscode.l10n.t("Open a folder that has one; the Source Control view shows those that VS Code knows."),
    });
  }
  const items = repositories.map((repository) => ({
    label: `$(repo) ${plainLabel(repository.rootUri.path.split("/").at(-1) ?? "")}`,
    description: repository.rootUri.fsPath,
    repository,
  }));
  const title = vscode.l10n.t("Which repository's changes?");
  return (await vscode.window.showQuickPick(items, { placeHolder: title, matchOnDescription: true }))?.repository;
}

function repositoryInFront(api: GitApi): GitRepository | undefined {
  const uri = vscode.window.activeTextEditor?.document.uri;
  return uri === undefined ? undefined : (api.getRepository(uri) ?? undefined);
}

async function gitApi(): Promise<GitApi> {
  const extension = vscode.extensions.getExtension<GitExtension>("vscode.git");
  if (extension === undefined) {
    throw new PaddockError("unsupported", vscode.l10n.t("VS Code's Git extension is not there or is disabled."), {
      remedy: vscode.workspace.isTrusted
        ? vscode.l10n.t("Enable the built-in extension Git and try again.")
        : vscode.l10n.t("It does not run in Restricted Mode: trust this workspace if you know where it comes from."),
    });
  }
  const git = await withPatience(extension.activate(), startMs);
  if (git?.enabled !== true) {
    throw new PaddockError("unsupported", vscode.l10n.t("Git is turned off or was not found."), {
      remedy: vscode.l10n.t("Turn on the setting git.enabled, install git, and try again."),
    });
  }
  const api = git.getAPI(1);
  if (api.state !== "initialized") {
    let heard: vscode.Disposable | undefined;
    const ready = new Promise<void>((resolve) => {
      heard = api.onDidChangeState(() => resolve());
    });
    await withPatience(ready, startMs);
    heard?.dispose();
  }
  return api;
}
