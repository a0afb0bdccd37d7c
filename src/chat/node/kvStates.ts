import type {
  ChatRequest,
  EmbeddedBackend,
  JobOptions,
  LoadedModel,
  ModelId,
  ModelLifecycle,
} from "../../engine/backend";
import type { GenerationResult } from "../../engine/protocol";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import { KvFolder, remove } from "./kvFolder";

/** The engine has been idle this long: nobody is in the middle of asking something else. */
const idleMs = 2_000;
/** Below this many tokens there is nothing worth a file. */
const leastTokens = 256;
/** What a prompt processed anew must cost to be worth saving, at the measured pp; reading 100 MB back takes a quarter of it. */
const leastColdMs = 500;
/** How long a window that closes or a model that goes may wait for states to be saved. */
const patienceMs = 2_000;

export interface KvStatesDeps {
  /** An absolute folder for the states alone. */
  readonly folder: KvFolder;
  readonly engine: Pick<EmbeddedBackend, "chat" | "saveState" | "loadState"> &
    Pick<ModelLifecycle, "state" | "onDidChangeState" | "beforeUnload">;
  /** Bytes that all states together may take; 0: none are kept. Read anew each time. */
  readonly capBytes: () => number;
  readonly log: Logger;
}

interface Held {
  readonly model: ModelId;
  readonly conversation: string;
  readonly tokens: number;
}

/**
 * Keeps conversations' KV caches over the life of the engine that made them: saved when an answer has ended and nobody
 * wants the engine, brought back before the next question finds its place cold. What goes wrong costs a cold prefill
 * and a line in the log, never an answer.
 */
export class KvStates implements Disposable {
  private readonly subscriptions = new DisposableStore();
  /** What the engine holds and no file does yet. */
  private readonly unsaved = new Map<string, Held>();
  /** Conversations that the engine of this process has seen. */
  private readonly seen = new Map<number, Set<string>>();
  /** Measured pp of each model, tokens/s. */
  private readonly speed = new Map<ModelId, number>();
  private readonly skipped = new Set<ModelId>();
  /** Removed conversations, whose last answer may still be on its way. */
  private readonly removed = new Set<string>();
  private readonly running = new Set<Promise<unknown>>();
  private background: { readonly abort: AbortController; readonly done: Promise<void> } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted: { readonly conversation: string; readonly model: () => ModelId } | undefined;
  private closed = false;

  constructor(private readonly deps: KvStatesDeps) {
    this.subscriptions.add(
      deps.engine.onDidChangeState(({ state }) => {
        if (state.status === "ready" && !state.busy) this.warm();
      }),
    );
    this.subscriptions.add(deps.engine.beforeUnload((model) => this.saveNow(model)));
  }

  /** PortableBackend.chat with the state of the conversation (the session) around it. */
  readonly chat = (request: ChatRequest, options: JobOptions): Promise<GenerationResult> => {
    const { session, model } = options;
    if (session === undefined) return this.deps.engine.chat(request, options);
    this.removed.delete(session);
    const answer = this.answer(request, options, model, session);
    this.running.add(answer);
    const done = (): void => {
      this.running.delete(answer);
      if (this.running.size === 0) this.saveWhenIdle();
    };
    answer.then(done, done);
    return answer;
  };

  /** The conversation is shown: its next question is likely. Its state is brought back when the model is there. */
  show(conversation: string | null, model: () => ModelId): void {
    this.wanted = conversation === null ? undefined : { conversation, model };
    this.warm();
  }

  /** Once the list is known: states of conversations that are gone go too. */
  async sweep(isKnown: (conversation: string) => boolean): Promise<void> {
    await this.deps.folder.sweep(isKnown);
    await this.deps.folder.trim(this.deps.capBytes());
  }

  /** The conversation was removed. */
  async forget(conversation: string): Promise<void> {
    this.removed.add(conversation);
    for (const [key, held] of this.unsaved) if (held.conversation === conversation) this.unsaved.delete(key);
    if (this.wanted?.conversation === conversation) this.wanted = undefined;
    await this.deps.folder.forget(conversation);
  }

  /** All states, saved or not. */
  async clear(): Promise<void> {
    this.unsaved.clear();
    await this.stopBackground();
    await this.deps.folder.clear();
  }

  /** What is unsaved of the model, or of all, as long as somebody who leaves can wait. Never rejects. */
  async saveNow(model?: ModelId): Promise<void> {
    const abort = new AbortController();
    const late = setTimeout(() => abort.abort(), patienceMs);
    const left = new Promise<void>((resolve) => abort.signal.addEventListener("abort", () => resolve()));
    const work = async (): Promise<void> => {
      await this.stopBackground();
      // Where all ends, the last answers have just been interrupted and what they made is worth keeping.
      if (model === undefined) await Promise.allSettled(this.running);
      clearTimeout(this.timer);
      for (const held of [...this.unsaved.values()].reverse())
        if (model === undefined || held.model === model) await this.save(held, abort.signal);
    };
    await Promise.race([work(), left]);
    clearTimeout(late);
  }

  /** Call before the engine ends, when no answer is wanted any more. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.subscriptions.dispose();
    await this.saveNow();
    clearTimeout(this.timer);
  }

  dispose(): void {
    void this.close();
  }

  private async answer(
    request: ChatRequest,
    options: JobOptions,
    model: ModelId,
    conversation: string,
  ): Promise<GenerationResult> {
    const before = async (): Promise<void> => {
      await this.prepare(model, conversation, options.signal);
      await options.before?.();
    };
    const result = await this.deps.engine.chat(request, { ...options, before });
    const { timings, machine } = result;
    // Speed over a few tokens is overhead rather than speed.
    if (timings.prompt_per_second !== null && timings.prompt_n >= 64) this.speed.set(model, timings.prompt_per_second);
    const key = keyOf(model, conversation);
    this.unsaved.delete(key);
    if (!this.removed.has(conversation)) this.unsaved.set(key, { model, conversation, tokens: machine.contextUsed });
    return result;
  }

  /** In the turn of the conversation's own job. */
  private async prepare(model: ModelId, conversation: string, signal: AbortSignal): Promise<void> {
    clearTimeout(this.timer);
    await this.stopBackground();
    await this.makeWay(model, conversation, signal);
    await this.restore(model, conversation, signal);
  }

  /** Saves what the engine may drop when the conversation takes a place in it. */
  private async makeWay(model: ModelId, conversation: string, signal: AbortSignal): Promise<void> {
    const loaded = this.loaded(model);
    if (loaded === undefined) return;
    const { pid } = loaded.engine;
    const seen = this.seen.get(pid) ?? new Set<string>();
    this.seen.set(pid, seen.add(conversation));
    if (seen.size <= loaded.context.sequences) return;
    for (const held of [...this.unsaved.values()])
      if (held.model === model && held.conversation !== conversation) await this.save(held, signal);
  }

  private warm(): void {
    const { wanted } = this;
    if (wanted === undefined || this.closed || this.running.size > 0 || this.background !== undefined) return;
    const model = wanted.model();
    const state = this.deps.engine.state(model);
    if (state.status !== "ready" || state.busy) return;
    this.wanted = undefined;
    this.inBackground(async (signal) => {
      await this.makeWay(model, wanted.conversation, signal);
      await this.restore(model, wanted.conversation, signal, "prefetch");
    });
  }

  private saveWhenIdle(): void {
    clearTimeout(this.timer);
    if (this.closed || this.unsaved.size === 0) return;
    this.timer = setTimeout(() => {
      if (this.running.size > 0) return;
      this.inBackground(async (signal) => {
        for (const held of [...this.unsaved.values()].reverse()) {
          if (signal.aborted) return;
          await this.save(held, signal, "measuring");
        }
      });
    }, idleMs);
  }

  private inBackground(work: (signal: AbortSignal) => Promise<void>): void {
    const before = this.background;
    before?.abort.abort();
    const abort = new AbortController();
    const done = (before?.done ?? Promise.resolve())
      .then(() => work(abort.signal))
      .finally(() => {
        if (this.background?.abort !== abort) return;
        this.background = undefined;
        if (this.running.size === 0) this.saveWhenIdle();
      });
    this.background = { abort, done };
  }

  private async stopBackground(): Promise<void> {
    this.background?.abort.abort();
    await this.background?.done;
  }

  private async save(held: Held, signal: AbortSignal, priority?: JobOptions["priority"]): Promise<void> {
    const { model, conversation, tokens } = held;
    const { engine, folder, capBytes, log } = this.deps;
    const key = keyOf(model, conversation);
    const loaded = this.loaded(model);
    if (loaded === undefined || !this.isWorth(held)) {
      this.unsaved.delete(key);
      return;
    }
    const { context } = loaded;
    const file = folder.path(conversation, context.identityKey);
    const since = performance.now();
    try {
      // What the KV cache of one token takes; the context's own figure holds compute buffers besides.
      const expected = Math.ceil(
        ((context.ramBytes + context.vramBytes) / context.sequences / context.contextSize) * tokens,
      );
      if (!(await folder.makeRoom(expected, capBytes(), file))) {
        this.unsaved.delete(key);
        log.info(`The KV state of a conversation (${megabytes(expected)}) is not saved: no room for it on the disk.`);
        return;
      }
      const saved = await engine.saveState(file, options(model, conversation, signal, priority));
      if (this.unsaved.get(key) === held) this.unsaved.delete(key);
      await folder.trim(capBytes());
      log.info(
        `KV state saved: ${saved.tokens} tokens, ${megabytes(saved.bytes)}, ${(performance.now() - since).toFixed(0)} ms.`,
      );
    } catch (error) {
      if (isCancellation(error) || signal.aborted) return;
      this.unsaved.delete(key);
      log.warn(`A KV state was not saved: ${wordsOf(error)}`);
    }
  }

  private async restore(
    model: ModelId,
    conversation: string,
    signal: AbortSignal,
    priority?: JobOptions["priority"],
  ): Promise<void> {
    const loaded = this.loaded(model);
    if (loaded === undefined) return;
    const { engine, folder, log } = this.deps;
    const { identityKey } = loaded.context;
    const file = folder.path(conversation, identityKey);
    const since = performance.now();
    try {
      if (!(await folder.use(file))) return;
      const { tokens, loaded: read } = await engine.loadState(file, {
        ...options(model, conversation, signal, priority),
        identityKey,
      });
      if (read) log.info(`KV state restored: ${tokens} tokens, ${(performance.now() - since).toFixed(0)} ms.`);
    } catch (error) {
      if (isCancellation(error) || signal.aborted) return;
      log.warn(`A KV state was not restored; the conversation starts cold. ${wordsOf(error)}`);
      const { code } = toPaddockError(error);
      // One that this engine cannot read it will never read; one that it died of must not kill the next.
      if (code === "unsupported" || code === "engine/crashed") await remove(file);
    }
  }

  /** The model's engine, where state can be kept. */
  private loaded(model: ModelId): LoadedModel | undefined {
    const state = this.deps.engine.state(model);
    if (state.status !== "ready" || this.deps.capBytes() <= 0) return undefined;
    if (!state.loaded.context.needsCheckpoints) return state.loaded;
    if (!this.skipped.has(model)) {
      this.skipped.add(model);
      this.deps.log.info(
        `KV states of ${model} are not kept: the binding does not save the checkpoints such a model needs.`,
      );
    }
    return undefined;
  }

  private isWorth({ model, tokens }: Held): boolean {
    if (tokens < leastTokens) return false;
    const speed = this.speed.get(model);
    return speed === undefined || (tokens / speed) * 1000 >= leastColdMs;
  }
}

function options(
  model: ModelId,
  session: string,
  signal: AbortSignal,
  priority: JobOptions["priority"] | undefined,
): Parameters<EmbeddedBackend["saveState"]>[1] {
  return { model, session, signal, ...(priority === undefined ? {} : { priority }) };
}

function keyOf(model: ModelId, conversation: string): string {
  return `${model}\n${conversation}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function wordsOf(error: unknown): string {
  const { message, detail } = toPaddockError(error);
  return detail === undefined ? message : `${message} (${detail})`;
}
