import * as vscode from "vscode";

/**
 * Where VS Code keeps the prompt files of a person's profile: what somebody wrote for its own chat is there for this
 * one too, and goes along with Settings Sync. It is found beside the extension's storage, since no API tells it; on a
 * remote machine it is the remote's own. @param storage the extension's global storage, in the profile's folder.
 */
export function profilePrompts(storage: vscode.Uri): vscode.Uri {
  const above = vscode.Uri.joinPath(storage, "..");
  return above.path.endsWith("/globalStorage")
    ? vscode.Uri.joinPath(above, "..", "prompts")
    : vscode.Uri.joinPath(storage, "prompts");
}
