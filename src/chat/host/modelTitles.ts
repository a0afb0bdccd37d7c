import type { ModelId, ModelLifecycle, PortableBackend } from "../../engine/backend";
import type { PromptMessage } from "../../engine/protocol";
import { type Disposable, DisposableStore } from "../../platform/core/disposables";
import { isCancellation } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import type { Logger } from "../../platform/core/logger";
import { modelTitle } from "../core/title";
import type { ConversationStore } from "../node/conversationStore";

/** Smaller models name things foolishly; the first question's own words are the better title then. */
const leastParameters = 1_000_000_000;
/** A title is at most a dozen words. */
const maxTokens = 32;
const ask =
  "Give this conversation a title of two to six words in the language of my question. Reply with the title only.";

/** An answer that has ended well, with all the model has seen and said. */
export interface EndedAnswer {
  readonly conversation: string;
  readonly model: ModelId;
  readonly first: boolean;
  readonly messages: () => readonly PromptMessage[];
}

export interface ModelTitlesDeps {
  readonly store: ConversationStore;
  readonly backend: Pick<PortableBackend, "chat">;
  readonly lifecycle: Pick<ModelLifecycle, "state">;
  readonly onDidComplete: Event<EndedAnswer>;
  readonly onDidChangeGenerating: Event<boolean>;
  readonly log: Logger;
}

/**
 * After the first answer, a model that is able to gives the conversation a title. It runs in the conversation's own KV
 * cache, as one more turn that the next question takes back: everything before it stays cached. It waits for all other
 * work, ends when somebody asks something, never takes the place of a title the person gave, and fails in silence.
 */
export class ModelTitles implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private abort = new AbortController();

  constructor(private readonly deps: ModelTitlesDeps) {
    this.subscriptions.add(deps.onDidComplete((ended) => void this.name(ended)));
    this.subscriptions.add(deps.onDidChangeGenerating((generating) => (generating ? this.cancel() : undefined)));
  }

  cancel(): void {
    this.abort.abort();
    this.abort = new AbortController();
  }

  dispose(): void {
    this.subscriptions.dispose();
    this.abort.abort();
  }

  private async name({ conversation, model, first, messages }: EndedAnswer): Promise<void> {
    const { store, backend, lifecycle, log } = this.deps;
    const state = lifecycle.state(model);
    if (!first || state.status !== "ready") return;
    const { info, context } = state.loaded;
    // A cache that can't drop its end would have to be made anew for the next question.
    if (info.parameters < leastParameters || context.needsCheckpoints) return;
    const { signal } = this.abort;
    try {
      const handle = await store.open(conversation);
      try {
        const free = (): boolean => !signal.aborted && !handle.removed() && handle.titleRank() !== "person";
        if (!free()) return;
        const result = await backend.chat(
          { messages: [...messages(), { role: "user", text: ask }], maxTokens, sampling: { temperature: 0 } },
          { model, feature: "chat", priority: "prefetch", session: conversation, signal },
        );
        if (result.stopReason === "cancelled" || !free()) return;
        const title = modelTitle(result.parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
        if (title !== undefined) await handle.append([{ t: "title", title, by: "model" }]);
      } finally {
        handle.dispose();
      }
    } catch (error) {
      if (!isCancellation(error)) log.debug(`No title by the model: ${String(error)}`);
    }
  }
}
