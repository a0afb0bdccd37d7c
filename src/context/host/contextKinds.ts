import * as vscode from "vscode";
import { refusalOfPath } from "../core/gate";
import { countChanges } from "./gitChanges";
import { knownRepository } from "./gitApi";
import { openUris } from "./openEditors";
import { countProblems } from "./problems";
import { commandLabel, type TerminalRecorder } from "./terminalRecorder";
import { linesOf, nameOf } from "./workspaceSources";

/** Something to choose; the same shape as the chat shows. */
export interface Offered {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  readonly icon: string;
}

export interface Kind extends Offered {
  /** Other words for it that people type; not shown, so not translated. */
  readonly words: string;
}

/** The kinds of things that can be attached now, what is at hand first. What would only fail is left out. */
export function contextKinds(terminals: TerminalRecorder): readonly Kind[] {
  const editor = vscode.window.activeTextEditor;
  const document = editor?.document;
  const isShown = document !== undefined && refusalOfPath(document.uri.path) === undefined;
  const name = document === undefined ? "" : nameOf(document.uri);
  const kinds: Kind[] = [];
  if (isShown && editor !== undefined && !editor.selection.isEmpty) {
    kinds.push({
      id: "selection",
      label: vscode.l10n.t("Selection"),
      detail: `${name}:${linesOf(editor.selection)}`,
      icon: "list-selection",
      words: "lines",
    });
  }
  if (isShown) {
    const label = vscode.l10n.t("Current File");
    kinds.push({ id: "front", label, detail: name, icon: "file", words: "editor document" });
  }
  kinds.push(
    {
      id: "file",
      label: vscode.l10n.t("File…"),
      detail: vscode.l10n.t("Or type its name here"),
      icon: "go-to-file",
      words: "open path",
    },
    {
      id: "symbol",
      label: vscode.l10n.t("Symbol…"),
      detail: vscode.l10n.t("A function, class or the like"),
      icon: "symbol-class",
      words: "function class method variable",
    },
    {
      id: "folder",
      label: vscode.l10n.t("Folder Outline…"),
      detail: vscode.l10n.t("The files of a folder and what they define"),
      icon: "list-tree",
      words: "directory tree structure",
    },
  );
  const open = openUris().length;
  if (open > 0) {
    kinds.push({
      id: "editors",
      label: vscode.l10n.t("Open Editors"),
      detail: open === 1 ? vscode.l10n.t("1 file") : vscode.l10n.t("{0} files", open),
      icon: "files",
      words: "tabs",
    });
  }
  kinds.push(...problemKinds(document, isShown));
  const command = terminals.last();
  kinds.push({
    id: "terminal",
    label: vscode.l10n.t("Last Terminal Command"),
    detail: command === undefined ? vscode.l10n.t("With its output") : commandLabel(command),
    icon: "terminal",
    words: "output console shell",
  });
  const repository = knownRepository();
  const changes = repository === undefined ? 0 : countChanges(repository);
  kinds.push({
    id: "git",
    label: vscode.l10n.t("Git Changes"),
    detail:
      changes === 0
        ? vscode.l10n.t("What is changed since the last commit")
        : changes === 1
          ? vscode.l10n.t("1 changed file")
          : vscode.l10n.t("{0} changed files", changes),
    icon: "source-control",
    words: "diff commit staged",
  });
  return kinds;
}

function problemKinds(document: vscode.TextDocument | undefined, isShown: boolean): Kind[] {
  const own = document === undefined || !isShown ? 0 : countProblems(document.uri);
  const all = countProblems();
  const count = (problems: number): string =>
    problems === 1 ? vscode.l10n.t("1 problem") : vscode.l10n.t("{0} problems", problems);
  const kinds: Kind[] = [];
  if (document !== undefined && own > 0 && own < all) {
    const label = vscode.l10n.t("Problems in This File");
    kinds.push({ id: "ownProblems", label, detail: count(own), icon: "warning", words: "errors warnings diagnostics" });
  }
  const detail = all === 0 ? vscode.l10n.t("There are none") : count(all);
  const label = vscode.l10n.t("Problems");
  kinds.push({ id: "problems", label, detail, icon: "warning", words: "errors warnings diagnostics" });
  return kinds;
}
