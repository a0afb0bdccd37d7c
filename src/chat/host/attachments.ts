import { randomUUID } from "node:crypto";
import { DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { ContextReference, TakenContext } from "../core/contextItems";
import type { Part } from "../core/conversation";
import { estimateTokens } from "../core/tokenEstimate";
import type { Attachment } from "../core/webviewContract";
import type { KeptAttachment } from "../node/keptAttachments";

type Reference = Extract<Part, { type: "reference" }>;

type Item =
  | {
      readonly state: "attached" | "ignored";
      readonly id: string;
      readonly part: Reference;
      /** Undefined while it is not counted. */
      readonly tokens: number | undefined;
    }
  | { readonly state: "refused"; readonly id: string; readonly label: string; readonly reason: string };

/** Refusals are read once; a whole folder of them says no more than the first few. */
const mostRefusals = 5;

/** What the next question will carry; kept here, so that it survives the page. */
export class Attachments {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  readonly onDidChange = this.changes.event;
  private items: readonly Item[] = [];
  private counting: Promise<void> | undefined;

  /** @param count tokens of texts, or undefined while nobody can count: no model is loaded, or it has other work. */
  constructor(private readonly count: (texts: readonly string[]) => Promise<readonly number[] | undefined>) {}

  /** The same thing attached once more is attached as it is now. Resolves when all is counted. */
  async add({ references, ignored, refused }: TakenContext): Promise<void> {
    const attached = references.map((reference) => asItem("attached", reference));
    const asked = ignored.map((reference) => asItem("ignored", reference));
    const refusals = refused
      .slice(0, mostRefusals)
      .map(({ label, reason }): Item => ({ state: "refused", id: randomUUID(), label, reason }));
    const isAnew = (item: Item): boolean =>
      item.state === "refused" || [...attached, ...asked].some(({ part }) => isSame(part, item.part));
    // Earlier refusals were read by whoever goes on attaching.
    this.items = [...this.items.filter((item) => !isAnew(item)), ...attached, ...asked, ...refusals];
    this.changes.fire();
    await this.countRest();
  }

  /** The person wants it though Git ignores it. */
  async keep(id: string): Promise<void> {
    this.change(id, (item) => (item.state === "ignored" ? { ...item, state: "attached" } : item));
    await this.countRest();
  }

  /** What is only estimated is counted, now that it may be possible. Never rejects. */
  async countRest(): Promise<void> {
    // What came while the others were counted has its turn after them.
    while (this.counting !== undefined) await this.counting;
    this.counting = this.countUncounted().finally(() => (this.counting = undefined));
    await this.counting;
  }

  /** Another model counts differently. */
  async recount(): Promise<void> {
    this.items = this.items.map((item) => (item.state === "refused" ? item : { ...item, tokens: undefined }));
    this.changes.fire();
    await this.countRest();
  }

  remove(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.items = this.items.filter(({ id }) => !ids.includes(id));
    this.changes.fire();
  }

  clear(): void {
    this.items = [];
    this.changes.fire();
  }

  shown(): Attachment[] {
    return this.items.map((item): Attachment => {
      const { state, id } = item;
      switch (state) {
        case "refused":
          return { state, id, label: item.label, reason: item.reason };
        case "ignored":
          return { state, id, label: item.part.label, uri: item.part.uri };
        case "attached": {
          const { part, tokens } = item;
          const isCounted = tokens !== undefined;
          return {
            state,
            id,
            label: part.label,
            uri: part.uri,
            tokens: tokens ?? estimateTokens(part.text),
            isCounted,
          };
        }
      }
    });
  }

  /** Puts back what an earlier session of the window kept, before what is there by now. */
  async restore(kept: readonly KeptAttachment[]): Promise<void> {
    if (kept.length === 0) return;
    const restored = kept.map(({ state, ...reference }) => asItem(state, reference));
    const isThere = ({ part }: { part: Reference }): boolean =>
      this.items.some((item) => item.state !== "refused" && isSame(item.part, part));
    const missing = restored.filter((item) => !isThere(item));
    this.items = [...missing, ...this.items];
    this.changes.fire();
    await this.countRest();
  }

  /** What is to be there after a reload. */
  kept(): KeptAttachment[] {
    return this.items.flatMap((item) => {
      if (item.state === "refused") return [];
      const { label, uri, text } = item.part;
      return [{ state: item.state, label, uri, text }];
    });
  }

  /** What a question sent now carries, with what is done with then: refusals have had their reader. */
  carried(): { readonly ids: readonly string[]; readonly parts: readonly Reference[] } {
    const gone = this.items.filter(({ state }) => state !== "ignored");
    return {
      ids: gone.map(({ id }) => id),
      parts: gone.flatMap((item) => (item.state === "attached" ? [item.part] : [])),
    };
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async countUncounted(): Promise<void> {
    const uncounted = this.items.flatMap((item) =>
      item.state === "attached" && item.tokens === undefined ? [item] : [],
    );
    if (uncounted.length === 0) return;
    const counts = await this.count(uncounted.map(({ part }) => part.text)).catch(() => undefined);
    if (counts === undefined) return;
    // One that changed meanwhile, as where another model is to count, is another object.
    const counted = new Map<Item, number | undefined>(uncounted.map((item, index) => [item, counts[index]]));
    this.items = this.items.map((item) =>
      item.state === "attached" && counted.has(item) ? { ...item, tokens: counted.get(item) } : item,
    );
    this.changes.fire();
  }

  private change(id: string, change: (item: Item) => Item): void {
    this.items = this.items.map((item) => (item.id === id ? change(item) : item));
    this.changes.fire();
  }
}

export function isEmptyTaken({ references, ignored, refused }: TakenContext): boolean {
  return references.length === 0 && ignored.length === 0 && refused.length === 0;
}

function asItem(state: "attached" | "ignored", { label, uri, text }: ContextReference): Item & { part: Reference } {
  return { state, id: randomUUID(), part: { type: "reference", label, uri, text }, tokens: undefined };
}

function isSame(a: Reference, b: Reference): boolean {
  return a.label === b.label && a.uri === b.uri;
}
