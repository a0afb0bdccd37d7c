import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { visibleText } from "../../platform/core/visibleText";
import { type DownloadView, isActive } from "../core/downloadState";
import type { Downloads } from "../node/downloads";
import { progressWords, shareWords } from "./downloadWords";

/** A status bar item while there is a download: how far all of them are; a click leads to them in the Models view. */
export function downloadStatus(downloads: Downloads): Disposable {
  const store = new DisposableStore();
  const item = store.add(vscode.window.createStatusBarItem("paddock.downloads", vscode.StatusBarAlignment.Right, 99));
  const name = vscode.l10n.t("Paddock: downloads");
  item.name = name;
  item.command = "paddock.models.focus";
  const update = (): void => {
    const views = downloads.list();
    const active = views.filter(isActive);
    if (active.length === 0 && views.every(({ status }) => status !== "failed")) {
      item.hide();
      return;
    }
    const sum = (of: (view: DownloadView) => number): number => active.reduce((all, view) => all + of(view), 0);
    const share = shareWords(
      sum((view) => view.doneBytes),
      sum((view) => view.sizeBytes),
    );
    item.text = active.length > 0 ? `$(cloud-download) ${share}` : "$(warning)";
    const lines = views.map((view) => `${visibleText(view.title)}: ${progressWords(view)}`).join("\n");
    item.tooltip = lines;
    item.accessibilityInformation = { label: `${name}: ${lines}` };
    item.show();
  };
  store.add(downloads.onDidChange(update));
  update();
  return store;
}
