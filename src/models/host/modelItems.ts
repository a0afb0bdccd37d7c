import path from "node:path";
import * as vscode from "vscode";
import type { ModelId, ModelState } from "../../engine/backend";
import { formatBytes, formatParameters, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { type DownloadView, isActive } from "../core/downloadState";
import type { FileKind } from "../core/fileFacts";
import type { ModelNode } from "../core/modelTree";
import type { ModelRole, RoleHolder } from "../core/roles";
import { canChat, canEmbed, isOurs, type ModelPlace, type PlaceNote, type StoredModel } from "../core/storedModel";
import type { KnownModel } from "../node/modelRegistry";
import { progressWords } from "./downloadWords";
import { elsewhereModelItem, elsewherePlaceItem, elsewhereWords } from "./elsewhereItems";
import { nameIn } from "./modelRoles";
import { plainTooltip } from "./plainTooltip";

/** What the items show besides the files themselves. */
export interface ItemSources {
  state(model: ModelId): ModelState;
  holder(role: ModelRole): RoleHolder<KnownModel>;
  rolesOf(model: ModelId): readonly ModelRole[];
  /** See ModelRoles.crowded. */
  crowded(): number | undefined;
}

type Item = vscode.TreeItem & { accessibilityInformation?: vscode.AccessibilityInformation };

/** A node as VS Code shows it. All names come from files and folders, and go in as plain text. */
export function treeItem(node: ModelNode, sources: ItemSources): vscode.TreeItem {
  const item = itemOf(node, sources);
  item.id = node.id;
  return item;
}

function itemOf(node: ModelNode, sources: ItemSources): Item {
  switch (node.kind) {
    case "roles":
      return group(vscode.l10n.t("In Use"), "roles");
    case "downloads":
      return group(vscode.l10n.t("Downloads"), "downloads");
    case "place":
      return placeItem(node.place);
    case "role":
      return roleItem(node.role, sources);
    case "model":
      return modelItem(node.model, sources);
    case "elsewhere":
      return group(
        node.children.some((child) => child.kind === "elsewherePlace" && child.elsewhere.isExtension === true)
          ? vscode.l10n.t("Servers and other extensions")
          : vscode.l10n.t("Servers"),
        "elsewhere",
      );
    case "elsewherePlace":
      return elsewherePlaceItem(node.elsewhere);
    case "elsewhereModel":
      return elsewhereModelItem(node.elsewhere, sources.rolesOf(node.elsewhere.id).map(roleName));
    case "note":
      return noteItem(node.note);
    case "download":
      return downloadItem(node.download);
  }
}

function group(label: string, context: string): Item {
  const item = new vscode.TreeItem(label, vscode.TreeItemCollapsibleState.Expanded);
  item.contextValue = context;
  return item;
}

function placeItem({ kind, folder }: ModelPlace): Item {
  const item = group(placeName({ kind, folder }), `place ${kind}`);
  if (kind !== "bundled" && kind !== "chosen") item.tooltip = visibleText(folder);
  return item;
}

export function placeName({ kind, folder }: ModelPlace): string {
  switch (kind) {
    case "bundled":
      return vscode.l10n.t("Comes with Paddock");
    case "own":
      return vscode.l10n.t("Paddock's Folder");
    case "extra":
      return visibleText(path.basename(folder) === "" ? folder : path.basename(folder));
    case "hugging-face":
      return vscode.l10n.t("Hugging Face Cache");
    case "lm-studio":
      return "LM Studio";
    case "ollama":
      return "Ollama";
    case "chosen":
      return vscode.l10n.t("Chosen Files");
  }
}

export function roleName(role: ModelRole): string {
  switch (role) {
    case "chat":
      return vscode.l10n.t("Chat");
    case "completion":
      return vscode.l10n.t("Completions");
    case "embedding":
      return vscode.l10n.t("Embeddings");
  }
}

const roleIcons: Readonly<Record<ModelRole, string>> = {
  chat: "comment-discussion",
  completion: "edit",
  embedding: "symbol-array",
};
/** The command that chooses a model for a role; a click on the role runs it. */
const roleCommands: Readonly<Record<ModelRole, string>> = {
  chat: "paddock.useForChat",
  completion: "paddock.useForCompletions",
  embedding: "paddock.useForEmbeddings",
};

function roleItem(role: ModelRole, sources: ItemSources): Item {
  const holder = sources.holder(role);
  const item: Item = new vscode.TreeItem(roleName(role));
  const crowded = role === "completion" ? sources.crowded() : undefined;
  const words = [holderWords(holder), ...(holder.kind === "none" ? [] : [loadedWords(sources.state(holder.model.id))])];
  if (crowded !== undefined) words.push(vscode.l10n.t("too large beside the chat's model"));
  item.description = words.filter((word) => word !== "").join(" · ");
  item.iconPath =
    holder.kind === "stands-in" || crowded !== undefined || (holder.kind === "none" && holder.wanted !== undefined)
      ? new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"))
      : new vscode.ThemeIcon(roleIcons[role]);
  item.contextValue = `role ${role}${isOwnChoice(role, holder) ? " given" : ""}`;
  item.command = { command: roleCommands[role], title: vscode.l10n.t("Choose Model") };
  item.tooltip = plainTooltip([
    roleHint(role),
    vscode.l10n.t("Drop a model here, or press Enter to choose one."),
    ...(crowded === undefined
      ? []
      : [vscode.l10n.t("With the chat's model it takes at least {0} (estimated).", formatBytes(crowded))]),
  ]);
  item.accessibilityInformation = { label: `${roleName(role)}: ${item.description}` };
  return item;
}

function isOwnChoice(role: ModelRole, holder: RoleHolder<KnownModel>): boolean {
  return role !== "chat" && (holder.kind === "chosen" || holder.kind === "stands-in");
}

function holderWords(holder: RoleHolder<KnownModel>): string {
  switch (holder.kind) {
    case "chosen":
      return visibleText(holder.model.displayName);
    case "chat":
      return vscode.l10n.t("{0}, the chat's model", visibleText(holder.model.displayName));
    case "here":
      return vscode.l10n.t("{0}, since the chat's runs elsewhere", visibleText(holder.model.displayName));
    case "stands-in":
      return vscode.l10n.t(
        "{0}, since {1} is gone",
        visibleText(holder.model.displayName),
        visibleText(nameIn(holder.wanted)),
      );
    case "none":
      return holder.wanted === undefined
        ? vscode.l10n.t("no model")
        : vscode.l10n.t("no model, since {0} is gone", visibleText(nameIn(holder.wanted)));
  }
}

function roleHint(role: ModelRole): string {
  switch (role) {
    case "chat":
      return vscode.l10n.t("The model that answers in the chat.");
    case "completion":
      return vscode.l10n.t("The model that suggests code as you type; the chat's where none is chosen.");
    case "embedding":
      return vscode.l10n.t("The model that turns texts into vectors, for searching by meaning.");
  }
}

function loadedWords(state: ModelState): string {
  switch (state.status) {
    case "unloaded":
      return "";
    case "loading":
      return vscode.l10n.t("loading, {0}%", Math.floor(state.fraction * 100));
    case "ready":
      return state.busy ? vscode.l10n.t("working") : vscode.l10n.t("loaded");
    case "elsewhere":
      return elsewhereWords(state.destination);
    case "restarting":
      return vscode.l10n.t("starting again");
    case "failed":
      return vscode.l10n.t("stopped");
  }
}

export function kindName(kind: FileKind): string {
  switch (kind) {
    case "model":
      return vscode.l10n.t("model");
    case "embedding":
      return vscode.l10n.t("embedding model");
    case "projector":
      return vscode.l10n.t("image projector");
    case "importance-matrix":
      return vscode.l10n.t("importance matrix");
    case "adapter":
      return vscode.l10n.t("adapter");
  }
}

function modelItem(model: StoredModel, sources: ItemSources): Item {
  const { content, sizeBytes } = model;
  const state = sources.state(model.id);
  const roles = sources.rolesOf(model.id).map(roleName);
  const item: Item = new vscode.TreeItem(visibleText(model.name));
  const words = content.usable
    ? [
        ...(content.facts.kind === "model" ? [] : [kindName(content.facts.kind)]),
        content.facts.quantization ?? "",
        formatBytes(sizeBytes),
        loadedWords(state),
      ]
    : [vscode.l10n.t("cannot be used"), content.why.message];
  item.description = words
    .filter((word) => word !== "")
    .map(visibleText)
    .join(" · ");
  item.iconPath = modelIcon(model, state);
  item.tooltip = modelTooltip(model, state, roles);
  item.contextValue = modelContext(model, state);
  item.command = {
    command: "paddock.inspectModelFile",
    title: vscode.l10n.t("Inspect"),
    arguments: [vscode.Uri.file(model.path)],
  };
  item.accessibilityInformation = {
    label: [
      visibleText(model.name),
      item.description,
      ...roles.map((role) => vscode.l10n.t("used for {0}", role)),
    ].join(", "),
  };
  return item;
}

/** Words that the menus' conditions look for. */
function modelContext(model: StoredModel, state: ModelState): string {
  const isLoaded = state.status !== "unloaded" && state.status !== "failed";
  return [
    "model",
    ...(canChat(model) ? ["chat"] : []),
    ...(canEmbed(model) ? ["embed"] : []),
    ...(canChat(model) || canEmbed(model) ? [isLoaded ? "loaded" : "unloaded"] : []),
    ...(isOurs(model) ? ["renamable"] : []),
    ...(model.place.kind === "bundled" ? [] : ["deletable"]),
  ].join(" ");
}

function modelIcon({ content }: StoredModel, state: ModelState): vscode.ThemeIcon {
  if (!content.usable) return new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
  switch (state.status) {
    case "ready":
      return new vscode.ThemeIcon("circle-filled");
    case "elsewhere":
      return new vscode.ThemeIcon("globe");
    case "loading":
    case "restarting":
      return new vscode.ThemeIcon("loading~spin");
    case "failed":
      return new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
    case "unloaded":
      return new vscode.ThemeIcon(
        { model: "circle-outline", embedding: "symbol-array", projector: "eye", adapter: "plug" }[
          content.facts.kind as string
        ] ?? "file-binary",
      );
  }
}

function modelTooltip(model: StoredModel, state: ModelState, roles: readonly string[]): vscode.MarkdownString {
  const { content } = model;
  const lines: string[] = [];
  if (model.origin !== undefined) lines.push(vscode.l10n.t("From: {0}", model.origin));
  if (roles.length > 0) lines.push(vscode.l10n.t("Used for: {0}", roles.join(", ")));
  if (content.usable) lines.push(...factLines(content.facts));
  else lines.push(content.why.message, ...(content.why.remedy === undefined ? [] : [content.why.remedy]));
  if (state.status === "ready") {
    lines.push(
      state.loaded.vramBytes > 0
        ? vscode.l10n.t(
            "Memory: {0} resident, {1} on the GPU (measured)",
            formatBytes(state.loaded.rssBytes),
            formatBytes(state.loaded.vramBytes),
          )
        : vscode.l10n.t("Memory: {0} resident (measured)", formatBytes(state.loaded.rssBytes)),
    );
  }
  if (state.status === "failed") lines.push(state.error.message);
  lines.push(
    model.parts.length > 1
      ? vscode.l10n.t("{0} parts, {1}, from {2}", model.parts.length, formatBytes(model.sizeBytes), model.path)
      : vscode.l10n.t("{0}, {1}", formatBytes(model.sizeBytes), model.path),
  );
  for (const other of model.alsoAt.slice(0, 5)) lines.push(vscode.l10n.t("Also at {0}", other));
  return plainTooltip(lines, model.name);
}

function factLines(facts: Extract<StoredModel["content"], { usable: true }>["facts"]): string[] {
  const lines: string[] = [];
  if (facts.title !== undefined) lines.push(vscode.l10n.t("Name in the file: {0}", facts.title));
  if (facts.architecture !== undefined) lines.push(vscode.l10n.t("Architecture: {0}", facts.architecture));
  if (facts.parameters > 0) {
    const types = facts.types.slice(0, 3).map(({ name, share }) => `${name} ${formatShare(share)}`);
    lines.push(
      vscode.l10n.t("Parameters: {0}", formatParameters(facts.parameters)),
      vscode.l10n.t("Bits per weight: {0} ({1})", facts.bitsPerWeight.toFixed(2), types.join(", ")),
    );
  }
  if (facts.hasImportanceMatrix) lines.push(vscode.l10n.t("Quantized with an importance matrix"));
  if (facts.trainContextSize > 0)
    lines.push(vscode.l10n.t("Trained for a context of {0} tokens", facts.trainContextSize.toLocaleString()));
  if (facts.license !== undefined) lines.push(vscode.l10n.t("Licence: {0}", facts.license));
  return lines;
}

function noteItem({ path: at, why }: PlaceNote): Item {
  const item: Item = new vscode.TreeItem(visibleText(path.basename(at)));
  const words = {
    missing: vscode.l10n.t("this folder does not exist"),
    unreadable: vscode.l10n.t("this cannot be read; check its permissions"),
    "too-many": vscode.l10n.t("too many files: not all of them were looked at"),
  }[why];
  item.description = words;
  item.tooltip = visibleText(at);
  item.iconPath = new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"));
  item.contextValue = "note";
  item.accessibilityInformation = { label: `${visibleText(at)}: ${words}` };
  return item;
}

function downloadItem(download: DownloadView): Item {
  const { title, problem, notice, target } = download;
  const item: Item = new vscode.TreeItem(visibleText(title));
  item.description = progressWords(download);
  item.iconPath = downloadIcon(download);
  item.contextValue = `download ${isActive(download) ? "active" : "stopped"}`;
  item.tooltip = plainTooltip(
    [problem?.message, problem?.remedy, notice, target].filter((line) => line !== undefined),
    title,
  );
  item.accessibilityInformation = { label: `${visibleText(title)}: ${item.description}` };
  return item;
}

function downloadIcon({ status }: DownloadView): vscode.ThemeIcon {
  switch (status) {
    case "waiting":
      return new vscode.ThemeIcon("watch");
    case "running":
    case "elsewhere":
      return new vscode.ThemeIcon("cloud-download");
    case "retrying":
    case "verifying":
      return new vscode.ThemeIcon("sync~spin");
    case "paused":
      return new vscode.ThemeIcon("debug-pause");
    case "failed":
      return new vscode.ThemeIcon("error", new vscode.ThemeColor("list.errorForeground"));
  }
}
