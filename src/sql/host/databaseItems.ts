import * as vscode from "vscode";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import type { ConnectionProfile, ConnectionTarget } from "../core/connection";
import { type DatabaseNode, foreignKeyOf } from "../core/databaseTree";
import type { FoundConnection } from "../core/found";
import { noteKey } from "../core/names";
import type { ColumnSchema, DatabaseEngine, DatabaseSchema, ForeignKey, TableSchema } from "../core/schema";
import type { ConnectionState } from "../node/connections";

/** What the items show besides the schema itself. */
export interface ItemSources {
  state(connection: string): ConnectionState;
  profile(connection: string): ConnectionProfile | undefined;
  schema(connection: string): DatabaseSchema | undefined;
}

type Item = vscode.TreeItem & { accessibilityInformation?: vscode.AccessibilityInformation };
const { None, Collapsed, Expanded } = vscode.TreeItemCollapsibleState;
const mostSamples = 20;

/** A node as VS Code shows it. All names come from databases and files, and go in as plain text. */
export function treeItem(node: DatabaseNode, sources: ItemSources): vscode.TreeItem {
  const item = itemOf(node, sources);
  item.id = node.id;
  return item;
}

export function engineName(engine: DatabaseEngine): string {
  return { sqlite: "SQLite", duckdb: "DuckDB", postgres: "PostgreSQL", mysql: "MySQL", mariadb: "MariaDB" }[engine];
}

/** Where it is, for people: never a password. */
export function placeWords(target: ConnectionTarget): string {
  switch (target.engine) {
    case "sqlite":
      return target.file;
    case "duckdb":
      return [...(target.file === undefined ? [] : [target.file]), ...target.files].join(", ");
    default: {
      const server = `${target.user === "" ? "" : `${target.user}@`}${target.host}:${target.port}/${target.database}`;
      return target.ssh === undefined
        ? server
        : vscode.l10n.t("{0}, through SSH to {1}", server, target.ssh.destination);
    }
  }
}

export function rightsWords({ writable }: ConnectionProfile): string {
  return writable ? vscode.l10n.t("writable") : vscode.l10n.t("read-only");
}

function itemOf(node: DatabaseNode, sources: ItemSources): Item {
  switch (node.kind) {
    case "connection":
      return connectionItem(node.profile, sources.state(node.profile.id));
    case "remark":
      return remarkItem(node.what, sources.state(node.connection));
    case "space":
      return plainItem(node.name, Collapsed, "space", new vscode.ThemeIcon("symbol-namespace"));
    case "table":
      return tableItem(node.table, sources.profile(node.connection), sources.schema(node.connection));
    case "column":
      return columnItem(node.column, node.table, sources.profile(node.connection), sources.schema(node.connection));
    case "keys":
      return plainItem(vscode.l10n.t("Keys and Indexes"), Collapsed, "keys", new vscode.ThemeIcon("list-tree"));
    case "foreignKey": {
      const item = plainItem(node.key.columns.join(", "), None, "foreignKey", new vscode.ThemeIcon("references"));
      item.description = visibleText(pointsTo(node.key));
      return item;
    }
    case "index": {
      const item = plainItem(node.index.name, None, "index", new vscode.ThemeIcon("list-ordered"));
      const columns = node.index.columns.join(", ");
      item.description = visibleText(node.index.unique ? vscode.l10n.t("{0} · unique", columns) : columns);
      return item;
    }
    case "foundGroup": {
      const item = plainItem(vscode.l10n.t("Found Here"), Expanded, "foundGroup");
      item.tooltip = vscode.l10n.t("Databases that this workspace names. None of them is opened before you say so.");
      return item;
    }
    case "found":
      return foundItem(node.found);
  }
}

function plainItem(
  label: string,
  state: vscode.TreeItemCollapsibleState,
  context: string,
  icon?: vscode.ThemeIcon,
): Item {
  const item: Item = new vscode.TreeItem(visibleText(label), state);
  item.contextValue = context;
  if (icon !== undefined) item.iconPath = icon;
  return item;
}

function connectionItem(profile: ConnectionProfile, state: ConnectionState): Item {
  // A closed one has nothing to unfold: what VS Code unfolds by itself after a reload must open nothing.
  const unfolds = state.status === "open" || (state.status === "failed" && state.error.remedy !== undefined);
  const item = plainItem(profile.name, unfolds ? Expanded : None, contextOf(profile, state), connectionIcon(state));
  const words = [engineName(profile.target.engine), rightsWords(profile), ...stateWords(state)];
  item.description = visibleText(words.join(" · "));
  const schema = state.status === "open" ? state.connected.schema : undefined;
  item.tooltip = plainTooltip(
    [
      placeWords(profile.target),
      ...(schema === undefined ? [] : [`${engineName(schema.engine)} ${schema.version}`]),
      profile.writable
        ? vscode.l10n.t("Statements that write may be run here, each after your word.")
        : vscode.l10n.t("Nothing can be changed through this connection."),
      profile.sampleValues
        ? vscode.l10n.t("Sample values are read, for this view and for the model.")
        : vscode.l10n.t("No sample values are read."),
      ...(state.status === "failed" ? [state.error.message, state.error.remedy ?? ""] : []),
    ],
    profile.name,
  );
  if (state.status === "closed" || state.status === "failed") {
    item.command = { command: "paddock.openDatabase", title: vscode.l10n.t("Connect"), arguments: [profile.id] };
  }
  item.accessibilityInformation = { label: `${visibleText(profile.name)}, ${item.description}` };
  return item;
}

/** Words that the menus' conditions look for. */
function contextOf(profile: ConnectionProfile, { status }: ConnectionState): string {
  return [
    "connection",
    status,
    profile.writable ? "writable" : "readonly",
    profile.sampleValues ? "samples" : "nosamples",
  ].join(" ");
}

function stateWords(state: ConnectionState): readonly string[] {
  switch (state.status) {
    case "closed":
      return [];
    case "connecting":
      return [vscode.l10n.t("connecting…")];
    case "open":
      return [
        state.connected.schema.tables.length === 1
          ? vscode.l10n.t("1 table")
          : vscode.l10n.t("{0} tables", formatCount(state.connected.schema.tables.length)),
      ];
    case "failed":
      return state.error.code === "sql/locked" ? [vscode.l10n.t("locked"), state.error.message] : [state.error.message];
  }
}

function connectionIcon(state: ConnectionState): vscode.ThemeIcon {
  switch (state.status) {
    case "closed":
      return new vscode.ThemeIcon("database", new vscode.ThemeColor("disabledForeground"));
    case "connecting":
      return new vscode.ThemeIcon("loading~spin");
    case "open":
      return new vscode.ThemeIcon("database", new vscode.ThemeColor("charts.green"));
    case "failed":
      return state.error.code === "sql/locked"
        ? new vscode.ThemeIcon("lock", new vscode.ThemeColor("list.warningForeground"))
        : new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
  }
}

function remarkItem(what: "remedy" | "empty", state: ConnectionState): Item {
  const text =
    what === "remedy" && state.status === "failed"
      ? (state.error.remedy ?? state.error.message)
      : vscode.l10n.t("This database has no tables yet.");
  const item = plainItem(text, None, "remark", new vscode.ThemeIcon(what === "remedy" ? "lightbulb" : "info"));
  item.tooltip = visibleText(text);
  return item;
}

function tableItem(
  table: TableSchema,
  profile: ConnectionProfile | undefined,
  schema: DatabaseSchema | undefined,
): Item {
  const item = plainItem(
    table.name,
    Collapsed,
    table.kind,
    new vscode.ThemeIcon(table.kind === "view" ? "eye" : "table"),
  );
  const { rows } = table;
  const note = schema === undefined ? undefined : profile?.notes[noteKey(table, schema)];
  item.description = visibleText(
    [rows === undefined ? "" : rowsWords(rows), note?.note ?? table.comment ?? ""]
      .filter((word) => word !== "")
      .join(" · "),
  );
  item.tooltip = plainTooltip(
    [table.schema ?? "", table.comment ?? "", ...noteLines(note), ...(rows === undefined ? [] : [rowsWords(rows)])],
    table.name,
  );
  const kind = table.kind === "view" ? vscode.l10n.t("view") : vscode.l10n.t("table");
  item.accessibilityInformation = { label: `${visibleText(table.name)}, ${kind}, ${item.description}` };
  return item;
}

function rowsWords({ count, exact }: NonNullable<TableSchema["rows"]>): string {
  if (exact && count === 1) return vscode.l10n.t("1 row");
  return exact ? vscode.l10n.t("{0} rows", formatCount(count)) : vscode.l10n.t("≈ {0} rows", formatCount(count));
}

function columnItem(
  column: ColumnSchema,
  table: TableSchema,
  profile: ConnectionProfile | undefined,
  schema: DatabaseSchema | undefined,
): Item {
  const foreign = foreignKeyOf(table, column.name);
  const isKey = column.keyPlace !== undefined;
  const icon = isKey ? "key" : foreign === undefined ? "symbol-field" : "references";
  const item = plainItem(column.name, None, "column", new vscode.ThemeIcon(icon));
  const note = schema === undefined ? undefined : profile?.notes[noteKey(table, schema, column.name)];
  const facts = [
    column.type,
    isKey ? vscode.l10n.t("primary key") : column.nullable ? "" : vscode.l10n.t("not null"),
    foreign === undefined ? "" : pointsTo(foreign),
  ].filter((word) => word !== "");
  item.description = visibleText([...facts, note?.note ?? ""].filter((word) => word !== "").join(" · "));
  const samples = column.samples ?? [];
  item.tooltip = plainTooltip(
    [
      ...facts,
      column.comment ?? "",
      ...noteLines(note),
      samples.length === 0 ? "" : vscode.l10n.t("Values: {0}", samples.slice(0, mostSamples).join(", ")),
    ],
    `${table.name}.${column.name}`,
  );
  item.accessibilityInformation = { label: `${visibleText(column.name)}, ${item.description}` };
  return item;
}

function pointsTo({ toSchema, toTable, toColumns }: ForeignKey): string {
  return `→ ${toSchema === undefined ? "" : `${toSchema}.`}${toTable}(${toColumns.join(", ")})`;
}

function noteLines(note: ConnectionProfile["notes"][string] | undefined): readonly string[] {
  const synonyms = note?.synonyms ?? [];
  return [note?.note ?? "", synonyms.length === 0 ? "" : vscode.l10n.t("Also called: {0}", synonyms.join(", "))];
}

function foundItem(found: FoundConnection): Item {
  const item = plainItem(found.name, None, "found", new vscode.ThemeIcon("add"));
  const { source } = found;
  const where =
    source.kind === "env"
      ? vscode.l10n.t("{0} in {1}", source.key, source.label)
      : source.kind === "sqltools"
        ? vscode.l10n.t("SQLTools settings")
        : "";
  item.description = visibleText([engineName(found.target.engine), where].filter((word) => word !== "").join(" · "));
  item.tooltip = plainTooltip(
    [
      placeWords(found.target),
      found.hasPassword ? vscode.l10n.t("Its password goes to the editor's secret storage when you connect.") : "",
      vscode.l10n.t("Press Enter to connect. Nothing of it has been opened."),
    ],
    found.name,
  );
  item.command = { command: "paddock.addFoundDatabase", title: vscode.l10n.t("Connect"), arguments: [found.id] };
  item.accessibilityInformation = {
    label: vscode.l10n.t("{0}, found here, not connected, {1}", visibleText(found.name), item.description),
  };
  return item;
}

function plainTooltip(lines: readonly string[], title: string): vscode.MarkdownString {
  const text = new vscode.MarkdownString();
  text.appendMarkdown("**");
  text.appendText(visibleText(title));
  text.appendMarkdown("**");
  for (const line of lines) {
    if (line === "") continue;
    text.appendMarkdown("\n\n");
    text.appendText(visibleText(line));
  }
  return text;
}
