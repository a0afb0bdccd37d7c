import * as v from "valibot";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { applyLineEdits, type LineEdit } from "../core/lineEdit";
import { splitLines } from "../core/lines";
import type { Decision, ReviewHunk } from "../core/review";
import { steersTheEditor } from "../core/workspacePath";
import { checkTarget, exists } from "./editTarget";
import { ReviewDecorations } from "./reviewDecorations";
import { closeReviewTabs, ReviewDocuments } from "./reviewDocuments";
import { outcomeText, refusalText } from "./outcomeText";
import { hunkText, leftText, ReviewLens } from "./reviewLens";
import { type Outcome, ReviewSession } from "./reviewSession";

export interface EditProposal {
  /** A document, a file, or a file that is to be made inside a workspace folder. */
  readonly target: vscode.Uri;
  /** The whole text as it would be, or lines of the document as it is now that would be replaced. */
  readonly change:
    | {
        readonly kind: "whole";
        readonly text: string;
        /** The text that it was made from, where that was read some time before. */
        readonly base?: string;
      }
    | { readonly kind: "lines"; readonly edits: readonly LineEdit[] };
  /** What it is, for people: "Code from the chat". */
  readonly label: string;
  /** It can be asked for again, by the commands that repeat and refine what ran last. */
  readonly isRepeatable?: boolean;
}

/** Where the workspace keeps the names of the documents under review. */
const underReview = "edits.underReview";

/** "unchanged": the document is so already, and the person was told; "kept": an earlier review stays instead. */
export type Proposed = "opened" | "unchanged" | "kept";

/**
 * Everything of Paddock that changes a document goes through here: a change is proposed, a person looks at it hunk by
 * hunk beside the document, and what was accepted is written at once, as one step of Undo.
 */
export class EditService implements Disposable {
  private readonly store = new DisposableStore();
  private readonly sessions = new Map<number, ReviewSession>();
  private readonly documents: ReviewDocuments;
  private readonly lens: ReviewLens;
  private readonly decorations: ReviewDecorations;
  private readonly status: vscode.StatusBarItem;
  private next = 1;

  /** @param memento of the workspace: which documents are under review, for the window that comes after a reload. */
  constructor(private readonly memento: vscode.Memento) {
    const { store } = this;
    const sessionOf = (uri: vscode.Uri): ReviewSession | undefined => this.sessionOf(uri);
    this.documents = store.add(new ReviewDocuments((id) => this.sessions.get(id)));
    this.lens = store.add(new ReviewLens(sessionOf));
    this.decorations = store.add(new ReviewDecorations(sessionOf));
    this.status = store.add(vscode.window.createStatusBarItem("paddock.review", vscode.StatusBarAlignment.Left, 10));
    this.status.name = vscode.l10n.t("Paddock: proposed changes");
    this.status.command = "paddock.showReview";
    store.add(
      vscode.workspace.onDidChangeTextDocument((event) => {
        for (const session of this.sessions.values()) if (session.follow(event)) this.refresh(session);
      }),
    );
    store.add(vscode.window.onDidChangeVisibleTextEditors(() => this.decorations.refresh()));
    store.add(vscode.window.onDidChangeActiveTextEditor(() => this.showState()));
    // A comparison that a reload left behind has nothing to compare any more.
    void closeReviewTabs();
    this.tellOfEnded();
    // What an extension host that is gone has said of its reviews still holds.
    this.showState();
  }

  /** Opens the review at its first change. Rejects with a reason where the target cannot be changed. */
  async propose({ target, change, label, isRepeatable = false }: EditProposal): Promise<Proposed> {
    const open = vscode.workspace.textDocuments.find(
      ({ uri, isClosed }) => !isClosed && uri.toString() === target.toString(),
    );
    // What is open may be all that is left of a file; only what somebody typed into it is worth more than a new one.
    const isOwn = open !== undefined && (open.isDirty || open.isUntitled || open.uri.scheme !== "file");
    const isNew = !isOwn && !(await exists(target));
    await checkTarget(target, isNew);
    const document = isNew ? undefined : (open ?? (await this.openText(target)));
    // Read before the earlier review may write: what is proposed takes nothing of that back.
    const given = change.kind === "whole" ? change.base : undefined;
    const base = splitLines(document === undefined ? "" : (given ?? document.getText()));
    const proposed = change.kind === "whole" ? splitLines(change.text) : applyLineEdits(base, change.edits);
    const earlier = this.sessionOf(target);
    if (earlier !== undefined && !(await this.makeWay(earlier))) return "kept";
    const session = new ReviewSession({ id: this.next++, uri: target, document, base, proposed, label, isRepeatable });
    await session.refresh();
    if (session.review.hunks.every(({ standing }) => standing === "present")) {
      void vscode.window.showInformationMessage(
        vscode.l10n.t("{0} says this already: there is nothing to change.", session.name),
      );
      return "unchanged";
    }
    this.sessions.set(session.id, session);
    this.remember();
    if (steersTheEditor(target.path)) {
      void vscode.window.showWarningMessage(
        vscode.l10n.t("{0} decides what VS Code runs and how. Read each change before you accept it.", session.name),
      );
    }
    await this.show(session);
    return "opened";
  }

  /** The review a command is about: that of the document in front of the person, or the latest. */
  get active(): ReviewSession | undefined {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const here = uri === undefined ? undefined : this.sessionOf(uri);
    return here ?? [...this.sessions.values()].at(-1);
  }

  get(id: number): ReviewSession | undefined {
    return this.sessions.get(id);
  }

  /** The comparison with the cursor at a change; the open one the person was at when none is named. */
  async show(session: ReviewSession, hunk = session.current): Promise<void> {
    session.current = hunk;
    await session.refresh();
    await this.documents.refresh(session);
    const selection = this.rangeOf(session, hunk, "proposed");
    await vscode.commands.executeCommand(
      "vscode.diff",
      session.baseUri,
      session.proposedUri,
      session.isNewFile
        ? vscode.l10n.t("{0}: proposed file ({1})", session.name, session.label)
        : vscode.l10n.t("{0}: proposed changes ({1})", session.name, session.label),
      { preview: false, ...(selection === undefined ? {} : { selection }) } satisfies vscode.TextDocumentShowOptions,
    );
    this.refresh(session);
  }

  /** The next or previous change that wants a word, from where the cursor is, around the ends. */
  async step(session: ReviewSession, by: 1 | -1): Promise<void> {
    const left = session.review.left;
    const at = this.hunkAtCursor(session)?.id ?? session.current ?? -1;
    const target =
      by === 1 ? (left.find(({ id }) => id > at) ?? left[0]) : (left.findLast(({ id }) => id < at) ?? left.at(-1));
    if (target !== undefined) await this.reveal(session, target.id);
  }

  /** @param id undefined: the change at the cursor. Away from all changes it only goes to the next one. */
  async decide(session: ReviewSession, id: number | undefined, decision: Decision): Promise<void> {
    const hunk = id === undefined ? this.hunkAtCursor(session) : session.review.hunks[id];
    if (hunk === undefined) {
      await this.step(session, 1);
      return;
    }
    if (decision === "accepted" && hunk.standing === "held") {
      throw new PaddockError("unsupported", `${hunkText(session, hunk)}.`, {
        remedy: vscode.l10n.t("Undo what was changed there, or reject this change."),
      });
    }
    session.review.decide([hunk.id], decision);
    await this.decided(session, hunk.id);
  }

  /** Accepts all that is open and fits, or leaves everything out, what was accepted before too. */
  async decideAll(session: ReviewSession, decision: "accepted" | "rejected"): Promise<void> {
    const { left, hunks } = session.review;
    const wanted = decision === "rejected" ? hunks : left.filter(({ standing }) => standing === "ready");
    session.review.decide(
      wanted.map(({ id }) => id),
      decision,
    );
    await this.decided(session, session.current ?? 0);
  }

  async takeBack(session: ReviewSession): Promise<void> {
    const [first] = session.review.takeBack();
    this.refresh(session);
    await this.documents.refresh(session);
    if (first !== undefined) await this.reveal(session, first);
  }

  /** Writes what was accepted so far and ends the review; the rest is dropped. */
  async finish(session: ReviewSession): Promise<Outcome> {
    const outcome = await session.apply();
    if (outcome.kind === "refused" || outcome.kind === "gone" || outcome.kind === "exists") {
      this.refresh(session);
      throw new PaddockError("unsupported", refusalText(outcome.kind, session.name), {
        remedy: vscode.l10n.t("The review stays open and nothing was changed."),
      });
    }
    this.end(session);
    try {
      // The document first: when the comparison closes, the keyboard has somewhere to be.
      if (outcome.kind === "applied") await showChanged(outcome.uri, outcome.line);
      await closeReviewTabs(session);
    } finally {
      // What was written is said, whatever the editor's tabs did.
      announce(outcomeText(session, outcome));
    }
    return outcome;
  }

  dispose(): void {
    this.sessions.clear();
    this.store.dispose();
    void vscode.commands.executeCommand("setContext", "paddock.reviewing", false);
  }

  private async openText(target: vscode.Uri): Promise<vscode.TextDocument> {
    try {
      return await vscode.workspace.openTextDocument(target);
    } catch (error) {
      const name = vscode.workspace.asRelativePath(target);
      throw new PaddockError("unsupported", vscode.l10n.t("{0} cannot be opened as text.", name), { cause: error });
    }
  }

  private async decided(session: ReviewSession, at: number): Promise<void> {
    const { left } = session.review;
    if (left.length === 0) {
      await this.finish(session);
      return;
    }
    this.refresh(session);
    await this.documents.refresh(session);
    // The status bar's item says so to the eye.
    if (hasScreenReader()) announce(leftText(session));
    const next = left.find(({ id }) => id > at) ?? left[0];
    if (next !== undefined) await this.reveal(session, next.id);
  }

  /** A second proposal for a document takes the place of the first; what was accepted there is asked about. */
  private async makeWay(earlier: ReviewSession): Promise<boolean> {
    const { accepted } = earlier.review;
    if (accepted.length > 0) {
      const apply = vscode.l10n.t("Apply them first");
      const drop = vscode.l10n.t("Drop them");
      const picked = await vscode.window.showQuickPick([apply, drop], {
        title: vscode.l10n.t("{0} is under review, with {1} accepted changes", earlier.name, accepted.length),
      });
      if (picked === undefined) {
        await this.show(earlier);
        return false;
      }
      if (picked === apply) {
        await this.finish(earlier);
        return true;
      }
    }
    this.end(earlier);
    await closeReviewTabs(earlier);
    return true;
  }

  private remember(): void {
    const names = [...this.sessions.values()].map(({ name }) => name);
    // It only serves a message after a reload: where it cannot be kept, there is none.
    void this.memento.update(underReview, names.length === 0 ? undefined : names).then(undefined, () => undefined);
  }

  /** A review goes with its window, and with it what was decided there: somebody who decided something must know. */
  private tellOfEnded(): void {
    const parsed = v.safeParse(v.array(v.pipe(v.string(), v.maxLength(1_000))), this.memento.get(underReview));
    if (!parsed.success || parsed.output.length === 0) return;
    this.remember();
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "The review of {0} ended with its window, and nothing was changed. To go on, apply the code again.",
        parsed.output.join(", "),
      ),
    );
  }

  private end(session: ReviewSession): void {
    this.sessions.delete(session.id);
    this.remember();
    this.lens.refresh();
    this.decorations.refresh();
    this.showState();
  }

  private refresh(session: ReviewSession): void {
    void this.documents.refresh(session).then(() => this.decorations.refresh());
    this.lens.refresh();
    this.decorations.refresh();
    this.showState();
  }

  private showState(): void {
    const session = this.active;
    const uri = vscode.window.activeTextEditor?.document.uri;
    const here = uri === undefined ? undefined : this.sessionOf(uri);
    void vscode.commands.executeCommand("setContext", "paddock.reviewing", this.sessions.size > 0);
    void vscode.commands.executeCommand("setContext", "paddock.reviewingHere", here !== undefined);
    const isRepeatable = here !== undefined && here === this.lastRepeatable;
    void vscode.commands.executeCommand("setContext", "paddock.reviewingActionHere", isRepeatable);
    if (session === undefined) {
      this.status.hide();
      return;
    }
    const text = leftText(session);
    this.status.text = `$(diff) ${text}`;
    this.status.tooltip = vscode.l10n.t("Paddock proposes changes to {0}. Show them.", session.name);
    this.status.accessibilityInformation = { label: vscode.l10n.t("{0} in {1}", text, session.name), role: "button" };
    this.status.show();
  }

  /** What ran last is repeated, so that an older review has nothing to repeat. */
  private get lastRepeatable(): ReviewSession | undefined {
    return [...this.sessions.values()].findLast((session) => session.isRepeatable);
  }

  private sessionOf(uri: vscode.Uri): ReviewSession | undefined {
    return [...this.sessions.values()].findLast((session) => session.side(uri) !== undefined);
  }

  private editorOf(session: ReviewSession): vscode.TextEditor | undefined {
    const active = vscode.window.activeTextEditor;
    if (active !== undefined && session.side(active.document.uri) !== undefined) return active;
    return vscode.window.visibleTextEditors.find(
      ({ document }) => document.uri.toString() === session.proposedUri.toString(),
    );
  }

  private hunkAtCursor(session: ReviewSession): ReviewHunk | undefined {
    const editor = this.editorOf(session);
    if (editor === undefined) return undefined;
    const { line } = editor.selection.active;
    const inDocument = session.side(editor.document.uri) === "document";
    const { hunks } = session.review.shown();
    return hunks.find((shown) => {
      const { start, end } = session.place(shown, inDocument);
      return line >= start.line && line <= end.line;
    })?.hunk;
  }

  private rangeOf(
    session: ReviewSession,
    id: number | undefined,
    side: "proposed" | "document",
  ): vscode.Range | undefined {
    const shown = session.review.shown().hunks.find(({ hunk }) => hunk.id === id);
    if (shown === undefined) return undefined;
    const { start } = session.place(shown, side === "document");
    return new vscode.Range(start, start);
  }

  private async reveal(session: ReviewSession, id: number): Promise<void> {
    session.current = id;
    const editor = this.editorOf(session);
    if (editor === undefined) {
      await this.show(session, id);
      return;
    }
    const range = this.rangeOf(session, id, session.side(editor.document.uri) ?? "proposed");
    if (range !== undefined) {
      editor.selection = new vscode.Selection(range.start, range.start);
      editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    }
    this.decorations.refresh();
  }
}

/** VS Code rejects where another editor came up meanwhile: then the person is there, and the document stays as written. */
async function showChanged(uri: vscode.Uri, line: number): Promise<void> {
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.window.showTextDocument(uri, { selection, preview: false }).then(undefined, () => undefined);
}

function hasScreenReader(): boolean {
  return vscode.workspace.getConfiguration("editor").get("accessibilitySupport") === "on";
}

/** A status for eyes; a message where a screen reader is in use, since it reads messages aloud and no status. */
function announce(text: string): void {
  if (hasScreenReader()) {
    void vscode.window.showInformationMessage(text);
  } else vscode.window.setStatusBarMessage(text, 6_000);
}
