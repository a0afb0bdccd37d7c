import * as vscode from "vscode";

/** The words of the memory commands, in the person's language. */
export function memoryTexts() {
  const { l10n } = vscode;
  return {
    searchTitle: l10n.t("Search Conversations"),
    searchHint: l10n.t("Words in titles, questions, answers and names of attachments"),
    reading: (searched: number, total: number) =>
      l10n.t("Reading your conversations: {0} of {1}", String(searched), String(total)),
    matches: (count: number) => (count === 1 ? l10n.t("1 message") : l10n.t("{0} messages", String(count))),
    noConversations: l10n.t("There are no conversations yet."),
    pickExport: l10n.t("Choose the conversation to export"),
    exportTitle: l10n.t("Export Conversation"),
    exportAllTitle: l10n.t("Export All Conversations"),
    exporting: l10n.t("Exporting conversations"),
    exported: (count: number) =>
      count === 1 ? l10n.t("1 conversation exported.") : l10n.t("{0} conversations exported.", String(count)),
    openFile: l10n.t("Open"),
    importTitle: l10n.t("Import Conversations"),
    importing: l10n.t("Importing conversations"),
    imported: (count: number) =>
      count === 1 ? l10n.t("1 conversation imported.") : l10n.t("{0} conversations imported.", String(count)),
    dropped: (count: number) =>
      count === 1
        ? l10n.t("1 part of the file could not be read and was left out.")
        : l10n.t("{0} parts of the file could not be read and were left out.", String(count)),
    notOurs: (file: string) => l10n.t("{0} holds no conversations of Paddock.", file),
    newerFile: (file: string) =>
      l10n.t("{0} was made by a newer version of Paddock. Update Paddock to import it.", file),
    tooLarge: (file: string, megabytes: number) =>
      l10n.t("{0} is too large to import: at most {1} MB.", file, String(megabytes)),
    notRead: (file: string) => l10n.t("{0} could not be read.", file),
    importCancelled: l10n.t("The import was cancelled. Nothing was imported."),
    notWritten: (file: string) => l10n.t("{0} could not be written.", file),
    noSpaceFor: (file: string) => l10n.t("There is no space left for {0}.", file),
    otherPlace: l10n.t("Choose another place for the file."),
    pickDelete: l10n.t("Choose the conversations to delete"),
    deleted: (count: number) =>
      count === 1 ? l10n.t("1 conversation deleted.") : l10n.t("{0} conversations deleted.", String(count)),
    undo: l10n.t("Undo"),
    eraseQuestion: l10n.t("Delete all your Paddock data on this machine?"),
    eraseDetail: l10n.t(
      "All conversations, those deleted within the last day too, drafts, saved model states, database connections of all workspaces, logs and everything else Paddock keeps go, in every window. There is no way back. Models and settings stay.",
    ),
    erase: l10n.t("Delete All My Data"),
    erasing: l10n.t("Deleting all Paddock data"),
    erased: l10n.t("All your Paddock data on this machine is deleted."),
    notErased: (count: number) =>
      l10n.t("{0} files could not be deleted. Close other windows and run the command again.", String(count)),
    you: l10n.t("You"),
    answer: l10n.t("Answer"),
    attached: (label: string) => l10n.t("Attached: {0}", label),
    toolCall: (name: string) => l10n.t("Calls {0}", name),
    toolResult: (name: string) => l10n.t("Result of {0}", name),
    image: l10n.t("An image, not part of this document"),
  };
}

export type MemoryTexts = ReturnType<typeof memoryTexts>;
