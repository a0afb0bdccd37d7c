import type { ChatDatabases, DatabaseRows } from "./native/host/participantDeps";
import type { Settings } from "./platform/core/settings";
import type { QueryLimits, QueryResult } from "./sql/core/database";
import { ResultWriter } from "./sql/core/grid/resultWriter";
import type { DatabaseEngine } from "./sql/core/schema";
import type { DatabasesRoom } from "./sql/host/databases";
import { stepWords } from "./sql/host/sqlCommands";

/** As many rows as are read in a chat; the panel has all of them. */
const mostRows = 20;

/** Databases for a question in VS Code's chat: asked as the panel asks them, and run where the panel would. */
export function chatDatabases(
  { connections, panels }: Pick<DatabasesRoom, "connections" | "panels">,
  settings: () => Pick<Settings, "sql.maxRows" | "sql.timeoutSeconds" | "sql.runAnswers">,
  model: ChatDatabases["model"],
): ChatDatabases {
  return {
    model,
    list: () => connections.list().map(({ id, name }) => ({ id, name })),
    ask: async (id, question, { signal, onStep }) => {
      const { asker, database } = await connections.connect(id, signal);
      const answer = await asker.ask(question, {
        ...{ earlier: [], examples: await panels.examples(id), signal },
        onStep: (step) => onStep(stepWords(step)),
      });
      if (answer.kind === "failed") return { kind: "failed", message: answer.message };
      const { sql, statement, assumptions, confidence } = answer;
      await panels.remember(id, { question, sql });
      const now = settings();
      const limits: QueryLimits = {
        maxRows: now["sql.maxRows"],
        maxBytes: mostBytes,
        timeoutMs: now["sql.timeoutSeconds"] * 1000,
      };
      const runs = now["sql.runAnswers"] && statement.effect === "read";
      const result = answer.result ?? (runs ? await database.query(sql, limits, signal) : undefined);
      return {
        ...{ kind: "sql", sql, assumptions, explanation: statement.explanation },
        isUnconfirmed: confidence === "unconfirmed",
        rows: result === undefined ? undefined : rowsOf(result, database.engine),
      };
    },
  };
}

/** Of a result's cells: a chat shows twenty rows of it. */
const mostBytes = 4 * 1024 * 1024;

function rowsOf(result: QueryResult, engine: DatabaseEngine): DatabaseRows {
  const writer = new ResultWriter(result.columns, {
    ...{ format: "markdown", guardsFormulas: false, hasHeading: true, table: "result", engine },
  });
  const shown = result.rows.slice(0, mostRows);
  return {
    markdown: writer.head() + shown.map((cells) => writer.row(cells)).join(""),
    shown: shown.length,
    total: result.cut === undefined ? result.rows.length : undefined,
  };
}
