import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { AskView, ConnectionView } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import { failureBox } from "./answerParts";
import { AskLink } from "./askLink";
import "./historyPane";
import "./questionBox";
import type { QuestionBox } from "./questionBox";
import { fill, readTexts } from "./strings";
import "./turnView";

const engineNames = { sqlite: "SQLite", duckdb: "DuckDB", postgres: "PostgreSQL", mysql: "MySQL", mariadb: "MariaDB" };

/** After one of these the page stays where the person has it. */
const peopleMove = ["wheel", "touchmove", "pointerdown", "keydown"] as const;
/** What was said stands for so long. ms. */
const notedFor = 4000;

/** The whole page: the connection, what was asked, and where one asks. */
@customElement("paddock-ask")
export class AskApp extends PaddockElement {
  private link: AskLink | undefined;
  private texts: AskTexts = readTexts(undefined);
  @state() private said = "";
  /** The same for the eye, for a while. */
  @state() private noted = "";
  @state() private problem = "";
  @state() private isHistoryOpen = false;
  @query("paddock-question-box") private readonly box!: QuestionBox | null;
  @query(".turns") private readonly list!: HTMLElement | null;
  @query('[data-action="history"]') private readonly historyButton!: HTMLElement | null;
  private lastTurn: string | undefined;
  /** Rows come after their turn, and those of the turns above would push it out of sight. */
  private followsLast = false;
  private readonly grown = new ResizeObserver(() => {
    if (this.followsLast) this.showLast();
  });
  private readonly stopFollowing = (): void => {
    this.followsLast = false;
  };
  private timer: ReturnType<typeof setTimeout> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    for (const moved of peopleMove) this.addEventListener(moved, this.stopFollowing, { passive: true });
    this.texts = readTexts(this.dataset.texts);
    this.link = new AskLink({
      changed: () => this.requestUpdate(),
      announce: (text) => this.announce(text),
      failed: (message) => (this.problem = message),
      focus: () => this.box?.focus(),
    });
    void this.link
      .start()
      .then(() => this.updateComplete)
      .then(() => this.box?.focus());
  }

  override disconnectedCallback(): void {
    this.link?.dispose();
    clearTimeout(this.timer);
    this.grown.disconnect();
    super.disconnectedCallback();
  }

  protected override updated(): void {
    // What was asked just now is what one wants to see.
    const last = this.link?.view?.turns.at(-1)?.id;
    // The list itself has the page's height, whatever is in it. Those of before stay observed.
    for (const turn of this.list?.children ?? []) this.grown.observe(turn);
    if (last !== undefined && last !== this.lastTurn) {
      this.followsLast = true;
      this.showLast();
    }
    this.lastTurn = last;
  }

  private showLast(): void {
    this.list?.lastElementChild?.scrollIntoView({ block: "start" });
  }

  protected override render(): TemplateResult {
    const { link, texts } = this;
    return html`<main aria-label=${fill(texts.title, link?.view?.connection.name ?? "")}>
      <div class="sr-only" aria-live="polite">${this.said}</div>
      ${link?.view === undefined ? this.opening(link?.failure) : this.page(link, link.view)}
    </main>`;
  }

  private announce(text: string): void {
    // The same sentence twice is said twice.
    this.said = text === this.said ? `${text}\u00a0` : text;
    this.noted = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.noted = ""), notedFor);
  }

  private opening(failure: string | undefined): TemplateResult {
    const { texts } = this;
    if (failure === undefined) return html`<p class="quiet opening" role="status">${texts.opening}</p>`;
    return html`<div class="callout error" role="alert">
      ${icon("error")}
      <p>${texts.connectFailed} <span>${failure}</span></p>
      <div class="buttons">
        <button type="button" class="button" @click=${() => void this.link?.start()}>${texts.tryAgain}</button>
      </div>
    </div>`;
  }

  private page(link: AskLink, view: AskView): TemplateResult {
    const { texts } = this;
    const { connection, turns } = view;
    return html`${this.heading(link, view)}
      ${
        connection.failure === null
          ? nothing
          : failureBox(
              connection.failure,
              html`<button type="button" class="link-button" @click=${() => link.send("reconnect", {})}>
                ${texts.tryAgain}
              </button>`,
            )
      }
      ${
        this.isHistoryOpen
          ? html`<paddock-ask-history
              .link=${link}
              .texts=${texts}
              .closed=${() => this.closeHistory()}
            ></paddock-ask-history>`
          : nothing
      }
      ${
        turns.length === 0
          ? html`<div class="empty">
              <p>${texts.empty}</p>
              <p class="quiet">${texts.emptyMore}</p>
            </div>`
          : html`<section class="turns" aria-label=${texts.turns}>
              ${repeat(
                turns,
                ({ id }) => id,
                (turn) =>
                  html`<paddock-turn
                    .turn=${turn}
                    .connection=${connection}
                    .link=${link}
                    .texts=${texts}
                    .announce=${(text: string) => this.announce(text)}
                  ></paddock-turn>`,
              )}
            </section>`
      }
      <footer class="ask-footer">
        ${this.noted === "" ? nothing : html`<p class="noted" aria-hidden="true">${visibleText(this.noted)}</p>`}
        ${this.problem === "" ? nothing : this.problemBox()}
        <paddock-question-box
          .texts=${texts}
          .recent=${view.recent}
          .isFollowUp=${turns.length > 0}
          .isDisabled=${connection.state === "gone"}
          .draft=${link.draft}
          .drafted=${(text: string) => (link.draft = text)}
          .asked=${(question: string) => link.send("ask", { question })}
        ></paddock-question-box>
      </footer>`;
  }

  private problemBox(): TemplateResult {
    const { texts } = this;
    return html`<div class="callout error" role="alert">
      ${icon("error")}
      <p>${visibleText(this.problem)}</p>
      <button
        type="button"
        class="icon-button"
        title=${texts.dismiss}
        aria-label=${texts.dismiss}
        @click=${() => {
          this.problem = "";
          this.box?.focus();
        }}
      >
        ${icon("close")}
      </button>
    </div>`;
  }

  private heading(link: AskLink, { connection, turns }: AskView): TemplateResult {
    const { texts } = this;
    const engine = `${engineNames[connection.engine]} ${connection.version}`.trim();
    return html`<header>
      <h1>${visibleText(connection.name)}</h1>
      <span class="quiet">${visibleText(engine)}</span>
      <span
        class="badge ${connection.isWritable ? "writes" : "sure"}"
        title=${connection.isWritable ? texts.writableHelp : texts.readOnlyHelp}
        >${icon(connection.isWritable ? "unlock" : "lock")}${
          connection.isWritable ? texts.writable : texts.readOnly
        }</span
      >
      ${this.connectionState(link, connection)}
      <span class="header-buttons">
        <button
          type="button"
          class="icon-button"
          data-action="history"
          title=${texts.history}
          aria-label=${texts.history}
          aria-expanded=${this.isHistoryOpen ? "true" : "false"}
          @click=${() => (this.isHistoryOpen ? this.closeHistory() : (this.isHistoryOpen = true))}
        >
          ${icon("history")}
        </button>
        <button
          type="button"
          class="icon-button"
          title=${texts.newQuestionsHelp}
          aria-label=${texts.newQuestions}
          aria-disabled=${turns.length === 0 ? "true" : "false"}
          @click=${() => {
            if (turns.length > 0) link.send("clear", {});
            this.box?.focus();
          }}
        >
          ${icon("clear-all")}
        </button></span
      >
    </header>`;
  }

  private connectionState(link: AskLink, { state: now }: ConnectionView): TemplateResult | typeof nothing {
    const { texts } = this;
    switch (now) {
      case "connecting":
        return html`<span class="quiet" role="status">${icon("loading spinning")} ${texts.connecting}</span>`;
      case "closed":
        return html`<span class="quiet">${texts.notConnected}</span>
          <button type="button" class="link-button" @click=${() => link.send("reconnect", {})}>
            ${texts.connect}
          </button>`;
      case "gone":
        return html`<span class="quiet">${texts.gone}</span>`;
      case "ready":
      case "failed":
        return nothing;
    }
  }

  private closeHistory(): void {
    this.isHistoryOpen = false;
    this.historyButton?.focus();
  }
}
