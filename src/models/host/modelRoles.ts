import * as vscode from "vscode";
import type { ModelId, ModelLifecycle } from "../../engine/backend";
import type { ModelInfo } from "../../engine/protocol";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { PaddockError } from "../../platform/core/errors";
import { Emitter } from "../../platform/core/event";
import { formatBytes } from "../../platform/core/format";
import type { Logger } from "../../platform/core/logger";
import type { SettingsService } from "../../platform/host/settingsService";
import {
  fitsRole,
  fitsRoleElsewhere,
  type ModelRole,
  modelRoles,
  type Neighbour,
  type RoleHolder,
  roleHolder,
  tooMuchTogether,
} from "../core/roles";
import { memoryForModels } from "../node/ggufPreflight";
import { isThere } from "../node/isThere";
import type { KnownModel, ModelRegistry } from "../node/modelRegistry";
import type { ModelStore } from "../node/modelStore";
import type { ActiveModelService } from "./activeModelService";

export interface ModelRolesDeps {
  readonly registry: ModelRegistry;
  readonly store: ModelStore;
  readonly settings: SettingsService;
  readonly lifecycle: ModelLifecycle;
  readonly active: ActiveModelService;
  /** See PortableBackend. */
  readonly capabilities: (model: ModelId, signal: AbortSignal) => Promise<ModelInfo["can"]>;
  readonly log: Logger;
  /** Tells a person about a failure. */
  readonly report: (error: unknown) => void;
}

/** The setting of a role; that of the chat is followed by ActiveModelService. */
const settingOfRole = {
  chat: "model",
  completion: "completion.model",
  embedding: "embedding.model",
} as const satisfies Record<ModelRole, string>;

/**
 * Which model is used for what. The chat's is what ActiveModelService says; completions come from a model of their own
 * or from the chat's; embeddings from one that was chosen for them or from none. A model that vanishes is stood in for,
 * in so many words, until it is there again or another is chosen.
 */
export class ModelRoles implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private readonly completionChanged = new Emitter<void>();
  /** Another model makes completions now. */
  readonly onDidChangeCompletion = this.completionChanged.event;
  /** Settings that name a file which is not there. */
  private gone: ReadonlySet<string> = new Set();
  private lastCompletion: ModelId;
  /** For which two models it was said that they do not fit. */
  private toldCrowded = "";

  constructor(private readonly deps: ModelRolesDeps) {
    const { settings, store, active, registry } = deps;
    this.lastCompletion = this.completion().id;
    this.subscriptions.add(
      settings.onDidChange(({ changed }) => {
        if (modelRoles.some((role) => changed.has(settingOfRole[role]))) void this.look();
      }),
    );
    this.subscriptions.add(
      store.onDidChange(() => {
        if (!store.isScanning) void this.look();
      }),
    );
    this.subscriptions.add(active.onDidChange(() => this.refresh()));
    this.subscriptions.add(registry.onDidChange(() => void this.look()));
    void this.look();
  }

  holder(role: ModelRole): RoleHolder<KnownModel> {
    const { active, settings, registry } = this.deps;
    const chat = active.known;
    const isHere = chat.elsewhere === undefined;
    if (role === "chat")
      return active.standsInFor === undefined
        ? { kind: "chosen", model: chat }
        : { kind: "stands-in", model: chat, wanted: active.standsInFor };
    return roleHolder(
      settings.current[settingOfRole[role]],
      (setting) => this.find(setting),
      role === "completion" ? (isHere ? chat : registry.starter) : undefined,
      isHere ? "chat" : "here",
    );
  }

  /** What makes inline suggestions. */
  completion(): KnownModel {
    const holder = this.holder("completion");
    return holder.kind === "none" ? this.deps.registry.starter : holder.model;
  }

  /** What makes embeddings; undefined: nothing was chosen that is there. */
  embedding(): KnownModel | undefined {
    const holder = this.holder("embedding");
    return holder.kind === "none" ? undefined : holder.model;
  }

  rolesOf(model: ModelId): ModelRole[] {
    return modelRoles.filter((role) => {
      const holder = this.holder(role);
      return holder.kind !== "none" && holder.model.id === model;
    });
  }

  /**
   * Uses a model for something from now on. Where the chat's model and another for completions do not fit this machine's
   * memory together, the person is asked first.
   * @returns false when they would rather not.
   * @throws PaddockError unsupported for a model that can't; model/* when it cannot be loaded.
   */
  async assign(role: ModelRole, model: KnownModel): Promise<boolean> {
    const { registry, store, settings, active } = this.deps;
    if (model.elsewhere !== undefined && !fitsRoleElsewhere(role, model.elsewhere)) throw unfitFor(role, model);
    const stored = store.find(model.id);
    if (stored !== undefined && !fitsRole(role, stored)) throw unfit(role, model, stored.content);
    const setting = registry.settingOf(model);
    if (role === "chat") await active.switchTo(setting);
    else {
      // Empty means the chat's model here, and the starter has a name of its own.
      const named = setting === "" ? model.id : setting;
      if (role === "completion" && !(await this.agreesTo(active.known, model))) return false;
      if (model.elsewhere !== undefined && !(await this.canElsewhere(role, model))) return false;
      await settings.set(settingOfRole[role], named);
    }
    return true;
  }

  /** As if nobody had been chosen. */
  async release(role: ModelRole): Promise<void> {
    const { settings, active } = this.deps;
    if (role === "chat") await active.switchTo("");
    else await settings.set(settingOfRole[role], undefined);
  }

  /** A model's files have other names now: what it was used for it goes on to be used for. */
  async renamed(from: readonly string[], to: string): Promise<void> {
    const { settings, active } = this.deps;
    for (const role of modelRoles) {
      if (!from.includes(settings.current[settingOfRole[role]])) continue;
      if (role === "chat") active.renamed(to);
      await settings.set(settingOfRole[role], to);
    }
  }

  /** What a model was used for that is deleted is left to those that stand in. */
  async deleted(names: readonly string[]): Promise<void> {
    await this.releaseAll((setting) => names.includes(setting));
  }

  /** As deleted, of all that the settings name so. @returns what that was. */
  async releaseAll(names: (setting: string) => boolean): Promise<ModelRole[]> {
    const { settings, active } = this.deps;
    const released = modelRoles.filter((role) => names(settings.current[settingOfRole[role]]));
    for (const role of released) {
      if (role === "chat") active.fallBack();
      await settings.set(settingOfRole[role], undefined);
    }
    return released;
  }

  /** Bytes that the chat's model and that of completions take together, where that is more than there is. */
  crowded(): number | undefined {
    const chat = this.deps.active.known;
    const completion = this.completion();
    if (!areNeighbours(chat, completion)) return undefined;
    return tooMuchTogether(this.neighbour(chat), this.neighbour(completion), memoryForModels());
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.changed.dispose();
    this.completionChanged.dispose();
  }

  private find(setting: string): KnownModel | undefined {
    if (this.gone.has(setting)) return undefined;
    try {
      return this.deps.registry.fromSetting(setting);
    } catch {
      // An id that nobody has: the settings file can hold anything.
      return undefined;
    }
  }

  /** Looks whether the files that the settings name are there. */
  private async look(): Promise<void> {
    const { settings, active, registry } = this.deps;
    await active.settle();
    const gone = new Set<string>();
    for (const role of modelRoles) {
      const setting = settings.current[settingOfRole[role]];
      if (role === "chat" || setting === "") continue;
      try {
        const { path: file, elsewhere } = registry.fromSetting(setting);
        if (elsewhere === undefined && !(await isThere(file))) gone.add(setting);
      } catch {
        gone.add(setting);
      }
      if (gone.has(setting) && !this.gone.has(setting)) this.tellGone(role, setting);
    }
    this.gone = gone;
    this.refresh();
  }

  private tellGone(role: ModelRole, setting: string): void {
    const name = nameIn(setting);
    const words =
      role === "completion"
        ? vscode.l10n.t(
            "{0}, chosen for completions, is not there any more. {1} makes them until it is back or you choose another.",
            name,
            this.deps.active.known.displayName,
          )
        : vscode.l10n.t("{0}, chosen for embeddings, is not there any more. Choose another.", name);
    this.deps.log.warn(words);
    void vscode.window.showWarningMessage(words);
  }

  private refresh(): void {
    const { id } = this.completion();
    const before = this.lastCompletion;
    this.lastCompletion = id;
    if (before !== id) {
      this.completionChanged.fire();
      void this.letGo(before);
    }
    this.changed.fire();
    this.tellCrowded();
  }

  /** The memory of a model that is used for nothing any more; one that works goes when it is idle. */
  private async letGo(model: ModelId): Promise<void> {
    const { lifecycle, report } = this.deps;
    const state = lifecycle.state(model);
    if (this.rolesOf(model).length > 0 || (state.status === "ready" && state.busy)) return;
    await lifecycle.unload(model).catch(report);
  }

  private neighbour(model: KnownModel): Neighbour {
    const state = this.deps.lifecycle.state(model.id);
    const bytes = state.status === "ready" ? state.loaded.rssBytes : (this.deps.store.find(model.id)?.sizeBytes ?? 0);
    return { name: model.displayName, bytes };
  }

  /**
   * Whether a model that runs elsewhere can do it, which is asked before anything is sent there at each key.
   * @throws PaddockError where it is not there, or can't.
   */
  private async canElsewhere(role: ModelRole, model: KnownModel): Promise<boolean> {
    const abort = new AbortController();
    const can = await vscode.window.withProgress(
      {
        location: vscode.ProgressLocation.Notification,
        title: vscode.l10n.t("Looking for {0}", model.displayName),
        cancellable: true,
      },
      async (_, token) => {
        token.onCancellationRequested(() => abort.abort());
        try {
          return await this.deps.capabilities(model.id, abort.signal);
        } catch (error) {
          if (abort.signal.aborted) return undefined;
          throw error;
        }
      },
    );
    if (can === undefined) return false;
    if (role === "embedding" ? can.embed : can.fillInMiddle) return true;
    if (role === "embedding") throw unfitFor(role, model);
    throw new PaddockError("unsupported", `${model.displayName} can't complete inside a text where it runs.`, {
      remedy: "For completions choose a code model of a llama-server, or one on this machine.",
    });
  }

  private async agreesTo(chat: KnownModel, completion: KnownModel): Promise<boolean> {
    if (!areNeighbours(chat, completion)) return true;
    await this.deps.store.ready();
    const together = tooMuchTogether(this.neighbour(chat), this.neighbour(completion), memoryForModels());
    if (together === undefined) return true;
    this.toldCrowded = `${chat.id} ${completion.id}`;
    const anyway = vscode.l10n.t("Use Anyway");
    return (await vscode.window.showWarningMessage(crowdedWords(chat, completion, together), anyway)) === anyway;
  }

  /** Another model for the chat may leave no room for that of completions. */
  private tellCrowded(): void {
    const together = this.crowded();
    const chat = this.deps.active.known;
    const completion = this.completion();
    const both = `${chat.id} ${completion.id}`;
    if (together === undefined || this.toldCrowded === both) return;
    this.toldCrowded = both;
    const useChat = vscode.l10n.t("Use the Chat's Model for Both");
    void vscode.window.showWarningMessage(crowdedWords(chat, completion, together), useChat).then((picked) => {
      if (picked === useChat) this.release("completion").catch(this.deps.report);
    });
  }
}

function crowdedWords(chat: KnownModel, completion: KnownModel, together: number): string {
  return vscode.l10n.t(
    "{0} for the chat and {1} for completions take at least {2} of memory together (estimated from their weights, or measured where loaded); models may take {3} here. The machine would become very slow.",
    chat.displayName,
    completion.displayName,
    formatBytes(together),
    formatBytes(memoryForModels()),
  );
}

/** Both take memory of this machine. */
function areNeighbours(chat: KnownModel, completion: KnownModel): boolean {
  return chat.id !== completion.id && chat.elsewhere === undefined && completion.elsewhere === undefined;
}

function unfit(role: ModelRole, model: KnownModel, content: Parameters<typeof fitsRole>[1]["content"]): PaddockError {
  if (!content.usable) {
    const { code, message, remedy } = content.why;
    return new PaddockError(code, message, remedy === undefined ? {} : { remedy });
  }
  return unfitFor(role, model);
}

function unfitFor(role: ModelRole, model: KnownModel): PaddockError {
  return role === "embedding"
    ? new PaddockError("unsupported", `${model.displayName} does not make embeddings.`, {
        remedy: "Choose an embedding model, such as one of the BERT or Nomic family.",
      })
    : new PaddockError("unsupported", `${model.displayName} does not write text.`, {
        remedy: "Choose a model for chat or completion.",
      });
}

/** The last part of a path, on either kind of system. */
export function nameIn(setting: string): string {
  return setting.split(/[\\/]/).at(-1) ?? setting;
}
