import type { EmbeddedBackend, InfillOptions, InfillRequest, ModelId, ModelLifecycle } from "../../engine/backend";
import type { InfillLayout, InfillPiece, InfillResult } from "../../engine/infill";
import { type Disposable } from "../../platform/core/disposables";
import { cancelled, isCancellation, PaddockError, toPaddockError } from "../../platform/core/errors";
import type { Logger } from "../../platform/core/logger";
import type { ContextChunk } from "../core/contextChunk";
import type { EditorSnapshot } from "../core/editorSnapshot";
import { type Around, type LanePrompt, Lanes } from "../core/lanes";
import { Shaper } from "../core/shape";
import type { SyntaxAt } from "../core/syntaxAt";
import type { ChunkRoom } from "./chunkKeeper";
import type { Generation } from "./generation";
import { sleep } from "./sleep";

export interface CompletionSettings {
  /** What is not there so long after the key is not shown, ms. */
  readonly deadlineMs: number;
  readonly maxTokens: number;
  readonly maxLines: number;
  /** A token less probable than this is a guess, and the suggestion ends before it. */
  readonly leastProbability: number;
  readonly prefetch: boolean;
}

export interface CompletionDeps {
  readonly backend: Pick<EmbeddedBackend, "infill">;
  readonly lifecycle: Pick<ModelLifecycle, "load" | "state" | "onDidChangeState">;
  readonly model: () => ModelId;
  /** An adapter's layout, from the manifest; undefined: the model's own. */
  readonly layout: (model: ModelId) => InfillLayout | undefined;
  readonly repository: (uri: string) => string;
  /** What is around, as far as it is known now; never waits. */
  readonly chunks: (
    snapshot: EditorSnapshot,
    prefix: string,
    suffix: string,
    room: ChunkRoom,
  ) => readonly ContextChunk[];
  readonly syntax: (snapshot: EditorSnapshot) => SyntaxAt | undefined;
  readonly settings: () => CompletionSettings;
  readonly log: Logger;
}

export interface AskOptions {
  readonly priority: "completion" | "prefetch";
  /** Before the model is asked, ms. */
  readonly wait: number;
  /** Which alternative; 0 the most probable. */
  readonly branch: number;
}

/** Asks the model: which prompt, what becomes of its answer token by token, and what the KV caches hold afterwards. */
export class ModelAsker implements Disposable {
  private readonly lanes = new Lanes();
  private plannedFor: ModelId | undefined;
  /** Requests on their way. */
  private readonly running = new Set<Promise<unknown>>();
  private readonly subscription: Disposable;
  private readonly closing = new AbortController();

  constructor(private readonly deps: CompletionDeps) {
    this.subscription = deps.lifecycle.onDidChangeState(({ model, state }) => {
      const keeps = state.status === "ready" || state.status === "elsewhere";
      if (model === deps.model() && !keeps) this.lanes.reset();
    });
  }

  get seesSuffix(): boolean | undefined {
    const { layout, lifecycle, model } = this.deps;
    const state = lifecycle.state(model());
    const order = layout(model())?.order ?? (state.status === "ready" ? state.loaded.info.infill.order : undefined);
    return order === undefined ? undefined : order !== "prefix-only";
  }

  /** Ends when the generation has; never rejects: what failed is the generation's reason. */
  async ask(generation: Generation, { priority, wait, branch }: AskOptions): Promise<void> {
    const { snapshot, signal } = generation;
    const { syntax, settings, log, model } = this.deps;
    const id = model();
    try {
      if (wait > 0) await sleep(wait, signal);
      signal.throwIfAborted();
      const layout = await this.layout(id, signal);
      const { maxTokens, maxLines, leastProbability } = settings();
      const shaper = new Shaper({ snapshot, syntax: syntax(snapshot), leastProbability, maxLines });
      await this.quiet(signal);
      const asked = this.lanes.choose(snapshot, layout.order, this.around(snapshot, id));
      generation.asked = asked;
      generation.layout = layout;
      generation.sentAt = performance.now();
      const pieces: InfillPiece[] = [];
      const isDone = (): boolean => generation.shape.done;
      const take = (fresh: readonly InfillPiece[]): void => {
        if (fresh.length === 0 || isDone()) return;
        // An alternative begins with what is less probable, since that was asked for.
        const judged = branch > 0 && pieces.length === 0 ? certain(fresh) : fresh;
        pieces.push(...fresh);
        generation.update(shaper.push(judged), pieces);
        // The rest would be computed for nobody.
        if (isDone()) generation.stop();
      };
      const result = await this.infill(
        asked,
        { layout, maxTokens, branch },
        {
          model: id,
          priority,
          urgent: generation.urgent,
          signal,
          askedAt: generation.askedAt,
          onProgress: (progress) => take(progress.pieces),
        },
      );
      generation.result = result;
      take(result.pieces.slice(pieces.length));
      const isCut = result.stopReason === "cancelled" && !isDone();
      if (!isCut && !isDone()) generation.update(shaper.end(result.stopReason), pieces);
      const { text, reason } = generation.shape;
      generation.end(isCut ? "typedOn" : text === "" ? (reason ?? "empty") : undefined);
    } catch (error) {
      const known = toPaddockError(error);
      if (!isCancellation(known)) log.warn(`No suggestion: ${known.message} ${known.detail ?? ""}`);
      generation.end(isCancellation(known) ? "typedOn" : known.code.startsWith("model/") ? "noModel" : "failed");
    }
  }

  /** Has the prompts for a place processed, so that the next key finds them in the KV cache. */
  async warmUp(snapshot: EditorSnapshot, signal: AbortSignal): Promise<void> {
    const model = this.deps.model();
    const layout = await this.layout(model, signal);
    await this.quiet(signal);
    const around = this.around(snapshot, model);
    for (const next of [this.lanes.nearFirst, this.lanes.behind]) {
      const asked = next.call(this.lanes, snapshot, layout.order, around);
      if (asked !== undefined)
        await this.infill(asked, { layout, maxTokens: 0 }, { model, priority: "prefetch", signal });
    }
  }

  forget(): void {
    this.lanes.reset();
  }

  dispose(): void {
    this.closing.abort();
    this.subscription.dispose();
  }

  private infill(
    asked: LanePrompt,
    request: Omit<InfillRequest, "prompt">,
    options: Omit<InfillOptions, "feature" | "session">,
  ): Promise<InfillResult> {
    const { prompt, lane } = asked;
    const run = async (): Promise<InfillResult> => {
      const result = await this.deps.backend.infill(
        { ...request, prompt },
        { ...options, feature: "completion", session: lane },
      );
      this.lanes.processed(asked, result, result.pieces.map(({ text }) => text).join(""));
      return result;
    };
    const running = run().finally(() => this.running.delete(running));
    this.running.add(running);
    return running;
  }

  /**
   * When the requests before have ended: they were stopped, and do so within a slice, which the engine needs anyway. Only
   * then is it known how much of which prompt they have processed.
   */
  private quiet(signal: AbortSignal): Promise<unknown> {
    return unlessAborted(Promise.allSettled(this.running), signal);
  }

  /** What the model may be shown; what another was shown before is let go of. */
  private around(snapshot: EditorSnapshot, model: ModelId): Around {
    const isElsewhere = this.deps.lifecycle.state(model).status === "elsewhere";
    // A plan goes on with the texts it was made with, and those of a model on this machine may have to stay here.
    if (this.plannedFor !== model) this.lanes.reset();
    this.plannedFor = model;
    return {
      repository: this.deps.repository(snapshot.uri),
      chunks: (prefix, suffix, room) => this.deps.chunks(snapshot, prefix, suffix, { room, isElsewhere }),
    };
  }

  private async layout(model: ModelId, signal: AbortSignal): Promise<InfillLayout> {
    const { layout, lifecycle } = this.deps;
    const state = lifecycle.state(model);
    const own = layout(model);
    if (state.status === "ready") return own ?? state.loaded.info.infill;
    if (state.status === "elsewhere") {
      if (own !== undefined) return own;
      throw new PaddockError("unsupported", "Where this model runs it can't complete inside a text.");
    }
    // The next key needs it as well, so a load that has begun goes on without this one.
    const loaded = await unlessAborted(lifecycle.load(model, this.closing.signal), signal);
    return own ?? loaded.info.infill;
  }
}

/** The first of the pieces is not cut off, however improbable. */
function certain([first, ...rest]: readonly InfillPiece[]): InfillPiece[] {
  return first === undefined ? [] : [{ ...first, probability: 1 }, ...rest];
}

/** @throws PaddockError cancelled as soon as the signal is aborted; the work goes on. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled());
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
