import * as vscode from "vscode";
import { isCancellation, PaddockError } from "../../platform/core/errors";
import type { Answer, ConfirmedPair, EarlierTurn } from "../core/asking";
import type { ConnectionProfile } from "../core/connection";
import type { ResultsSink } from "../core/resultsSink";
import { statementAt, type WordsInComment } from "../core/text/statements";
import type { Connections } from "../node/connections";
import { givenConnection } from "./databaseCommands";
import { pickConnection, type SqlFiles } from "./sqlFiles";

export interface SqlCommandsDeps {
  readonly connections: Connections;
  readonly files: SqlFiles;
  readonly results: ResultsSink;
  /** Throws where the workspace is not trusted. */
  readonly checkTrust: () => void;
  readonly examples: (connection: string) => Promise<readonly ConfirmedPair[]>;
  /** What was asked here goes into the history too. */
  readonly remember: (connection: string, turn: EarlierTurn) => Promise<void>;
  /** The one way a document is changed: lines of it as it is now that would be replaced, for review. */
  readonly propose: (proposal: {
    readonly target: vscode.Uri;
    readonly change: {
      readonly kind: "lines";
      readonly edits: readonly { readonly start: number; readonly end: number; readonly lines: readonly string[] }[];
    };
    readonly label: string;
  }) => Promise<unknown>;
}

/** What a person does in SQL files, by the name after "paddock.". A lens gives the document and a place in it. */
export function sqlCommands(deps: SqlCommandsDeps): Readonly<Record<string, (...given: unknown[]) => unknown>> {
  const { connections, files, results, checkTrust } = deps;
  const withStatement =
    (work: (profile: ConnectionProfile, sql: string) => Promise<unknown>) =>
    async (uri?: unknown, offset?: unknown): Promise<void> => {
      checkTrust();
      const { document, at, selected } = await placeOf(uri, offset);
      const sql = selected ?? statementText(document, at, files);
      const profile = await files.ensure(document);
      if (profile !== undefined) await work(profile, sql);
    };
  return {
    runSqlStatement: withStatement(({ id }, sql) => results.show({ kind: "run", connection: id, sql })),
    explainSqlStatement: withStatement(({ id }, sql) => results.show({ kind: "explain", connection: id, sql })),
    askAboutSqlStatement: withStatement(({ id }, about) => results.show({ kind: "ask", connection: id, about })),
    writeSqlForComment: async (uri, offset) => {
      checkTrust();
      const { document, at } = await placeOf(uri, offset);
      await writeSql(document, at, deps);
    },
    chooseSqlConnection: async (uri) => {
      checkTrust();
      const { document } = await placeOf(uri, 0);
      const chosen = await pickConnection(connections, vscode.l10n.t("Which database is this file for?"));
      if (chosen !== undefined) await files.use(document.uri, chosen.id);
    },
    newSqlFile: async (given) => {
      checkTrust();
      const profile =
        givenConnection(given, connections) ?? (await pickConnection(connections, vscode.l10n.t("New SQL File")));
      if (profile !== undefined) await openSql(files, profile.id, "");
    },
  };
}

/** A new SQL document that uses a connection. */
export async function openSql(files: SqlFiles, connection: string, sql: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ language: "sql", content: sql });
  await files.use(document.uri, connection);
  await vscode.window.showTextDocument(document);
}

interface Place {
  readonly document: vscode.TextDocument;
  readonly at: number;
  /** What is selected counts before what stands around it. */
  readonly selected: string | undefined;
}

async function placeOf(uri: unknown, offset: unknown): Promise<Place> {
  if (uri instanceof vscode.Uri && typeof offset === "number") {
    return { document: await vscode.workspace.openTextDocument(uri), at: offset, selected: undefined };
  }
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined) {
    throw new PaddockError("unsupported", vscode.l10n.t("No SQL file is open."), {
      remedy: vscode.l10n.t("Open one, or run “Paddock: New SQL File…”."),
    });
  }
  const { document, selection } = editor;
  const selected = document.getText(selection).trim();
  return { document, at: document.offsetAt(selection.active), selected: selected === "" ? undefined : selected };
}

function statementText(document: vscode.TextDocument, at: number, files: SqlFiles): string {
  const text = document.getText();
  const statement = statementAt(files.partsOf(document), text, at);
  if (statement !== undefined) return text.slice(statement.start, statement.end);
  throw new PaddockError("unsupported", vscode.l10n.t("There is no statement at the cursor."), {
    remedy: vscode.l10n.t("Put the cursor into a statement, or select one."),
  });
}

/** Asks for the SQL of a question in a comment, and proposes it for the lines below. */
async function writeSql(document: vscode.TextDocument, at: number, deps: SqlCommandsDeps): Promise<void> {
  const { files } = deps;
  const question = questionAt(document, at, files);
  const profile = await files.ensure(document);
  if (profile === undefined) return;
  const answer = await ask(question.question, profile, deps);
  if (answer === undefined) return;
  if (answer.kind === "failed") {
    const last = answer.attempts.at(-1);
    throw new PaddockError("sql/invalid", answer.message, {
      remedy: vscode.l10n.t("Say it in other words, with the names of tables or columns."),
      ...(last === undefined ? {} : { detail: `${last.sql}: ${last.error}` }),
    });
  }
  // What was typed meanwhile has moved the question, and may have changed it.
  const there = files.partsOf(document).questions.find((one) => one.question === question.question);
  if (document.isClosed || there === undefined) {
    await openSql(files, profile.id, `-- ${question.question}\n${withSemicolon(answer.sql)}\n`);
    return;
  }
  await deps.propose({
    target: document.uri,
    change: { kind: "lines", edits: [answerEdit(document, there, answer.sql, files)] },
    label:
      answer.confidence === "unconfirmed"
        ? vscode.l10n.t("SQL for your question, unconfirmed")
        : vscode.l10n.t("SQL for your question"),
  });
  await deps.remember(profile.id, { question: question.question, sql: answer.sql });
}

function questionAt(document: vscode.TextDocument, at: number, files: SqlFiles): WordsInComment {
  const { line } = document.positionAt(at);
  const found = files
    .partsOf(document)
    .questions.find(
      ({ start, end }) => document.positionAt(start).line <= line && line <= document.positionAt(end).line,
    );
  if (found !== undefined) return found;
  throw new PaddockError("unsupported", vscode.l10n.t("There is no question at the cursor."), {
    remedy: vscode.l10n.t("Write one as a comment, such as “-- How many singers are from France?”."),
  });
}

async function ask(
  question: string,
  profile: ConnectionProfile,
  { connections, examples }: SqlCommandsDeps,
): Promise<Answer | undefined> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Writing SQL for {0}", profile.name),
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      const { signal } = abort;
      try {
        const { asker } = await connections.connect(profile.id, signal);
        return await asker.ask(question, {
          earlier: [],
          examples: await examples(profile.id),
          signal,
          onStep: (step) => progress.report({ message: stepWords(step) }),
        });
      } catch (error) {
        if (isCancellation(error)) return undefined;
        throw error;
      }
    },
  );
}

/** What is done now to answer a question, for people. */
export function stepWords(step: "schema" | "values" | "generate" | "check" | "repair" | "vote"): string {
  switch (step) {
    case "schema":
      return vscode.l10n.t("reading the schema");
    case "values":
      return vscode.l10n.t("looking for the values you name");
    case "generate":
      return vscode.l10n.t("writing");
    case "check":
      return vscode.l10n.t("checking");
    case "repair":
      return vscode.l10n.t("putting it right");
    case "vote":
      return vscode.l10n.t("comparing several answers");
  }
}

/** Below the question; in the place of an answer that stands there already, as from an earlier try. */
function answerEdit(
  document: vscode.TextDocument,
  question: WordsInComment,
  sql: string,
  files: SqlFiles,
): { readonly start: number; readonly end: number; readonly lines: readonly string[] } {
  const lineOf = (offset: number): number => document.positionAt(offset).line;
  const below = lineOf(question.end) + 1;
  const lines = withSemicolon(sql).split(/\r?\n/u);
  const next = files.partsOf(document).statements.find(({ start }) => start >= question.end);
  if (next !== undefined && lineOf(next.start) === below) {
    // The semicolon stands after the statement, mostly on its last line.
    const last = lineOf(next.end);
    const rest = document.lineAt(last).text.slice(document.positionAt(next.end).character);
    if (/^\s*;?\s*(?:--.*)?$/u.test(rest)) return { start: below, end: last + 1, lines };
  }
  return { start: below, end: below, lines };
}

function withSemicolon(sql: string): string {
  return `${sql.trim().replace(/;$/u, "")};`;
}
