import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";
import { suggestNames } from "../core/text/suggest";
import { sqlLanguages, type SqlFiles } from "./sqlFiles";

const icons = {
  table: vscode.CompletionItemKind.Class,
  view: vscode.CompletionItemKind.Interface,
  column: vscode.CompletionItemKind.Field,
  schema: vscode.CompletionItemKind.Module,
};

/** Tables and columns in scope for SQL files whose database is open, in VS Code's own suggest list. */
export function registerSqlNames(files: SqlFiles): vscode.Disposable {
  return vscode.languages.registerCompletionItemProvider(
    sqlLanguages.map((language) => ({ language })),
    {
      provideCompletionItems: (document, position) => {
        const connected = files.isSql(document) ? files.connectedOf(document) : undefined;
        if (connected === undefined) return [];
        const offset = document.offsetAt(position);
        const found = suggestNames(document.getText(), files.partsOf(document), offset, connected.schema);
        return found.map(({ kind, label, insert, detail, rank }, at) => {
          const item = new vscode.CompletionItem(visibleText(label), icons[kind]);
          item.insertText = insert;
          item.detail = visibleText(detail);
          // What is in scope first, and each in the database's own order.
          item.sortText = `${rank}${String(at).padStart(6, "0")}`;
          return item;
        });
      },
    },
    ".",
  );
}
