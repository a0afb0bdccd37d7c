import type { ModelId, ModelLifecycle } from "../../engine/backend";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import { Emitter, type Event } from "../../platform/core/event";
import type { ActiveModel } from "../core/activeModel";
import type { PromptUsage } from "../core/promptUsage";
import type { Attachments } from "./attachments";
import type { ChatController } from "./chatController";
import { EstimatingMeter, type PromptMeter } from "./promptMeter";
import { asMessage, type PromptPlanner } from "./promptPlanner";

/** After the last change; what is typed comes here in pauses of its own. */
const calmMs = 200;

export interface PromptPreviewDeps {
  readonly controller: Pick<
    ChatController,
    "shown" | "settings" | "selectedId" | "generating" | "onDidChange" | "onDidSelect" | "onDidChangeGenerating"
  >;
  readonly planner: Pick<PromptPlanner, "preview">;
  readonly attachments: Pick<Attachments, "carried" | "onDidChange">;
  readonly activeModel: Pick<ActiveModel, "current" | "onDidChange">;
  readonly lifecycle: Pick<ModelLifecycle, "state" | "onDidChangeState">;
  readonly meter: PromptMeter;
  /** A setting changed that prompts are made by. */
  readonly onDidChangeSettings: Event<unknown>;
}

/**
 * What the next question would cost, kept up to date while somebody looks. It loads no model, and asks the engine only
 * while that has nothing else to do: tokenising holds up whatever else the engine's process is to answer. In between,
 * what is shown is an estimate.
 */
export class PromptPreview implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<PromptUsage | null>());
  /** The usage is another one, or not known; null. */
  readonly onDidChange = this.changes.event;
  private usage: PromptUsage | null = null;
  private draft = "";
  private watchers = 0;
  /** Something changed since the engine counted last. */
  private stale = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running: AbortController | undefined;
  private ready: boolean;
  /** Of the model that was loaded last; it is likely to have the same when it comes back. */
  private lastSize: { readonly model: ModelId; readonly size: number } | undefined;

  constructor(private readonly deps: PromptPreviewDeps) {
    const { controller, attachments, activeModel, lifecycle } = deps;
    this.ready = lifecycle.state(activeModel.current().id).status === "ready";
    const changed = (): void => this.changed();
    this.subscriptions.add(
      controller.onDidSelect(() => {
        this.tell(null);
        this.changed();
      }),
    );
    // While its answer is made, the conversation changes several times a second and nothing can be sent.
    this.subscriptions.add(
      controller.onDidChange((id) => {
        if (!controller.generating && (id === null || id === controller.selectedId)) this.changed();
      }),
    );
    this.subscriptions.add(controller.onDidChangeGenerating(changed));
    this.subscriptions.add(attachments.onDidChange(changed));
    this.subscriptions.add(activeModel.onDidChange(changed));
    this.subscriptions.add(deps.onDidChangeSettings(changed));
    this.subscriptions.add(
      lifecycle.onDidChangeState(({ model, state }) => {
        if (model !== activeModel.current().id) return;
        const ready = state.status === "ready";
        // Counting itself makes the engine busy for a moment, so only what is stale is looked at again.
        if (ready !== this.ready) this.changed();
        else if (ready && !state.busy && this.stale) this.soon();
        this.ready = ready;
      }),
    );
  }

  get current(): PromptUsage | null {
    return this.usage;
  }

  /** Somebody looks, until the result is disposed. */
  watch(): Disposable {
    this.watchers++;
    if (this.stale) this.soon();
    return toDisposable(() => {
      this.watchers--;
      if (this.watchers === 0) this.stop();
    });
  }

  typed(draft: string): void {
    if (draft === this.draft) return;
    this.draft = draft;
    this.changed();
  }

  dispose(): void {
    this.stop();
    this.subscriptions.dispose();
  }

  private changed(): void {
    this.stale = true;
    this.running?.abort();
    this.soon();
  }

  private soon(): void {
    if (this.watchers === 0) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(), calmMs);
  }

  private stop(): void {
    clearTimeout(this.timer);
    this.running?.abort();
  }

  /** Never rejects: what can't be previewed, such as a picture in the conversation, the answer itself says. */
  private async look(): Promise<void> {
    this.running?.abort();
    const running = new AbortController();
    this.running = running;
    const { controller, planner, attachments, activeModel } = this.deps;
    const model = activeModel.current().id;
    const attached = attachments.carried().parts;
    // The prompt of the answer under way is what is shown; what follows it, nobody knows yet.
    if (controller.generating && this.usage !== null && this.draft === "" && attached.length === 0) return;
    const shown = controller.shown();
    const isEmpty = shown.length === 0 && this.draft === "" && attached.length === 0;
    // Before anything is there, only a loaded model has something to say: how much it holds.
    if (isEmpty && this.sizeOf(model) === undefined && this.deps.meter.knownSize(model) === undefined) {
      this.tell(null);
      return;
    }
    const path = [...shown, asMessage([{ type: "text", text: this.draft }, ...attached])];
    const settings = controller.settings();
    const isCounted = this.canCount(model);
    if (isCounted) this.stale = false;
    let usage: PromptUsage | null = null;
    try {
      const meter = isCounted ? this.deps.meter : new EstimatingMeter(this.sizeOf(model));
      usage = { isCounted, ...(await planner.preview({ model, path, settings }, meter, running.signal)) };
    } catch {
      if (isCounted && running.signal.aborted) this.stale = true;
    }
    if (running.signal.aborted || this.running !== running) return;
    this.running = undefined;
    this.tell(usage);
  }

  private canCount(model: ModelId): boolean {
    const { controller, lifecycle, meter } = this.deps;
    const state = lifecycle.state(model);
    const size = meter.knownSize(model);
    if (size !== undefined) this.lastSize = { model, size };
    return size !== undefined && state.status === "ready" && !state.busy && !controller.generating;
  }

  private sizeOf(model: ModelId): number | undefined {
    return this.lastSize?.model === model ? this.lastSize.size : undefined;
  }

  private tell(usage: PromptUsage | null): void {
    if (usage === null && this.usage === null) return;
    this.usage = usage;
    this.changes.fire(usage);
  }
}
