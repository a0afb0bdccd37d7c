import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { visibleText } from "../../platform/core/visibleText";
import { PaddockElement, icon } from "../../ui/base";
import { conversationGroups, type GroupName } from "../core/conversationGroups";
import type { ConversationSummary, SearchView } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { SearchController } from "./conversationSearch";
import { failureAt } from "./failureView";
import { markedText } from "./markedText";
import { relativeTime } from "./relativeTime";
import "./rowMenu";
import type { RowMenuItem } from "./rowMenu";
import { fill } from "./strings";

/** Rows at once; the others wait behind a button, so that a list of thousands opens like one of ten. */
const rowsAtOnce = 100;

export interface ConversationListEvents {
  /** @param message where to open it; null: at its end. */
  select(id: string, message: string | null): void;
  rename(id: string, title: string): void;
  pin(id: string, pinned: boolean): void;
  exportOne(id: string): void;
  remove(conversation: ConversationSummary): void;
  close(): void;
}

/**
 * All conversations, in groups, and what is found in them. Arrows, Home and End move between rows, Enter opens one, F2
 * renames, Delete deletes, the context-menu key (or Shift+F10) shows the rest, letters search, Escape closes.
 */
@customElement("paddock-conversation-list")
export class ConversationList extends PaddockElement {
  @property({ attribute: false }) conversations: readonly ConversationSummary[] = [];
  @property({ attribute: false }) selected: string | null = null;
  @property({ attribute: false }) context!: ChatContext;
  @property({ attribute: false }) events!: ConversationListEvents;
  @property({ attribute: false }) failure: unknown;
  @state() private renaming: string | undefined;
  @state() private menu: string | undefined;
  @state() private most = rowsAtOnce;
  @query(".rename") private readonly renameBox!: HTMLInputElement | null;
  @query("input[type=search]") private readonly searchBox!: HTMLInputElement | null;
  private readonly search = new SearchController(this, () => this.context);
  /** The row that gets the keyboard after the next render. */
  private focusRow: number | undefined;

  protected override firstUpdated(): void {
    const rows = this.rows();
    const current = rows.find((row) => row.getAttribute("aria-current") === "true");
    (current ?? rows[0] ?? this.searchBox)?.focus();
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("renaming") && this.renaming !== undefined) {
      this.renameBox?.focus();
      this.renameBox?.select();
    }
    if (this.focusRow !== undefined && this.renaming === undefined) {
      const rows = this.rows();
      (rows[Math.min(this.focusRow, rows.length - 1)] ?? this.searchBox)?.focus();
      this.focusRow = undefined;
    }
  }

  override render(): TemplateResult {
    const { texts } = this.context;
    return html`<div class="conversations" role="group" aria-label=${texts.conversations} @keydown=${this.keydown}>
      <input
        type="search"
        class="text-box"
        maxlength="200"
        placeholder=${texts.searchConversations}
        aria-label=${texts.searchConversations}
        .value=${this.search.query}
        @input=${this.typed}
      />
      ${failureAt(this.context, "conversations")}
      <div class="conversation-rows">${this.search.idle ? this.groups() : this.hits()}</div>
    </div>`;
  }

  private groups(): TemplateResult {
    const { texts } = this.context;
    if (this.conversations.length === 0) return html`<p class="quiet">${texts.noConversations}</p>`;
    let left = this.most;
    const groups = conversationGroups(this.conversations, Date.now()).map(({ name, conversations }) => {
      const shown = conversations.slice(0, Math.max(0, left));
      left -= shown.length;
      return { name, shown };
    });
    const hidden = this.conversations.length - Math.min(this.most, this.conversations.length);
    return html`${repeat(
      groups.filter(({ shown }) => shown.length > 0),
      ({ name }) => name,
      ({ name, shown }) =>
        html`<h2 class="group" id="group-${name}">${this.groupTitle(name)}</h2>
          <ul aria-labelledby="group-${name}">
            ${repeat(
              shown,
              ({ id }) => id,
              (conversation) => html`<li>${this.row(conversation)}${this.menuOf(conversation)}</li>`,
            )}
          </ul>`,
    )}
    ${
      hidden === 0
        ? nothing
        : html`<button type="button" class="link-button more-rows" @click=${() => (this.most += rowsAtOnce)}>
            ${fill(texts.moreRows, Math.min(hidden, rowsAtOnce))}
          </button>`
    }`;
  }

  private groupTitle(name: GroupName): string {
    const { texts } = this.context;
    const titles: Record<GroupName, string> = {
      pinned: texts.groupPinned,
      today: texts.groupToday,
      yesterday: texts.groupYesterday,
      week: texts.groupWeek,
      older: texts.groupOlder,
    };
    return titles[name];
  }

  private hits(): TemplateResult {
    const { texts } = this.context;
    const { result } = this.search;
    if (result === undefined) return html`<p class="quiet" role="status"></p>`;
    const { searched, total, hits } = result;
    const known = new Map(this.conversations.map((conversation) => [conversation.id, conversation]));
    const shown = hits.flatMap((hit) => {
      const conversation = known.get(hit.conversation);
      return conversation === undefined ? [] : [{ hit, conversation }];
    });
    const words =
      searched < total
        ? fill(texts.searching, searched, total)
        : shown.length === 0
          ? texts.noMatches
          : fill(texts.matches, result.more ? `${shown.length}+` : shown.length);
    return html`<p class="quiet search-status" role="status">${words}</p>
      <ul aria-label=${texts.conversations}>
        ${repeat(
          shown,
          ({ conversation }) => conversation.id,
          ({ hit, conversation }) => html`<li>${this.row(conversation, hit)}${this.menuOf(conversation)}</li>`,
        )}
      </ul>
      ${result.more ? html`<p class="quiet">${texts.moreMatches}</p>` : nothing}
      ${result.titlesOnly ? html`<p class="quiet">${texts.titlesOnly}</p>` : nothing}`;
  }

  private row(conversation: ConversationSummary, hit?: SearchView["hits"][number]): TemplateResult {
    const { texts, language } = this.context;
    const { id, updatedAt, generating, pinned } = conversation;
    const title = visibleText(conversation.title);
    const current = id === this.selected;
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
    return html`<div class="row ${current ? "current" : ""}">
      <button
        type="button"
        class="row-main"
        data-id=${id}
        aria-current=${current ? "true" : "false"}
        @click=${() => this.events.select(id, hit?.message ?? null)}
      >
        ${icon(current ? "check" : pinned ? "pinned" : "blank")}
        <span class="row-text">
          <span class="row-title" title=${title}>${hit === undefined ? title : markedText(hit.title)}</span>
          ${hit?.snippet == null ? nothing : html`<span class="row-snippet">${markedText(hit.snippet)}</span>`}
        </span>
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
        class="icon-button row-more"
        title=${fill(texts.rowActions, title)}
        aria-label=${fill(texts.rowActions, title)}
        aria-haspopup="menu"
        aria-expanded=${id === this.menu ? "true" : "false"}
        @click=${() => (this.menu = id === this.menu ? undefined : id)}
      >
        ${icon("ellipsis")}
      </button>
    </div>`;
  }

  private menuOf(conversation: ConversationSummary): TemplateResult | typeof nothing {
    const { id, pinned } = conversation;
    if (id !== this.menu) return nothing;
    const { texts } = this.context;
    const item = (label: string, name: string, run: () => void): RowMenuItem => ({
      label,
      icon: name,
      run: () => {
        this.closeMenu(true);
        run();
      },
    });
    const items = [
      item(pinned ? texts.unpinItem : texts.pinItem, pinned ? "pinned" : "pin", () => this.events.pin(id, !pinned)),
      item(texts.renameItem, "edit", () => (this.renaming = id)),
      item(texts.exportItem, "export", () => this.events.exportOne(id)),
      item(texts.deleteItem, "trash", () => this.events.remove(conversation)),
    ];
    return html`<paddock-row-menu
      .items=${items}
      .label=${fill(texts.rowActions, visibleText(conversation.title))}
      .close=${(refocus: boolean) => this.closeMenu(refocus)}
    ></paddock-row-menu>`;
  }

  private closeMenu(refocus: boolean): void {
    if (refocus) this.focusRow = this.rowOf(this.menu);
    this.menu = undefined;
  }

  private readonly typed = (event: Event): void => {
    this.menu = undefined;
    this.search.type((event.target as HTMLInputElement).value);
  };

  private rows(): HTMLElement[] {
    return [...this.querySelectorAll<HTMLElement>(".row-main")];
  }

  private rowOf(id: string | undefined): number {
    const rows = [...this.querySelectorAll<HTMLElement>(".row-main, .rename")];
    return Math.max(
      0,
      rows.findIndex((row) => row.dataset.id === id || row.classList.contains("rename")),
    );
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (this.search.idle) this.events.close();
      else this.clearSearch();
      return;
    }
    const rows = this.rows();
    if (event.target instanceof HTMLInputElement) {
      const first = rows[0];
      if (event.key === "ArrowDown") {
        event.preventDefault();
        first?.focus();
      } else if (event.key === "Enter" && !event.isComposing) first?.click();
      return;
    }
    const row = event.target instanceof Element ? event.target.closest("li") : null;
    const at = rows.findIndex((main) => row?.contains(main) === true);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      (to < 0 ? this.searchBox : rows[Math.min(to, rows.length - 1)])?.focus();
      return;
    }
    const conversation = this.conversations.find(({ id }) => id === rows[at]?.dataset.id);
    if (event.key === "F2" && conversation !== undefined) {
      event.preventDefault();
      this.renaming = conversation.id;
    } else if (event.key === "Delete" && conversation !== undefined) {
      event.preventDefault();
      this.focusRow = at;
      this.events.remove(conversation);
    } else if ((event.key === "ContextMenu" || (event.key === "F10" && event.shiftKey)) && conversation !== undefined) {
      event.preventDefault();
      this.menu = conversation.id;
    } else if (/^[\p{L}\p{N}]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) {
      // The letter itself goes into the box.
      this.searchBox?.focus();
    }
  };

  private clearSearch(): void {
    this.search.type("");
    this.searchBox?.focus();
  }

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
    this.focusRow = this.rowOf(id);
    this.renaming = undefined;
    if (keep && title !== "" && title !== known?.title) this.events.rename(id, title);
  }
}
