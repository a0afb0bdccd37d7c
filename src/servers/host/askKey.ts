import * as vscode from "vscode";
import { isOpenAddress } from "../../platform/core/serverAddress";

export interface KeyState {
  /** There is one, which an empty answer takes away. */
  readonly isKnown: boolean;
  /** The server did not accept what it was given. */
  readonly isRefused: boolean;
}

/** @returns undefined when the person would rather not; empty for none. */
export async function askKey(address: string, { isKnown, isRefused }: KeyState): Promise<string | undefined> {
  const { host } = new URL(address);
  const words = [
    ...(isRefused ? [vscode.l10n.t("The server does not accept the key.")] : []),
    vscode.l10n.t("It is kept in the editor's secret storage and sent to {0} only.", host),
    ...(isKnown ? [vscode.l10n.t("There is a key. Leave this empty to remove it.")] : []),
    ...(isOpenAddress(address)
      ? [vscode.l10n.t("The connection is not encrypted: others on the way can read it.")]
      : []),
  ];
  const key = await vscode.window.showInputBox({
    title: vscode.l10n.t("Key for {0}", host),
    prompt: words.join(" "),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[\x21-\x7e]*$/.test(text.trim()) ? undefined : vscode.l10n.t("A key has letters, digits and signs only."),
  });
  return key?.trim();
}
