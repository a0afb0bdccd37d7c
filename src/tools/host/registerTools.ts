import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import { withSignal } from "../../platform/host/tokenSignal";
import type { BuiltInName } from "../core/builtInTools";
import type { PaddockTools } from "./paddockTools";

/** Which tools any chat in VS Code may use, and whether a person is asked first. package.json describes each. */
export const sharedTools: readonly { readonly name: BuiltInName; readonly asks: boolean }[] = [
  // What is in a database would go to whichever model that chat has, on this machine or elsewhere.
  { name: "read_schema", asks: true },
  { name: "run_sql", asks: true },
  { name: "list_models", asks: false },
  { name: "search_workspace", asks: false },
];

/** A person is shown the whole of a statement that they are asked about; a longer one is not run. */
const mostSql = 4_000;

type Shared = Pick<PaddockTools, "invoke" | "databaseOf">;

/** As package.json and `lm.tools` know it. */
export function sharedName(name: BuiltInName): string {
  return `paddock_${name}`;
}

/** Gives VS Code the tools that package.json declares. */
export function registerTools(tools: Shared): Disposable {
  const store = new DisposableStore();
  for (const { name, asks } of sharedTools) {
    store.add(
      vscode.lm.registerTool<object>(sharedName(name), {
        prepareInvocation: ({ input }) =>
          asks && sqlOf(input).length <= mostSql ? { confirmationMessages: question(tools, name, input) } : {},
        invoke: ({ input }, token) => invoke(tools, name, input, token),
      }),
    );
  }
  return store;
}

function invoke(
  tools: Shared,
  name: string,
  input: object,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  return withSignal(token, async (signal) => {
    try {
      if (sqlOf(input).length > mostSql)
        throw new PaddockError(
          "unsupported",
          `A statement may have ${mostSql} characters at most: write a shorter one.`,
        );
      const { text } = await tools.invoke(name, input, signal);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    } catch (error) {
      const { code, message, remedy } = toPaddockError(error);
      if (code === "cancelled") throw new vscode.CancellationError();
      throw new PaddockError(code, remedy === undefined ? message : `${message} ${remedy}`, { cause: error });
    }
  });
}

function sqlOf(input: object): string {
  const { sql } = input as { readonly sql?: unknown };
  return typeof sql === "string" ? sql : "";
}

function question(tools: Shared, name: BuiltInName, input: object): vscode.LanguageModelToolConfirmationMessages {
  const title =
    name === "run_sql"
      ? vscode.l10n.t("Let this chat read rows of a database?")
      : vscode.l10n.t("Let this chat read a database's schema?");
  const message = new vscode.MarkdownString();
  message.appendText(vscode.l10n.t("What is read goes to the model that this chat uses, wherever that runs."));
  const database = tools.databaseOf(name, input);
  if (database !== undefined) {
    const named = visibleText(database.name);
    message.appendText("\n\n");
    message.appendText(
      database.isOpen
        ? vscode.l10n.t("Database: {0}", named)
        : vscode.l10n.t("Database: {0}. It is closed, and is opened for this.", named),
    );
  }
  const sql = sqlOf(input);
  if (sql !== "") message.appendCodeblock(visibleText(sql), "sql");
  return { title, message };
}
