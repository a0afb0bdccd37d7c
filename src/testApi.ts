import type { ActionsRoom } from "./actions/host/actions";
import type { EmbeddedBackend, ModelId, ModelLifecycle, TimingRecord } from "./engine/backend";
import type { Chat } from "./chat/host/chatDeps";
import type { CompletionRoom } from "./completion/host/completion";
import type { InspectorRoom } from "./inspector/host/inspector";
import type { ModelsRoom } from "./models/host/models";
import type { DownloadsRoom } from "./models/host/downloadsRoom";
import type { EditService } from "./edits/host/editService";
import type { PickerRoom } from "./picker/host/picker";
import type { ServersRoom } from "./servers/host/serversRoom";
import type { SpeedRoom } from "./speed/host/speedRoom";
import type { DatabasesRoom } from "./sql/host/databases";
import type { ToolsRoom } from "./tools/host/tools";

/** What activate returns under test, so that the in-host suite can look behind the commands. */
export interface TestApi {
  readonly activationMs: number;
  /** Where the chat keeps its files. */
  readonly chatStorage: string;
  readonly engine: EmbeddedBackend & ModelLifecycle;
  readonly chat: Chat;
  readonly actions: ActionsRoom;
  readonly completion: CompletionRoom;
  readonly models: ModelsRoom;
  readonly downloads: DownloadsRoom;
  readonly inspector: InspectorRoom;
  readonly edits: EditService;
  readonly picker: PickerRoom;
  readonly databases: DatabasesRoom;
  readonly speed: SpeedRoom;
  readonly servers: ServersRoom;
  readonly tools: ToolsRoom;
  activeModel(): ModelId;
  timings(): readonly TimingRecord[];
}
