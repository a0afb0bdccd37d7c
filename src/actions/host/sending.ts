import * as vscode from "vscode";
import { cancelled } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";

const agreedKey = "paddock.actions.agreed";

/**
 * Says where the text of actions goes before any goes there. The model is the chat's, so who has chosen a server for
 * questions may not have had code in mind. A person's word holds for the workspace.
 */
export class Sending {
  constructor(private readonly kept: Pick<vscode.Memento, "get" | "update">) {}

  /** @param destination for people. @throws PaddockError `cancelled` where the person does not want it. */
  async agree(destination: string): Promise<void> {
    if (this.agreed().includes(destination)) return;
    const where = visibleText(destination);
    const send = vscode.l10n.t("Send It");
    const other = vscode.l10n.t("Switch Model…");
    const picked = await vscode.window.showQuickPick([send, other], {
      title: vscode.l10n.t("Your code goes to {0}", where),
      placeHolder: vscode.l10n.t("Actions ask the model that is chosen for the chat, which is not on this machine"),
      ignoreFocusOut: true,
    });
    if (picked === other) await vscode.commands.executeCommand("paddock.switchModel");
    if (picked !== send) throw cancelled();
    await this.kept.update(agreedKey, [...this.agreed(), destination]);
  }

  private agreed(): readonly string[] {
    const kept = this.kept.get(agreedKey);
    return Array.isArray(kept) ? kept.filter((one) => typeof one === "string") : [];
  }
}
