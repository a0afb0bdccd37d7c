import { EOL } from "node:os";
import * as vscode from "vscode";
import { exists } from "./editTarget";
import { textEdits } from "../core/lineEdit";
import { splitLines } from "../core/lines";
import { Review, type ShownHunk } from "../core/review";

export const reviewScheme = "paddock-review";

/** What came of trying to write what was accepted. */
export type Outcome =
  | { readonly kind: "applied"; readonly uri: vscode.Uri; readonly line: number; readonly count: number }
  | { readonly kind: "nothing" }
  | { readonly kind: "gone" }
  | { readonly kind: "exists" }
  | { readonly kind: "refused" };

export interface ReviewStart {
  readonly id: number;
  readonly uri: vscode.Uri;
  /** Undefined: the file is still to be made. */
  readonly document: vscode.TextDocument | undefined;
  /** The lines that the proposal was made from; what has changed since is found by `refresh`. */
  readonly base: readonly string[];
  readonly proposed: readonly string[];
  readonly label: string;
  readonly isRepeatable: boolean;
}

/**
 * One proposal and the document it is for. The document stays as it is until `apply`; changes that others make to it
 * are followed meanwhile.
 */
export class ReviewSession {
  readonly id: number;
  readonly uri: vscode.Uri;
  readonly label: string;
  readonly isRepeatable: boolean;
  readonly review: Review;
  /** The text that would result, as a read-only document. */
  readonly proposedUri: vscode.Uri;
  /** What it is compared with: the document, or nothing where the file is new. */
  readonly baseUri: vscode.Uri;
  readonly isNewFile: boolean;
  /** Where the person is: a hunk's id. */
  current: number | undefined;
  private document: vscode.TextDocument | undefined;

  constructor({ id, uri, document, base, proposed, label, isRepeatable }: ReviewStart) {
    this.id = id;
    this.uri = uri;
    this.label = label;
    this.isRepeatable = isRepeatable;
    this.document = document;
    this.isNewFile = document === undefined;
    this.review = new Review(base, proposed);
    this.current = this.review.hunks[0]?.id;
    // The path stays the file's own, so that title and language are the file's.
    const path = uri.path.startsWith("/") ? uri.path : `/${uri.path}`;
    this.proposedUri = vscode.Uri.from({ scheme: reviewScheme, path, query: `proposed=${id}` });
    this.baseUri = this.isNewFile ? vscode.Uri.from({ scheme: reviewScheme, path, query: `base=${id}` }) : uri;
  }

  /** For people: the path in the workspace. */
  get name(): string {
    return this.uri.scheme === "untitled" ? this.uri.path : vscode.workspace.asRelativePath(this.uri);
  }

  get shownText(): string {
    return this.review.shown().lines.join("\n");
  }

  /** @returns whether the change was of this session's document. */
  follow(event: vscode.TextDocumentChangeEvent): boolean {
    if (event.document.uri.toString() !== this.uri.toString() || event.contentChanges.length === 0) return false;
    this.document = event.document;
    // A file that was to be made is there now: its text is somebody's, and `apply` will say so.
    if (this.isNewFile) return false;
    for (const { range, text } of event.contentChanges) {
      this.review.change(range.start.line, range.start.character, range.end.line, range.end.character, text);
    }
    if (this.review.lines.length !== event.document.lineCount) this.review.sync(splitLines(event.document.getText()));
    return true;
  }

  /** The document, opened anew where it was closed, and the review brought up to it. */
  async refresh(): Promise<vscode.TextDocument | undefined> {
    if (this.isNewFile) return undefined;
    try {
      // Also where it is open: then this is the same document at once.
      this.document = await vscode.workspace.openTextDocument(this.uri);
    } catch {
      return undefined;
    }
    const lines = splitLines(this.document.getText());
    this.review.sync(lines);
    return this.document;
  }

  /** Writes all that was accepted and fits, as one step of Undo. */
  async apply(): Promise<Outcome> {
    if (this.isNewFile) return this.create();
    // Nothing to write: then it does not matter what became of the file.
    if (this.review.accepted.length === 0) return { kind: "nothing" };
    // A change that comes between reading and writing makes the editor refuse; then it is looked at anew.
    for (let attempt = 0; attempt < 3; attempt++) {
      const document = await this.refresh();
      if (document === undefined || (await isDeleted(document))) return { kind: "gone" };
      const edits = textEdits(this.review.lines, this.review.edits, eolOf(document));
      if (edits.length === 0) return { kind: "nothing" };
      const wanted = this.review.result().join("\n");
      // The review follows its own change too, and then has nothing left to accept.
      const { accepted } = this.review;
      const applied = { kind: "applied", uri: this.uri, line: accepted[0]?.at ?? 0, count: accepted.length } as const;
      const edit = new vscode.WorkspaceEdit();
      edit.set(
        this.uri,
        edits.map(({ startLine, startCharacter, endLine, endCharacter, text }) =>
          vscode.TextEdit.replace(new vscode.Range(startLine, startCharacter, endLine, endCharacter), text),
        ),
      );
      const { version } = document;
      const taken = await vscode.workspace.applyEdit(edit);
      if (taken && splitLines(document.getText()).join("\n") === wanted) return applied;
      if (document.version === version) return { kind: "refused" };
      // It was taken, and somebody was faster with the next change: what was accepted is in.
      if (taken) return applied;
    }
    return { kind: "refused" };
  }

  private async create(): Promise<Outcome> {
    const count = this.review.accepted.length;
    if (count === 0) return { kind: "nothing" };
    const edit = new vscode.WorkspaceEdit();
    const contents = new TextEncoder().encode(this.review.result().join(eolOfNewFile(this.uri)));
    edit.createFile(this.uri, { overwrite: false, ignoreIfExists: false, contents });
    if (await vscode.workspace.applyEdit(edit)) return { kind: "applied", uri: this.uri, line: 0, count };
    return { kind: (await exists(this.uri)) ? "exists" : "refused" };
  }

  /** Where a hunk is in the proposed text, or in the document. */
  place(shown: ShownHunk, inDocument: boolean): vscode.Range {
    const [start, end] = inDocument ? [shown.hunk.at, shown.hunk.at + shown.hunk.size] : [shown.start, shown.end];
    return new vscode.Range(start, 0, Math.max(start, end - 1), 0);
  }

  side(uri: vscode.Uri): "proposed" | "document" | undefined {
    const text = uri.toString();
    if (text === this.proposedUri.toString()) return "proposed";
    return text === this.baseUri.toString() || text === this.uri.toString() ? "document" : undefined;
  }
}

/** The file went away under a document that has nothing of its own: writing would bring it back. */
async function isDeleted({ uri, isDirty }: vscode.TextDocument): Promise<boolean> {
  return uri.scheme === "file" && !isDirty && !(await exists(uri));
}

function eolOf(document: vscode.TextDocument): "\n" | "\r\n" {
  return document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
}

/** As VS Code itself makes a new file: "auto" is the way of the system that holds it. */
function eolOfNewFile(uri: vscode.Uri): string {
  const wanted = vscode.workspace.getConfiguration("files", uri).get("eol");
  return wanted === "\n" || wanted === "\r\n" ? wanted : EOL;
}
