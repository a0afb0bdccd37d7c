import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { plainLabel } from "../../platform/host/plainLabel";
import { rightsWords } from "./databaseItems";
import { sqlLanguages, type SqlFiles } from "./sqlFiles";

/** A file of more statements is a dump, which nobody runs by the piece. */
const mostStatements = 500;

/** Above each statement of a SQL file what can be done with it, and above a question in words how to get its SQL. */
export class SqlLenses implements vscode.CodeLensProvider, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changed = this.subscriptions.add(new vscode.EventEmitter<void>());
  readonly onDidChangeCodeLenses = this.changed.event;

  constructor(private readonly files: SqlFiles) {
    this.subscriptions.add(files.onDidChange(() => this.changed.fire()));
    this.subscriptions.add(
      vscode.languages.registerCodeLensProvider(
        sqlLanguages.map((language) => ({ language })),
        this,
      ),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (!this.files.isSql(document)) return [];
    const { statements, questions } = this.files.partsOf(document);
    const { uri } = document;
    const lens = (at: number, title: string, tooltip: string, command: string, ...rest: unknown[]): vscode.CodeLens =>
      new vscode.CodeLens(lineRange(document, at), { title, tooltip, command, arguments: rest });
    const profile = this.files.profileOf(document);
    const connection =
      profile === undefined
        ? lens(
            0,
            `$(database) ${vscode.l10n.t("Choose a database")}`,
            vscode.l10n.t("The statements of this file run on it"),
            "paddock.chooseSqlConnection",
            uri,
          )
        : lens(
            0,
            `$(database) ${plainLabel(profile.name)} · ${rightsWords(profile)}`,
            vscode.l10n.t("This file runs on this database; choose another"),
            "paddock.chooseSqlConnection",
            uri,
          );
    const ofStatements = (statements.length > mostStatements ? [] : statements).flatMap(({ start }) => [
      lens(
        start,
        `$(play) ${vscode.l10n.t("Run")}`,
        vscode.l10n.t("Run this statement"),
        "paddock.runSqlStatement",
        uri,
        start,
      ),
      lens(
        start,
        vscode.l10n.t("Explain"),
        vscode.l10n.t("Show the engine's plan for this statement"),
        "paddock.explainSqlStatement",
        uri,
        start,
      ),
      lens(
        start,
        vscode.l10n.t("Ask"),
        vscode.l10n.t("Ask a question in words that goes on from this statement"),
        "paddock.askAboutSqlStatement",
        uri,
        start,
      ),
    ]);
    const ofQuestions = questions.map(({ start }) =>
      lens(
        start,
        `$(sparkle) ${vscode.l10n.t("Write SQL for this")}`,
        vscode.l10n.t("Ask the model on this machine, and put its statement below"),
        "paddock.writeSqlForComment",
        uri,
        start,
      ),
    );
    return [connection, ...ofStatements, ...ofQuestions];
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}

function lineRange(document: vscode.TextDocument, offset: number): vscode.Range {
  const { line } = document.positionAt(offset);
  return new vscode.Range(line, 0, line, 0);
}
