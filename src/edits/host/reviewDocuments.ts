import * as vscode from "vscode";
import { reviewScheme, type ReviewSession } from "./reviewSession";

/** The read-only documents that the comparison shows. They live as long as their review. */
export class ReviewDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(reviewScheme, this);
  readonly onDidChange = this.changes.event;

  constructor(private readonly session: (id: number) => ReviewSession | undefined) {}

  provideTextDocumentContent(uri: vscode.Uri): string {
    const [side = "", id = ""] = uri.query.split("=");
    return side === "proposed" ? (this.session(Number(id))?.shownText ?? "") : "";
  }

  /** Resolves when the editor shows what the session now says, or after half a second. */
  async refresh(session: ReviewSession): Promise<void> {
    const shows = (): boolean => {
      const document = vscode.workspace.textDocuments.find(
        ({ uri, isClosed }) => !isClosed && uri.toString() === session.proposedUri.toString(),
      );
      return document === undefined || document.getText() === session.shownText;
    };
    if (shows()) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        listener.dispose();
        clearTimeout(late);
        resolve();
      };
      const listener = vscode.workspace.onDidChangeTextDocument(() => {
        if (shows()) end();
      });
      const late = setTimeout(end, 500);
      this.changes.fire(session.proposedUri);
    });
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }
}

/** The comparison's tabs; after a reload there may be some whose review is gone with the window before. */
export async function closeReviewTabs(session?: ReviewSession): Promise<void> {
  const tabs = vscode.window.tabGroups.all
    .flatMap((group) => group.tabs)
    .filter(({ input }) => {
      if (!(input instanceof vscode.TabInputTextDiff)) return false;
      // VS Code can swap the sides.
      return [input.original, input.modified].some(
        (uri) =>
          uri.scheme === reviewScheme && (session === undefined || uri.toString() === session.proposedUri.toString()),
      );
    });
  if (tabs.length > 0) await vscode.window.tabGroups.close(tabs);
}
