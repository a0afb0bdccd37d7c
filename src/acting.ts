import * as vscode from "vscode";
import { definitionAround, definitionEnd } from "./actions/core/extent";
import { ownActionForm } from "./actions/core/ownAction";
import { type ActionsRoom, createActions } from "./actions/host/actions";
import type { ActionsDeps, ModelHere } from "./actions/host/actionDeps";
import { parsePromptFile, promptFileEnding } from "./chat/core/promptFile";
import type { Chat } from "./chat/host/chatDeps";
import { snapshotOf } from "./completion/host/snapshots";
import type { Syntax } from "./completion/node/syntax";
import type { Refusal } from "./context/core/gate";
import { enclosingSymbol } from "./context/host/enclosing";
import { folderOutline } from "./context/host/folderOutline";
import { refused } from "./context/host/gateChecks";
import { chooseRepository, repositoryOf } from "./context/host/gitApi";
import { changesToCommit } from "./context/host/gitChanges";
import { withPatience } from "./context/host/patience";
import type { Taken } from "./context/host/taken";
import type { WorkspaceContext } from "./context/host/workspaceContext";
import { fileText, rangeText } from "./context/host/workspaceSources";
import type { EditService } from "./edits/host/editService";
import type { ModelId, ModelLifecycle } from "./engine/backend";
import type { RoutedBackend } from "./engine/client/routedBackend";
import { canChat } from "./models/core/storedModel";
import type { ModelsRoom } from "./models/host/models";
import { memoryForModels } from "./models/node/ggufPreflight";
import type { ModelRegistry } from "./models/node/modelRegistry";
import type { ModelStore } from "./models/node/modelStore";
import { PaddockError } from "./platform/core/errors";
import { formatBytes } from "./platform/core/format";
import type { Logger } from "./platform/core/logger";
import { visibleText } from "./platform/core/visibleText";
import type { SettingsService } from "./platform/host/settingsService";

export interface ActingRooms {
  readonly backend: RoutedBackend;
  readonly lifecycle: ModelLifecycle;
  readonly models: ModelsRoom;
  readonly registry: ModelRegistry;
  readonly chat: Chat;
  readonly edits: EditService;
  readonly workspaceContext: WorkspaceContext;
  readonly syntax: Syntax;
  readonly settings: SettingsService;
  readonly memento: vscode.Memento;
  readonly log: Logger;
  readonly report: (error: unknown) => void;
}

/** Looking for a repository's last subjects and for prompt files is worth no longer wait. ms. */
const patienceMs = 10_000;
/** Subjects that show how the house words its commits. */
const recentCommits = 5;

/** The actions with what they need of the other rooms. */
export function createActing(rooms: ActingRooms): ActionsRoom {
  return createActions(actionsDeps(rooms));
}

/** What actions need of the other rooms, for whoever asks for them. */
export function actionsDeps(rooms: ActingRooms): ActionsDeps {
  const { backend, models, registry, chat, edits, workspaceContext, settings, memento, log, report } = rooms;
  const { active } = models;
  return {
    backend,
    model: () => active.current(),
    chooseModel: () => active.chooseOther("action"),
    modelsHere: () => modelsHere(models.store),
    findModel: async () => {
      await vscode.commands.executeCommand("paddock.findModel");
    },
    nameOf: (model) => active.nameOf(model),
    modelNamed: (name) => namedModel(registry, name),
    facts: (model, signal) => factsOf(rooms, model, signal),
    destination: (model) => backend.destination(model),
    propose: async (proposal) => (await edits.propose({ ...proposal, isRepeatable: true })) === "opened",
    ask: async ({ text, references, ...how }) => {
      const conversation = await chat.ask(text, references, how);
      await chat.focusInput();
      return conversation;
    },
    checkDocument: async (document) => {
      await rangeText(document, new vscode.Range(0, 0, 0, 0), "");
    },
    enclosing: (document, position, signal) => enclosing(rooms.syntax, document, position, signal),
    failedCommand: () => workspaceContext.failedCommand(),
    fileReference: (uri) => fileText(uri, (refusal) => notSummarized(refusal, uri)),
    folderReference: (uri, signal) => folderOutline(uri, signal),
    commitChange,
    commitBox: async (root) => {
      const repository = await repositoryOf(root);
      // Git answers with the repository that a folder is inside of, too.
      return repository?.rootUri.toString() === root.toString() ? repository.inputBox : undefined;
    },
    promptHeader: (document) =>
      document.uri.path.endsWith(promptFileEnding) ? parsePromptFile("", document.getText()).fields : undefined,
    ownActions: async () => {
      const found = await chat.prompts.list(AbortSignal.timeout(patienceMs), true);
      return found.flatMap(({ uri, place, prompt }) => {
        const form = ownActionForm(prompt.fields);
        const { name, description } = prompt;
        return form === undefined ? [] : [{ id: `prompt:${uri.toString()}`, uri, name, description, place, form }];
      });
    },
    fillOwn: async (id) => {
      const used = await chat.prompts.use(id);
      if (used === undefined) return undefined;
      tellLeftOut(used.taken);
      return { text: used.text, references: used.taken.references };
    },
    memento,
    lightbulb: () => settings.current["actions.lightbulb"],
    report,
    log,
  };
}

/** Models that write and that this machine has the memory for. */
async function modelsHere(store: ModelStore): Promise<ModelHere[]> {
  const { models } = await store.ready();
  return models.flatMap((model) => {
    const { id, name: displayName, content, sizeBytes } = model;
    if (!content.usable || !canChat(model) || sizeBytes > memoryForModels()) return [];
    return [{ id, displayName, parameters: content.facts.parameters }];
  });
}

/** Why a file is not summarized. */
function notSummarized(refusal: Refusal, uri: vscode.Uri): PaddockError {
  const name = vscode.workspace.asRelativePath(uri);
  switch (refusal.why) {
    case "secret":
      return refused(refusal);
    case "binary":
      return new PaddockError("unsupported", vscode.l10n.t("{0} is no text, so it can't be summarized.", name), {
        remedy: vscode.l10n.t("Choose a file of text in UTF-8."),
      });
    case "tooLarge":
      return new PaddockError(
        "unsupported",
        vscode.l10n.t(
          "{0} has {1}; a file that is summarized may have {2}.",
          name,
          formatBytes(refusal.bytes),
          formatBytes(refusal.most),
        ),
        { remedy: vscode.l10n.t("Select the part that matters, and use “Paddock: Explain”.") },
      );
  }
}

/** What Git ignores goes along only where somebody is asked. An action asks nothing, so it says what does not go along. */
function tellLeftOut({ ignored, refused: never }: Taken): void {
  const reasons = [
    ...never.map(({ label, reason }) => `${visibleText(label)}: ${reason}`),
    ...ignored.map(({ label }) => vscode.l10n.t("{0}: ignored by Git.", visibleText(label))),
  ];
  if (reasons.length === 0) return;
  void vscode.window.showInformationMessage(vscode.l10n.t("Not shown to the model. {0}", reasons.join(" ")));
}

/** A prompt file names a model as the Models view does, or by its id. */
function namedModel(registry: ModelRegistry, name: string): ModelId | undefined {
  const wanted = name.toLowerCase();
  return registry.list().find(({ id, displayName }) => id === name || displayName.toLowerCase() === wanted)?.id;
}

async function factsOf(
  { backend, lifecycle }: ActingRooms,
  model: ModelId,
  signal: AbortSignal,
): ReturnType<ActionsDeps["facts"]> {
  const route = backend.routeOf(model);
  if (route !== undefined) {
    await route.prepare?.(model, signal);
    const contextSize = route.contextSize?.(model);
    // What runs elsewhere is taken for a model of some size: nobody serves a small one.
    return { parameters: 7_000_000_000, ...(contextSize === undefined ? {} : { contextSize }) };
  }
  const { info, context } = await lifecycle.load(model, signal);
  return { contextSize: context.contextSize, parameters: info.parameters };
}

/** The language's own extension knows best; its grammar is always there; spelling is better than nothing. */
async function enclosing(
  syntax: Syntax,
  document: vscode.TextDocument,
  position: vscode.Position,
  signal: AbortSignal,
): Promise<vscode.Range | undefined> {
  const bySymbol = await enclosingSymbol(document.uri, position, signal);
  if (bySymbol !== undefined) return bySymbol;
  await syntax.ready(document.languageId);
  const lines = document.getText().split(/\r\n|\r|\n/u);
  const head = syntax.syntaxAt(snapshotOf(document, position, undefined))?.heads.at(-1);
  const found =
    head === undefined
      ? definitionAround(lines, position.line)
      : { start: head.firstLine, end: definitionEnd(lines, head.firstLine) };
  if (found === undefined || found.end <= position.line) return undefined;
  return new vscode.Range(new vscode.Position(found.start, 0), document.lineAt(found.end - 1).range.end);
}

const commitChange: ActionsDeps["commitChange"] = async (root, signal) => {
  const repository = root === undefined ? await chooseRepository() : await repositoryOf(root);
  if (repository === undefined) {
    if (root === undefined) return undefined;
    throw new PaddockError("unsupported", vscode.l10n.t("This is no Git repository that VS Code knows."));
  }
  const { files, staged, refused } = await changesToCommit(repository, signal);
  // A repository without a commit has none to show.
  const log = repository.log({ maxEntries: recentCommits }).catch(() => []);
  const commits = (await withPatience(log, patienceMs, signal)) ?? [];
  const recent = commits
    .map(({ message }) => message.split("\n")[0]?.slice(0, 100) ?? "")
    .filter((line) => line !== "");
  return { files, staged, refused, recent, root: repository.rootUri, box: repository.inputBox };
};
