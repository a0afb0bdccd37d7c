import { randomUUID } from "node:crypto";
import { DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { ContextReference, TakenContext } from "../core/contextItems";
import type { Part } from "../core/conversation";
import type { Attachment } from "../core/webviewContract";

type Reference = Extract<Part, { type: "reference" }>;

type Item =
  | { readonly state: "attached" | "ignored"; readonly id: string; readonly part: Reference; readonly tokens?: number }
  | { readonly state: "refused"; readonly id: string; readonly label: string; readonly reason: string };

/** Refusals are read once; a whole folder of them says no more than the first few. */
const mostRefusals = 5;

/** What the next question will carry; kept here, so that it survives the page. */
export class Attachments {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  readonly onDidChange = this.changes.event;
  private items: readonly Item[] = [];

  /** @param count tokens of a text, or undefined while no model is loaded. */
  constructor(private readonly count: (text: string) => Promise<number | undefined>) {}

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
    await Promise.all(attached.map(({ id }) => this.countItem(id)));
  }

  /** The person wants it though Git ignores it. */
  async keep(id: string): Promise<void> {
    this.change(id, (item) => (item.state === "ignored" ? { ...item, state: "attached" } : item));
    await this.countItem(id);
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
          return { state, id, label: part.label, uri: part.uri, ...(tokens === undefined ? {} : { tokens }) };
        }
      }
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

  private async countItem(id: string): Promise<void> {
    const item = this.items.find((one) => one.id === id);
    if (item?.state !== "attached") return;
    const tokens = await this.count(item.part.text).catch(() => undefined);
    if (tokens !== undefined) this.change(id, (one) => (one.state === "attached" ? { ...one, tokens } : one));
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
  return { state, id: randomUUID(), part: { type: "reference", label, uri, text } };
}

function isSame(a: Reference, b: Reference): boolean {
  return a.label === b.label && a.uri === b.uri;
}
