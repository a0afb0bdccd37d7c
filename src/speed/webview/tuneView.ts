import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { formatRate } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { keepKeyboard } from "../../ui/keepKeyboard";
import type { SpeedView, TuneView as Tune } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import type { Ask } from "./speedSession";
import { fill } from "./strings";

const LEAST_MINUTES = 0.05;
const MOST_MINUTES = 120;
const outcomeIcons = {
  default: "home",
  better: "arrow-up",
  worse: "arrow-down",
  same: "dash",
  failed: "error",
} as const;

/** A search for what makes a model faster here: what was tried, what it gained, and what is in force. */
@customElement("paddock-tune")
export class TuneView extends PaddockElement {
  @property({ attribute: false }) view!: SpeedView;
  @property({ attribute: false }) texts!: SpeedTexts;
  @property({ attribute: false }) ask!: Ask;
  /** The model that a command was given, and how often the host has wished for something. */
  @property({ attribute: false }) wanted: string | null = null;
  @property({ attribute: false }) turn = 0;
  @state() private chosen: string | undefined;
  @state() private minutes = "5";
  @state() private withKvCacheTypes = false;
  @state() private withLookup = true;
  @state() private isWrong = false;

  constructor() {
    super();
    keepKeyboard(this, () => this.next());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("turn") && this.wanted !== null) this.chosen = this.wanted;
  }

  protected override render(): TemplateResult {
    const { texts, view } = this;
    const { run, tuned } = view.tune;
    return html`<p class="quiet intro">${texts.tuneIntro}</p>
      ${this.form()} ${run === null ? nothing : this.run(run)} ${this.tuned(tuned)}`;
  }

  private form(): TemplateResult {
    const { texts, view } = this;
    const chosen = view.models.find(({ file }) => file === this.chosen) ?? view.models.find(({ isActive }) => isActive);
    const file = (chosen ?? view.models[0])?.file;
    return html`<form
      class="form"
      aria-label=${texts.tuneForm}
      @submit=${(event: Event) => {
        event.preventDefault();
        this.start(file);
      }}
    >
      <div class="fields">
        <div class="field">
          <label for="tune-model">${texts.model}</label>
          <select
            id="tune-model"
            class="text-box"
            @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}
          >
            ${view.models.map(
              (model) =>
                html`<option value=${model.file} ?selected=${model.file === file}>${visibleText(model.name)}</option>`,
            )}
          </select>
        </div>
        <div class="field">
          <label for="tune-minutes">${texts.minutes}</label>
          <input
            id="tune-minutes"
            class="text-box"
            type="text"
            inputmode="decimal"
            .value=${this.minutes}
            aria-invalid=${this.isWrong ? "true" : "false"}
            aria-describedby="hint-minutes"
            @input=${(event: Event) => (this.minutes = (event.target as HTMLInputElement).value)}
          />
          <span id="hint-minutes" class=${this.isWrong ? "hint wrong" : "hint"}
            >${this.isWrong ? fill(texts.notMinutes, LEAST_MINUTES, MOST_MINUTES) : texts.minutesHint}</span
          >
        </div>
        <fieldset class="field choices">
          <legend>${texts.alsoTry}</legend>
          <label
            ><input
              type="checkbox"
              .checked=${this.withLookup}
              @change=${() => (this.withLookup = !this.withLookup)}
            />${texts.tryLookup}</label
          >
          <label
            ><input
              type="checkbox"
              .checked=${this.withKvCacheTypes}
              @change=${() => (this.withKvCacheTypes = !this.withKvCacheTypes)}
            />${texts.tryKvTypes}</label
          >
          <span class="hint">${texts.alsoTryHint}</span>
        </fieldset>
      </div>
      <div class="form-end">
        <button
          type="submit"
          class="button"
          aria-disabled=${view.running !== null || file === undefined ? "true" : "false"}
        >
          ${icon("wand")} ${texts.tune}
        </button>
      </div>
    </form>`;
  }

  private run({ model, isRunning, sentence, tried, offers, notes }: NonNullable<Tune["run"]>): TemplateResult {
    const { texts } = this;
    return html`<section class="chart" aria-label=${fill(texts.tuningOf, visibleText(model))}>
      <div class="chart-head"><h2>${fill(texts.tuningOf, visibleText(model))}</h2></div>
      ${
        sentence === ""
          ? nothing
          : html`<p class="sentence" role="status">
              ${icon(offers.length > 0 ? "star-full" : "circle-slash")} ${visibleText(sentence)}
            </p>`
      }
      ${offers.map(
        ({ id, what, gain, cost, isApplied }) =>
          html`<div class="offer" data-offer=${id}>
            <div class="words">
              <b>${visibleText(what)}</b>
              <p>${visibleText(gain)}</p>
              ${cost === null ? nothing : html`<p class="quiet">${fill(texts.costs, visibleText(cost))}</p>`}
            </div>
            ${
              isApplied
                ? html`<span class="badge">${icon("check")} ${texts.applied}</span>`
                : html`<button
                    type="button"
                    class="button"
                    ?disabled=${isRunning}
                    aria-label=${`${texts.apply}: ${visibleText(what)}`}
                    @click=${() => this.ask("applyTuning", { offer: id })}
                  >
                    ${texts.apply}
                  </button>`
            }
          </div>`,
      )}
      ${notes.map((note) => html`<p class="quiet">${visibleText(note)}</p>`)}
      ${
        tried.length === 0
          ? nothing
          : html`<div class="table-scroll" role="region" aria-label=${texts.tried} tabindex="0">
              <table>
                <caption class="sr-only">
                  ${texts.tried}
                </caption>
                <thead>
                  <tr>
                    <th scope="col">${texts.what}</th>
                    <th scope="col" class="number">pp</th>
                    <th scope="col" class="number">tg</th>
                    <th scope="col">${texts.outcome}</th>
                  </tr>
                </thead>
                <tbody>
                  ${tried.map(
                    (one) =>
                      html`<tr class=${one.outcome}>
                        <th scope="row">${visibleText(one.what)}</th>
                        <td class="number">${formatRate(one.pp)}</td>
                        <td class="number">${formatRate(one.tg)}</td>
                        <td>
                          ${icon(outcomeIcons[one.outcome])}
                          ${isRunning && one.outcome === "same" ? texts.notYetTold : this.outcome(one.outcome)}
                          <span class="how">${visibleText(one.note)}</span>
                        </td>
                      </tr>`,
                  )}
                </tbody>
              </table>
            </div>`
      }
    </section>`;
  }

  private outcome(outcome: keyof typeof outcomeIcons): string {
    const { texts } = this;
    return {
      default: texts.isDefault,
      better: texts.isBetter,
      worse: texts.isWorse,
      same: texts.isSame,
      failed: texts.isFailed,
    }[outcome];
  }

  private tuned(tuned: Tune["tuned"]): TemplateResult {
    const { texts } = this;
    if (tuned.length === 0) return html`<p class="quiet opening">${texts.nothingTuned}</p>`;
    return html`<section aria-label=${texts.inForce}>
      <h2>${texts.inForce}</h2>
      <ul class="tuned">
        ${repeat(
          tuned,
          ({ id }) => id,
          ({ id, model, what, at }) =>
            html`<li data-tuned=${id}>
              <span><b>${visibleText(model)}</b> ${visibleText(what)}</span>
              <span class="quiet">${new Date(at).toLocaleDateString(document.documentElement.lang || undefined)}</span>
              <button
                type="button"
                class="button secondary"
                aria-label=${`${texts.undo}: ${visibleText(model)}`}
                @click=${() => this.ask("undoTuning", { id })}
              >
                ${icon("discard")} ${texts.undo}
              </button>
            </li>`,
        )}
      </ul>
    </section>`;
  }

  /** From what was applied to what undoes it, and back. */
  private next(): HTMLElement | null {
    const file = this.view.tune.run?.file ?? "";
    return (
      this.querySelector<HTMLElement>(`[data-tuned="${CSS.escape(file)}"] button`) ??
      this.querySelector<HTMLElement>(".offer button") ??
      this.querySelector<HTMLElement>("#tune-model")
    );
  }

  private start(file: string | undefined): void {
    if (file === undefined || this.view.running !== null) return;
    const minutes = Number(this.minutes.replace(",", "."));
    this.isWrong = !(minutes >= LEAST_MINUTES && minutes <= MOST_MINUTES);
    if (this.isWrong) this.querySelector<HTMLElement>("#tune-minutes")?.focus();
    else this.ask("tune", { file, minutes, kvCacheTypes: this.withKvCacheTypes, lookup: this.withLookup });
  }
}
