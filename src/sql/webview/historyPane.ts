import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { type HistoryEntry, type HistoryList, historyLists } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import type { AskLink } from "./askLink";
import { fill } from "./strings";

/** While a person types, this long after the last key. ms. */
const patience = 150;

/** What was asked of this connection before: all, favourites, or confirmed. */
@customElement("paddock-ask-history")
export class HistoryPane extends PaddockElement {
  @property({ attribute: false }) link!: AskLink;
  @property({ attribute: false }) texts!: AskTexts;
  @property({ attribute: false }) closed!: () => void;
  @state() private search = "";
  @state() private list: HistoryList = "all";
  @state() private entries: readonly HistoryEntry[] | undefined;
  @state() private more = 0;
  @query("input") private readonly box!: HTMLInputElement | null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
    void this.updateComplete.then(() => this.box?.focus());
  }

  override disconnectedCallback(): void {
    clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  protected override render(): TemplateResult {
    const { texts, entries } = this;
    const labels = { all: texts.historyAll, favourites: texts.historyFavourites, confirmed: texts.historyConfirmed };
    return html`<section
      class="history"
      aria-label=${texts.historyTitle}
      @keydown=${(event: KeyboardEvent) => {
        if (event.key === "Escape") this.closed();
      }}
    >
      <div class="history-head">
        <h2>${texts.historyTitle}</h2>
        <button type="button" class="icon-button" title=${texts.close} aria-label=${texts.close} @click=${this.closed}>
          ${icon("close")}
        </button>
      </div>
      <div class="history-find">
        <input
          class="text-box"
          type="search"
          aria-label=${texts.historySearch}
          placeholder=${texts.historySearch}
          @input=${this.typed}
        />
        <select
          class="text-box"
          aria-label=${texts.historyList}
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            this.list = historyLists.find((one) => one === value) ?? "all";
            void this.load();
          }}
        >
          ${historyLists.map((one) => html`<option value=${one} ?selected=${one === this.list}>${labels[one]}</option>`)}
        </select>
      </div>
      ${
        entries === undefined
          ? nothing
          : entries.length === 0
            ? html`<p class="quiet" role="status">${this.search === "" ? texts.historyEmpty : texts.historyNone}</p>`
            : html`<ul class="history-list">
                ${repeat(
                  entries,
                  ({ id }) => id,
                  (entry) => this.entry(entry),
                )}
              </ul>`
      }
      ${this.more > 0 ? html`<p class="quiet">${fill(texts.historyMore, this.more)}</p>` : nothing}
    </section>`;
  }

  private entry({ id, at, question, sql, isFavourite, isConfirmed }: HistoryEntry): TemplateResult {
    const { texts } = this;
    const name = visibleText(question === "" ? sql : question);
    return html`<li>
      <button
        type="button"
        class="history-entry"
        aria-label=${fill(texts.recall, name.slice(0, 200))}
        @click=${() => {
          this.link.send("recall", { entry: id });
          this.closed();
        }}
      >
        <span class="history-question" dir="auto"
          >${isFavourite ? icon("star-full") : nothing}${isConfirmed ? icon("verified-filled") : nothing}
          ${question === "" ? texts.byHand : visibleText(question)}</span
        >
        <code class="history-sql">${visibleText(sql.replace(/\s+/g, " ")).slice(0, 200)}</code>
        <span class="quiet">${new Date(at).toLocaleString(document.documentElement.lang || undefined)}</span>
      </button>
      <button
        type="button"
        class="icon-button"
        title=${fill(texts.forget, name.slice(0, 80))}
        aria-label=${fill(texts.forget, name.slice(0, 80))}
        @click=${() => void this.forget(id)}
      >
        ${icon("trash")}
      </button>
    </li>`;
  }

  private readonly typed = (event: Event): void => {
    this.search = (event.target as HTMLInputElement).value;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), patience);
  };

  private async forget(entry: string): Promise<void> {
    await this.link.ask("forgetEntry", { entry });
    await this.load();
    // The button that had the keyboard is gone.
    this.box?.focus();
  }

  private async load(): Promise<void> {
    const turn = ++this.asked;
    const found = await this.link.ask("history", { search: this.search, list: this.list });
    // Of two searches the later one counts, whichever is answered last.
    if (turn !== this.asked || found === undefined) return;
    this.entries = found.entries;
    this.more = found.more;
  }
}
