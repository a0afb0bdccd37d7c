import path from "node:path";
import type * as vscode from "vscode";
import type { ReadingGate } from "./context/host/readingGate";
import { canChat, isOurs } from "./models/core/storedModel";
import type { ModelsRoom } from "./models/host/models";
import { memoryForModels, readWholeFile } from "./models/node/ggufPreflight";
import type { Logger } from "./platform/core/logger";
import type { SettingsService } from "./platform/host/settingsService";
import { createQuantizer, type QuantizerRoom } from "./quantizer/host/quantizerRoom";

export interface QuantizingDeps {
  readonly context: vscode.ExtensionContext;
  readonly models: ModelsRoom;
  readonly settings: SettingsService;
  readonly gate: ReadingGate;
  readonly log: Logger;
}

/** Gives the quantizer what it needs of the other rooms. */
export function createQuantizing({ context, models, settings, gate, log }: QuantizingDeps): QuantizerRoom {
  const { store, active } = models;
  return createQuantizer({
    processPath: context.asAbsolutePath(path.join("dist", "quantizer.mjs")),
    log,
    readModel: readWholeFile,
    models: async () =>
      (await store.ready()).models.filter(canChat).flatMap(({ name, path: file, sizeBytes, content }) =>
        content.usable
          ? {
              ...{ name, path: file, sizeBytes },
              quantization: content.facts.quantization,
              bitsPerWeight: content.facts.bitsPerWeight,
            }
          : [],
      ),
    ownFolder: () => models.ownFolder(),
    isForeign: (file) => {
      const known = store.find(file);
      const isElsewhere = known !== undefined && !isOurs(known) && known.place.kind !== "chosen";
      return isElsewhere || file.startsWith(context.extensionPath + path.sep);
    },
    memoryBytes: () => memoryForModels(),
    threads: () => settings.current["engine.threads"],
    gate,
    added: () => void store.refresh(),
    use: (file) => active.switchTo(file),
  });
}
