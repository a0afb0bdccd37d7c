import * as vscode from "vscode";
import { toPaddockError } from "../../platform/core/errors";
import { fileText, isIgnored, type WorkspaceReference } from "./workspaceSources";

/** Several files by way of the gate: one that is refused says why and keeps no other away. Never rejects. */
export async function takeFiles(uris: readonly vscode.Uri[]): Promise<{
  readonly references: readonly WorkspaceReference[];
  readonly ignored: readonly WorkspaceReference[];
  readonly refused: readonly { readonly label: string; readonly reason: string }[];
}> {
  const references: WorkspaceReference[] = [];
  const ignored: WorkspaceReference[] = [];
  const refused: { label: string; reason: string }[] = [];
  for (const uri of new Map(uris.map((one) => [one.toString(), one])).values()) {
    try {
      const reference = await fileText(uri);
      ((await isIgnored(uri)) ? ignored : references).push(reference);
    } catch (error) {
      refused.push({ label: vscode.workspace.asRelativePath(uri), reason: toPaddockError(error).message });
    }
  }
  return { references, ignored, refused };
}
