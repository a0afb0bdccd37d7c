import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import type { CodeProblem, CodeSubject } from "../core/actionRequest";
import { type LineRange, mostLines, paragraphAround } from "../core/extent";
import type { ActionsDeps } from "./actionDeps";

/** Code that an action is about. */
export interface CodeTarget {
  readonly document: vscode.TextDocument;
  readonly range: vscode.Range;
  /** As the document was when the person asked. */
  readonly version: number;
  readonly subject: CodeSubject;
}

/** What a caller knows already, such as the lightbulb. */
export interface GivenTarget {
  readonly document: vscode.TextDocument;
  readonly range: vscode.Range;
  readonly diagnostics?: readonly vscode.Diagnostic[];
}

const severities: Readonly<Record<vscode.DiagnosticSeverity, CodeProblem["severity"]>> = {
  [vscode.DiagnosticSeverity.Error]: "error",
  [vscode.DiagnosticSeverity.Warning]: "warning",
  [vscode.DiagnosticSeverity.Information]: "information",
  [vscode.DiagnosticSeverity.Hint]: "hint",
};
/** Of a file full of mistakes the first are enough. */
const mostProblems = 10;

/**
 * The selection, or the definition around the cursor; for a problem the definition it stands in, or its lines where
 * that is long or there is none.
 * @throws PaddockError where no editor is in front, there is no code at the cursor, or no model may see it.
 */
export async function codeTarget(
  deps: Pick<ActionsDeps, "enclosing" | "checkDocument">,
  given: GivenTarget | undefined,
  signal: AbortSignal,
): Promise<CodeTarget> {
  const editor = vscode.window.activeTextEditor;
  const document = given?.document ?? editor?.document;
  if (document === undefined) {
    throw new PaddockError("unsupported", vscode.l10n.t("No file is open."), {
      remedy: vscode.l10n.t("Open a file, put the cursor into the code that is meant, and try again."),
    });
  }
  await deps.checkDocument(document);
  const { version } = document;
  const wanted = given?.range ?? editor?.selection ?? new vscode.Range(0, 0, 0, 0);
  const isProblem = given?.diagnostics !== undefined;
  const range = wanted.isEmpty || isProblem ? await around(deps, document, wanted, isProblem, signal) : wanted;
  if (document.getText(range).trim() === "") {
    throw new PaddockError("unsupported", vscode.l10n.t("There is no code at the cursor."), {
      remedy: vscode.l10n.t("Select the code that is meant, or put the cursor into a function, and try again."),
    });
  }
  const diagnostics = given?.diagnostics ?? vscode.languages.getDiagnostics(document.uri);
  return { document, range, version, subject: subjectOf(document, range, diagnostics) };
}

async function around(
  { enclosing }: Pick<ActionsDeps, "enclosing">,
  document: vscode.TextDocument,
  wanted: vscode.Range,
  isProblem: boolean,
  signal: AbortSignal,
): Promise<vscode.Range> {
  const found = await enclosing(document, wanted.start, signal);
  const lines = document.getText().split(/\r\n|\r|\n/u);
  // A definition of many lines is no place for one problem.
  if (found?.contains(wanted) === true && (!isProblem || found.end.line - found.start.line < mostLines)) {
    return wholeLines(document, { start: found.start.line, end: found.end.line + 1 });
  }
  const first = paragraphAround(lines, wanted.start.line);
  const last = paragraphAround(lines, wanted.end.line);
  return wholeLines(document, { start: first.start, end: Math.max(first.end, last.end) });
}

/** From the first line's beginning to the last line's end, without its line end. */
function wholeLines(document: vscode.TextDocument, { start, end }: LineRange): vscode.Range {
  return new vscode.Range(new vscode.Position(start, 0), document.lineAt(Math.max(start, end - 1)).range.end);
}

export function subjectOf(
  document: vscode.TextDocument,
  range: vscode.Range,
  diagnostics: readonly vscode.Diagnostic[],
): CodeSubject {
  const text = document.getText();
  const [from, to] = [document.offsetAt(range.start), document.offsetAt(range.end)];
  const isInside = (one: vscode.Diagnostic): boolean => range.intersection(one.range) !== undefined;
  const wanted = diagnostics.filter((one) => one.severity !== vscode.DiagnosticSeverity.Hint && isInside(one));
  return {
    path: vscode.workspace.asRelativePath(document.uri),
    languageId: document.languageId,
    before: text.slice(0, from),
    selected: text.slice(from, to),
    after: text.slice(to),
    eol: document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n",
    problems: [...wanted]
      .sort((a, b) => a.severity - b.severity)
      .slice(0, mostProblems)
      .map(problemOf),
  };
}

function problemOf({ severity, range, message, source, code }: vscode.Diagnostic): CodeProblem {
  const value = typeof code === "object" ? code.value : code;
  const from = [source, value].filter((piece) => piece !== undefined && piece !== "").join(" ");
  return {
    severity: severities[severity],
    line: range.start.line + 1,
    message,
    ...(from === "" ? {} : { source: from }),
  };
}
