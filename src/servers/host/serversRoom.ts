import * as vscode from "vscode";
import * as v from "valibot";
import type { ModelId, TimingSink } from "../../engine/backend";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { serverAddress } from "../../platform/core/serverAddress";
import { OriginSecrets } from "../../platform/host/originSecrets";
import { plainLabel } from "../../platform/host/plainLabel";
import type { SettingsService } from "../../platform/host/settingsService";
import {
  parseServerModelId,
  type SavedServer,
  serverEntries,
  type ServerEntry,
  serverModelId,
  serverModelPrefix,
} from "../core/serverEntry";
import { shownModelName } from "../core/shownModelName";
import { ServerBackend } from "../node/serverBackend";
import { ServerHttp } from "../node/serverHttp";
import { Servers } from "../node/servers";
import { AddServer } from "./addServer";
import { askKey } from "./askKey";
import { healthWords, type ReleasedRole, removedWords, tooltipLines } from "./serverWords";

export interface ServersDeps {
  readonly settings: SettingsService;
  readonly secrets: vscode.SecretStorage;
  readonly timings: TimingSink;
  /** Everything that a model of these settings was chosen for is as if nobody had chosen; says what that was. */
  readonly release: (names: (setting: string) => boolean) => Promise<readonly ReleasedRole[]>;
  /** Of Paddock, for servers' logs. */
  readonly version: string;
  readonly log: Logger;
}

/** A server's model, as those who offer models are told of it. */
export interface OfferedModel {
  readonly id: ModelId;
  readonly displayName: string;
  readonly destination: string | undefined;
  readonly chat: boolean | undefined;
  readonly embed: boolean | undefined;
}

/** The servers as places of models; listing asks nobody. */
export interface OfferedServers {
  readonly onDidChange: Event<unknown>;
  places(): {
    readonly id: string;
    readonly name: string;
    readonly state: string;
    readonly isAway: boolean;
    readonly tooltip: readonly string[];
    readonly models: readonly OfferedModel[];
  }[];
  find(id: string): OfferedModel | undefined;
  look(again: boolean): Promise<void>;
}

export interface ServersRoom extends Disposable {
  readonly servers: Servers;
  readonly backend: ServerBackend;
  readonly models: OfferedServers;
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Deletes the keys; the servers themselves are a setting, and stay. */
  erase(): Promise<void>;
}

/** The servers that a person has added for their models: nothing is sent anywhere else, and there only when asked. */
export function createServers(deps: ServersDeps): ServersRoom {
  const { settings, secrets, timings, version, log } = deps;
  const subscriptions = new DisposableStore();
  const keys = new OriginSecrets(secrets, "paddock.serverKeys");
  const http = new ServerHttp(`paddock/${version}`);
  const entries = (): readonly ServerEntry[] => serverEntries(settings.current.servers);
  const servers = subscriptions.add(new Servers({ http, entries, keyFor: (origin) => keys.get(origin) }));
  const backend = subscriptions.add(new ServerBackend(servers, timings));
  subscriptions.add(
    settings.onDidChange(({ changed }) => {
      if (changed.has("servers")) servers.entriesChanged();
    }),
  );
  const closing = new AbortController();
  const save = (all: readonly SavedServer[]): Promise<void> =>
    settings.set(
      "servers",
      all.length === 0 ? undefined : all.map(({ name, url }) => (name === undefined ? { url } : { name, url })),
    );
  const adding = new AddServer({ http, entries, keys, save });
  return {
    servers,
    backend,
    models: {
      onDidChange: servers.onDidChange,
      places: () => servers.list().map((entry) => placeOf(entry, servers)),
      find: (id) => {
        const parsed = parseServerModelId(id);
        const destination = parsed === undefined ? undefined : servers.destination(parsed.server);
        return parsed === undefined || destination === undefined
          ? undefined
          : offered(id as ModelId, parsed.model, destination, servers);
      },
      look: (again) => servers.lookAll(closing.signal, again),
    },
    commands: {
      addServer: async (given) => {
        const added = await adding.run(typeof given === "string" ? given : undefined);
        if (added === undefined) return;
        log.info(`Added the server ${added.destination}.`);
        // The message stays as long as the person likes; the command has done its work.
        void tellAdded(added.destination, added.models);
      },
      removeServer: async (given) => {
        const entry = await chosen(given, servers, vscode.l10n.t("Remove a Server"));
        if (entry === undefined) return;
        const rest = entries().filter(({ id }) => id !== entry.id);
        const prefix = serverModelPrefix(entry.id);
        const released = await deps.release((setting) => setting.startsWith(prefix));
        await save(rest);
        const origin = originOf(entry);
        if (origin !== undefined && rest.every((other) => originOf(other) !== origin)) await keys.set(origin, "");
        log.info(`Removed the server ${entry.url}.`);
        void vscode.window.showInformationMessage(removedWords(entry, released));
      },
      setServerKey: async (given) => {
        const entry = await chosen(given, servers, vscode.l10n.t("Set a Server's Key"));
        if (entry === undefined) return;
        const address = serverAddress(entry.url);
        const { origin } = new URL(address);
        const key = await askKey(address, { isKnown: (await keys.get(origin)) !== undefined, isRefused: false });
        if (key === undefined) return;
        await keys.set(origin, key);
        servers.keysChanged();
        await servers.look(entry.id, closing.signal);
      },
    },
    erase: async () => {
      await keys.forget();
      servers.keysChanged();
    },
    dispose: () => {
      closing.abort();
      subscriptions.dispose();
    },
  };
}

function placeOf(entry: ServerEntry, servers: Servers): ReturnType<OfferedServers["places"]>[number] {
  const { id, name, url } = entry;
  const health = servers.health(id);
  const destination = servers.destination(id);
  const models = destination === undefined ? [] : servers.models(id);
  return {
    id,
    name: name ?? destination ?? url,
    state: healthWords(health, destination, name !== undefined),
    isAway: health.status === "away" || destination === undefined,
    tooltip: tooltipLines(health, entry, destination),
    models: models.map((model) => offered(serverModelId(id, model.name), model.name, destination, servers)),
  };
}

function offered(id: ModelId, name: string, destination: string | undefined, servers: Servers): OfferedModel {
  const known = servers.knownModel(id);
  return { id, displayName: shownModelName(name), destination, chat: known?.chat, embed: known?.embed };
}

function originOf({ url }: ServerEntry): string | undefined {
  try {
    return new URL(serverAddress(url)).origin;
  } catch {
    return undefined;
  }
}

async function tellAdded(destination: string, models: number): Promise<void> {
  const choose = vscode.l10n.t("Choose a Model");
  const words =
    models === 1
      ? vscode.l10n.t("{0} is added, with one model. Nothing is sent there before you choose it.", destination)
      : vscode.l10n.t(
          "{0} is added, with {1} models. Nothing is sent there before you choose one.",
          destination,
          models,
        );
  const picked = await vscode.window.showInformationMessage(words, choose);
  if (picked === choose) await vscode.commands.executeCommand("paddock.switchModel");
}

const nodeSchema = v.object({ elsewhere: v.object({ id: v.string() }) });

/** The server of an item of the Models view or of an id; else the person is asked. */
async function chosen(given: unknown, servers: Servers, title: string): Promise<ServerEntry | undefined> {
  const all = servers.list();
  const node = v.safeParse(nodeSchema, given);
  const id = node.success ? node.output.elsewhere.id : typeof given === "string" ? given : undefined;
  const known = all.find((entry) => entry.id === id);
  if (known !== undefined) return known;
  if (all.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t("You have added no server."));
    return undefined;
  }
  const items = all.map((entry) => ({
    label: plainLabel(entry.name ?? entry.url),
    description: plainLabel(entry.url),
    entry,
  }));
  return (await vscode.window.showQuickPick(items, { title, matchOnDescription: true }))?.entry;
}
