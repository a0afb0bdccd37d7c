import type { ContextSources, DroppedItem, OfferedItem, PromptCommands, TakenContext } from "../core/contextItems";
import type { Trigger } from "../core/trigger";
import { type Attachments, isEmptyTaken } from "./attachments";

/** A list that comes later helps nobody who types. */
const patienceMs = 3_000;
/** More than anybody reads. */
const mostItems = 50;

export interface OffersDeps {
  readonly context: ContextSources;
  readonly prompts: PromptCommands;
  readonly attachments: Pick<Attachments, "add">;
}

/** What "@" and "/" offer at the input box, and what comes of choosing it. */
export class Offers {
  private looking: AbortController | undefined;

  constructor(private readonly deps: OffersDeps) {}

  /** What is asked for later takes the place of what is still being looked for, which then finds nothing. */
  async suggest(trigger: Pick<Trigger, "kind" | "query">): Promise<readonly OfferedItem[]> {
    const { context, prompts } = this.deps;
    this.looking?.abort();
    this.looking = new AbortController();
    const signal = AbortSignal.any([this.looking.signal, AbortSignal.timeout(patienceMs)]);
    try {
      const source = trigger.kind === "@" ? context : prompts;
      const found = await source.offer(trigger.query, signal);
      return found.slice(0, mostItems);
    } catch (error) {
      if (signal.aborted) return [];
      throw error;
    }
  }

  /** @returns what goes into the text, and the names of what was attached. @throws PaddockError with a reason. */
  async choose(kind: Trigger["kind"], id: string): Promise<{ text?: string; attached: string[] }> {
    if (kind === "@") return { attached: this.attach(await this.deps.context.take(id)) };
    const used = await this.deps.prompts.use(id);
    return used === undefined ? { attached: [] } : { text: used.text, attached: this.attach(used.taken) };
  }

  async drop(items: readonly DroppedItem[]): Promise<void> {
    this.attach(await this.deps.context.takeDropped(items));
  }

  dispose(): void {
    this.looking?.abort();
  }

  private attach(taken: TakenContext): string[] {
    // Not waited for: the counts come when they come.
    if (!isEmptyTaken(taken)) void this.deps.attachments.add(taken);
    return taken.references.map(({ label }) => label);
  }
}
