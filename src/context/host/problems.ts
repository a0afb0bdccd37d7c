import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { refusalOfPath } from "../core/gate";
import { type FileProblems, type Problem, problemList, type Severity } from "../core/problemList";
import type { WorkspaceReference } from "./taken";
import { nameOf } from "./workspaceSources";

const severities: Readonly<Record<vscode.DiagnosticSeverity, Severity>> = {
  [vscode.DiagnosticSeverity.Error]: "error",
  [vscode.DiagnosticSeverity.Warning]: "warning",
  [vscode.DiagnosticSeverity.Information]: "information",
  [vscode.DiagnosticSeverity.Hint]: "hint",
};

/** How many problems there are in a file, or without one in all of them. Hints are not counted: the panel hides them. */
export function countProblems(uri?: vscode.Uri): number {
  const all =
    uri === undefined
      ? vscode.languages.getDiagnostics().map(([, own]) => own)
      : [vscode.languages.getDiagnostics(uri)];
  return all.reduce(
    (sum, own) => sum + own.filter(({ severity }) => severity !== vscode.DiagnosticSeverity.Hint).length,
    0,
  );
}

/**
 * What VS Code's Problems panel lists, of one file or of all with the file in front first.
 * @throws PaddockError where there is none.
 */
export function listedProblems(only?: vscode.Uri): WorkspaceReference {
  const front = vscode.window.activeTextEditor?.document.uri.toString();
  const isFront = ([uri]: [vscode.Uri, unknown]): number => (uri.toString() === front ? 0 : 1);
  const all: [vscode.Uri, vscode.Diagnostic[]][] =
    only === undefined
      ? [...vscode.languages.getDiagnostics()].sort((a, b) => isFront(a) - isFront(b))
      : [[only, vscode.languages.getDiagnostics(only)]];
  // A message may quote what it is about.
  const shown = all.filter(([uri]) => refusalOfPath(uri.path) === undefined);
  const files: FileProblems[] = shown.map(([uri, own]) => ({
    path: nameOf(uri),
    problems: own.filter(({ severity }) => severity !== vscode.DiagnosticSeverity.Hint).map(problemOf),
  }));
  const { text, count, left } = problemList(files);
  if (count === 0) {
    const place = only === undefined ? undefined : nameOf(only);
    throw new PaddockError(
      "unsupported",
      place === undefined
        ? vscode.l10n.t("There are no problems.")
        : vscode.l10n.t("There are no problems in {0}.", place),
      {
        remedy: vscode.l10n.t("What the Problems panel lists can be attached; most languages list it for open files."),
      },
    );
  }
  const secrets = all.length - shown.length;
  const notes = [
    ...(left > 0 ? [`problems for want of room (${left})`] : []),
    ...(secrets > 0 ? [`those in files that may hold secrets (${secrets})`] : []),
  ];
  const named = files.filter(({ problems }) => problems.length > 0);
  const first = named[0];
  return {
    label: named.length === 1 && first !== undefined ? `Problems in ${first.path}` : "Problems",
    uri: `paddock-context:problems${only === undefined ? "" : `?${encodeURIComponent(only.toString())}`}`,
    text: notes.length === 0 ? text : `${text}\nLeft out: ${notes.join(", ")}.`,
  };
}

function problemOf({ severity, range, message, source, code }: vscode.Diagnostic): Problem {
  const value = typeof code === "object" ? code.value : code;
  return {
    severity: severities[severity],
    line: range.start.line + 1,
    column: range.start.character + 1,
    message,
    source,
    code: value === undefined ? undefined : String(value),
  };
}
