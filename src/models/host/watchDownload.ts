import path from "node:path";
import * as vscode from "vscode";
import { isCancellation, type PaddockError, toPaddockError } from "../../platform/core/errors";
import type { DownloadView } from "../core/downloadState";
import type { Downloads } from "../node/downloads";
import { progressWords, shareWords } from "./downloadWords";

export interface WatchDeps {
  readonly downloads: Downloads;
  /** Makes the model of a file the one that answers. */
  readonly use: (file: string) => Promise<void>;
  /** Asks for a token. @returns whether there is another one now. */
  readonly askForToken: () => Promise<boolean>;
  /** Where a person accepts the conditions of what is downloaded; undefined where there is no such page. */
  readonly page: string | undefined;
}

/** Shows a download until it ends: progress whose Cancel pauses it, and then what can be done. */
export async function watchDownload(id: string, deps: WatchDeps): Promise<void> {
  const { downloads } = deps;
  for (;;) {
    const view = downloads.list().find((one) => one.id === id);
    const title = view?.title ?? "";
    const ended = await inProgress(id, title, downloads);
    if (typeof ended === "string") {
      await tellFinished(ended, deps.use);
      return;
    }
    const again = ended === undefined ? await paused(id, title, downloads) : await failed(id, ended, deps);
    if (!again) return;
    downloads.resume(id);
  }
}

/** @returns the model's path, the error it failed with, or undefined when it was paused or is gone. */
async function inProgress(id: string, title: string, downloads: Downloads): Promise<string | PaddockError | undefined> {
  return await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Downloading {0}", title),
      cancellable: true,
    },
    async (progress, token) => {
      let shown = 0;
      const find = (): DownloadView | undefined => downloads.list().find((one) => one.id === id);
      const subscription = downloads.onDidChange(() => {
        const view = find();
        if (view === undefined) return;
        const share = view.sizeBytes === 0 ? 0 : (view.doneBytes / view.sizeBytes) * 100;
        progress.report({ message: progressWords(view), increment: Math.max(0, share - shown) });
        shown = Math.max(shown, share);
      });
      token.onCancellationRequested(() => downloads.pause(id));
      try {
        return await downloads.ended(id, new AbortController().signal);
      } catch (error) {
        return isCancellation(error) ? undefined : toPaddockError(error);
      } finally {
        subscription.dispose();
      }
    },
  );
}

/** Says that a model is there, and offers to use it. */
export async function tellFinished(file: string, use: WatchDeps["use"]): Promise<void> {
  const useNow = vscode.l10n.t("Use This Model");
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("{0} is downloaded and verified.", path.basename(file)),
    useNow,
  );
  if (picked === useNow) await use(file);
}

async function paused(id: string, title: string, downloads: Downloads): Promise<boolean> {
  const view = downloads.list().find((one) => one.id === id);
  // It was cancelled, or this window closes.
  if (view === undefined) return false;
  const [resume, remove] = [vscode.l10n.t("Resume"), vscode.l10n.t("Cancel and Delete")];
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("The download of {0} is paused at {1}.", title, shareWords(view.doneBytes, view.sizeBytes)),
    resume,
    remove,
  );
  if (picked === remove) await downloads.cancel(id);
  return picked === resume;
}

async function failed(id: string, error: PaddockError, deps: WatchDeps): Promise<boolean> {
  const { page } = deps;
  const needsToken = error.code === "hub/token-needed" || error.code === "hub/no-access";
  const [again, open, token] = [
    vscode.l10n.t("Try Again"),
    vscode.l10n.t("Open the Model's Page"),
    vscode.l10n.t("Set Token…"),
  ];
  const choices = needsToken ? (page === undefined ? [token] : [open, token]) : [again];
  const words = error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
  const picked = await vscode.window.showErrorMessage(words, ...choices);
  if (picked === open && page !== undefined) await vscode.env.openExternal(vscode.Uri.parse(page));
  if (picked === token) return await deps.askForToken();
  return picked === again && deps.downloads.list().some((one) => one.id === id);
}
