import * as vscode from "vscode";
import type { Reason } from "../core/reasons";

/** Why there is no suggestion, in a sentence; with what can be done about it where something can. */
export function reasonWords(reason: Reason): string {
  switch (reason) {
    case "off":
      return vscode.l10n.t("Inline suggestions are turned off (paddock.completion.enabled).");
    case "languageOff":
      return vscode.l10n.t("Inline suggestions are turned off for this language (paddock.completion.languages).");
    case "excluded":
      return vscode.l10n.t("This file is excluded by paddock.completion.exclude.");
    case "ignored":
      return vscode.l10n.t("Git ignores this file, so it is not read.");
    case "secret":
      return vscode.l10n.t("This file may hold secrets, so it is never shown to a model.");
    case "notEditable":
      return vscode.l10n.t("This is no text to write code in.");
    case "selection":
      return vscode.l10n.t("Something is selected, or there are several cursors.");
    case "longLine":
      return vscode.l10n.t("The line is very long, as in minified code or data.");
    case "insideWord":
      return vscode.l10n.t("The cursor stands inside a word.");
    case "midLine":
      return vscode.l10n.t(
        "Text follows on the line, and this model does not see what follows the cursor. A model trained to fill in the middle does.",
      );
    case "suggestWidget":
      return vscode.l10n.t("The list of suggestions is completing the word.");
    case "noModel":
      return vscode.l10n.t("The model could not be loaded. The status bar says why.");
    case "typedOn":
      return vscode.l10n.t("Typing went on before the suggestion was there, and it no longer fitted.");
    case "late":
      return vscode.l10n.t("The suggestion was not there by the deadline (paddock.completion.deadlineMilliseconds).");
    case "empty":
      return vscode.l10n.t("The model has nothing to suggest here.");
    case "unsure":
      return vscode.l10n.t("The model is only guessing here (paddock.completion.leastProbability).");
    case "repeats":
      return vscode.l10n.t("What the model suggests stands there already.");
    case "failed":
      return vscode.l10n.t("The engine failed. The log says how.");
  }
}
