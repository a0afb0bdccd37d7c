import * as vscode from "vscode";
import { isOpenAddress, serverAddress } from "../../platform/core/serverAddress";
import type { CandidateSource } from "../core/candidateSource";
import { KeyNeeded, modelsOfServer, type ServerAsking, serverSource } from "../node/serverSource";

const LAST_KEY = "paddock.picker.server";

/** Asks which server, and it for its models. Keys are asked for where one is needed, and kept nowhere. */
export class ServerQuestion {
  private readonly keys = new Map<string, string>();

  constructor(
    private readonly asking: ServerAsking,
    private readonly memento: vscode.Memento,
  ) {}

  /**
   * @param given the address, where somebody has said it already.
   * @returns undefined when nothing was chosen.
   * @throws PaddockError hub/*
   */
  async ask(given?: string): Promise<CandidateSource | undefined> {
    const typed = given ?? (await this.askAddress());
    if (typed === undefined || typed.trim() === "") return undefined;
    const server = serverAddress(typed);
    if (given === undefined) await this.memento.update(LAST_KEY, server);
    for (;;) {
      try {
        return await this.look(server);
      } catch (error) {
        if (!(error instanceof KeyNeeded)) throw error;
        const key = await askKey(server, this.keys.has(server));
        if (key === undefined) return undefined;
        this.keys.set(server, key);
      }
    }
  }

  private async look(server: string): Promise<CandidateSource | undefined> {
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t("Asking {0} for its models", server),
        cancellable: true,
      },
      async (_, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        try {
          return serverSource(server, await modelsOfServer(server, this.asking, this.keys.get(server), abort.signal));
        } catch (error) {
          if (abort.signal.aborted) return undefined;
          throw error;
        }
      },
    );
  }

  private async askAddress(): Promise<string | undefined> {
    return vscode.window.showInputBox({
      title: vscode.l10n.t("Compare a Server's Models"),
      prompt: vscode.l10n.t(
        "The address of a llama-server, Ollama, LM Studio, or another server with OpenAI's API. It is asked for its list of models only.",
      ),
      placeHolder: "http://localhost:8080",
      value: this.memento.get<string>(LAST_KEY) ?? "",
      ignoreFocusOut: true,
      validateInput: (text) => {
        try {
          // Nothing typed is no mistake, and accepted it does nothing.
          if (text.trim() !== "") serverAddress(text);
          return undefined;
        } catch {
          return vscode.l10n.t("Give an address such as http://localhost:8080, without a password in it.");
        }
      },
    });
  }
}

async function askKey(server: string, isAgain: boolean): Promise<string | undefined> {
  const isOpen = isOpenAddress(server);
  const key = await vscode.window.showInputBox({
    title: vscode.l10n.t("Key for {0}", server),
    prompt: `${
      isAgain ? `${vscode.l10n.t("The server does not accept the key.")} ` : ""
    }${vscode.l10n.t("It is sent to this server only, and forgotten when the window closes.")}${
      isOpen ? ` ${vscode.l10n.t("The connection is not encrypted: others on the way can read it.")}` : ""
    }`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^[\x21-\x7e]*$/.test(text.trim()) ? undefined : vscode.l10n.t("A key has letters, digits and signs only."),
  });
  return key === undefined || key.trim() === "" ? undefined : key.trim();
}
