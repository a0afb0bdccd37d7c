import * as vscode from "vscode";
import type { ShownHunk } from "../core/review";
import { hunkText } from "./reviewLens";
import type { ReviewSession } from "./reviewSession";

/** Marks beside the lines of each change: open, where the person is, accepted, held. */
export class ReviewDecorations implements vscode.Disposable {
  private readonly types = {
    open: bar("editorGutter.modifiedBackground"),
    current: bar("focusBorder"),
    accepted: bar("testing.iconPassed"),
    held: bar("editorWarning.foreground"),
  };

  constructor(private readonly sessionOf: (uri: vscode.Uri) => ReviewSession | undefined) {}

  refresh(): void {
    for (const editor of vscode.window.visibleTextEditors) this.decorate(editor);
  }

  dispose(): void {
    for (const type of Object.values(this.types)) type.dispose();
  }

  private decorate(editor: vscode.TextEditor): void {
    const session = this.sessionOf(editor.document.uri);
    const options: Record<keyof ReviewDecorations["types"], vscode.DecorationOptions[]> = {
      open: [],
      current: [],
      accepted: [],
      held: [],
    };
    if (session !== undefined) {
      const inDocument = session.side(editor.document.uri) === "document";
      for (const shown of session.review.shown().hunks) {
        const { hunk } = shown;
        const kind =
          hunk.standing === "held"
            ? "held"
            : hunk.decision === "accepted"
              ? "accepted"
              : hunk.id === session.current
                ? "current"
                : "open";
        options[kind].push({
          range: session.place(shown, inDocument),
          hoverMessage: hover(session, shown),
          renderOptions: note(kind, inDocument) ?? {},
        });
      }
    }
    for (const kind of Object.keys(this.types) as (keyof ReviewDecorations["types"])[]) {
      editor.setDecorations(this.types[kind], options[kind]);
    }
  }
}

function bar(color: string): vscode.TextEditorDecorationType {
  return vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderStyle: "solid",
    borderWidth: "0 0 0 3px",
    borderColor: new vscode.ThemeColor(color),
    overviewRulerColor: new vscode.ThemeColor(color),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
}

/** Colour alone would tell some people nothing. */
function note(kind: string, inDocument: boolean): vscode.DecorationInstanceRenderOptions | undefined {
  const text =
    kind === "held" ? vscode.l10n.t("⚠ held") : kind === "accepted" ? vscode.l10n.t("✓ accepted") : undefined;
  if (text === undefined || (inDocument && kind !== "held")) return undefined;
  return { after: { contentText: text, margin: "0 0 0 2em", color: new vscode.ThemeColor("descriptionForeground") } };
}

/** The same as the lens, for the mouse in a comparison, where VS Code shows no lenses unless told to. */
function hover(session: ReviewSession, { hunk }: ShownHunk): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.isTrusted = { enabledCommands: ["paddock.acceptChange", "paddock.rejectChange"] };
  text.appendText(hunkText(session, hunk));
  const argument = encodeURIComponent(JSON.stringify([{ session: session.id, hunk: hunk.id }]));
  text.appendMarkdown("\n\n");
  if (hunk.standing === "ready") {
    text.appendMarkdown(`[${vscode.l10n.t("Accept")}](command:paddock.acceptChange?${argument}) | `);
  }
  text.appendMarkdown(`[${vscode.l10n.t("Reject")}](command:paddock.rejectChange?${argument})`);
  return text;
}
