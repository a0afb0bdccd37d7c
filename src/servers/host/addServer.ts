import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { isOpenAddress, serverAddress } from "../../platform/core/serverAddress";
import { describeError } from "../../platform/host/errorWords";
import type { OriginSecrets } from "../../platform/host/originSecrets";
import { plainLabel } from "../../platform/host/plainLabel";
import { type SavedServer, serverDestination, serverId } from "../core/serverEntry";
import { kindName } from "../core/serverKinds";
import type { ServerLook } from "../core/serverLook";
import { findLocalServers, type LocalServer } from "../node/localServers";
import { ServerClient } from "../node/serverClient";
import type { ServerHttp } from "../node/serverHttp";
import { askKey } from "./askKey";
import { modelCount, programName } from "./serverWords";

export interface AddServerDeps {
  readonly http: ServerHttp;
  readonly entries: () => readonly SavedServer[];
  readonly keys: OriginSecrets;
  readonly save: (all: readonly SavedServer[]) => Promise<void>;
}

export interface AddedServer {
  readonly destination: string;
  /** How many models it has. */
  readonly models: number;
}

type Item = vscode.QuickPickItem & { readonly address?: string };

/** Asks for a server, looks at it, and only then adds it. */
export class AddServer {
  constructor(private readonly deps: AddServerDeps) {}

  /**
   * @param given the address, where somebody has said it already.
   * @returns undefined when nothing was added.
   * @throws PaddockError hub/address, server/*
   */
  async run(given?: string): Promise<AddedServer | undefined> {
    const typed = given ?? (await this.choose());
    if (typed === undefined || typed.trim() === "") return undefined;
    const address = serverAddress(typed);
    const { origin, host } = new URL(address);
    const { entries, keys, save } = this.deps;
    const known = entries().find(({ url }) => serverId(url) === serverId(address));
    if (known !== undefined) {
      void vscode.window.showInformationMessage(vscode.l10n.t("{0} is among your servers already.", host));
      return undefined;
    }
    let key = await keys.get(origin);
    for (;;) {
      const look = await this.look(address, key);
      if (look === "cancelled") return undefined;
      if (look instanceof PaddockError && look.code === "server/key") {
        const again = await askKey(address, { isKnown: false, isRefused: key !== undefined });
        if (again === undefined || again === "") return undefined;
        key = again;
        continue;
      }
      if (look instanceof PaddockError && !(await this.addsAnyway(look))) return undefined;
      if (key !== undefined) await keys.set(origin, key);
      const name = look instanceof PaddockError || look.kind === "other" ? undefined : kindName(look.kind);
      await save([...entries(), { name, url: address }]);
      return {
        destination: serverDestination({ name }, address),
        models: look instanceof PaddockError ? 0 : look.models.length,
      };
    }
  }

  /** Servers that are found on this machine, which is looked at because the list is open; or any address. */
  private async choose(): Promise<string | undefined> {
    const abort = new AbortController();
    const type: Item = {
      label: `$(edit) ${vscode.l10n.t("Enter an address…")}`,
      description: vscode.l10n.t("llama-server, vLLM, Ollama, LM Studio, or another with OpenAI's API"),
    };
    const added = this.deps.entries().map(({ url }) => url);
    const items = findLocalServers(this.deps.http, added, abort.signal).then((found): Item[] => [
      ...(found.length === 0
        ? []
        : [
            { label: vscode.l10n.t("On This Machine"), kind: vscode.QuickPickItemKind.Separator },
            ...found.map(localItem),
            { label: "", kind: vscode.QuickPickItemKind.Separator },
          ]),
      type,
    ]);
    try {
      const picked = await vscode.window.showQuickPick(items, {
        title: vscode.l10n.t("Add a Server"),
        placeHolder: vscode.l10n.t("Nothing is sent to a server before you choose one of its models"),
      });
      if (picked === undefined) return undefined;
      return picked.address ?? (await askAddress());
    } finally {
      abort.abort();
    }
  }

  private async look(address: string, key: string | undefined): Promise<ServerLook | PaddockError | "cancelled"> {
    const destination = new URL(address).host;
    const client = new ServerClient(this.deps.http, () => Promise.resolve({ address, destination, key }));
    return vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t("Asking {0} for its models", destination),
        cancellable: true,
      },
      async (_, token) => {
        const abort = new AbortController();
        token.onCancellationRequested(() => abort.abort());
        try {
          return await client.look(abort.signal);
        } catch (error) {
          if (abort.signal.aborted) return "cancelled";
          if (error instanceof PaddockError) return error;
          throw error;
        }
      },
    );
  }

  /** One that is off now may be on later. */
  private async addsAnyway(error: PaddockError): Promise<boolean> {
    const anyway = vscode.l10n.t("Add Anyway");
    const { message, remedy = "" } = describeError(error);
    return (await vscode.window.showWarningMessage(`${message} ${remedy}`.trim(), anyway)) === anyway;
  }
}

function localItem({ address, look }: LocalServer): Item {
  return {
    label: `$(server) ${plainLabel(look === undefined ? vscode.l10n.t("A server that wants a key") : programName(look.kind))}`,
    description: [new URL(address).host, ...(look === undefined ? [] : [modelCount(look.models.length)])].join(" · "),
    address,
  };
}

async function askAddress(): Promise<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t("Add a Server"),
    prompt: vscode.l10n.t("Its address. It is asked for its list of models now, and for nothing else."),
    placeHolder: "http://localhost:8080",
    ignoreFocusOut: true,
    validateInput: (text) => {
      if (text.trim() === "") return undefined;
      try {
        return isOpenAddress(serverAddress(text))
          ? {
              message: vscode.l10n.t("The connection is not encrypted: others on the way can read what you ask."),
              severity: vscode.InputBoxValidationSeverity.Warning,
            }
          : undefined;
      } catch {
        return vscode.l10n.t("Give an address such as http://localhost:8080, without a password in it.");
      }
    },
  });
}
