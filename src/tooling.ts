import { listedProblems } from "./context/host/problems";
import type { ReadingGate } from "./context/host/readingGate";
import { allFiles } from "./context/host/workspaceFiles";
import { filesInWorkspace } from "./edits/host/editTarget";
import type { EditService } from "./edits/host/editService";
import type { ModelId, ModelLifecycle } from "./engine/backend";
import type { ModelsRoom } from "./models/host/models";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { distributionOf, type RequestRecord } from "./speed/core/requestHistory";
import type { RequestStore } from "./speed/node/requestStore";
import type { DatabasesRoom } from "./sql/host/databases";
import type { ModelFacts } from "./tools/core/modelFacts";
import { createTools, type ToolsRoom } from "./tools/host/tools";

export interface ToolingRooms {
  readonly engine: Pick<ModelLifecycle, "state">;
  readonly models: ModelsRoom;
  readonly registry: ModelRegistry;
  readonly requests: Pick<RequestStore, "records">;
  readonly databases: DatabasesRoom;
  readonly gate: ReadingGate;
  readonly edits: EditService;
}

/** The tools with what they need of the other rooms. */
export function createTooling({ engine, models, registry, requests, databases, gate, edits }: ToolingRooms): ToolsRoom {
  return createTools({
    filesOf: (path) => filesInWorkspace(path, undefined),
    allFiles,
    gate,
    problems: (file) => listedProblems(file).text,
    databases: databases.reader,
    models: async () => {
      const records = await requests.records();
      const active = models.active.current().id;
      const sizes = new Map<ModelId, number>(models.store.current?.models.map(({ id, sizeBytes }) => [id, sizeBytes]));
      return registry.list().map(({ id, displayName: name }): ModelFacts => {
        const sizeBytes = sizes.get(id);
        const measured = measuredOf(records.filter(({ model }) => model === id));
        return {
          name,
          isActive: id === active,
          isLoaded: engine.state(id).status === "ready",
          ...(sizeBytes === undefined ? {} : { sizeBytes }),
          ...(measured === undefined ? {} : { measured }),
        };
      });
    },
    propose: (proposal) => edits.propose(proposal),
  });
}

function measuredOf(records: readonly RequestRecord[]): ModelFacts["measured"] {
  if (records.length === 0) return undefined;
  const pp = distributionOf(records, "prompt_per_second")?.p50 ?? null;
  const tg = distributionOf(records, "predicted_per_second")?.p50 ?? null;
  return { requests: records.length, pp, tg };
}
