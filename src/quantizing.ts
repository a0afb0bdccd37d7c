import path from "node:path";
import * as vscode from "vscode";
import * as v from "valibot";
import type { ReadingGate } from "./context/host/readingGate";
import { splitName, splitPartNames } from "./gguf/core/splitFiles";
import { canChat, isOurs } from "./models/core/storedModel";
import type { ModelsRoom } from "./models/host/models";
import { memoryForModels, readWholeFile } from "./models/node/ggufPreflight";
import type { PickerRoom } from "./picker/host/picker";
import { type LocalModel, readLocalModels } from "./picker/node/localCandidates";
import type { Logger } from "./platform/core/logger";
import type { SettingsService } from "./platform/host/settingsService";
import { createQuantizer, type QuantizerRoom } from "./quantizer/host/quantizerRoom";

export interface QuantizingDeps {
  readonly context: vscode.ExtensionContext;
  readonly models: ModelsRoom;
  readonly picker: Pick<PickerRoom, "open">;
  readonly settings: SettingsService;
  readonly gate: ReadingGate;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
}

/** A model in the Models view, as VS Code hands it to a command of its menu. */
const modelItemSchema = v.object({ kind: v.literal("model"), model: v.object({ path: v.string() }) });

/** Gives the quantizer what it needs of the other rooms. */
export function createQuantizing(deps: QuantizingDeps): QuantizerRoom {
  const { context, models, picker, settings, gate, log, report } = deps;
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
    fileOfItem: (given) => {
      const item = v.safeParse(modelItemSchema, given);
      return item.success ? item.output.model.path : undefined;
    },
    ownFolder: () => models.ownFolder(),
    isForeign: (file) => {
      const known = store.find(file);
      const isElsewhere = known !== undefined && !isOurs(known) && known.place.kind !== "chosen";
      return isElsewhere || file.startsWith(context.extensionPath + path.sep);
    },
    memoryBytes: () => memoryForModels(),
    threads: () => settings.current["engine.threads"],
    gate,
    report,
    added: () => void store.refresh(),
    use: (file) => active.switchTo(file),
    compare: ([source = "", ...made]) =>
      picker.open({
        label: vscode.l10n.t("Quantizations of {0}", path.basename(source)),
        list: (found, signal) => readLocalModels([source, ...made].map(localModel), found, signal),
      }),
  });
}

function localModel(file: string): LocalModel {
  const split = splitName(file);
  return { name: path.basename(file), files: split === undefined ? [file] : splitPartNames(split) };
}
