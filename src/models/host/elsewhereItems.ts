import * as vscode from "vscode";
import { visibleText } from "../../platform/core/visibleText";
import type { ElsewhereModel, ElsewherePlace } from "../core/elsewhere";
import { fitsRoleElsewhere } from "../core/roles";
import { plainTooltip } from "./plainTooltip";

type Item = vscode.TreeItem & { accessibilityInformation?: vscode.AccessibilityInformation };

/** What is to be known of a model that runs elsewhere, wherever it stands. */
export function elsewhereWords(destination: string | undefined): string {
  return destination === undefined
    ? vscode.l10n.t("runs in another program")
    : vscode.l10n.t("text goes to {0}", visibleText(destination));
}

export function elsewherePlaceItem({ name, state, isAway, isExtension, tooltip, models }: ElsewherePlace): Item {
  const item: Item = new vscode.TreeItem(
    visibleText(name),
    models.length === 0 ? vscode.TreeItemCollapsibleState.None : vscode.TreeItemCollapsibleState.Expanded,
  );
  item.description = visibleText(state);
  item.iconPath = isAway
    ? new vscode.ThemeIcon("warning", new vscode.ThemeColor("list.warningForeground"))
    : new vscode.ThemeIcon(isExtension === true ? "extensions" : "server");
  item.tooltip = plainTooltip(tooltip, name);
  item.contextValue = isExtension === true ? "extension" : "server";
  item.accessibilityInformation = { label: `${visibleText(name)}: ${item.description}` };
  return item;
}

/** @param roles what it is used for, in words. */
export function elsewhereModelItem(model: ElsewhereModel, roles: readonly string[]): Item {
  const { displayName, destination } = model;
  const item: Item = new vscode.TreeItem(visibleText(displayName));
  const used = roles.map((role) => vscode.l10n.t("used for {0}", role));
  item.description = used.join(", ");
  item.iconPath = new vscode.ThemeIcon(fitsRoleElsewhere("chat", model) ? "globe" : "symbol-array");
  item.tooltip = plainTooltip([elsewhereWords(destination), ...used], displayName);
  item.contextValue = [
    "elsewhereModel",
    ...(fitsRoleElsewhere("chat", model) ? ["chat"] : []),
    ...(fitsRoleElsewhere("embedding", model) ? ["embed"] : []),
  ].join(" ");
  item.accessibilityInformation = {
    label: [visibleText(displayName), elsewhereWords(destination), ...used].join(", "),
  };
  return item;
}
