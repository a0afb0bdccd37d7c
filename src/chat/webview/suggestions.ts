import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { OfferedItem } from "../core/contextItems";
import { type Trigger, triggerAt } from "../core/trigger";
import type { ChatContext } from "./context";
import { fill } from "./strings";

/** While somebody types, one look at the end of it is enough. */
const typingMs = 80;
/** Nothing is said to be looked for before that; most lists are there by then. */
const patienceMs = 300;

export const suggestionsId = "composer-suggestions";

/**
 * The list that "@" and "/" open above the input box. The keyboard stays in the box, which points to the active row;
 * Escape closes the list and leaves the text.
 */
export class Suggestions implements ReactiveController {
  private trigger: Trigger | undefined;
  /** The place of a mark whose list the person closed: it stays closed. */
  private dismissedAt: number | undefined;
  private items: readonly OfferedItem[] | undefined;
  private active = 0;
  private slow = false;
  private asked = 0;
  private typingTimer: ReturnType<typeof setTimeout> | undefined;
  private slowTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly look: (trigger: Trigger) => Promise<readonly OfferedItem[] | undefined>,
    private readonly chosen: (item: OfferedItem, trigger: Trigger) => void,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.close();
  }

  get open(): boolean {
    return this.trigger !== undefined && (this.items !== undefined || this.slow);
  }

  get activeId(): string | undefined {
    return this.open && this.items?.[this.active] !== undefined ? optionId(this.active) : undefined;
  }

  /** After every change of the text or the caret. */
  follow(text: string, caret: number): void {
    const trigger = triggerAt(text, caret);
    if (trigger === undefined) {
      this.dismissedAt = undefined;
      this.close();
      return;
    }
    if (trigger.from === this.dismissedAt) return;
    const { trigger: before } = this;
    const isSame = before?.kind === trigger.kind && before.from === trigger.from;
    if (isSame && before.query === trigger.query) return;
    this.trigger = trigger;
    clearTimeout(this.typingTimer);
    if (isSame) {
      this.typingTimer = setTimeout(() => void this.find(trigger), typingMs);
      return;
    }
    this.items = undefined;
    void this.find(trigger);
  }

  /** @returns whether the key was for the list. */
  key({ key, shiftKey }: KeyboardEvent): boolean {
    const { trigger, items } = this;
    if (trigger === undefined || !this.open) return false;
    if (key === "Escape") {
      this.dismissedAt = trigger.from;
      this.close();
      return true;
    }
    if (items === undefined || items.length === 0) return false;
    if (key === "ArrowDown" || key === "ArrowUp") {
      const step = key === "ArrowDown" ? 1 : -1;
      this.active = (this.active + step + items.length) % items.length;
      this.host.requestUpdate();
      return true;
    }
    if ((key !== "Enter" && key !== "Tab") || shiftKey) return false;
    const item = items[this.active];
    if (item === undefined) return false;
    this.take(item, trigger);
    return true;
  }

  close(): void {
    clearTimeout(this.typingTimer);
    clearTimeout(this.slowTimer);
    this.asked++;
    if (this.trigger === undefined) return;
    this.trigger = undefined;
    this.items = undefined;
    this.slow = false;
    this.host.requestUpdate();
  }

  render({ texts }: ChatContext): TemplateResult {
    const { trigger, items } = this;
    const said =
      trigger === undefined || items === undefined
        ? ""
        : items.length === 0
          ? fill(texts.nothingOffered, trigger.query)
          : fill(items.length === 1 ? texts.oneOffered : texts.offered, String(items.length));
    return html`<div class="sr-only" role="status">${said}</div>
      ${
        trigger === undefined || !this.open
          ? nothing
          : items === undefined || items.length === 0
            ? html`<div class="suggestions"><p>${items === undefined ? texts.lookingFor : said}</p></div>`
            : html`<ul
                id=${suggestionsId}
                class="suggestions"
                role="listbox"
                aria-label=${trigger.kind === "@" ? texts.contextOffers : texts.promptOffers}
                @mousedown=${keepFocus}
              >
                ${items.map((item, index) => this.option(item, index, trigger))}
              </ul>`
      }`;
  }

  /** The active row is in sight. */
  hostUpdated(): void {
    if (this.open) document.getElementById(optionId(this.active))?.scrollIntoView({ block: "nearest" });
  }

  private option(item: OfferedItem, index: number, trigger: Trigger): TemplateResult {
    const label = visibleText(item.label);
    const detail = visibleText(item.detail);
    return html`<li
      id=${optionId(index)}
      role="option"
      aria-selected=${index === this.active ? "true" : "false"}
      title=${detail === "" ? label : `${label}\n${detail}`}
      @click=${() => this.take(item, trigger)}
    >
      ${icon(/^[a-z-]{1,40}$/u.test(item.icon) ? item.icon : "file")}<span class="suggestion-label">${label}</span>
      ${detail === "" ? nothing : html`<span class="suggestion-detail">${detail}</span>`}
    </li>`;
  }

  private take(item: OfferedItem, trigger: Trigger): void {
    this.dismissedAt = trigger.from;
    this.close();
    this.chosen(item, trigger);
  }

  private async find(trigger: Trigger): Promise<void> {
    const asked = ++this.asked;
    clearTimeout(this.slowTimer);
    this.slowTimer = setTimeout(() => {
      this.slow = true;
      this.host.requestUpdate();
    }, patienceMs);
    const items = await this.look(trigger);
    if (asked !== this.asked) return;
    clearTimeout(this.slowTimer);
    this.slow = false;
    this.active = 0;
    // What failed is said at the input box.
    this.items = items;
    if (items === undefined) this.close();
    this.host.requestUpdate();
  }
}

function optionId(index: number): string {
  return `${suggestionsId}-${index}`;
}

function keepFocus(event: Event): void {
  event.preventDefault();
}
