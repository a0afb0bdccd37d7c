import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import type { Repository } from "../core/hub";
import {
  defaultEndpoint,
  mainRevision,
  type ModelAddress,
  nameOfUrl,
  pageUrl,
  parseEndpoint,
  parseModelAddress,
} from "../core/hubAddress";
import { type RemoteModel, runnableModels } from "../core/hubFiles";
import { Downloads, type WantedDownload } from "../node/downloads";
import { HubClient } from "../node/hubClient";
import { HubHttp } from "../node/hubHttp";
import { readRepository, type RemoteHeaders } from "../node/repositoryModels";
import { downloadStatus } from "./downloadStatus";
import { pickAddress } from "./findModel";
import { HubTokens } from "./hubToken";
import { pickRemoteModel } from "./pickRemoteModel";
import { tellFinished, watchDownload } from "./watchDownload";

export interface DownloadsDeps {
  readonly settings: SettingsService;
  readonly secrets: vscode.SecretStorage;
  /** Where Paddock's own models lie: a full path; it may change. */
  readonly ownFolder: () => string;
  /** Makes the model of a file the one that answers. */
  readonly use: (file: string) => Promise<void>;
  /** Compares the models of a repository on this machine, where something can. */
  readonly compare?: (repository: string) => Promise<void>;
  /** Of the extension, for the servers' logs. */
  readonly version: string;
  readonly log: Logger;
  readonly report: (error: unknown) => void;
}

export interface DownloadsRoom extends Disposable {
  readonly downloads: Downloads;
  readonly hub: HubClient;
  readonly tokens: HubTokens;
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /**
   * The models of a repository with the headers of all their parts, each as soon as it is read.
   * @throws PaddockError hub/*; what the signal was aborted with.
   */
  read(
    repository: string,
    found: (model: RemoteModel, headers: RemoteHeaders) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** Begins to download the model that a file of a repository belongs to, and shows how it goes. @throws PaddockError */
  download(repository: string, file: string): Promise<void>;
  /** Deletes the tokens and every half download. @throws PaddockError storage/* */
  erase(): Promise<void>;
  /** Writes down how far downloads are; they go on in the next window. Never rejects. */
  close(): Promise<void>;
}

/** Finding models on a hub and downloading them. Nothing is asked of any server before a person does. */
export function createDownloads(deps: DownloadsDeps): DownloadsRoom {
  const { settings, secrets, ownFolder, compare, log, report } = deps;
  const subscriptions = new DisposableStore();
  const endpoint = (): string => {
    try {
      return parseEndpoint(settings.current["models.hubEndpoint"]);
    } catch (error) {
      report(error);
      return defaultEndpoint;
    }
  };
  const tokens = new HubTokens(secrets, endpoint);
  const http = new HubHttp(`paddock/${deps.version}`);
  const hub = new HubClient({ http, endpoint, token: () => tokens.current() });
  const downloads = subscriptions.add(new Downloads({ folder: ownFolder, hub, log }));
  subscriptions.add(downloadStatus(downloads));
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void downloads.refresh();
    }),
  );
  const watched = new Set<string>();
  const watch = (id: string, page: string | undefined): void => {
    if (watched.has(id)) return;
    watched.add(id);
    watchDownload(id, { downloads, use: deps.use, askForToken: () => tokens.ask(), page })
      .catch(report)
      .finally(() => watched.delete(id));
  };
  // One that goes on after a reload ends without anybody who waits for it.
  subscriptions.add(
    downloads.onDidFinish(({ id, path }) => {
      if (!watched.has(id)) tellFinished(path, deps.use).catch(report);
    }),
  );
  // Those that ran when their window closed go on: somebody asked for them.
  void downloads.refresh();

  const start = async (wanted: WantedDownload, page?: string): Promise<void> => {
    watch(await downloads.start(wanted), page);
  };
  const startModel = (model: RemoteModel, { id, revision }: Repository, page: string): Promise<void> => {
    const title = model.name.split("/").at(-1) ?? model.name;
    return start({ title, source: { kind: "hub", repository: id, revision }, files: model.files }, page);
  };
  const open = async (address: ModelAddress): Promise<void> => {
    if (address.kind === "words") return;
    if (address.kind === "url") {
      await start(await fromUrl(hub, address.url));
      return;
    }
    const page = pageUrl(hub.endpoint, address.repository);
    const repository = await whileAsking(address.repository, (signal) => hub.repository(address, signal));
    if (
      repository.gated &&
      (await tokens.current()) === undefined &&
      !(await acceptFirst(repository.id, page, tokens))
    ) {
      return;
    }
    const models = runnableModels(repository.files);
    const model =
      address.kind === "file"
        ? models.find(({ files }) => files.some(({ path }) => path === address.path))
        : await pickRemoteModel(hub, repository, address.quantization, compare !== undefined);
    if (model === "compare") {
      await compare?.(repository.id);
      return;
    }
    if (model !== undefined) await startModel(model, repository, page);
    else if (address.kind === "file") throw noSuchFile(address.repository, address.path);
  };
  return {
    downloads,
    hub,
    tokens,
    commands: {
      findModel: async (typed) => {
        const known = typeof typed === "string" ? parseModelAddress(typed, hub.endpoint) : undefined;
        const address =
          known !== undefined && known.kind !== "words"
            ? known
            : await pickAddress(hub, known?.kind === "words" ? known.words : "");
        if (address !== undefined) await open(address);
      },
      setHubToken: () => tokens.ask(),
    },
    read: (id, found, signal) => readRepository(hub, id, found, signal),
    download: (repository, path) => open({ kind: "file", repository, revision: mainRevision, path }),
    erase: async () => {
      await tokens.forget();
      await downloads.erase();
    },
    close: () => downloads.close(),
    dispose: () => subscriptions.dispose(),
  };
}

/** How large it is, the server tells; a checksum nobody has. */
async function fromUrl(hub: HubClient, url: string): Promise<WantedDownload> {
  const name = nameOfUrl(url);
  const { identity } = await whileAsking(name, (signal) => hub.fileAt(url).look(signal));
  const { size, sha256 } = identity;
  return {
    title: name.replace(/\.gguf$/i, ""),
    source: { kind: "url", url },
    files: [{ path: name, size, sha256 }],
  };
}

function whileAsking<T>(what: string, ask: (signal: AbortSignal) => Promise<T>): Thenable<T> {
  return vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t("Looking at {0}", what),
      cancellable: true,
    },
    (_, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => abort.abort());
      return ask(abort.signal);
    },
  );
}

function noSuchFile(repository: string, file: string): PaddockError {
  return new PaddockError("hub/not-found", `${repository} has no model ${file}.`, {
    remedy: "It may have been renamed or removed: choose from the repository's files.",
  });
}

/** @returns true when there is a token now. */
async function acceptFirst(id: string, page: string, tokens: HubTokens): Promise<boolean> {
  const [open, token] = [vscode.l10n.t("Open the Model's Page"), vscode.l10n.t("Set Token…")];
  for (;;) {
    const picked = await vscode.window.showInformationMessage(
      vscode.l10n.t(
        "{0} is only for people who have accepted its conditions. Accept them on its page, then give a token.",
        id,
      ),
      open,
      token,
    );
    if (picked === undefined) return false;
    if (picked === token) return await tokens.ask();
    await vscode.env.openExternal(vscode.Uri.parse(page));
  }
}
