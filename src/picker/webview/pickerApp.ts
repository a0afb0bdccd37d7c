import { html, nothing, type TemplateResult } from "lit";
import { customElement, query } from "lit/decorators.js";
import { formatBytes, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import { DeskApp } from "../../ui/deskApp";
import type { PickerView, RecommendationView } from "../core/pickerContract";
import type { PickerTexts } from "../core/pickerTexts";
import "./limitsForm";
import "./pickerScatter";
import { PickerSession } from "./pickerSession";
import "./pickerTable";
import type { PickerTable } from "./pickerTable";
import { fill, readTexts } from "./strings";

const toneIcons = { choice: "star-full", either: "star-half", none: "circle-slash", unknown: "question" } as const;
/** A calibration in which the same work took so much longer from one moment to another, as a share, says so. */
const NOISY = 0.1;

/** The whole page: the recommendation, what the person wants, and the files. */
@customElement("paddock-picker")
export class PickerApp extends DeskApp<PickerView, PickerTexts, PickerSession> {
  @query("paddock-picker-table") private readonly table!: PickerTable | null;

  protected override textsOf(json: string | undefined): PickerTexts {
    return readTexts(json);
  }

  protected override connect(changed: () => void, announce: (text: string) => void): PickerSession {
    return new PickerSession(changed, announce);
  }

  protected override dismissFailure(): void {
    this.session?.ask("dismissFailure", {});
  }

  protected override page({ ask }: PickerSession, view: PickerView): TemplateResult {
    const { texts } = this;
    return html`<header>
        <h1>${texts.title}</h1>
        <span class="source">
          <span class="quiet">${visibleText(view.source)}</span>
          ${view.machine.gpu === null ? nothing : this.gpu(view.machine.gpu)}
          ${
            view.isLooking
              ? html`<span class="quiet looking" role="status">${icon("loading spinning")} ${texts.looking}</span>`
              : nothing
          }
        </span>
        ${view.models.length > 1 ? this.models(view) : nothing}
        <button type="button" class="button secondary" @click=${() => ask("chooseFolder", {})}>
          ${icon("folder-opened")} ${texts.chooseFolder}
        </button>
        <button type="button" class="button secondary" @click=${() => ask("chooseServer", {})}>
          ${icon("server")} ${texts.chooseServer}
        </button>
      </header>
      ${this.failures(view.failure)}
      ${
        view.rows.length === 0
          ? view.isLooking
            ? nothing
            : html`<p class="quiet opening">${texts.empty}</p>`
          : html`${this.recommendation(view, view.recommendation)}
              ${view.rows.every(({ origin }) => origin === "server") ? nothing : this.wishes(view, ask)}
              <paddock-picker-table .view=${view} .texts=${texts} .ask=${ask}></paddock-picker-table>`
      }`;
  }

  /** What is of no use where nothing is known but what a server tells. */
  private wishes(view: PickerView, ask: PickerSession["ask"]): TemplateResult {
    const { texts } = this;
    return html`<paddock-picker-limits .view=${view} .texts=${texts} .ask=${ask}></paddock-picker-limits>
      ${this.calibration(view)}
      <section class="chart">
        <paddock-picker-scatter
          .view=${view}
          .texts=${texts}
          .reveal=${(row: string) => void this.table?.reveal(row)}
        ></paddock-picker-scatter>
      </section>`;
  }

  private gpu({ devices, freeBytes, totalBytes, unifiedBytes }: NonNullable<PickerView["machine"]["gpu"]>) {
    const { texts } = this;
    const parts = [
      fill(texts.gpuOf, visibleText(devices.join(", "))),
      fill(texts.gpuFree, formatBytes(freeBytes), formatBytes(totalBytes)),
      ...(unifiedBytes > 0 ? [texts.gpuShared] : []),
    ];
    return html`<span class="quiet">${parts.join(" · ")}</span>`;
  }

  private models({ models, model }: PickerView): TemplateResult {
    const { texts } = this;
    return html`<label class="models"
      ><span>${texts.model}</span>
      <select
        class="text-box"
        @change=${(event: Event) =>
          this.session?.ask("chooseModel", { key: (event.target as HTMLSelectElement).value })}
      >
        ${models.map(
          ({ key, label, files }) =>
            html`<option value=${key} ?selected=${key === model}>
              ${fill(texts.modelOption, visibleText(label), files)}
            </option>`,
        )}
      </select></label
    >`;
  }

  private recommendation(view: PickerView, { tone, sentence, reason, row }: RecommendationView): TemplateResult {
    const { texts } = this;
    const chosen = view.rows.find(({ id }) => id === row);
    const isChoice = tone === "choice" || tone === "either";
    const act = (["use", "download"] as const).find((action) => chosen?.actions.includes(action));
    return html`<section class="recommendation ${tone}" aria-label=${texts.recommendation} aria-live="polite">
      ${icon(toneIcons[tone])}
      <div class="words">
        <p class="sentence">${visibleText(sentence)}</p>
        <p class="reason">${visibleText(reason)}</p>
      </div>
      <div class="choices">
        ${
          isChoice && chosen !== undefined && act !== undefined && !chosen.isActive && chosen.work === null
            ? html`<button
                type="button"
                class="button"
                @click=${() => this.session?.ask("act", { row: chosen.id, action: act })}
              >
                ${act === "use" ? texts.useIt : texts.downloadIt}
              </button>`
            : nothing
        }
        ${
          chosen?.isActive === true && isChoice
            ? html`<span class="badge">${icon("check")}${texts.active}</span>`
            : nothing
        }
        ${
          chosen === undefined
            ? nothing
            : html`<button type="button" class="link-button" @click=${() => void this.table?.reveal(chosen.id)}>
                ${texts.showRow}
              </button>`
        }
      </div>
    </section>`;
  }

  private calibration({ calibration }: PickerView): TemplateResult {
    const { texts, session } = this;
    switch (calibration.state) {
      case "unavailable":
        return html`<p class="calibration quiet">${icon("dashboard")} ${texts.cannotCalibrate}</p>`;
      case "running":
        return html`<div class="calibration running">
          ${icon("loading spinning")}
          <span>${fill(texts.calibrating, formatShare(calibration.fraction))}</span>
          <progress aria-label=${texts.calibrate} max="1" value=${calibration.fraction}></progress>
          <button type="button" class="button secondary" @click=${() => session?.ask("cancelCalibration", {})}>
            ${texts.cancel}
          </button>
        </div>`;
      case "none":
        return html`<div class="calibration none">
          ${icon("dashboard")}
          <p><b>${texts.notCalibrated}.</b> ${texts.notCalibratedText}</p>
          <button type="button" class="button" @click=${() => session?.ask("calibrate", {})}>${texts.calibrate}</button>
        </div>`;
      case "ready":
        return html`<div class="calibration ready">
          ${icon("dashboard")}
          <span class="quiet"
            >${fill(
              texts.calibrated,
              new Date(calibration.at ?? 0).toLocaleDateString(document.documentElement.lang || undefined),
            )}</span
          >
          <button type="button" class="link-button" @click=${() => session?.ask("calibrate", {})}>
            ${texts.calibrateAgain}
          </button>
          ${
            (calibration.noise ?? 0) < NOISY
              ? nothing
              : html`<p class="noisy">
                  ${icon("warning")} ${fill(texts.calibratedNoisily, formatShare(calibration.noise ?? 0))}
                </p>`
          }
        </div>`;
    }
  }
}
