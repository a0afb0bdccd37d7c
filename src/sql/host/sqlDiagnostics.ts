import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Logger } from "../../platform/core/logger";
import type { StatementGate, UnknownName } from "../core/gate";
import { quotedName } from "../core/names";
import { sqlLanguages, type SqlFiles } from "./sqlFiles";

/** Nobody wants to be corrected in the middle of a word. */
const pauseMs = 400;
const mostStatements = 200;
const source = "Paddock";

interface Problem {
  readonly diagnostic: vscode.Diagnostic;
  readonly replacements: readonly string[];
}

/** Says which names of a SQL file its database does not have, while that is open; and offers those that look alike. */
export class SqlDiagnostics implements vscode.CodeActionProvider, Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly collection = this.subscriptions.add(vscode.languages.createDiagnosticCollection("paddock.sql"));
  private readonly problems = new Map<string, readonly Problem[]>();
  private readonly timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(
    private readonly files: SqlFiles,
    private readonly gate: StatementGate,
    private readonly log: Logger,
  ) {
    const { workspace } = vscode;
    this.subscriptions.add(workspace.onDidOpenTextDocument((document) => this.soon(document)));
    this.subscriptions.add(workspace.onDidChangeTextDocument(({ document }) => this.soon(document)));
    this.subscriptions.add(workspace.onDidCloseTextDocument((document) => this.forget(document)));
    this.subscriptions.add(
      files.onDidChange(() => {
        for (const document of workspace.textDocuments) this.soon(document);
      }),
    );
    this.subscriptions.add(
      vscode.languages.registerCodeActionsProvider(
        sqlLanguages.map((language) => ({ language })),
        this,
        { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
      ),
    );
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const problems = this.problems.get(document.uri.toString()) ?? [];
    return problems
      .filter(({ diagnostic }) => diagnostic.range.intersection(range) !== undefined)
      .flatMap(({ diagnostic, replacements }) =>
        replacements.map((name, at) => {
          const action = new vscode.CodeAction(vscode.l10n.t("Change to {0}", name), vscode.CodeActionKind.QuickFix);
          action.edit = new vscode.WorkspaceEdit();
          action.edit.replace(document.uri, diagnostic.range, name);
          action.diagnostics = [diagnostic];
          action.isPreferred = at === 0;
          return action;
        }),
      );
  }

  dispose(): void {
    for (const timer of this.timers.values()) clearTimeout(timer);
    this.subscriptions.dispose();
  }

  private soon(document: vscode.TextDocument): void {
    const key = document.uri.toString();
    if (!this.files.isSql(document)) return;
    clearTimeout(this.timers.get(key));
    this.timers.set(
      key,
      setTimeout(() => {
        this.timers.delete(key);
        this.look(document);
      }, pauseMs),
    );
  }

  private forget({ uri }: vscode.TextDocument): void {
    clearTimeout(this.timers.get(uri.toString()));
    this.timers.delete(uri.toString());
    this.problems.delete(uri.toString());
    this.collection.delete(uri);
  }

  private look(document: vscode.TextDocument): void {
    if (document.isClosed) return;
    const connected = this.files.connectedOf(document);
    const problems: Problem[] = [];
    if (connected !== undefined) {
      const text = document.getText();
      const { engine } = connected.database;
      for (const { start, end } of this.files.partsOf(document).statements.slice(0, mostStatements)) {
        for (const unknown of this.unknownIn(text.slice(start, end), connected)) {
          const { span } = unknown;
          if (span === undefined) continue;
          const range = new vscode.Range(
            document.positionAt(start + span.start),
            document.positionAt(start + span.end),
          );
          const diagnostic = new vscode.Diagnostic(
            range,
            unknownWords(unknown, connected.profile.name),
            vscode.DiagnosticSeverity.Warning,
          );
          diagnostic.source = source;
          problems.push({
            diagnostic,
            replacements: unknown.nearest.slice(0, 3).map((name) => quotedName(name, engine)),
          });
        }
      }
    }
    this.problems.set(document.uri.toString(), problems);
    this.collection.set(
      document.uri,
      problems.map(({ diagnostic }) => diagnostic),
    );
  }

  /** A statement that is half written is not understood, and nothing is said of it. */
  private unknownIn(sql: string, connected: NonNullable<ReturnType<SqlFiles["connectedOf"]>>): readonly UnknownName[] {
    try {
      const verdict = this.gate.check(sql, connected.database.engine, connected.schema, "write");
      return verdict.allowed ? verdict.statement.unknown : [];
    } catch (error) {
      this.log.warn(`A statement was not looked through: ${String(error)}`);
      return [];
    }
  }
}

function unknownWords({ name, kind, nearest }: UnknownName, database: string): string {
  const words = {
    table: vscode.l10n.t("{0} has no table “{1}”.", database, name),
    column: vscode.l10n.t("No table of this statement in {0} has a column “{1}”.", database, name),
    function: vscode.l10n.t("{0} has no function “{1}”.", database, name),
  }[kind];
  const [first] = nearest;
  return first === undefined ? words : `${words} ${vscode.l10n.t("Do you mean “{0}”?", first)}`;
}
