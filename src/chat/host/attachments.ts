import { randomUUID } from "node:crypto";
import { DisposableStore } from "../../platform/core/disposables";
import { Emitter } from "../../platform/core/event";
import type { Part } from "../core/conversation";
import type { Attachment } from "../core/webviewContract";

type Reference = Extract<Part, { type: "reference" }>;

/** What the next question will carry; kept here, so that it survives the page. */
export class Attachments {
  private readonly subscriptions = new DisposableStore();
  private readonly changes = this.subscriptions.add(new Emitter<void>());
  readonly onDidChange = this.changes.event;
  private items: { readonly shown: Attachment; readonly part: Reference }[] = [];

  /** @param count tokens of a text, or undefined while no model is loaded. */
  constructor(private readonly count: (text: string) => Promise<number | undefined>) {}

  /** The same thing attached once more is attached as it is now. */
  async add(reference: Omit<Reference, "type">): Promise<void> {
    const part: Reference = { type: "reference", ...reference };
    const { label, uri, text } = part;
    const id = randomUUID();
    const others = this.items.filter(({ part: other }) => other.label !== label || other.uri !== uri);
    this.items = [...others, { shown: { id, label, uri }, part }];
    this.changes.fire();
    const tokens = await this.count(text).catch(() => undefined);
    if (tokens === undefined) return;
    this.items = this.items.map((item) =>
      item.shown.id === id ? { ...item, shown: { ...item.shown, tokens } } : item,
    );
    this.changes.fire();
  }

  remove(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.items = this.items.filter(({ shown }) => !ids.includes(shown.id));
    this.changes.fire();
  }

  clear(): void {
    this.items = [];
    this.changes.fire();
  }

  shown(): Attachment[] {
    return this.items.map(({ shown }) => shown);
  }

  /** What a question sent now carries. */
  parts(): Reference[] {
    return this.items.map(({ part }) => part);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }
}
