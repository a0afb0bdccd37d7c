import type * as vscode from "vscode";

/** VS Code's token as a signal, for one piece of work. */
export async function withSignal<T>(
  token: vscode.CancellationToken | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  if (token?.isCancellationRequested === true) abort.abort();
  const heard = token?.onCancellationRequested(() => abort.abort());
  try {
    return await work(abort.signal);
  } finally {
    heard?.dispose();
  }
}
