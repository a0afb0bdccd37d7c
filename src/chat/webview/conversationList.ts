import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { visibleText } from "../../platform/core/visibleText";
import { PaddockElement, icon } from "../../ui/base";
import type { ConversationSummary } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { failureAt } from "./failureView";
import { relativeTime } from "./relativeTime";
import { fill } from "./strings";

/** A list this long gets a box to filter it by. */
const filterFrom = 8;
/** Rows at once; filtering finds the others. */
const maxRows = 200;

export interface ConversationListEvents {
  select(id: string): void;
  rename(id: string, title: string): void;
  remove(conversation: ConversationSummary): void;
  close(): void;
}

/**
 * All conversations, newest first. Arrows, Home and End move between them, Enter opens one, F2 renames, Delete deletes,
 * Escape closes the list; Tab reaches the same as buttons.
 */
@customElement("paddock-conversation-list")
export class ConversationList extends PaddockElement {
  @property({ attribute: false }) conversations: readonly ConversationSummary[] = [];
  @property({ attribute: false }) selected: string | null = null;
  @property({ attribute: false }) context!: ChatContext;
  @property({ attribute: false }) events!: ConversationListEvents;
  @property({ attribute: false }) failure: unknown;
  @state() private filter = "";
  @state() private renaming: string | undefined;
  @query(".rename") private readonly renameBox!: HTMLInputElement | null;
  /** The row that gets the keyboard after the next render. */
  private focusRow: number | undefined;

  protected override firstUpdated(): void {
    const rows = this.rows();
    const current = rows.find((row) => row.getAttribute("aria-current") === "true");
    (current ?? rows[0] ?? this.querySelector<HTMLElement>("input"))?.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("renaming") && this.renaming !== undefined) {
      this.renameBox?.focus();
      this.renameBox?.select();
    }
    if (this.focusRow !== undefined && this.renaming === undefined) {
      const rows = this.rows();
      rows[Math.min(this.focusRow, rows.length - 1)]?.focus();
      this.focusRow = undefined;
    }
  }

  override render(): TemplateResult {
    const { texts } = this.context;
    const shown = this.shown();
    return html`<div class="conversations" role="group" aria-label=${texts.conversations} @keydown=${this.keydown}>
      ${
        this.conversations.length < filterFrom
          ? nothing
          : html`<input
              type="search"
              class="text-box"
              placeholder=${texts.filterConversations}
              aria-label=${texts.filterConversations}
              .value=${this.filter}
              @input=${(event: Event) => (this.filter = (event.target as HTMLInputElement).value)}
            />`
      }
      ${failureAt(this.context, "conversations")}
      ${
        shown.length === 0
          ? html`<p class="quiet">${this.filter === "" ? texts.noConversations : texts.noMatches}</p>`
          : html`<ul>
              ${repeat(
                shown,
                ({ id }) => id,
                (conversation) => html`<li>${this.row(conversation)}</li>`,
              )}
            </ul>`
      }
    </div>`;
  }

  private row(conversation: ConversationSummary): TemplateResult {
    const { texts, language } = this.context;
    const { id, updatedAt, generating } = conversation;
    const title = visibleText(conversation.title);
    if (id === this.renaming) {
      return html`<input
        type="text"
        class="text-box rename"
        maxlength="200"
        aria-label=${fill(texts.newTitle, title)}
        .value=${conversation.title}
        @keydown=${this.renameKey}
        @blur=${() => this.endRename(true)}
      />`;
    }
    return html`<div class="row ${id === this.selected ? "current" : ""}">
      <button
        type="button"
        class="row-main"
        data-id=${id}
        aria-current=${id === this.selected ? "true" : "false"}
        @click=${() => this.events.select(id)}
      >
        ${icon(id === this.selected ? "check" : "blank")}
        <span class="row-title" title=${title}>${title}</span>
        ${
          generating
            ? html`<span class="row-mark"
                ><span class="codicon codicon-loading spinning" aria-hidden="true"></span>
                <span class="sr-only">${texts.generatingMark}</span></span
              >`
            : nothing
        }
        <span class="row-time">${relativeTime(updatedAt, Date.now(), language)}</span>
      </button>
      <button
        type="button"
        class="icon-button"
        title=${fill(texts.rename, title)}
        aria-label=${fill(texts.rename, title)}
        @click=${() => (this.renaming = id)}
      >
        ${icon("edit")}
      </button>
      <button
        type="button"
        class="icon-button"
        title=${fill(texts.remove, title)}
        aria-label=${fill(texts.remove, title)}
        @click=${() => this.removeRow(conversation)}
      >
        ${icon("trash")}
      </button>
    </div>`;
  }

  private shown(): readonly ConversationSummary[] {
    const wanted = this.filter.trim().toLowerCase();
    const found = this.conversations.filter(({ title }) => title.toLowerCase().includes(wanted));
    return found.toSorted((a, b) => b.updatedAt - a.updatedAt).slice(0, maxRows);
  }

  private rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(".row-main")];
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.events.close();
      return;
    }
    if (event.target instanceof HTMLInputElement && event.key !== "ArrowDown") return;
    const rows = this.rows();
    const row = event.target instanceof Element ? event.target.closest("li") : null;
    const at = rows.findIndex((main) => row?.contains(main) === true);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      rows[Math.min(Math.max(to, 0), rows.length - 1)]?.focus();
      return;
    }
    const conversation = this.conversations.find(({ id }) => id === rows[at]?.dataset.id);
    if (conversation === undefined) return;
    if (event.key === "F2") {
      event.preventDefault();
      this.focusRow = at;
      this.renaming = conversation.id;
    } else if (event.key === "Delete") {
      event.preventDefault();
      this.removeRow(conversation);
    }
  };

  private readonly renameKey = (event: KeyboardEvent): void => {
    if (event.isComposing || event.key === "Process") return;
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") {
      event.preventDefault();
      this.endRename(event.key === "Enter");
    }
  };

  private endRename(keep: boolean): void {
    const id = this.renaming;
    if (id === undefined) return;
    const title = this.renameBox?.value.trim() ?? "";
    const known = this.conversations.find((conversation) => conversation.id === id);
    this.focusRow = this.shown().findIndex((conversation) => conversation.id === id);
    this.renaming = undefined;
    if (keep && title !== "" && title !== known?.title) this.events.rename(id, title);
  }

  private removeRow(conversation: ConversationSummary): void {
    this.focusRow = this.shown().findIndex(({ id }) => id === conversation.id);
    this.events.remove(conversation);
  }
}
