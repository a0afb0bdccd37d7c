import * as vscode from "vscode";
import * as v from "valibot";

const KEY = "paddock.hubTokens";
/** A token belongs to the hub it was given for: a mirror set later never sees the one for Hugging Face. */
const tokensSchema = v.record(v.string(), v.pipe(v.string(), v.minLength(1), v.maxLength(1000)));

/** The person's tokens for hubs, in the editor's secret storage. */
export class HubTokens {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    /** The hub that is used now. */
    private readonly endpoint: () => string,
  ) {}

  async current(): Promise<string | undefined> {
    return (await this.all())[this.origin()];
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
    const others = Object.entries(await this.all()).filter(([origin]) => origin !== this.origin());
    const all = token === "" ? others : [...others, [this.origin(), token] as const];
    if (all.length === 0) await this.secrets.delete(KEY);
    else await this.secrets.store(KEY, JSON.stringify(Object.fromEntries(all)));
  }

  /** All of them, for every hub. */
  async forget(): Promise<void> {
    await this.secrets.delete(KEY);
  }

  private async all(): Promise<Readonly<Record<string, string>>> {
    const text = await this.secrets.get(KEY);
    if (text === undefined) return {};
    try {
      const parsed = v.safeParse(tokensSchema, JSON.parse(text));
      return parsed.success ? parsed.output : {};
    } catch {
      return {};
    }
  }

  private origin(): string {
    return new URL(this.endpoint()).origin;
  }
}
