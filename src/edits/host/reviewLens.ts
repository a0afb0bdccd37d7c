import * as vscode from "vscode";
import type { ReviewHunk } from "../core/review";
import type { ReviewSession } from "./reviewSession";

/** Which hunk a lens, a link or a command means. */
export interface HunkReference {
  readonly session: number;
  readonly hunk: number;
}

/** "Accept | Reject" above each change, in the document itself and wherever else its lines are shown. */
export class ReviewLens implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changes = new vscode.EventEmitter<void>();
  private readonly registration = vscode.languages.registerCodeLensProvider({ scheme: "*" }, this);
  readonly onDidChangeCodeLenses = this.changes.event;

  constructor(private readonly sessionOf: (uri: vscode.Uri) => ReviewSession | undefined) {}

  provideCodeLenses({ uri }: vscode.TextDocument): vscode.CodeLens[] {
    const session = this.sessionOf(uri);
    if (session === undefined) return [];
    const side = session.side(uri);
    const { hunks } = session.review.shown();
    const top = new vscode.Range(0, 0, 0, 0);
    const lenses = [
      lens(top, leftText(session), "showReview", session.id),
      lens(top, vscode.l10n.t("Accept All"), "acceptAllChanges", session.id),
      lens(top, vscode.l10n.t("Reject All"), "rejectAllChanges", session.id),
    ];
    for (const shown of hunks) {
      const range = session.place(shown, side === "document");
      const reference: HunkReference = { session: session.id, hunk: shown.hunk.id };
      lenses.push(lens(range, hunkText(session, shown.hunk), "showReview", reference));
      if (shown.hunk.standing === "ready" && shown.hunk.decision === "open") {
        lenses.push(lens(range, vscode.l10n.t("Accept"), "acceptChange", reference));
      }
      lenses.push(lens(range, vscode.l10n.t("Reject"), "rejectChange", reference));
    }
    return lenses;
  }

  refresh(): void {
    this.changes.fire();
  }

  dispose(): void {
    this.registration.dispose();
    this.changes.dispose();
  }
}

function lens(range: vscode.Range, title: string, command: string, argument: number | HunkReference): vscode.CodeLens {
  return new vscode.CodeLens(range, { title, command: `paddock.${command}`, arguments: [argument] });
}

/** "2 of 5 changes left", for the status bar, lenses and screen readers. */
export function leftText({ review }: ReviewSession): string {
  return vscode.l10n.t("{0} of {1} changes left", review.left.length, review.hunks.length);
}

/** "Change 2 of 5: 3 lines become 4", with what was decided or what stands in its way. */
export function hunkText({ review }: ReviewSession, hunk: ReviewHunk): string {
  const number = hunk.id + 1;
  const count = review.hunks.length;
  const [gone, come] = [hunk.removed.length, hunk.added.length];
  if (hunk.standing === "held") {
    return vscode.l10n.t("Change {0} of {1} is held: these lines have changed since it was proposed", number, count);
  }
  const what = changeText(number, count, gone, come);
  return hunk.decision === "accepted" ? vscode.l10n.t("{0}, accepted", what) : what;
}

function changeText(number: number, count: number, gone: number, come: number): string {
  if (gone === 0) {
    return come === 1
      ? vscode.l10n.t("Change {0} of {1}: adds 1 line", number, count)
      : vscode.l10n.t("Change {0} of {1}: adds {2} lines", number, count, come);
  }
  if (come === 0) {
    return gone === 1
      ? vscode.l10n.t("Change {0} of {1}: removes 1 line", number, count)
      : vscode.l10n.t("Change {0} of {1}: removes {2} lines", number, count, gone);
  }
  return gone === 1
    ? vscode.l10n.t("Change {0} of {1}: 1 line becomes {2}", number, count, come)
    : vscode.l10n.t("Change {0} of {1}: {2} lines become {3}", number, count, gone, come);
}
