import path from "node:path";
import type * as vscode from "vscode";
import { GitIgnored } from "./context/host/gitIgnored";
import type { EditService } from "./edits/host/editService";
import type { EmbeddedBackend, ModelId, ModelLifecycle } from "./engine/backend";
import type { EngineSettings } from "./engine/client/supervisor";
import type { ModelsRoom } from "./models/host/models";
import type { KnownModel, ModelRegistry } from "./models/node/modelRegistry";
import type { Logger } from "./platform/core/logger";
import { describeError } from "./platform/host/errorWords";
import type { SettingsService } from "./platform/host/settingsService";
import { createAskPanels } from "./sql/host/askPanels";
import { createDatabases, type DatabasesRoom } from "./sql/host/databases";
import { DatabaseClient } from "./sql/node/databaseClient";
import { FollowingAsker } from "./sql/node/followingAsker";
import { LazyGate } from "./sql/node/lazyGate";
import { loadSqlParser } from "./sql/node/loadSqlParser";
import { modelAsker } from "./sql/node/modelAsker";

export interface JoinedDatabasesDeps {
  readonly context: vscode.ExtensionContext;
  readonly engine: EmbeddedBackend & ModelLifecycle;
  readonly engineSettings: () => EngineSettings;
  readonly models: ModelsRoom;
  readonly registry: ModelRegistry;
  readonly settings: SettingsService;
  readonly edits: EditService;
  readonly log: Logger;
}

/**
 * Who answers questions on databases: the model of the setting; the chat's where it names none, or one that is not
 * there. Schemas and rows stay on this machine: where the chat's runs elsewhere it is the starter.
 */
export function databaseModel({
  models,
  registry,
  settings,
  log,
}: Pick<JoinedDatabasesDeps, "models" | "registry" | "settings" | "log">): KnownModel {
  const named = settings.current["sql.model"];
  const { known } = models.active;
  const usual = known.elsewhere === undefined ? known : registry.starter;
  if (named === "") return usual;
  try {
    const own = registry.fromSetting(named);
    if (own.elsewhere === undefined) return own;
    log.warn("The setting paddock.sql.model names a model that runs elsewhere; questions on databases stay here.");
  } catch (error) {
    log.warn(`The setting paddock.sql.model is not usable: ${String(error)}`);
  }
  return usual;
}

/** Gives the databases what they need of the other rooms. */
export function joinDatabases(deps: JoinedDatabasesDeps): Promise<DatabasesRoom> {
  const { context, engine, engineSettings, registry, settings, edits, log } = deps;
  const gate = new LazyGate(() => loadSqlParser(context.asAbsolutePath(path.join("dist", "sqlparser"))));
  const launch = { processPath: context.asAbsolutePath(path.join("dist", "database.mjs")), log };
  const runsAnswers = (): boolean => settings.current["sql.runAnswers"];
  registry.useOwnAdapters((feature) => {
    const file = settings.current["sql.adapter"];
    if (feature !== "sql" || file === "") return undefined;
    const promptLayout = settings.current["sql.adapterLayout"];
    return { path: file, scale: settings.current["sql.adapterScale"], promptLayout };
  });
  const model = (): ModelId => databaseModel(deps).id;
  return createDatabases({
    ...{ context, settings, gate, runsAnswers, describeError, log },
    open: async ({ target, writable }, password, signal) => {
      await gate.ready();
      const request = { target, writable, ...(password === undefined ? {} : { password }) };
      return DatabaseClient.open(launch, request, signal);
    },
    createAsker: (profile, database, schema) =>
      new FollowingAsker(
        () => ({ id: model(), promptLayout: registry.promptLayout(model(), "sql") }),
        (asked, signal) =>
          modelAsker({ engine, engineSettings, gate, runsAnswers }, asked, { profile, database, schema }, signal),
      ),
    createPanels: createAskPanels,
    ignored: () => new GitIgnored(),
    propose: (proposal) => edits.propose(proposal),
  });
}
