import * as vscode from "vscode";
import { PaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { visibleText } from "../../platform/core/visibleText";
import type { ContextReference, OfferedItem, PromptCommands, TakenContext } from "../core/contextItems";
import { foldText } from "../core/foldText";
import {
  fillPrompt,
  linkedFiles,
  maxPromptBytes,
  parsePromptFile,
  type PromptFile,
  promptFileEnding,
  promptFolder,
  promptNeeds,
} from "../core/promptFile";
import { isInside } from "../../platform/host/insideFolder";
import { isRestricted, manageTrust } from "./workspaceTrust";

/** Of one folder; somebody who has more finds them by name in the editor. */
const maxFiles = 100;
/** Typing asks again with each key; for so long the files count as they were. */
const freshMs = 1_500;
/** A remote file system may be slow; one that takes longer does not answer. */
const patienceMs = 10_000;

/** What "/" offers besides prompts, by the command that it runs. */
export type SlashCommand = "newConversation" | "newPromptFile" | "searchConversations" | "exportConversation";

export interface PromptFilesDeps {
  /** Where the person's own prompts are, for all workspaces. */
  readonly ownFolder: vscode.Uri;
  /** What is selected in the editor. @throws PaddockError when nothing is, or when no model may see it. */
  readonly selection: () => Promise<ContextReference>;
  /** Files by way of the gate. */
  readonly takeFiles: (uris: readonly vscode.Uri[]) => Promise<TakenContext>;
  readonly runCommand: (command: SlashCommand) => Promise<void>;
  readonly log: Logger;
}

/** A prompt that can be run now. */
export interface FoundPrompt {
  readonly uri: vscode.Uri;
  /** Where it is from, for a person: ".github/prompts/x.prompt.md", "Your prompts". */
  readonly place: string;
  /** Of the workspace; absent for the person's own. */
  readonly folder?: vscode.WorkspaceFolder;
  readonly prompt: PromptFile;
}

const trustId = "trust";
const promptId = "prompt:";
const commandId = "command:";
const nothing: TakenContext = { references: [], ignored: [], refused: [] };

/** The prompts that the workspace and the person keep in files, with the commands that stand beside them after "/". */
export class PromptFiles implements PromptCommands {
  private known: { readonly at: number; readonly found: Promise<readonly FoundPrompt[]> } | undefined;

  constructor(private readonly deps: PromptFilesDeps) {}

  async offer(query: string, signal: AbortSignal): Promise<readonly OfferedItem[]> {
    const prompts = (await this.list(signal)).map(({ uri, place, prompt }): OfferedItem => {
      const about = prompt.description === "" ? place : prompt.description;
      const detail = visibleText([prompt.argumentHint, about].filter((text) => text !== "").join(" · "));
      return { id: `${promptId}${uri.toString()}`, label: `/${visibleText(prompt.name)}`, detail, icon: "note" };
    });
    const found = matching([...prompts, ...commands()], query);
    // Said where it matters: to somebody who looks for what is not there.
    return isRestricted() && (query === "" || found.length === 0) ? [...found, restricted()] : found;
  }

  async use(id: string): ReturnType<PromptCommands["use"]> {
    if (id === trustId) {
      await manageTrust();
      return undefined;
    }
    const command = commands().find((one) => one.id === id)?.command;
    if (command !== undefined) {
      await this.deps.runCommand(command);
      return undefined;
    }
    // The id comes from a page: only what is on the list is run.
    const found = (await this.list(AbortSignal.timeout(patienceMs), true)).find(
      ({ uri }) => id === promptId + uri.toString(),
    );
    if (found === undefined)
      throw new PaddockError("unsupported", vscode.l10n.t("This prompt file is no longer there."));
    return this.fill(found);
  }

  /** A prompt file that the person has in front of them, wherever it is. @throws PaddockError as `use` does. */
  async useFile(uri: vscode.Uri): ReturnType<PromptCommands["use"]> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    if (folder !== undefined && !vscode.workspace.isTrusted) throw notTrusted();
    const raw = await readPrompt(uri);
    return this.fill({ uri, place: "", prompt: parsePromptFile(lastSegment(uri), raw), ...(folder && { folder }) });
  }

  /** The workspace's prompts, then the person's, each by name. What cannot be read is left out and told to the log. */
  async list(signal: AbortSignal, anew = false): Promise<readonly FoundPrompt[]> {
    if (anew || this.known === undefined || Date.now() - this.known.at > freshMs) {
      // Its time is its own: who asks next waits for the same, though who asked first is gone.
      const known = { at: Date.now(), found: this.find(AbortSignal.timeout(patienceMs)) };
      this.known = known;
      known.found.catch(() => {
        if (this.known === known) this.known = undefined;
      });
    }
    return untilAborted(this.known.found, signal);
  }

  private async find(signal: AbortSignal): Promise<readonly FoundPrompt[]> {
    const folders = vscode.workspace.isTrusted ? (vscode.workspace.workspaceFolders ?? []) : [];
    const found: FoundPrompt[] = [];
    for (const folder of folders) {
      const root = vscode.Uri.joinPath(folder.uri, ...promptFolder.split("/"));
      found.push(...(await this.findIn(root, signal, folder)));
    }
    found.push(...(await this.findIn(this.deps.ownFolder, signal)));
    return found;
  }

  private async findIn(
    root: vscode.Uri,
    signal: AbortSignal,
    folder?: vscode.WorkspaceFolder,
  ): Promise<readonly FoundPrompt[]> {
    const { log } = this.deps;
    let entries: readonly (readonly [string, vscode.FileType])[];
    try {
      entries = await vscode.workspace.fs.readDirectory(root);
    } catch {
      // Most workspaces have no such folder.
      return [];
    }
    const names = entries.filter(([name]) => name.endsWith(promptFileEnding)).map(([name]) => name);
    names.sort((a, b) => a.localeCompare(b));
    if (names.length > maxFiles) log.info(`${root.path}: only the first ${maxFiles} prompt files are offered.`);
    const found: FoundPrompt[] = [];
    for (const name of names.slice(0, maxFiles)) {
      signal.throwIfAborted();
      const uri = vscode.Uri.joinPath(root, name);
      try {
        if (folder !== undefined && !(await isInside(folder.uri, uri))) {
          log.warn(`${uri.path} leads out of the workspace and is not offered.`);
          continue;
        }
        const prompt = parsePromptFile(name, await readPrompt(uri));
        const place = folder === undefined ? vscode.l10n.t("Your prompts") : vscode.workspace.asRelativePath(uri);
        found.push({ uri, place, prompt, ...(folder === undefined ? {} : { folder }) });
      } catch (error) {
        log.warn(`${uri.path} is not offered: ${String(error)}`);
      }
    }
    return found;
  }

  private async fill({ uri, folder, prompt }: FoundPrompt): ReturnType<PromptCommands["use"]> {
    const { body } = prompt;
    if (body === "") {
      throw new PaddockError("unsupported", vscode.l10n.t("This prompt file has no text below its header."), {
        remedy: vscode.l10n.t("Write what the model is asked for, and run it again."),
      });
    }
    const needs = promptNeeds(body);
    const active = vscode.window.activeTextEditor?.document;
    const isOnItself = active?.uri.toString() === uri.toString();
    const selection = needs.selection ? await this.selection(isOnItself) : "";
    const document = isOnItself ? undefined : active;
    if (needs.file && document === undefined) {
      throw new PaddockError("unsupported", vscode.l10n.t("This prompt is about a file, and none is open in front."), {
        remedy: vscode.l10n.t("Put the cursor into the file it is for and run the prompt from the chat."),
      });
    }
    const inputs = new Map<string, string>();
    for (const { name, placeholder } of needs.inputs) {
      const given = await vscode.window.showInputBox({
        title: `/${visibleText(prompt.name)}`,
        prompt: visibleText(name),
        placeHolder: visibleText(placeholder),
        ignoreFocusOut: true,
      });
      if (given === undefined) return undefined;
      inputs.set(name, given);
    }
    const text = fillPrompt(body, {
      selection,
      file: needs.file && document !== undefined ? vscode.workspace.asRelativePath(document.uri) : "",
      workspaceFolder: (folder ?? vscode.workspace.workspaceFolders?.[0])?.name ?? "",
      inputs,
    });
    const files = await linked(uri, folder, body);
    if (needs.fileText && document !== undefined) files.unshift(document.uri);
    return { text, taken: files.length === 0 ? nothing : await this.deps.takeFiles(files) };
  }

  private async selection(isOnItself: boolean): Promise<string> {
    if (!isOnItself) return (await this.deps.selection()).text;
    throw new PaddockError("unsupported", vscode.l10n.t("This prompt is about what is selected in another editor."), {
      remedy: vscode.l10n.t("Select something there and run the prompt from the chat."),
    });
  }
}

function notTrusted(): PaddockError {
  return new PaddockError(
    "unsupported",
    vscode.l10n.t("In Restricted Mode the workspace's prompt files are not used."),
    {
      remedy: vscode.l10n.t("Trust the workspace with the command “Workspaces: Manage Workspace Trust”."),
    },
  );
}

function restricted(): OfferedItem {
  return {
    id: trustId,
    label: vscode.l10n.t("Manage Workspace Trust"),
    detail: vscode.l10n.t("Restricted Mode: this workspace's prompt files and instructions are not used."),
    icon: "shield",
  };
}

function commands(): (OfferedItem & { readonly command: SlashCommand })[] {
  const of = (command: SlashCommand, label: string, detail: string, icon: string) => ({
    ...{ command, label, detail, icon },
    id: commandId + command,
  });
  return [
    of("newConversation", "/new", vscode.l10n.t("New conversation"), "add"),
    of("newPromptFile", "/new-prompt", vscode.l10n.t("New prompt file…"), "new-file"),
    of("searchConversations", "/search", vscode.l10n.t("Search conversations"), "search"),
    of("exportConversation", "/export", vscode.l10n.t("Export a conversation"), "export"),
  ];
}

/** Those that begin with what was typed, then those that have it anywhere. */
function matching(items: readonly OfferedItem[], query: string): OfferedItem[] {
  const wanted = foldText(query.normalize("NFC").trim());
  const rank = ({ label, detail }: OfferedItem): number => {
    const at = foldText(label).indexOf(wanted, 1);
    if (at === 1) return 0;
    if (at > 1) return 1;
    return foldText(detail).includes(wanted) ? 2 : 3;
  };
  return items
    .map((item) => ({ item, rank: rank(item) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ item: { id, label, detail, icon } }) => ({ id, label, detail, icon }));
}

/** The links of a prompt of the person's own are meant from the workspace's folders, since it goes along to each. */
async function linked(
  uri: vscode.Uri,
  folder: vscode.WorkspaceFolder | undefined,
  body: string,
): Promise<vscode.Uri[]> {
  const folders = folder === undefined ? (vscode.workspace.workspaceFolders ?? []) : [folder];
  const found: vscode.Uri[] = [];
  for (const { uri: root } of folders) {
    const from =
      folder === undefined
        ? ""
        : uri.path
            .slice(root.path.length + 1)
            .split("/")
            .slice(0, -1)
            .join("/");
    for (const path of linkedFiles(body, from)) {
      const file = vscode.Uri.joinPath(root, ...path.split("/"));
      if (await isFileIn(root, file)) found.push(file);
    }
  }
  return found;
}

async function isFileIn(root: vscode.Uri, file: vscode.Uri): Promise<boolean> {
  try {
    return ((await vscode.workspace.fs.stat(file)).type & vscode.FileType.File) !== 0 && (await isInside(root, file));
  } catch {
    // A link to nothing is text like any other.
    return false;
  }
}

/** As it is in the editor, or on disk where it isn't open. @throws PaddockError where it is no text of a usable size. */
async function readPrompt(uri: vscode.Uri): Promise<string> {
  const open = vscode.workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) return open.getText().slice(0, maxPromptBytes);
  const { size, type } = await vscode.workspace.fs.stat(uri);
  if ((type & vscode.FileType.File) === 0 || size > maxPromptBytes) {
    throw new PaddockError("unsupported", vscode.l10n.t("This is no prompt file, or too large for one."));
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(await vscode.workspace.fs.readFile(uri));
}

/** Waits no longer than somebody wants it. @throws the signal's reason. */
async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  let leave: (() => void) | undefined;
  const gone = new Promise<never>((_, reject) => {
    leave = () => reject(signal.reason as Error);
    signal.addEventListener("abort", leave, { once: true });
  });
  try {
    return await Promise.race([work, gone]);
  } finally {
    if (leave !== undefined) signal.removeEventListener("abort", leave);
  }
}

function lastSegment(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf("/") + 1);
}
