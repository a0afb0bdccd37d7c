import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { withSignal } from "../../platform/host/tokenSignal";
import type { BuiltInName } from "../core/builtInTools";
import type { ToolSet } from "../core/toolDefinition";

/** Which tools any chat in VS Code may use, and whether a person is asked first. package.json describes each. */
export const sharedTools: readonly { readonly name: BuiltInName; readonly asks: boolean }[] = [
  // What is in a database would go to whichever model that chat has, on this machine or elsewhere.
  { name: "read_schema", asks: true },
  { name: "run_sql", asks: true },
  { name: "list_models", asks: false },
  { name: "search_workspace", asks: false },
];

/** As package.json and `lm.tools` know it. */
export function sharedName(name: BuiltInName): string {
  return `paddock_${name}`;
}

/** Gives VS Code the tools that package.json declares. */
export function registerTools(tools: ToolSet): Disposable {
  const store = new DisposableStore();
  for (const { name, asks } of sharedTools) {
    store.add(
      vscode.lm.registerTool<object>(sharedName(name), {
        prepareInvocation: ({ input }) => (asks ? { confirmationMessages: question(name, input) } : {}),
        invoke: ({ input }, token) => invoke(tools, name, input, token),
      }),
    );
  }
  return store;
}

function invoke(
  tools: ToolSet,
  name: string,
  input: object,
  token: vscode.CancellationToken,
): Promise<vscode.LanguageModelToolResult> {
  return withSignal(token, async (signal) => {
    try {
      const { text } = await tools.invoke(name, input, signal);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    } catch (error) {
      const { code, message, remedy } = toPaddockError(error);
      if (code === "cancelled") throw new vscode.CancellationError();
      throw new PaddockError(code, remedy === undefined ? message : `${message} ${remedy}`, { cause: error });
    }
  });
}

function question(name: BuiltInName, input: object): vscode.LanguageModelToolConfirmationMessages {
  const title =
    name === "run_sql"
      ? vscode.l10n.t("Let this chat read rows of a database?")
      : vscode.l10n.t("Let this chat read a database's schema?");
  const message = new vscode.MarkdownString();
  message.appendText(vscode.l10n.t("What is read goes to the model that this chat uses, wherever that runs."));
  const { sql } = input as { readonly sql?: unknown };
  if (typeof sql === "string") message.appendCodeblock(sql.slice(0, 4_000), "sql");
  return { title, message };
}
