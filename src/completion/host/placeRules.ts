import * as vscode from "vscode";
import type { Disposable } from "../../platform/core/disposables";
import { type FileRules, reasonAgainstFile } from "../core/fileRules";
import type { MayRead } from "../core/mayRead";
import type { Reason } from "../core/reasons";

export interface PlaceRulesDeps {
  /** The settings as they are for a document. */
  readonly settings: (document: vscode.TextDocument) => FileRules;
  readonly gate: Pick<MayRead, "mayShow" | "mayShowText">;
}

/** A text of more UTF-16 units is no file that holds a key; reading it whole would cost every key. */
const LONGEST_TEXT = 256 * 1024;

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
    const answer = await this.byGate(document);
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

  /** By its path and where that leads, then by what is in it; a new file has no path yet. */
  private async byGate(document: vscode.TextDocument): Promise<Reason | undefined> {
    const { gate } = this.deps;
    const { uri } = document;
    const refusals = [uri.scheme === "untitled" ? "yes" : await gate.mayShow(fileOf(uri).toString())];
    if (document.offsetAt(new vscode.Position(document.lineCount, 0)) <= LONGEST_TEXT)
      refusals.push(gate.mayShowText(document.getText()));
    // Neither its size nor whether it can be read says anything about what is open in the editor.
    return refusals.find((refusal) => refusal === "secret" || refusal === "ignored");
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
