import type { ModelId, ModelResolver, TimingRecord } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import type { EngineSettings } from "../../src/engine/client/supervisor";
import type { EngineTuning } from "../../src/engine/tuning";
import type { Turns } from "../../src/engine/turns";
import type { KnownModel } from "../../src/models/node/modelRegistry";
import { preflight } from "../../src/models/node/ggufPreflight";
import { PaddockError } from "../../src/platform/core/errors";
import type { Logger } from "../../src/platform/core/logger";

export const forever = new AbortController().signal;

/** The product's engine over files by id, checked as the product checks them. */
export function embeddedEngine(
  enginePath: string,
  files: Record<string, string>,
  settings: Partial<EngineSettings> = {},
  turns?: Turns,
  adapters?: ModelResolver["adapters"],
  tuning?: EngineTuning,
): { engine: EmbeddedEngine; records: TimingRecord[]; logs: string[]; id: (name: string) => ModelId } {
  const records: TimingRecord[] = [];
  const logs: string[] = [];
  const line = (message: string): void => void logs.push(message);
  const log: Logger = {
    debug: line,
    info: line,
    warn: line,
    error: (message, error) => line(`${message} ${error instanceof Error ? error.message : ""}`),
  };
  const engine = new EmbeddedEngine({
    enginePath,
    models: {
      resolve: async (id, signal) => {
        const path = files[id];
        if (path === undefined) throw new PaddockError("model/unknown", "unknown");
        await preflight(path, signal);
        return { path };
      },
      ...(adapters === undefined ? {} : { adapters }),
    },
    timings: { record: (record) => void records.push(record) },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 1024, idleUnloadMinutes: 0, ...settings }),
    log,
    ...(turns === undefined ? {} : { turns }),
    ...(tuning === undefined ? {} : { tuningOf: () => tuning }),
  });
  return { engine, records, logs, id: (name) => name as KnownModel["id"] };
}

export function enginePid(engine: EmbeddedEngine, model: ModelId): number {
  const state = engine.state(model);
  if (state.status !== "ready") throw new Error(`the model is ${state.status}`);
  return state.loaded.engine.pid;
}
