import * as vscode from "vscode";

/** There is a workspace, and the person has not said that they trust it (Restricted Mode). */
export function isRestricted(): boolean {
  return !vscode.workspace.isTrusted && (vscode.workspace.workspaceFolders ?? []).length > 0;
}

/** Opens the editor's page on which a workspace is trusted. */
export async function manageTrust(): Promise<void> {
  await vscode.commands.executeCommand("workbench.trust.manage");
}
