import * as vscode from "vscode";
import type { ActionsRoom } from "./actions/host/actions";
import type { Chat } from "./chat/host/chatDeps";
import type { CompletionRoom } from "./completion/host/completion";
import { contextCommands } from "./context/host/contextCommands";
import type { WorkspaceContext } from "./context/host/workspaceContext";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { InspectorRoom } from "./inspector/host/inspector";
import type { ModelsRoom } from "./models/host/models";
import type { NativeRoom } from "./native/host/native";
import type { DatabasesRoom } from "./sql/host/databases";
import type { PickerRoom } from "./picker/host/picker";
import type { DisposableStore } from "./platform/core/disposables";
import type { OutputLog } from "./platform/host/log";
import type { QuantizerRoom } from "./quantizer/host/quantizerRoom";
import type { ServersRoom } from "./servers/host/serversRoom";
import type { SpeedRoom } from "./speed/host/speedRoom";
import { speedReport } from "./speed/core/speedReport";
import type { TimingHistory } from "./speed/core/timingHistory";

export interface CommandRooms {
  readonly chat: Chat;
  readonly actions: ActionsRoom;
  readonly completion: CompletionRoom;
  readonly workspaceContext: WorkspaceContext;
  readonly models: ModelsRoom;
  readonly downloads: DownloadsRoom;
  readonly quantizing: QuantizerRoom;
  readonly picker: PickerRoom;
  readonly inspector: InspectorRoom;
  readonly databases: DatabasesRoom;
  readonly speed: SpeedRoom;
  readonly servers: ServersRoom;
  readonly native: NativeRoom;
  readonly history: TimingHistory;
  readonly log: OutputLog;
  readonly report: (error: unknown) => void;
  readonly extensionId: string;
}

/** Every command of the extension; what one fails with is told to the person. */
export function registerCommands(store: DisposableStore, rooms: CommandRooms): void {
  const { chat, history, log, report } = rooms;
  const add = (name: string, run: (...given: unknown[]) => unknown): void => {
    store.add(
      vscode.commands.registerCommand(`paddock.${name}`, async (...given: unknown[]) => {
        try {
          await run(...given);
        } catch (error) {
          report(error);
        }
      }),
    );
  };
  const addAll = (commands: Readonly<Record<string, (...given: unknown[]) => unknown>>): void => {
    for (const [name, run] of Object.entries(commands)) add(name, run);
  };
  add("openChat", () => chat.focusInput());
  add("newConversation", () => chat.newConversation());
  add("stopAnswer", () => chat.stop());
  addAll(chat.commands);
  for (const [name, run] of contextCommands(rooms.workspaceContext, (taken) => chat.attach(taken))) add(name, run);
  addAll(rooms.actions.commands);
  addAll(rooms.completion.commands);
  addAll(rooms.models.commands);
  addAll(rooms.downloads.commands);
  addAll(rooms.quantizing.commands);
  addAll(rooms.databases.commands);
  addAll(rooms.servers.commands);
  addAll(rooms.native.commands);
  const onFiles = { ...rooms.picker.commands, ...rooms.inspector.commands, ...rooms.speed.commands };
  for (const [name, run] of Object.entries(onFiles)) {
    // An item of the Models view is its file, for a room that knows files.
    add(name, (first, ...rest) => run(rooms.models.fileOf(first) ?? first, ...rest));
  }
  add("showLog", () => log.show());
  add("showSpeedDetails", async () => {
    const document = await vscode.workspace.openTextDocument({
      language: "markdown",
      content: speedReport(history.all()),
    });
    await vscode.commands.executeCommand("markdown.showPreview", document.uri);
  });
  add("openWalkthrough", () =>
    vscode.commands.executeCommand("workbench.action.openWalkthrough", `${rooms.extensionId}#start`, false),
  );
}
