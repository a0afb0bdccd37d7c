import * as vscode from "vscode";
import { cancelled } from "../../platform/core/errors";

/** Longer than this, and a person wants to see that something happens. */
const quietMs = 1_000;

/**
 * Waits for what nobody can stop, such as another extension's answer, no longer than it is wanted. What comes later is
 * dropped. @returns undefined when `ms` have passed. @throws PaddockError `cancelled` when the signal is aborted.
 */
export async function withPatience<T>(work: Thenable<T>, ms: number, signal?: AbortSignal): Promise<T | undefined> {
  if (signal?.aborted) throw cancelled();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let stop: (() => void) | undefined;
  try {
    return await new Promise<T | undefined>((resolve, reject) => {
      timer = setTimeout(() => resolve(undefined), ms);
      stop = () => reject(cancelled());
      signal?.addEventListener("abort", stop);
      work.then(resolve, reject);
    });
  } finally {
    clearTimeout(timer);
    if (stop !== undefined) signal?.removeEventListener("abort", stop);
  }
}

/** Runs what may take a while; after a second it is shown, with Cancel. */
export async function withProgress<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const done = work(abort.signal);
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_, token) => {
        token.onCancellationRequested(() => abort.abort());
        // Its failure is told by whoever awaits it.
        return done.then(
          () => undefined,
          () => undefined,
        );
      },
    );
  }, quietMs);
  try {
    return await done;
  } finally {
    clearTimeout(timer);
  }
}
