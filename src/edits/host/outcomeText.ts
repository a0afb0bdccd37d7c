import * as vscode from "vscode";
import type { Outcome, ReviewSession } from "./reviewSession";

/** What came of a review that ended, for a status or a screen reader. */
export function outcomeText(session: ReviewSession, outcome: Outcome): string {
  const { hunks } = session.review;
  const { name } = session;
  if (outcome.kind !== "applied") return vscode.l10n.t("{0} stays as it is.", name);
  if (session.isNewFile) return vscode.l10n.t("{0} was made.", name);
  const { count } = outcome;
  const left = hunks.length - count;
  return `${madeText(count, left, name)} ${vscode.l10n.t("One Undo takes it all back.")}`;
}

function madeText(count: number, left: number, name: string): string {
  if (left === 0) {
    return count === 1
      ? vscode.l10n.t("1 change made in {0}.", name)
      : vscode.l10n.t("{0} changes made in {1}.", count, name);
  }
  return count === 1
    ? vscode.l10n.t("1 change made in {0}, {1} left out.", name, left)
    : vscode.l10n.t("{0} changes made in {1}, {2} left out.", count, name, left);
}

/** Why nothing was written: the review stays open. */
export function refusalText(kind: "refused" | "gone" | "exists", name: string): string {
  switch (kind) {
    case "gone":
      return vscode.l10n.t("{0} is no longer there.", name);
    case "exists":
      return vscode.l10n.t("{0} has been made by somebody else meanwhile.", name);
    case "refused":
      return vscode.l10n.t("The editor did not take the changes to {0}. Check whether it is read-only.", name);
  }
}
