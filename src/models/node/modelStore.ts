import path from "node:path";
import { isCancellation } from "../../platform/core/errors";
import type { Disposable } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { canChat, type ModelPlace, type StoreContents, type StoredModel } from "../core/storedModel";
import type { HeaderCache } from "./headerCache";
import type { ModelRegistry } from "./modelRegistry";
import { scanStore } from "./storeScan";

export interface ModelStoreDeps {
  readonly registry: ModelRegistry;
  readonly places: () => Promise<readonly ModelPlace[]>;
  readonly cache: HeaderCache;
  readonly log: Logger;
}

/** What models are on this machine. Nobody is kept waiting for a look at the disk but who asks for one. */
export class ModelStore implements Disposable {
  private contents: StoreContents | undefined;
  private running: Promise<void> | undefined;
  /** How often somebody asked for a look. */
  private asked = 0;
  private readonly abort = new AbortController();
  private readonly changed = new Emitter<void>();
  /** The contents changed, or a look at the disk began or ended. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly deps: ModelStoreDeps) {}

  /** What was found last; undefined before the first look. */
  get current(): StoreContents | undefined {
    return this.contents;
  }

  get isScanning(): boolean {
    return this.running !== undefined;
  }

  /** As the disk was looked at last, which is done now where it never was. Never rejects. */
  async ready(): Promise<StoreContents> {
    if (this.contents === undefined) await this.refresh();
    return this.contents ?? { models: [], notes: [] };
  }

  /** Looks at the disk; what is asked for meanwhile is one more look afterwards. Never rejects: what fails is logged. */
  refresh(): Promise<void> {
    this.asked++;
    if (this.running !== undefined) return this.running;
    this.running = this.scanWhileAsked().finally(() => {
      this.running = undefined;
      this.changed.fire();
    });
    this.changed.fire();
    return this.running;
  }

  /** By its id or by any name of its files. */
  find(idOrPath: string): StoredModel | undefined {
    return this.contents?.models.find(
      ({ id, path: at, alsoAt, parts }) =>
        id === idOrPath || at === idOrPath || alsoAt.includes(idOrPath) || parts.includes(idOrPath),
    );
  }

  dispose(): void {
    this.abort.abort();
    this.changed.dispose();
  }

  private async scanWhileAsked(): Promise<void> {
    let seen: number;
    do {
      seen = this.asked;
      await this.scan();
    } while (seen !== this.asked);
  }

  private async scan(): Promise<void> {
    const { registry, places, cache, log } = this.deps;
    const { signal } = this.abort;
    const since = performance.now();
    try {
      this.contents = await scanStore({
        places: await places(),
        files: [...registry.bundled(), ...registry.chosen()].map(({ id, path: file, displayName, bundled }) => ({
          id,
          path: file,
          place: { kind: bundled ? ("bundled" as const) : ("chosen" as const), folder: path.dirname(file) },
          ...(bundled ? { name: displayName } : {}),
        })),
        cache,
        signal,
      });
    } catch (error) {
      if (isCancellation(error)) return;
      log.error("The models on this machine could not be looked at", error);
      return;
    }
    const { models, notes } = this.contents;
    log.info(
      `Found ${models.length} models on this machine in ${(performance.now() - since).toFixed(0)} ms; ${notes.length} folders could not be looked at.`,
    );
    registry.setFound(
      models
        .filter((model) => model.place.kind !== "bundled" && model.content.usable)
        .map((model) => ({ path: model.path, displayName: model.name, isListed: canChat(model) })),
    );
    await cache.keep().catch((error: unknown) => log.warn(`What was read of models was not kept: ${String(error)}`));
  }
}
