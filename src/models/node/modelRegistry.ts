import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Feature, ModelId, ModelResolver } from "../../engine/backend";
import type { InfillLayout } from "../../engine/infill";
import { PaddockError } from "../../platform/core/errors";
import { type AdapterEntry, type Manifest, manifestSchema, type ModelEntry } from "../core/manifest";
import { preflight } from "./ggufPreflight";

export interface KnownModel {
  readonly id: ModelId;
  readonly displayName: string;
  /** What a person should know before they rely on it; only models that travel with the extension have one. */
  readonly note?: string;
  readonly path: string;
  readonly bundled: boolean;
}

/** Models by id: those of the manifest, and the person's own files. An id is stable, a path is where it resolves to. */
export class ModelRegistry implements ModelResolver {
  private readonly models = new Map<string, KnownModel>();

  private constructor(
    readonly starter: KnownModel,
    private readonly folder: string,
    private readonly adapterEntries: readonly AdapterEntry[],
  ) {}

  /**
   * @param folder media/models of the extension.
   * @throws PaddockError internal when the manifest is broken, which only a broken package can cause.
   */
  static async open(folder: string): Promise<ModelRegistry> {
    const manifest = parseManifest(await readFile(path.join(folder, "manifest.json"), "utf8"));
    const known = manifest.entries
      .filter((entry): entry is ModelEntry => entry.kind === "model" && entry.roles.includes("chat"))
      .map((entry): KnownModel => ({
        id: entry.id as ModelId,
        displayName: entry.displayName,
        ...(entry.note === undefined ? {} : { note: entry.note }),
        path: path.join(folder, entry.file),
        bundled: true,
      }));
    const starter = known.find(({ id }) => id === manifest.starter);
    if (starter === undefined) throw new PaddockError("internal", "The manifest of the bundled models has no starter.");
    const adapters = manifest.entries.filter((entry): entry is AdapterEntry => entry.kind === "adapter");
    const registry = new ModelRegistry(starter, folder, adapters);
    for (const model of known) registry.models.set(model.id, model);
    return registry;
  }

  list(): KnownModel[] {
    return [...this.models.values()];
  }

  /**
   * The model that a setting names: empty for the starter, an id, or the full path of a file, which is known from then on.
   * The file is looked at when it is resolved, not here.
   * @throws PaddockError model/unknown
   */
  fromSetting(setting: string): KnownModel {
    if (setting === "") return this.starter;
    const known = this.models.get(setting);
    if (known !== undefined) return known;
    if (!path.isAbsolute(setting)) {
      throw new PaddockError("model/unknown", `There is no model ${JSON.stringify(setting.slice(0, 200))}.`, {
        remedy: "Give the full path of a .gguf file, or leave the setting paddock.model empty for the starter model.",
      });
    }
    const file = path.normalize(setting);
    const id = `file-${createHash("sha256").update(file).digest("hex").slice(0, 16)}` as ModelId;
    const model: KnownModel = {
      id,
      displayName: path.basename(file).replace(/\.gguf$/i, ""),
      path: file,
      bundled: false,
    };
    this.models.set(id, model);
    return model;
  }

  /** The adapters that a feature uses on a model, as its context is made with them. */
  adapters(model: ModelId, feature: Feature): { readonly path: string; readonly scale: number }[] {
    return this.adapterEntries
      .filter(({ appliesTo, roles }) => appliesTo === model && roles.some((role) => role === feature))
      .map(({ file, scale }) => ({ path: path.join(this.folder, file), scale }));
  }

  /** How infill prompts for a model are laid out where an adapter taught it; undefined: as its metadata says. */
  infillLayout(model: ModelId): InfillLayout | undefined {
    return this.adapterEntries.find(({ appliesTo, roles }) => appliesTo === model && roles.includes("completion"))
      ?.infill;
  }

  async resolve(id: ModelId, signal: AbortSignal): Promise<{ readonly path: string }> {
    const model = this.models.get(id);
    if (model === undefined)
      throw new PaddockError("model/unknown", `There is no model with the id ${id}.`, {
        remedy: "Choose another model.",
      });
    await preflight(model.path, signal);
    return { path: model.path };
  }
}

/** @throws PaddockError internal */
export function parseManifest(text: string): Manifest {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new PaddockError("internal", "The manifest of the bundled models is not JSON.", { cause: error });
  }
  const parsed = v.safeParse(manifestSchema, raw);
  if (parsed.success) return parsed.output;
  throw new PaddockError("internal", "The manifest of the bundled models is broken.", {
    detail: parsed.issues[0].message,
  });
}
