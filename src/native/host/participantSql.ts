import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { formatCount } from "../../platform/core/format";
import { markdownBlock, markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import { type AnswerMetadata, databaseQuestion } from "../core/participantNames";
import { buttonCommands } from "./participantButtons";
import { type Question, sign, tellWho } from "./participantAnswer";
import type { DatabaseRows } from "./participantDeps";

/** /sql: a question to a database. "name: question" says which, where there are several. */
export async function answerSql(question: Question): Promise<AnswerMetadata> {
  const { request, stream, signal, deps } = question;
  const all = deps.databases.list();
  if (all.length === 0) {
    stream.markdown(vscode.l10n.t("No database is connected yet."));
    stream.button({ command: "paddock.connectDatabase", title: vscode.l10n.t("Connect to a Database…") });
    return { command: "sql", answer: "" };
  }
  const { database, question: words } = databaseQuestion(request.prompt, all);
  if (words === "") {
    throw new PaddockError("unsupported", vscode.l10n.t("There is no question."), {
      remedy: vscode.l10n.t("Write what you want to know after /sql."),
    });
  }
  if (database === undefined) {
    const names = all.map(({ name }) => name);
    stream.markdown(
      `${vscode.l10n.t("Which database? Begin the question with its name and a colon.")}\n${names
        .map((name) => `- ${markdownCode(visibleText(name))}\n`)
        .join("")}`,
    );
    return { command: "sql", answer: "", choice: { question: words, databases: names } };
  }
  const model = deps.databases.model();
  tellWho(question, model);
  stream.progress(vscode.l10n.t("Connecting to {0}", visibleText(database.name)));
  const answer = await deps.databases.ask(database.id, words, { signal, onStep: (step) => stream.progress(step) });
  const panel = (title: string): void =>
    stream.button({ command: buttonCommands.askDatabase, title, arguments: [database.id] });
  if (answer.kind === "failed") {
    stream.markdown(`${answer.message}\n`);
    panel(vscode.l10n.t("Ask in the Panel"));
    return { command: "sql", answer: "" };
  }
  const block = markdownBlock(answer.sql, "sql");
  stream.markdown(`${block}\n${visibleText(answer.explanation)}\n`);
  for (const assumption of answer.assumptions) stream.markdown(`- ${visibleText(assumption)}\n`);
  if (answer.isUnconfirmed) {
    stream.markdown(`\n> ${vscode.l10n.t("Unconfirmed: read the statement before you rely on its rows.")}\n`);
  }
  if (answer.rows !== undefined) stream.markdown(`\n${answer.rows.markdown}\n${rowWords(answer.rows)}\n`);
  sign({ stream, model });
  // Last, because VS Code folds what stands above the last text of an answer.
  panel(vscode.l10n.t("Ask in the Panel"));
  return { command: "sql", answer: block };
}

function rowWords({ shown, total }: DatabaseRows): string {
  if (total === undefined) return vscode.l10n.t("The first {0} rows.", formatCount(shown));
  if (total === 1) return vscode.l10n.t("One row.");
  return shown < total
    ? vscode.l10n.t("{0} of {1} rows.", formatCount(shown), formatCount(total))
    : vscode.l10n.t("{0} rows.", formatCount(total));
}
