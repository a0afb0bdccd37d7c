import path from "node:path";
import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { SettingsService } from "../../platform/host/settingsService";
import type { StatementGate } from "../core/gate";
import { Connections, type ConnectionsDeps } from "../node/connections";
import { ProfileStore } from "../node/profileStore";
import type { AskPanelDeps, AskPanels } from "./askPanelDeps";
import { databaseCommands } from "./databaseCommands";
import { type ContextSources, withDatabases } from "./databaseContext";
import { placeWords } from "./databaseItems";
import { DatabasePasswords } from "./databasePasswords";
import { DatabasePlaces } from "./databasePlaces";
import { DatabaseReader } from "./databaseReader";
import { DatabasesView } from "./databasesView";
import { Discovery, type DiscoveryDeps } from "./discovery";
import { type SchemaChunk, schemaChunks } from "./schemaChunks";
import { openSql, sqlCommands, type SqlCommandsDeps } from "./sqlCommands";
import { SqlDiagnostics } from "./sqlDiagnostics";
import { pickConnection, SqlFiles } from "./sqlFiles";
import { SqlLenses } from "./sqlLenses";
import { registerSqlNames } from "./sqlNames";

/** All that the databases are given. */
export interface DatabasesDeps {
  readonly context: vscode.ExtensionContext;
  readonly settings: SettingsService;
  readonly gate: StatementGate;
  readonly open: ConnectionsDeps["open"];
  readonly createAsker: ConnectionsDeps["createAsker"];
  /** Whether an answer that only reads is run at once. */
  readonly runsAnswers: () => boolean;
  readonly createPanels: (deps: AskPanelDeps) => AskPanels;
  /** What Git leaves out, for one piece of work. */
  readonly ignored: DiscoveryDeps["ignored"];
  /** The one way a document is changed. */
  readonly propose: SqlCommandsDeps["propose"];
  readonly describeError: (error: PaddockError) => ErrorWords;
  readonly log: Logger;
}

export interface DatabasesRoom extends Disposable {
  readonly connections: Connections;
  readonly discovery: Discovery;
  readonly view: DatabasesView;
  readonly files: SqlFiles;
  readonly panels: AskPanels;
  /** What a model may read of them. */
  readonly reader: DatabaseReader;
  /** By the name after "paddock.". */
  readonly commands: Readonly<Record<string, (...given: unknown[]) => unknown>>;
  /** Runs SQL of an answer in the chat on a database that the person chooses. */
  runSql(sql: string): Promise<void>;
  /** What "@" in the chat offers, with the databases. */
  inContext<Dropped>(sources: ContextSources<Dropped>): ContextSources<Dropped>;
  /** What of a connected schema a suggestion in a SQL file is shown; nothing for other files. */
  chunksFor(document: vscode.TextDocument): readonly SchemaChunk[];
  /**
   * Closes all and deletes connections, passwords and what was asked, of every workspace on this machine.
   * @returns files that are still there with text.
   */
  erase(): Promise<number>;
  /** Ends the processes of all open databases. */
  close(): Promise<void>;
}

/** Databases: which there are, which are open, and all that a person does with them. */
export async function createDatabases(deps: DatabasesDeps): Promise<DatabasesRoom> {
  const { context, settings, gate, log } = deps;
  const subscriptions = new DisposableStore();
  const storeIn = (storage: vscode.Uri | undefined): ProfileStore | undefined =>
    storage === undefined
      ? undefined
      : new ProfileStore(path.join(DatabasePlaces.in(storage), "connections.json"), log);
  const workspace = storeIn(context.storageUri);
  const places = new DatabasePlaces(context.globalState);
  const notePlace = (): void => {
    if (workspace === undefined || workspace.profiles.length === 0) return;
    void places.note(path.dirname(workspace.file));
  };
  const passwords = new DatabasePasswords(context.secrets, context.globalState);
  const connections = subscriptions.add(
    new Connections({
      stores: { workspace, everywhere: storeIn(context.globalStorageUri) },
      passwords,
      ...{ askPassword, checkTrust, log },
      open: deps.open,
      createAsker: deps.createAsker,
    }),
  );
  // A panel that comes back after a reload asks for its connection at once.
  await connections.refresh();
  notePlace();
  subscriptions.add(connections.onDidChange(notePlace));
  const discovery = subscriptions.add(new Discovery({ ignored: deps.ignored, log }));
  const files = subscriptions.add(new SqlFiles(connections, context.workspaceState));
  const view = subscriptions.add(
    new DatabasesView({
      connections,
      discovery,
      shown: () => {
        void connections.refresh();
        void discovery.look();
      },
    }),
  );
  const panels = subscriptions.add(
    deps.createPanels({
      extensionUri: context.extensionUri,
      storage: context.globalStorageUri,
      profile: (id) => connections.get(id),
      onDidChangeConnection: connections.onDidChange,
      connect: (id, signal) => connections.connect(id, signal),
      gate,
      limits: () => ({
        maxRows: settings.current["sql.maxRows"],
        maxBytes: MOST_BYTES,
        timeoutMs: settings.current["sql.timeoutSeconds"] * 1000,
      }),
      runsAnswers: deps.runsAnswers,
      reveal: (id, place) => view.reveal(id, place),
      allowWriting: async (id) => {
        await vscode.commands.executeCommand("paddock.allowDatabaseWriting", id);
        return connections.get(id)?.writable === true;
      },
      openSql: (id, sql) => openSql(files, id, sql),
      describeError: deps.describeError,
      log,
    }),
  );
  const reader = new DatabaseReader({
    ...{ connections, gate },
    isTrusted: () => vscode.workspace.isTrusted,
    timeoutMs: () => settings.current["sql.timeoutSeconds"] * 1000,
  });
  subscriptions.add(new SqlLenses(files));
  subscriptions.add(new SqlDiagnostics(files, gate, log));
  subscriptions.add(registerSqlNames(files));
  subscriptions.add(
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused) void connections.refresh();
    }),
  );
  const commands = {
    ...databaseCommands({
      ...{ connections, discovery, view, results: panels, checkTrust },
      forget: (id) => panels.forget(id),
    }),
    ...sqlCommands({
      ...{ connections, files, results: panels, checkTrust },
      examples: (id) => panels.examples(id),
      remember: (id, turn) => panels.remember(id, turn),
      propose: deps.propose,
    }),
  };
  return {
    ...{ connections, discovery, view, files, panels, reader, commands },
    runSql: async (sql) => {
      checkTrust();
      const profile = await pickConnection(connections, vscode.l10n.t("Run on Which Database?"));
      if (profile !== undefined) await panels.show({ kind: "run", connection: profile.id, sql: sql.trim() });
    },
    inContext: (sources) => withDatabases(sources, connections),
    chunksFor: (document) => {
      const connected = files.isSql(document) ? files.connectedOf(document) : undefined;
      return connected === undefined ? [] : schemaChunks(connected, document.getText());
    },
    erase: async () => {
      await Promise.all([connections.erase(), panels.erase()]);
      await passwords.erase();
      return places.erase();
    },
    close: () => connections.close(),
    dispose: () => subscriptions.dispose(),
  };
}

/** Of a result's cells as they travel: what the grid holds without making the editor slow. */
const MOST_BYTES = 64 * 1024 * 1024;

/** In Restricted Mode no database is opened, and nothing is read of what the workspace says of databases. */
function checkTrust(): void {
  if (vscode.workspace.isTrusted) return;
  throw new PaddockError("unsupported", vscode.l10n.t("Databases are not opened in Restricted Mode."), {
    remedy: vscode.l10n.t("Trust this workspace first, if you know who wrote it."),
  });
}

const askPassword: ConnectionsDeps["askPassword"] = async ({ name, target }, isKnown) => {
  const keep = vscode.l10n.t("Keep it");
  const password = await vscode.window.showInputBox({
    title: vscode.l10n.t("Password for {0}", name),
    prompt: isKnown
      ? vscode.l10n.t("The server refused the password that was known for {0}.", placeWords(target))
      : vscode.l10n.t("{0} asks for a password.", placeWords(target)),
    password: true,
    ignoreFocusOut: true,
  });
  if (password === undefined) return undefined;
  const answer = await vscode.window.showQuickPick([keep, vscode.l10n.t("Use it until the window closes")], {
    title: vscode.l10n.t("Password for {0}", name),
    placeHolder: vscode.l10n.t("It would be kept in the editor's secret storage, and nowhere else"),
    ignoreFocusOut: true,
  });
  return answer === undefined ? undefined : { password, keep: answer === keep };
};
