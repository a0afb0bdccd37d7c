import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { formatMilliseconds, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { arrowTarget } from "../../ui/arrowKeys";
import { icon } from "../../ui/base";
import { DeskApp } from "../../ui/deskApp";
import { keepKeyboard } from "../../ui/keepKeyboard";
import { type RunningView, type SpeedTab, type SpeedView, tabs } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import "./benchForm";
import "./requestsView";
import "./resultsView";
import "./rooflineView";
import { SpeedSession } from "./speedSession";
import { fill, readTexts } from "./strings";
import "./tuneView";

/** The whole page: what runs, and one of four ways of looking at speed. */
@customElement("paddock-speed")
export class SpeedApp extends DeskApp<SpeedView, SpeedTexts, SpeedSession> {
  @state() private tab: SpeedTab = "benchmark";
  /** The last wish of the host that was followed. */
  private turn = -1;
  /** The model that the host wants to be chosen, with the wish it is of. */
  private wantedFile: string | null = null;

  constructor() {
    super();
    keepKeyboard(
      this,
      () => this.querySelector<HTMLElement>(".resume") ?? this.querySelector<HTMLElement>(`#tab-${this.tab}`),
    );
  }

  protected override textsOf(json: string | undefined): SpeedTexts {
    return readTexts(json);
  }

  protected override connect(changed: () => void, announce: (text: string) => void): SpeedSession {
    return new SpeedSession(changed, announce);
  }

  protected override dismissFailure(): void {
    this.session?.ask("dismiss", {});
  }

  protected override changed(): void {
    const wanted = this.session?.view?.wanted;
    if (wanted !== undefined && wanted.turn !== this.turn) {
      // A page that was built anew goes on where it was, unless something else has been asked for.
      const kept = this.turn === -1 && wanted.file === null ? this.session?.keptTab() : undefined;
      this.turn = wanted.turn;
      this.wantedFile = wanted.file;
      this.tab = kept ?? wanted.tab;
    }
    super.changed();
  }

  protected override page({ ask }: SpeedSession, view: SpeedView): TemplateResult {
    const { texts } = this;
    return html`<header>
        <h1>${texts.title}</h1>
        <span class="source quiet">${view.machine === null ? "" : visibleText(view.machine.label)}</span>
        <button type="button" class="button secondary" @click=${() => ask("importResults", {})}>
          ${icon("cloud-upload")} ${texts.importResults}
        </button>
        <button
          type="button"
          class="button secondary"
          ?disabled=${view.rows.length === 0}
          @click=${() => ask("exportResults", {})}
        >
          ${icon("export")} ${texts.exportResults}
        </button>
        <button type="button" class="button secondary" @click=${() => ask("clearHistory", {})}>
          ${icon("clear-all")} ${texts.clearHistory}
        </button>
      </header>
      ${this.failures(view.failure)} ${view.notice === null ? nothing : this.notice(view.notice)}
      ${view.running === null ? this.resumable(view) : this.running(view.running)}
      <div
        class="tabs"
        role="tablist"
        aria-label=${texts.title}
        @keydown=${(event: KeyboardEvent) => this.onKey(event)}
      >
        ${tabs.map((tab) => this.tabButton(tab))}
      </div>
      <section id="panel" role="tabpanel" aria-labelledby=${`tab-${this.tab}`}>${this.shown(view)}</section>`;
  }

  private tabButton(tab: SpeedTab): TemplateResult {
    const isShown = tab === this.tab;
    return html`<button
      type="button"
      role="tab"
      id=${`tab-${tab}`}
      aria-selected=${isShown ? "true" : "false"}
      aria-controls="panel"
      tabindex=${isShown ? 0 : -1}
      @click=${() => this.show(tab)}
    >
      ${this.tabName(tab)}
    </button>`;
  }

  private tabName(tab: SpeedTab): string {
    const { texts } = this;
    return {
      benchmark: texts.tabBenchmark,
      roofline: texts.tabRoofline,
      tuning: texts.tabTuning,
      requests: texts.tabRequests,
    }[tab];
  }

  private shown(view: SpeedView): TemplateResult {
    const { texts, session, wantedFile, turn } = this;
    switch (this.tab) {
      case "benchmark":
        return html`<paddock-bench-form
            .view=${view}
            .texts=${texts}
            .ask=${session?.ask}
            .wanted=${wantedFile}
            .turn=${turn}
          ></paddock-bench-form>
          <paddock-bench-results .view=${view} .texts=${texts}></paddock-bench-results>`;
      case "roofline":
        return html`<paddock-roofline .view=${view} .texts=${texts} .ask=${session?.ask}></paddock-roofline>`;
      case "tuning":
        return html`<paddock-tune
          .view=${view}
          .texts=${texts}
          .ask=${session?.ask}
          .wanted=${wantedFile}
          .turn=${turn}
        ></paddock-tune>`;
      case "requests":
        return html`<paddock-requests .view=${view} .texts=${texts}></paddock-requests>`;
    }
  }

  private show(tab: SpeedTab): void {
    this.tab = tab;
    this.session?.keepTab(tab);
  }

  private onKey(event: KeyboardEvent): void {
    const at = tabs.indexOf(this.tab);
    const next = arrowTarget(event.key, at, tabs.length, { wraps: true });
    const tab = next === undefined ? undefined : tabs[next];
    if (tab === undefined) return;
    event.preventDefault();
    this.show(tab);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${tab}`)?.focus());
  }

  private running({ label, fraction, timeLeftMs, isPaused }: RunningView): TemplateResult {
    const { texts } = this;
    const left = timeLeftMs === null ? "" : fill(texts.timeLeft, formatMilliseconds(timeLeftMs));
    const state = isPaused ? texts.paused : left;
    return html`<div class=${isPaused ? "work paused" : "work"}>
      ${icon(isPaused ? "debug-pause" : "loading spinning")}
      <span class="work-label">${visibleText(label)}</span>
      <progress aria-label=${visibleText(label)} max="1" value=${fraction}></progress>
      <span class="quiet">${[formatShare(fraction), state].filter((word) => word !== "").join(" · ")}</span>
      <button type="button" class="button secondary" @click=${() => this.session?.ask("cancel", {})}>
        ${texts.cancel}
      </button>
    </div>`;
  }

  private resumable({ resumable }: SpeedView): TemplateResult | typeof nothing {
    const { texts, session } = this;
    if (resumable === null) return nothing;
    return html`<div class="callout warning" role="status">
      ${icon("warning")}
      <p>${visibleText(resumable.reason)} <span>${fill(texts.missing, resumable.missing)}</span></p>
      <button type="button" class="button resume" @click=${() => session?.ask("resume", {})}>${texts.resume}</button>
    </div>`;
  }

  private notice(text: string): TemplateResult {
    return html`<div class="callout info" role="status">
      ${icon("info")}
      <p>${visibleText(text)}</p>
      ${this.dismissButton()}
    </div>`;
  }
}
