import path from "node:path";
import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { plainLabel } from "../../platform/host/plainLabel";
import type { ConnectionProfile, ConnectionTarget } from "../core/connection";
import { fileEngine, isSameTarget, nameOfTarget } from "../core/connectionUrl";
import type { ColumnNode, DatabaseNode, TableNode } from "../core/databaseTree";
import type { FoundConnection } from "../core/found";
import { noteKey, quotedName, tableName } from "../core/names";
import type { ResultsSink } from "../core/resultsSink";
import type { Connections } from "../node/connections";
import { databaseFileKind } from "../node/fileKind";
import { emptyDraft, profileOf, withTarget } from "./connectDraft";
import { connectWizard, testWords } from "./connectWizard";
import { placeWords } from "./databaseItems";
import type { DatabasesView } from "./databasesView";
import type { Discovery } from "./discovery";
import { pickConnection } from "./sqlFiles";
import { askText } from "./wizardSteps";

export interface DatabaseCommandsDeps {
  readonly connections: Connections;
  readonly discovery: Discovery;
  readonly view: DatabasesView;
  readonly results: ResultsSink;
  /** Throws where the workspace is not trusted. */
  readonly checkTrust: () => void;
  /** What was asked of a connection goes with it. */
  readonly forget: (connection: string) => Promise<void>;
}

type Commands = Readonly<Record<string, (...given: unknown[]) => unknown>>;

/**
 * What a person does with databases, by the name after "paddock.". From the view they are given the item; from the
 * palette nothing, and then they ask; another caller may give a connection's id.
 */
export function databaseCommands(deps: DatabaseCommandsDeps): Commands {
  const { connections, discovery, view, results, checkTrust } = deps;
  const withConnection =
    (title: string, work: (profile: ConnectionProfile) => Promise<unknown>) =>
    async (given?: unknown): Promise<void> => {
      checkTrust();
      const profile = givenConnection(given, connections) ?? (await pickConnection(connections, title));
      if (profile !== undefined) await work(profile);
    };
  const open = (profile: ConnectionProfile): Promise<void> => openWithProgress(deps, profile);
  return {
    connectDatabase: () => {
      checkTrust();
      return connectWizard({ connections });
    },
    openDatabase: withConnection(vscode.l10n.t("Connect"), open),
    closeDatabase: withConnection(vscode.l10n.t("Disconnect"), ({ id }) => connections.disconnect(id)),
    refreshDatabase: withConnection(vscode.l10n.t("Read the Schema Anew"), (profile) =>
      whileWorking(vscode.l10n.t("Reading the schema of {0}", profile.name), (signal) =>
        connections.refreshSchema(profile.id, signal),
      ),
    ),
    refreshDatabases: async () => {
      await Promise.all([connections.refresh(), discovery.look()]);
    },
    editDatabase: withConnection(vscode.l10n.t("Edit Connection"), (profile) =>
      connectWizard({ connections }, profile),
    ),
    testDatabase: withConnection(vscode.l10n.t("Test Connection"), async (profile) => {
      void vscode.window.showInformationMessage(await testWords(connections, profile, undefined));
    }),
    removeDatabase: withConnection(vscode.l10n.t("Remove Connection"), (profile) => remove(profile, deps)),
    allowDatabaseWriting: withConnection(vscode.l10n.t("Allow Writing"), (profile) =>
      allowWriting(profile, connections),
    ),
    forbidDatabaseWriting: withConnection(vscode.l10n.t("Make Read-Only"), ({ id }) =>
      connections.update(id, (profile) => ({ ...profile, writable: false })),
    ),
    readSampleValues: withConnection(vscode.l10n.t("Read Sample Values"), (profile) => readSamples(profile, deps)),
    dropSampleValues: withConnection(vscode.l10n.t("Stop Reading Sample Values"), async (profile) => {
      await connections.update(profile.id, (one) => ({ ...one, sampleValues: false }));
      await open(profile);
    }),
    addFoundDatabase: async (given) => {
      checkTrust();
      const found = givenFound(given, view.found()) ?? (await pickFound(deps));
      if (found !== undefined) await addFound(found, deps);
    },
    openDatabaseFile: async (given, selected) => {
      checkTrust();
      const all = Array.isArray(selected) && selected.length > 0 ? (selected as unknown[]) : [given];
      const chosen = all.flatMap((one) => (one instanceof vscode.Uri ? [one.fsPath] : []));
      const front = vscode.window.activeTextEditor?.document.uri.fsPath;
      const files = chosen.length > 0 || front === undefined ? chosen : [front];
      if (files.length > 0) await openFiles(files, deps);
    },
    askDatabase: withConnection(vscode.l10n.t("Ask a Database"), ({ id }) =>
      results.show({ kind: "ask", connection: id }),
    ),
    selectTopRows: async (given) => {
      const node = asNode(given);
      const schema = node?.kind === "table" ? connections.connected(node.connection)?.schema : undefined;
      if (node?.kind !== "table" || schema === undefined) return;
      const sql = `SELECT * FROM ${tableName(node.table, schema)} LIMIT 100`;
      await results.show({ kind: "run", connection: node.connection, sql });
    },
    copyDatabaseName: async (given) => {
      const name = nameOfNode(asNode(given), connections);
      if (name !== undefined) await vscode.env.clipboard.writeText(name);
    },
    describeDatabaseItem: async (given) => {
      const node = asNode(given);
      if (node?.kind === "table" || node?.kind === "column") await describe(node, connections);
    },
  };
}

/** An item of the view, as VS Code hands it to a command. */
export function asNode(given: unknown): DatabaseNode | undefined {
  return typeof given === "object" && given !== null && "kind" in given && "id" in given
    ? (given as DatabaseNode)
    : undefined;
}

/** The connection of an item, or of an id that a command was given. */
export function givenConnection(given: unknown, connections: Connections): ConnectionProfile | undefined {
  if (typeof given === "string") return connections.get(given);
  const node = asNode(given);
  if (node === undefined || node.kind === "foundGroup" || node.kind === "found") return undefined;
  return connections.get(node.kind === "connection" ? node.profile.id : node.connection);
}

/** Shows it, and how it goes on, where it takes longer than a moment. @throws as Connections.connect. */
async function openWithProgress(
  { connections, view }: DatabaseCommandsDeps,
  profile: ConnectionProfile,
): Promise<void> {
  await whileWorking(vscode.l10n.t("Connecting to {0}", profile.name), (signal) =>
    connections.connect(profile.id, signal),
  );
  await view.reveal(profile.id);
}

/** Work in the view, with Cancel at its notification once it takes longer than a second. */
export async function whileWorking<T>(title: string, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  const done = work(abort.signal);
  const timer = setTimeout(() => {
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, title, cancellable: true },
      (_, token) => {
        token.onCancellationRequested(() => abort.abort());
        return done.then(
          () => undefined,
          () => undefined,
        );
      },
    );
  }, 1_000);
  try {
    return await done;
  } finally {
    clearTimeout(timer);
  }
}

async function remove(profile: ConnectionProfile, { connections, forget }: DatabaseCommandsDeps): Promise<void> {
  const yes = vscode.l10n.t("Remove");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Remove the connection {0}?", profile.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "Its password, its notes and what was asked of it are deleted. The database itself stays as it is: {0}",
        placeWords(profile.target),
      ),
    },
    yes,
  );
  if (picked !== yes) return;
  await connections.remove(profile.id);
  await forget(profile.id);
}

async function allowWriting(profile: ConnectionProfile, connections: Connections): Promise<void> {
  if (profile.writable) return;
  const yes = vscode.l10n.t("Allow Writing");
  const picked = await vscode.window.showWarningMessage(
    vscode.l10n.t("Allow statements that change {0}?", profile.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "INSERT, UPDATE and DELETE may then run, by hand or from an answer, each only after you have seen the statement and how many rows it would touch. Everything else that changes a database stays refused. {0}",
        placeWords(profile.target),
      ),
    },
    yes,
  );
  if (picked === yes) await connections.update(profile.id, (one) => ({ ...one, writable: true }));
}

async function readSamples(profile: ConnectionProfile, deps: DatabaseCommandsDeps): Promise<void> {
  const yes = vscode.l10n.t("Read Sample Values");
  const picked = await vscode.window.showInformationMessage(
    vscode.l10n.t("Read sample values of {0}?", profile.name),
    {
      modal: true,
      detail: vscode.l10n.t(
        "The values of columns that have few different ones are shown in this view and told to the model, which answers better with them. They stay on this machine, but a conversation that a schema is attached to keeps them.",
      ),
    },
    yes,
  );
  if (picked !== yes) return;
  await deps.connections.update(profile.id, (one) => ({ ...one, sampleValues: true }));
  await openWithProgress(deps, profile);
}

function givenFound(given: unknown, found: readonly FoundConnection[]): FoundConnection | undefined {
  const node = asNode(given);
  const id = typeof given === "string" ? given : node?.kind === "found" ? node.found.id : undefined;
  return found.find((one) => one.id === id);
}

async function pickFound({ discovery, view }: DatabaseCommandsDeps): Promise<FoundConnection | undefined> {
  await discovery.look();
  const picked = await vscode.window.showQuickPick(
    view.found().map((found) => ({
      label: plainLabel(found.name),
      description: plainLabel(placeWords(found.target)),
      found,
    })),
    {
      title: vscode.l10n.t("Connect to a Database Found Here"),
      placeHolder:
        view.found().length === 0
          ? vscode.l10n.t("No database was found in this workspace")
          : vscode.l10n.t("None of them has been opened"),
    },
  );
  return picked?.found;
}

/** Keeps what was found for this workspace, its password in the secret storage, and opens it. */
async function addFound(found: FoundConnection, deps: DatabaseCommandsDeps): Promise<void> {
  const { connections, discovery } = deps;
  const password = found.hasPassword ? await discovery.passwordOf(found) : undefined;
  const draft = { ...withTarget(emptyDraft("workspace"), found.target), name: found.name };
  const profile = profileOf(draft, found.target);
  await connections.save(profile, "workspace", password);
  await openWithProgress(deps, profile);
}

/** Files of the Explorer: the connection that is kept of them, or a new one. Data files together are one database. */
async function openFiles(files: readonly string[], deps: DatabaseCommandsDeps): Promise<void> {
  const data = files.filter((file) => fileEngine(file) === "data");
  if (data.length > 0) await openTarget({ engine: "duckdb", files: data }, deps);
  for (const file of files.filter((one) => !data.includes(one))) {
    const kind = await databaseFileKind(file);
    if (kind === undefined) {
      throw new PaddockError(
        "unsupported",
        vscode.l10n.t("{0} is no SQLite or DuckDB database, nor a CSV, Parquet or JSON file.", path.basename(file)),
      );
    }
    await openTarget(kind === "sqlite" ? { engine: kind, file } : { engine: kind, file, files: [] }, deps);
  }
}

async function openTarget(target: ConnectionTarget, deps: DatabaseCommandsDeps): Promise<void> {
  const { connections } = deps;
  const known = connections.list().find((profile) => isSameTarget(profile.target, target));
  if (known !== undefined) return openWithProgress(deps, known);
  const profile = profileOf({ ...withTarget(emptyDraft("workspace"), target), name: nameOfTarget(target) }, target);
  await connections.save(profile, "workspace");
  await openWithProgress(deps, profile);
}

function nameOfNode(node: DatabaseNode | undefined, connections: Connections): string | undefined {
  switch (node?.kind) {
    case "connection":
      return node.profile.name;
    case "space":
      return node.name;
    case "table": {
      const schema = connections.connected(node.connection)?.schema;
      return schema === undefined ? node.table.name : tableName(node.table, schema);
    }
    case "column": {
      const schema = connections.connected(node.connection)?.schema;
      return schema === undefined ? node.column.name : quotedName(node.column.name, schema.engine);
    }
    case "index":
      return node.index.name;
    default:
      return undefined;
  }
}

/** A note, and other words that people use for it: the model is told both. */
async function describe(node: TableNode | ColumnNode, connections: Connections): Promise<void> {
  const connected = connections.connected(node.connection);
  if (connected === undefined) return;
  const column = node.kind === "column" ? node.column.name : undefined;
  const key = noteKey(node.table, connected.schema, column);
  const before = connected.profile.notes[key];
  const title = vscode.l10n.t("Note on {0}", key);
  let note = before?.note ?? "";
  for (;;) {
    const first = await askText({
      ...{ title, step: 1, steps: 2, value: note },
      prompt: vscode.l10n.t("What should the model and you know about it? Empty: no note."),
      placeholder: vscode.l10n.t("Amounts are in cents"),
      check: (text) => (text.length > 2000 ? vscode.l10n.t("At most 2,000 characters.") : undefined),
    });
    if (first === undefined || first === "back") return;
    note = first.value;
    const second = await askText({
      ...{ title, step: 2, steps: 2, value: (before?.synonyms ?? []).join(", ") },
      prompt: vscode.l10n.t("Other words for it, with commas between them. Empty: none."),
      placeholder: vscode.l10n.t("revenue, turnover"),
      check: (text) => (wordsOf(text).length > 50 ? vscode.l10n.t("At most 50 words.") : undefined),
    });
    if (second === undefined) return;
    if (second === "back") continue;
    const synonyms = wordsOf(second.value);
    await connections.update(node.connection, (profile) => {
      const { [key]: _, ...others } = profile.notes;
      if (note === "" && synonyms.length === 0) return { ...profile, notes: others };
      const said = { ...(note === "" ? {} : { note }), ...(synonyms.length === 0 ? {} : { synonyms }) };
      return { ...profile, notes: { ...others, [key]: said } };
    });
    return;
  }
}

function wordsOf(text: string): readonly string[] {
  const words = text.split(/[,;]/u).map((word) => word.trim().slice(0, 200));
  return [...new Set(words.filter((word) => word !== ""))];
}
