import { readFile } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Adapter, Feature, ModelId, ModelResolver } from "../../engine/backend";
import type { InfillLayout } from "../../engine/infill";
import { type Disposable, toDisposable } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import type { ElsewhereModel, ElsewhereModels, ElsewherePlace } from "../core/elsewhere";
import { type AdapterEntry, type Manifest, manifestSchema, type ModelEntry } from "../core/manifest";
import { preflight } from "./ggufPreflight";
import { fileModelId } from "./modelId";

/** How long a list waits for servers, ms. */
const PATIENCE_MS = 1_500;

export interface KnownModel {
  readonly id: ModelId;
  readonly displayName: string;
  /** What a person should know before they rely on it; only models that travel with the extension have one. */
  readonly note?: string;
  /** Empty for a model that runs elsewhere. */
  readonly path: string;
  readonly bundled: boolean;
  /** It runs on a server or in another extension. */
  readonly elsewhere?: ElsewhereModel;
  /** SHA-256 of the file, of models that travel with the extension. */
  readonly sha256?: string;
}

/** A model that was found on this machine, as it is offered. */
export interface FoundModel {
  readonly path: string;
  readonly displayName: string;
  /** It can be chosen for writing; others, such as embedding models, are only known by their id. */
  readonly isListed: boolean;
}

/** An adapter that the person chose by a setting, for whichever model a feature uses. */
export interface OwnAdapter extends Adapter {
  /** By the name the room that uses it knows. */
  readonly promptLayout: string;
}

/** Models by id: those of the manifest, and the person's own files. An id is stable, a path is where it resolves to. */
export class ModelRegistry implements ModelResolver {
  /** All that an id was ever given out for; a file may be gone. */
  private readonly models = new Map<string, KnownModel>();
  /** What was found on this machine last; undefined: nobody has looked yet. */
  private found: readonly KnownModel[] | undefined;
  private readonly named = new Set<ModelId>();
  /** Named since somebody looked. */
  private readonly namedSince = new Set<ModelId>();
  private readonly others: ElsewhereModels[] = [];
  private ownAdapter: (feature: Feature) => OwnAdapter | undefined = () => undefined;
  private readonly changed = new Emitter<void>();
  /** What is listed, or its names, have changed. */
  readonly onDidChange = this.changed.event;

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
        sha256: entry.sha256,
      }));
    const starter = known.find(({ id }) => id === manifest.starter);
    if (starter === undefined) throw new PaddockError("internal", "The manifest of the bundled models has no starter.");
    const adapters = manifest.entries.filter((entry): entry is AdapterEntry => entry.kind === "adapter");
    const registry = new ModelRegistry(starter, folder, adapters);
    for (const model of known) registry.models.set(model.id, model);
    return registry;
  }

  /** Models that run elsewhere can be chosen and named from now on. */
  useElsewhere(models: ElsewhereModels): Disposable {
    this.others.push(models);
    const following = models.onDidChange(() => this.changed.fire());
    this.changed.fire();
    return toDisposable(() => {
      following.dispose();
      this.others.splice(this.others.indexOf(models), 1);
      this.changed.fire();
    });
  }

  /** Where models run elsewhere, as far as is known without asking. */
  elsewhere(): ElsewherePlace[] {
    return this.others.flatMap((models) => models.places());
  }

  /**
   * Somebody wants to see what runs elsewhere. Waits a moment for those who are asked; what comes later is a change.
   * @param again also what is known. Never rejects.
   */
  async lookElsewhere(again = false): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, PATIENCE_MS)));
    await Promise.race([Promise.allSettled(this.others.map((models) => models.look(again))), late]);
    clearTimeout(timer);
  }

  /** What can be chosen here: what travels with the extension, what was found, and files chosen by their path. */
  list(): KnownModel[] {
    const { found } = this;
    if (found === undefined) return [...this.models.values()];
    const newlyNamed = this.chosen().filter(({ id }) => this.namedSince.has(id) && found.every((one) => one.id !== id));
    return [...this.bundled(), ...found, ...newlyNamed];
  }

  bundled(): KnownModel[] {
    return [...this.models.values()].filter((model) => model.bundled);
  }

  /** Files that were named by their path, in a setting or by a person. */
  chosen(): KnownModel[] {
    return [...this.models.values()].filter((model) => this.named.has(model.id));
  }

  /** The model of an id, with the name it has now. */
  known(id: ModelId): KnownModel | undefined {
    return this.models.get(id) ?? this.findElsewhere(id);
  }

  /** The first of these that runs on this machine, in a server on it too; else the starter, which always does. */
  onThisMachine(...wanted: readonly (KnownModel | undefined)[]): KnownModel {
    return wanted.find((model) => model !== undefined && model.elsewhere?.destination === undefined) ?? this.starter;
  }

  /** The file of an id; undefined: there is none, as of a model that runs elsewhere. */
  fileOf(id: ModelId): string | undefined {
    return this.models.get(id)?.path;
  }

  /** What to put into a setting so that it names this model. */
  settingOf(model: KnownModel): string {
    if (model.id === this.starter.id) return "";
    return model.bundled || model.elsewhere !== undefined ? model.id : model.path;
  }

  /** Takes note of what can be chosen on this machine, in place of what was found before. */
  setFound(models: readonly FoundModel[]): void {
    const before = this.found;
    this.namedSince.clear();
    this.found = models.flatMap(({ path: file, displayName, isListed }) => {
      const model = this.remember(path.normalize(file), displayName);
      return isListed ? [model] : [];
    });
    const same =
      before?.length === this.found.length &&
      before.every(({ id, displayName }, index) => {
        const now = this.found?.[index];
        return now?.id === id && now.displayName === displayName;
      });
    if (!same) this.changed.fire();
  }

  /**
   * The model that a setting names: empty for the starter, an id, or the full path of a file, which is known from then on.
   * The file is looked at when it is resolved, and a server is asked when it is used, not here.
   * @throws PaddockError model/unknown
   */
  fromSetting(setting: string): KnownModel {
    if (setting === "") return this.starter;
    const known = this.known(setting as ModelId);
    if (known !== undefined) return known;
    if (!path.isAbsolute(setting)) {
      throw new PaddockError("model/unknown", `There is no model ${JSON.stringify(setting.slice(0, 200))}.`, {
        remedy: "Give the full path of a .gguf file, or leave the setting paddock.model empty for the starter model.",
      });
    }
    const model = this.remember(path.normalize(setting));
    this.named.add(model.id);
    this.namedSince.add(model.id);
    return model;
  }

  /** The person's own adapter of a feature goes before those that travel with the extension. */
  useOwnAdapters(own: (feature: Feature) => OwnAdapter | undefined): void {
    this.ownAdapter = own;
  }

  /** The adapters that a feature uses on a model, as its context is made with them. */
  adapters(model: ModelId, feature: Feature): Adapter[] {
    const own = this.ownAdapter(feature);
    if (own !== undefined) return [{ path: own.path, scale: own.scale }];
    return this.entriesFor(model, feature).map(({ file, scale }) => ({ path: path.join(this.folder, file), scale }));
  }

  /** The prompt layout that an adapter of a feature was trained with; undefined: there is no adapter. */
  promptLayout(model: ModelId, feature: Feature): string | undefined {
    return (this.ownAdapter(feature) ?? this.entriesFor(model, feature)[0])?.promptLayout;
  }

  /** How infill prompts for a model are laid out where an adapter taught it; undefined: as its metadata says. */
  infillLayout(model: ModelId): InfillLayout | undefined {
    return this.adapterEntries.find(({ appliesTo, roles }) => appliesTo === model && roles.includes("completion"))
      ?.infill;
  }

  private findElsewhere(id: string): KnownModel | undefined {
    for (const models of this.others) {
      const elsewhere = models.find(id);
      if (elsewhere !== undefined)
        return { id: elsewhere.id, displayName: elsewhere.displayName, path: "", bundled: false, elsewhere };
    }
    return undefined;
  }

  private entriesFor(model: ModelId, feature: Feature): AdapterEntry[] {
    return this.adapterEntries.filter(
      ({ appliesTo, roles }) => appliesTo === model && roles.some((role) => role === feature),
    );
  }

  private remember(file: string, displayName?: string): KnownModel {
    const id = fileModelId(file);
    const model: KnownModel = {
      id,
      displayName: displayName ?? this.models.get(id)?.displayName ?? path.basename(file).replace(/\.gguf$/i, ""),
      path: file,
      bundled: false,
    };
    this.models.set(id, model);
    return model;
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
