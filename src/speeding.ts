import os from "node:os";
import path from "node:path";
import type * as vscode from "vscode";
import type { ModelId } from "./engine/backend";
import type { EmbeddedEngine } from "./engine/client/embeddedEngine";
import type { Turns } from "./engine/turns";
import { canChat } from "./models/core/storedModel";
import type { ModelsRoom } from "./models/host/models";
import { preflight } from "./models/node/ggufPreflight";
import type { ModelRegistry } from "./models/node/modelRegistry";
import { type TextGate, workspaceText } from "./picker/host/workspaceText";
import { DisposableStore } from "./platform/core/disposables";
import type { Logger } from "./platform/core/logger";
import { describeError } from "./platform/host/errorWords";
import { createSpeed, type SpeedRoom, type SpeedRoomDeps } from "./speed/host/speedRoom";
import { machineOf } from "./speed/node/benchRunner";
import type { RequestStore } from "./speed/node/requestStore";
import type { TuningStore } from "./speed/node/tuningStore";

export interface SpeedingRooms {
  readonly context: vscode.ExtensionContext;
  readonly engine: EmbeddedEngine;
  readonly turns: Turns;
  readonly models: ModelsRoom;
  readonly registry: ModelRegistry;
  readonly requests: RequestStore;
  readonly tunings: TuningStore;
  readonly gate: TextGate;
  readonly log: Logger;
}

/** The speed panel with what it needs of the other rooms. */
export function createSpeeding(rooms: SpeedingRooms): SpeedRoom {
  const { context, engine, turns, models, registry, requests, tunings, gate, log } = rooms;
  const { active, store } = models;
  const measuring = engine.measuring({
    check: (file, signal) => preflight(file, signal),
    folder: path.join(context.globalStorageUri.fsPath, "measuring"),
  });
  return createSpeed({
    extensionUri: context.extensionUri,
    storage: context.globalStorageUri,
    memento: context.workspaceState,
    requests,
    tunings,
    measuring: {
      openSession: (file, options, work) => measuring.openSession(file, options, work),
      probe: (signal) => measuring.probe(signal),
      divergence: (request, options) => measuring.divergence(request, options),
      generate: (file, request) => measuring.generate(file, request),
    },
    machine: async (signal) => {
      const info = await measuring.engine(signal);
      return { machine: machineOf({ engine: info }), cores: os.availableParallelism() };
    },
    urgent: urgentWork(engine, turns),
    sampleText: (signal) => workspaceText(gate, signal),
    cores: os.availableParallelism(),
    models: async () =>
      (await store.ready()).models.filter(canChat).map(({ path: file, name, sizeBytes, content }) => ({
        file,
        // Results know a file by its name, but nobody knows what is kept under a digest by that.
        name: /\.gguf$/i.test(file) ? path.basename(file) : name,
        sizeBytes,
        // A file that does not say has 0.
        contextSize: (content.usable && content.facts.trainContextSize) || null,
      })),
    active: {
      file: () => registry.fileOf(active.current().id),
      onDidChange: active.onDidChange,
    },
    modelName: (id) => registry.known(id as ModelId)?.displayName ?? id,
    describeError,
    log,
  });
}

/** What is measured has the lowest priority: it is held while a model answers here, or another window has the turn. */
function urgentWork(engine: EmbeddedEngine, turns: Turns): SpeedRoomDeps["urgent"] {
  const isAnswering = (): boolean =>
    engine.loadedModels().some((model) => {
      const state = engine.state(model);
      return state.status === "ready" && state.busy;
    });
  return {
    isBusy: () => !turns.granted || isAnswering(),
    onDidChange: (listener) => {
      const store = new DisposableStore();
      store.add(engine.onDidChangeState(() => listener(undefined)));
      store.add(turns.onDidChange(() => listener(undefined)));
      return store;
    },
  };
}
