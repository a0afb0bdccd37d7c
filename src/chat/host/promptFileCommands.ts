import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import { visibleText } from "../../platform/core/visibleText";
import type { ContextReference, TakenContext } from "../core/contextItems";
import { promptFileEnding, promptFolder } from "../core/promptFile";
import { promptFileName, promptTemplate } from "../core/promptTemplate";
import type { PromptFiles } from "./promptFiles";

export interface PromptFileCommandsDeps {
  readonly prompts: Pick<PromptFiles, "list" | "use" | "useFile">;
  readonly ownFolder: vscode.Uri;
  /** Asks in the conversation that is shown; resolves when the question is stored. */
  readonly ask: (text: string, references: readonly ContextReference[]) => Promise<void>;
}

/** The palette's commands for prompt files, by the name after "paddock.". */
export function promptFileCommands(
  deps: PromptFileCommandsDeps,
): Readonly<Record<"newPromptFile" | "runPromptFile", (...given: unknown[]) => Promise<void>>> {
  return {
    newPromptFile: () => createPromptFile(deps.ownFolder),
    runPromptFile: async (given) => {
      const used = given instanceof vscode.Uri ? await deps.prompts.useFile(given) : await choose(deps);
      if (used === undefined) return;
      const references = await agreed(used.taken);
      if (references !== undefined) await deps.ask(used.text, references);
    },
  };
}

async function choose({ prompts, ownFolder }: PromptFileCommandsDeps): ReturnType<PromptFiles["use"]> {
  const found = await prompts.list(AbortSignal.timeout(10_000), true);
  const items = found.map(({ uri, place, prompt }) => ({
    label: `/${visibleText(prompt.name)}`,
    description: visibleText(prompt.description),
    detail: visibleText(place),
    uri,
  }));
  const another = { label: `$(new-file) ${vscode.l10n.t("New prompt file…")}`, uri: undefined };
  const chosen = await vscode.window.showQuickPick<vscode.QuickPickItem & { readonly uri: vscode.Uri | undefined }>(
    [...items, another],
    {
      title: vscode.l10n.t("Run Prompt File"),
      placeHolder:
        items.length > 0
          ? vscode.l10n.t("Which prompt?")
          : vscode.workspace.isTrusted
            ? vscode.l10n.t("There are no prompt files yet.")
            : vscode.l10n.t("In Restricted Mode the workspace's prompt files are not used."),
      matchOnDescription: true,
    },
  );
  if (chosen === undefined) return undefined;
  if (chosen.uri !== undefined) return prompts.use(`prompt:${chosen.uri.toString()}`);
  await createPromptFile(ownFolder);
  return undefined;
}

/** What a prompt brings along when it is sent at once: what Git ignores and what is refused is said first. */
async function agreed({
  references,
  ignored,
  refused,
}: TakenContext): Promise<readonly ContextReference[] | undefined> {
  let all = references;
  if (ignored.length > 0) {
    const attachIt = vscode.l10n.t("Attach Anyway");
    const without = vscode.l10n.t("Ask Without It");
    const names = ignored.map(({ label }) => visibleText(label)).join(", ");
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t("{0} is ignored by Git. Attach it to your question?", names),
      attachIt,
      without,
    );
    if (answer === undefined) return undefined;
    if (answer === attachIt) all = [...all, ...ignored];
  }
  if (refused.length > 0) {
    const without = vscode.l10n.t("Ask Without It");
    const reasons = refused.map(({ label, reason }) => `${visibleText(label)}: ${reason}`).join(" ");
    if ((await vscode.window.showWarningMessage(reasons, without)) !== without) return undefined;
  }
  return all;
}

type Place = vscode.QuickPickItem & ({ readonly folder: vscode.Uri } | { readonly why: "trust" | "noFolder" });

/** Asks where and how it is called, writes what a new prompt file begins with, and opens it. Never over another one. */
async function createPromptFile(ownFolder: vscode.Uri): Promise<void> {
  const place = await vscode.window.showQuickPick<Place>(places(ownFolder), {
    title: vscode.l10n.t("New Prompt File"),
    placeHolder: vscode.l10n.t("Who is it for?"),
  });
  if (place === undefined) return;
  if ("why" in place) {
    await vscode.commands.executeCommand(place.why === "trust" ? "workbench.trust.manage" : "vscode.openFolder");
    return;
  }
  const name = await vscode.window.showInputBox({
    title: vscode.l10n.t("New Prompt File"),
    prompt: vscode.l10n.t("What is written after “/” to run it"),
    placeHolder: vscode.l10n.t("explain-selection"),
    validateInput: (text) =>
      text.trim() !== "" && promptFileName(text) === "" ? vscode.l10n.t("Use letters or digits.") : undefined,
  });
  if (name === undefined || promptFileName(name) === "") return;
  const uri = vscode.Uri.joinPath(place.folder, promptFileName(name) + promptFileEnding);
  await writeNew(uri, promptTemplate(templateWords()));
  await vscode.window.showTextDocument(uri);
}

function places(ownFolder: vscode.Uri): Place[] {
  const own: Place = {
    label: `$(account) ${vscode.l10n.t("You, in every workspace")}`,
    detail: vscode.l10n.t("In the prompts folder of your VS Code profile"),
    folder: ownFolder,
  };
  const folders = vscode.workspace.workspaceFolders ?? [];
  if (folders.length === 0) {
    const label = `$(folder-opened) ${vscode.l10n.t("Open a folder…")}`;
    const detail = vscode.l10n.t("A prompt for everybody who works on a project is kept in its folder; none is open.");
    return [own, { label, detail, why: "noFolder" }];
  }
  if (!vscode.workspace.isTrusted) {
    const label = `$(shield) ${vscode.l10n.t("Manage Workspace Trust")}`;
    const detail = vscode.l10n.t("In Restricted Mode the workspace's prompt files are not used.");
    return [own, { label, detail, why: "trust" }];
  }
  const shared = folders.map(({ name, uri }): Place => ({
    label: `$(repo) ${vscode.l10n.t("Everybody who works on {0}", visibleText(name))}`,
    detail: promptFolder,
    folder: vscode.Uri.joinPath(uri, ...promptFolder.split("/")),
  }));
  return [...shared, own];
}

/** @throws PaddockError where there is a file of that name, or none can be written. */
async function writeNew(uri: vscode.Uri, text: string): Promise<void> {
  const edit = new vscode.WorkspaceEdit();
  edit.createFile(uri, { overwrite: false, ignoreIfExists: false, contents: new TextEncoder().encode(text) });
  if (await vscode.workspace.applyEdit(edit)) return;
  throw new PaddockError("unsupported", vscode.l10n.t("{0} could not be made.", vscode.workspace.asRelativePath(uri)), {
    remedy: vscode.l10n.t("Choose another name if there is one of this name already; it stays as it is."),
  });
}

function templateWords() {
  return {
    description: vscode.l10n.t("Explain the selected code"),
    task: vscode.l10n.t("Explain what this code does, step by step, and name what could go wrong:"),
    aboutDescription: vscode.l10n.t("Shown beside the name after you type “/” in the chat."),
    aboutVariables: vscode.l10n.t("In the text these stand for what is in the editor in front:"),
    aboutInputs: vscode.l10n.t("These are asked for when the prompt is run:"),
    aboutLinks: vscode.l10n.t("A link to a file attaches it:"),
    aboutActions: vscode.l10n.t(
      "Without the “#” before “where” or “output” it is an action, too, in the list of “Paddock: Run Action…”:",
    ),
    aboutWhere: vscode.l10n.t("selection, symbol or file: what it is about"),
    aboutContext: vscode.l10n.t("file or none: whether the rest of the file goes along"),
    aboutOutput: vscode.l10n.t("edit, chat or editor: where the answer goes"),
    aboutModel: vscode.l10n.t("the model that answers, as the Models view names it; without it the one in use"),
  };
}
