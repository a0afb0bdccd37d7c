import * as vscode from "vscode";
import { describeError } from "../../platform/host/errorWords";
import type { ServerEntry } from "../core/serverEntry";
import { kindName, type ServerKind } from "../core/serverKinds";
import type { ServerHealth } from "../node/servers";

/** What a model can be chosen for. */
export type ReleasedRole = "chat" | "completion" | "embedding";

export function programName(kind: ServerKind): string {
  return kind === "other" ? vscode.l10n.t("Server with OpenAI's API") : kindName(kind);
}

export function modelCount(count: number): string {
  return count === 1 ? vscode.l10n.t("one model") : vscode.l10n.t("{0} models", count.toLocaleString());
}

/** How a server is, in few words. @param isNamed its name does not say where it is. */
export function healthWords(health: ServerHealth, destination: string | undefined, isNamed: boolean): string {
  if (destination === undefined) return vscode.l10n.t("its address is none");
  const words = statusWords(health);
  return [...(isNamed ? [destination] : []), ...(words === "" ? [] : [words])].join(" · ");
}

function statusWords(health: ServerHealth): string {
  switch (health.status) {
    case "unknown":
      return "";
    case "looking":
      return vscode.l10n.t("looking…");
    case "there":
      return modelCount(health.look.models.length);
    case "away":
      return health.error.code === "server/key"
        ? vscode.l10n.t("wants a key")
        : health.error.code === "server/offline"
          ? vscode.l10n.t("does not answer")
          : vscode.l10n.t("cannot be used");
  }
}

export function tooltipLines(
  health: ServerHealth,
  { url }: ServerEntry,
  destination: string | undefined,
): readonly string[] {
  const lines = [
    url,
    destination === undefined
      ? vscode.l10n.t("This is no address of a server: correct it in the setting paddock.servers.")
      : vscode.l10n.t("What you ask its models goes there, with all that is attached. Nothing else does."),
  ];
  if (health.status === "there") {
    const { kind, version } = health.look;
    lines.push(version === undefined ? programName(kind) : `${programName(kind)} ${version}`);
  }
  if (health.status === "away") {
    const { message, remedy } = describeError(health.error);
    lines.push(message, ...(remedy === undefined ? [] : [remedy]));
  }
  return lines;
}

/** @param released what its models were chosen for, and are no longer. */
export function removedWords({ name, url }: ServerEntry, released: readonly ReleasedRole[]): string {
  const which = name ?? url;
  if (released.length === 0) return vscode.l10n.t("{0} is removed: nothing is sent there any more.", which);
  const roles = released.map(roleName).join(", ");
  return vscode.l10n.t(
    "{0} is removed: nothing is sent there any more. Its models are no longer chosen for: {1}.",
    which,
    roles,
  );
}

function roleName(role: ReleasedRole): string {
  switch (role) {
    case "chat":
      return vscode.l10n.t("the chat");
    case "completion":
      return vscode.l10n.t("completions");
    case "embedding":
      return vscode.l10n.t("embeddings");
  }
}
