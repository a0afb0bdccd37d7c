import * as vscode from "vscode";
import type { Disposable } from "../../platform/core/disposables";
import { type FileRules, reasonAgainstFile } from "../core/fileRules";
import type { Reason } from "../core/reasons";

export interface PlaceRulesDeps {
  /** The settings as they are for a document. */
  readonly settings: (document: vscode.TextDocument) => FileRules;
  /** Whether the file may be read at all: Git's rules, and secrets. It may look at the disk. */
  readonly mayRead: (uri: vscode.Uri) => Promise<"secret" | "ignored" | undefined>;
}

/** How long an answer of the disk holds, ms: a rule may have been written meanwhile. */
const FRESH_MS = 10_000;

/** Whether a document may be completed at all. What was answered for it lately is known without waiting. */
export class PlaceRules implements Disposable {
  private readonly answers = new Map<string, { readonly at: number; readonly reason: Reason | undefined }>();
  private readonly closing: Disposable;

  constructor(private readonly deps: PlaceRulesDeps) {
    this.closing = vscode.workspace.onDidCloseTextDocument(({ uri }) => void this.answers.delete(uri.toString()));
  }

  async against(document: vscode.TextDocument): Promise<Reason | undefined> {
    const reason = this.bySettings(document);
    if (reason !== undefined) return reason;
    const key = document.uri.toString();
    const known = this.answers.get(key);
    if (known !== undefined && performance.now() - known.at < FRESH_MS) return known.reason;
    const answer = document.uri.scheme === "untitled" ? undefined : await this.deps.mayRead(fileOf(document.uri));
    this.answers.set(key, { at: performance.now(), reason: answer });
    return answer;
  }

  /** Without waiting: "fine" only where the last answer was. */
  known(document: vscode.TextDocument): Reason | "fine" | "unknown" {
    const reason = this.bySettings(document);
    if (reason !== undefined) return reason;
    const known = this.answers.get(document.uri.toString());
    return known === undefined ? "unknown" : (known.reason ?? "fine");
  }

  /** What was answered may be otherwise now. */
  forget(): void {
    this.answers.clear();
  }

  dispose(): void {
    this.closing.dispose();
  }

  private bySettings(document: vscode.TextDocument): Reason | undefined {
    const { uri, languageId } = document;
    return reasonAgainstFile(
      { scheme: uri.scheme, languageId, path: vscode.workspace.asRelativePath(uri, false) },
      this.deps.settings(document),
    );
  }
}

/** A notebook's cells are in the notebook's file. */
function fileOf(uri: vscode.Uri): vscode.Uri {
  return uri.scheme === "vscode-notebook-cell" ? uri.with({ scheme: "file", fragment: "" }) : uri;
}
