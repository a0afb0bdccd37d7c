import * as vscode from "vscode";
import type { ActionsDeps } from "./actions/host/actionDeps";
import { samplingOf } from "./chat/core/conversationSettings";
import type { Chat } from "./chat/host/chatDeps";
import { fileText, linesOf, nameOf, rangeText } from "./context/host/workspaceSources";
import { databaseModel } from "./databases";
import type { EditService } from "./edits/host/editService";
import type { ModelLifecycle } from "./engine/backend";
import type { RoutedBackend } from "./engine/client/routedBackend";
import { LocalModelList } from "./localModels";
import type { ModelsRoom } from "./models/host/models";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { createNative, type NativeRoom } from "./native/host/native";
import { chatActions } from "./nativeActions";
import { chatDatabases } from "./nativeDatabases";
import { DisposableStore } from "./platform/core/disposables";
import type { Logger } from "./platform/core/logger";
import { describeError } from "./platform/host/errorWords";
import type { SettingsService } from "./platform/host/settingsService";
import { speedSummary } from "./speed/core/speedReport";
import type { TimingHistory } from "./speed/core/timingHistory";
import type { DatabasesRoom } from "./sql/host/databases";

export interface JoinedNativeDeps {
  readonly extensionUri: vscode.Uri;
  readonly backend: RoutedBackend;
  readonly lifecycle: ModelLifecycle;
  readonly registry: ModelRegistry;
  readonly models: ModelsRoom;
  readonly settings: SettingsService;
  readonly actions: Pick<ActionsDeps, "facts" | "checkDocument" | "enclosing" | "commitChange" | "commitBox">;
  readonly chat: Pick<Chat, "defaultSettings">;
  readonly databases: DatabasesRoom;
  readonly edits: EditService;
  readonly history: TimingHistory;
  readonly log: Logger;
}

/** As many answers as are read in a chat. */
const mostRecords = 10;

/** Gives VS Code's own chat what it needs of the other rooms. */
export function joinNative(deps: JoinedNativeDeps): NativeRoom {
  const { backend, lifecycle, registry, models, settings, actions, chat, databases, edits, history, log } = deps;
  const store = new DisposableStore();
  const { active } = models;
  const list = store.add(new LocalModelList({ registry, models, lifecycle, settings }));
  const room = store.add(
    createNative({
      ...{ extensionUri: deps.extensionUri, models: list, backend, describeError, log },
      maxTokens: () => settings.current["chat.maxTokens"],
      reasoningBudget: () => settings.current["chat.reasoningBudget"],
      sampling: async () => samplingOf(await chat.defaultSettings()),
      model: (picked) => {
        const known = picked === undefined ? undefined : registry.known(picked);
        const { id, displayName } = registry.onThisMachine(known, active.known);
        return { id, displayName };
      },
      contextSize: async (model, signal) => {
        const route = backend.routeOf(model);
        if (route === undefined) return (await lifecycle.load(model, signal)).context.contextSize;
        await route.prepare?.(model, signal);
        return route.contextSize?.(model) ?? unknownContext;
      },
      read: (uri, range) => readPlace(uri, range),
      actions: chatActions({ ...actions, backend, nameOf: (model) => active.nameOf(model) }),
      databases: chatDatabases(
        databases,
        () => settings.current,
        () => databaseModel(deps),
      ),
      speedReport: () => speedSummary(history.all().slice(-mostRecords)),
      propose: (proposal) => edits.propose(proposal),
    }),
  );
  return { ...room, dispose: () => store.dispose() };
}

/** Of a server that does not tell its own. */
const unknownContext = 4096;

async function readPlace(uri: vscode.Uri, range: vscode.Range | undefined): Promise<{ label: string; text: string }> {
  if (range === undefined || range.isEmpty) return fileText(uri);
  const document = await vscode.workspace.openTextDocument(uri);
  return rangeText(document, range, `${nameOf(uri)}:${linesOf(range)}`);
}
