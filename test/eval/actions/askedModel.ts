import path from "node:path";
import type { ModelId, PortableBackend } from "../../../src/engine/backend";
import { EmbeddedEngine } from "../../../src/engine/client/embeddedEngine";
import { mainContextSize } from "../../../src/engine/contextDefaults";
import { ModelRegistry } from "../../../src/models/node/modelRegistry";
import { silentLogger } from "../../../src/platform/core/logger";

/** A model that cases are asked of, and what of it the product knows. */
export interface AskedModel {
  readonly backend: PortableBackend;
  readonly id: ModelId;
  readonly facts: { readonly contextSize?: number; readonly parameters?: number };
  readonly versions: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A model file in the product's own engine. @param file absent: the starter. */
export async function modelFile(file: string | undefined, signal: AbortSignal): Promise<AskedModel> {
  const registry = await ModelRegistry.open(path.resolve("media/models"));
  const chosen = file === undefined ? registry.starter : registry.fromSetting(path.resolve(file));
  const engine = new EmbeddedEngine({
    enginePath: path.resolve("dist/engine.mjs"),
    models: { resolve: (id: ModelId, aborted) => registry.resolve(id, aborted) },
    timings: { record: () => undefined },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 0, idleUnloadMinutes: 0 }),
    log: silentLogger,
  });
  try {
    const { info, engine: versions } = await engine.load(chosen.id, signal);
    return {
      backend: engine,
      id: chosen.id,
      facts: { contextSize: mainContextSize(0, info.trainContextSize), parameters: info.parameters },
      versions: { model: info.name ?? chosen.id, "llama.cpp": versions.llamaCppVersion },
      close: () => engine.close(),
    };
  } catch (error) {
    await engine.close();
    throw error;
  }
}
