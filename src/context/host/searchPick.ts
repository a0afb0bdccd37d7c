import * as vscode from "vscode";
import { isCancellation } from "../../platform/core/errors";

/** People type faster than what is searched answers. */
const pauseMs = 120;

export interface SearchPickItem<T> extends vscode.QuickPickItem {
  /** Absent in a separator. */
  readonly value?: T;
}

/**
 * A list that is searched anew as the person types. @param search ranks by itself, so that VS Code leaves nothing out.
 * @returns undefined: nothing was chosen.
 */
export async function searchPick<T>(
  placeholder: string,
  search: (query: string, signal: AbortSignal) => Promise<readonly SearchPickItem<T>[]>,
): Promise<T | undefined> {
  const picker = vscode.window.createQuickPick<SearchPickItem<T>>();
  let current = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async (query: string): Promise<void> => {
    current.abort();
    const { signal } = (current = new AbortController());
    picker.busy = true;
    try {
      const items = await search(query, signal);
      if (!signal.aborted) picker.items = items.map((item) => ({ ...item, alwaysShow: true }));
    } catch (error) {
      if (!isCancellation(error)) picker.placeholder = vscode.l10n.t("This can't be searched now.");
    } finally {
      if (!signal.aborted) picker.busy = false;
    }
  };
  try {
    picker.placeholder = placeholder;
    picker.onDidChangeValue((value) => {
      clearTimeout(timer);
      timer = setTimeout(() => void look(value.trim()), pauseMs);
    });
    picker.show();
    void look("");
    return await new Promise<T | undefined>((resolve) => {
      picker.onDidAccept(() => {
        const value = picker.selectedItems[0]?.value;
        if (value !== undefined) resolve(value);
      });
      picker.onDidHide(() => resolve(undefined));
    });
  } finally {
    clearTimeout(timer);
    current.abort();
    picker.dispose();
  }
}
