import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";

/** Lines of plain text: names and words of files and servers are never read as Markdown. */
export function plainTooltip(lines: readonly string[], title?: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  if (title !== undefined) {
    text.appendMarkdown("**");
    text.appendText(visibleText(title));
    text.appendMarkdown("**");
  }
  for (const line of lines) {
    text.appendMarkdown("\n\n");
    text.appendText(visibleText(line));
  }
  return text;
}
