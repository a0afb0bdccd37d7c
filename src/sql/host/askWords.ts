import * as vscode from "vscode";
import { formatCount } from "../../platform/core/format";
import type { PaddockError } from "../../platform/core/errors";
import type { ErrorWords } from "../../platform/host/errorWords";
import type { AskWords } from "./askSessionDeps";

/** @param describe the words for an error in the person's language. */
export function askWords(describe: (error: PaddockError) => ErrorWords): AskWords {
  return {
    failure: (error) => {
      const { message, remedy } = describe(error);
      return { message, remedy: remedy ?? null };
    },
    noAnswer: () => ({
      message: vscode.l10n.t("No statement was found that works."),
      remedy: vscode.l10n.t("Say it in other words, or name the tables."),
    }),
    answered: (explanation) => vscode.l10n.t("Answered. {0}", explanation),
    found: (rows) => (rows === 1 ? vscode.l10n.t("1 row.") : vscode.l10n.t("{0} rows.", formatCount(rows))),
    wrote: (rows) =>
      rows === 1 ? vscode.l10n.t("1 row was changed.") : vscode.l10n.t("{0} rows were changed.", formatCount(rows)),
    confirmed: () => vscode.l10n.t("Kept as an example for your next questions."),
  };
}
