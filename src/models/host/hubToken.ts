import * as vscode from "vscode";
import { OriginSecrets } from "../../platform/host/originSecrets";

/** The person's tokens for hubs: a mirror set later never sees the one for Hugging Face. */
export class HubTokens {
  private readonly tokens: OriginSecrets;

  constructor(
    secrets: vscode.SecretStorage,
    /** The hub that is used now. */
    private readonly endpoint: () => string,
  ) {
    this.tokens = new OriginSecrets(secrets, "paddock.hubTokens");
  }

  async current(): Promise<string | undefined> {
    return this.tokens.get(this.origin());
  }

  /** Asks for a token; an empty one takes it away. @returns false when nothing changed. */
  async ask(): Promise<boolean> {
    const host = new URL(this.endpoint()).host;
    const known = await this.current();
    const given = await vscode.window.showInputBox({
      title: vscode.l10n.t("Token for {0}", host),
      prompt:
        known === undefined
          ? vscode.l10n.t("It is kept in the editor's secret storage and sent to {0} only.", host)
          : vscode.l10n.t("There is a token. Leave this empty to remove it."),
      placeHolder: "hf_…",
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        /^[\x21-\x7e]*$/.test(text.trim()) ? undefined : vscode.l10n.t("A token has letters, digits and signs only."),
    });
    if (given === undefined || (given.trim() === "" && known === undefined)) return false;
    await this.set(given.trim());
    void vscode.window.showInformationMessage(
      given.trim() === ""
        ? vscode.l10n.t("The token for {0} is removed.", host)
        : vscode.l10n.t("The token for {0} is set.", host),
    );
    return true;
  }

  /** Empty: none. */
  async set(token: string): Promise<void> {
    await this.tokens.set(this.origin(), token);
  }

  /** All of them, for every hub. */
  async forget(): Promise<void> {
    await this.tokens.forget();
  }

  private origin(): string {
    return new URL(this.endpoint()).origin;
  }
}
