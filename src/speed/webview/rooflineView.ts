import { html, nothing, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { formatBytes, formatMilliseconds, formatPercent, formatRate } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { type Chart, chartOf } from "../core/chart";
import type { RooflineRow, RooflineView as Roofline, SpeedView } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import "./chartView";
import type { Ask } from "./speedSession";
import { fill } from "./strings";

const GIGA = 1e9;

/** What this machine could do at most, how near a model comes, and where the rest of the time goes. */
@customElement("paddock-roofline")
export class RooflineView extends PaddockElement {
  @property({ attribute: false }) view!: SpeedView;
  @property({ attribute: false }) texts!: SpeedTexts;
  @property({ attribute: false }) ask!: Ask;
  @state() private chosen: string | undefined;

  protected override render(): TemplateResult {
    const { texts, view } = this;
    const { probe, rows } = view.roofline;
    return html`<p class="quiet intro">${texts.rooflineIntro}</p>
      <div class="bar-of-actions">
        <button
          type="button"
          class="button secondary"
          aria-disabled=${view.running === null ? "false" : "true"}
          @click=${() => this.start("probe", {})}
        >
          ${icon("pulse")} ${probe === null ? texts.probe : texts.probeAgain}
        </button>
        ${this.explaining()}
      </div>
      ${probe === null ? html`<p class="quiet">${texts.notProbed}</p>` : this.machine(probe)}
      ${
        rows.length === 0
          ? html`<p class="quiet opening">${texts.nothingExplained}</p>`
          : rows.map((row) => this.explained(row))
      }`;
  }

  private explaining(): TemplateResult | typeof nothing {
    const { texts, view } = this;
    if (view.models.length === 0) return nothing;
    const chosen = view.models.find(({ file }) => file === this.chosen) ?? view.models.find(({ isActive }) => isActive);
    const file = (chosen ?? view.models[0])?.file ?? "";
    return html`<label class="inline"
        ><span>${texts.model}</span>
        <select class="text-box" @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).value)}>
          ${view.models.map(
            (model) =>
              html`<option value=${model.file} ?selected=${model.file === file}>${visibleText(model.name)}</option>`,
          )}
        </select></label
      >
      <button
        type="button"
        class="button"
        aria-disabled=${view.running === null ? "false" : "true"}
        @click=${() => this.start("explain", { file })}
      >
        ${icon("search")} ${texts.explain}
      </button>`;
  }

  private readonly start: Ask = (name, params) => {
    if (this.view.running === null) this.ask(name, params);
  };

  private machine(probe: NonNullable<Roofline["probe"]>): TemplateResult {
    const { texts } = this;
    const chart = bandwidthChart(probe.bySize);
    return html`<section class="chart">
      <div class="chart-head"><h2>${texts.thisMachine}</h2></div>
      <dl class="facts">
        <div>
          <dt>${texts.memoryBandwidth}</dt>
          <dd>${bandwidth(probe.memoryBytesPerSecond)}</dd>
        </div>
        ${probe.matrix.map(
          ({ type, macsPerSecond }) =>
            html`<div>
              <dt>${fill(texts.matrixOf, visibleText(type))}</dt>
              <dd>${(macsPerSecond / GIGA).toFixed(0)} ${texts.gigaMacs}</dd>
            </div>`,
        )}
        <div>
          <dt>${texts.when}</dt>
          <dd>${new Date(probe.at).toLocaleString(document.documentElement.lang || undefined)}</dd>
        </div>
      </dl>
      ${
        chart === undefined
          ? nothing
          : html`<paddock-speed-chart
              .chart=${chart}
              .texts=${texts}
              .name=${texts.bySize}
              .xName=${texts.sizeAxis}
              .yName=${texts.bandwidthAxis}
              .format=${bandwidthOf}
            ></paddock-speed-chart>`
      }
    </section>`;
  }

  private explained(row: RooflineRow): TemplateResult {
    const { texts } = this;
    const sum = row.parts.reduce((total, { seconds }) => total + seconds, 0);
    return html`<section class="chart" aria-label=${`${visibleText(row.model)} ${row.test}`} data-row=${row.id}>
      <div class="chart-head">
        <h2>${visibleText(row.model)} · ${row.test}</h2>
        <span>
          <b>${formatRate(row.measured)}</b>
          ${
            row.ceiling === null
              ? nothing
              : html`<span class="quiet"
                  >${fill(row.limit === "memory" ? texts.ofCeilingMemory : texts.ofCeilingMatrix, formatRate(row.ceiling))}</span
                >`
          }
        </span>
      </div>
      <p class="sentence">${visibleText(row.sentence)}</p>
      ${partBar(row, sum)}
      <div class="table-scroll" role="region" aria-label=${fill(texts.tableOf, row.test)} tabindex="0">
        <table>
          <thead>
            <tr>
              <th scope="col">${texts.part}</th>
              <th scope="col" class="number">${texts.time}</th>
              <th scope="col" class="number">${texts.share}</th>
              <th scope="col">${texts.how}</th>
            </tr>
          </thead>
          <tbody>
            ${row.parts.map(
              (part, index) =>
                html`<tr>
                  <th scope="row">
                    <svg class="sample" viewBox="0 0 14 14" aria-hidden="true">
                      <rect class=${`bar s${index}`} x="1" y="1" width="12" height="12" />
                    </svg>
                    ${visibleText(part.name)}
                  </th>
                  <td class="number">${formatMilliseconds(part.seconds * 1000)}</td>
                  <td class="number">${formatPercent(part.seconds / row.seconds)}</td>
                  <td>${part.how === "timed" ? texts.timed : texts.predicted}</td>
                </tr>`,
            )}
            <tr class="total">
              <th scope="row">${texts.sum}</th>
              <td class="number">${formatMilliseconds(sum * 1000)}</td>
              <td class="number">${formatPercent(sum / row.seconds)}</td>
              <td>${fill(texts.measuredIs, formatMilliseconds(row.seconds * 1000), formatPercent(row.explained))}</td>
            </tr>
          </tbody>
        </table>
      </div>
    </section>`;
  }
}

/** The parts one after the other; what they do not explain stays empty. */
function partBar({ parts, seconds }: RooflineRow, sum: number): TemplateResult {
  const all = Math.max(seconds, sum);
  let at = 0;
  return html`<svg class="part-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
    ${parts.map((part, index) => {
      const x = at;
      const width = (100 * part.seconds) / all;
      at += width;
      return svg`<rect class=${`bar s${index}`} x=${x} y="0" width=${width} height="10"></rect>`;
    })}
  </svg>`;
}

/** Bars, because sizes that are each double of the one before would lie on top of each other on a line. */
function bandwidthChart(bySize: NonNullable<Roofline["probe"]>["bySize"]): Chart | undefined {
  const names = bySize.map(({ bytes }) => formatBytes(bytes));
  const points = bySize.map(({ bytes, bytesPerSecond }, x) => ({
    x,
    y: bytesPerSecond / GIGA,
    error: 0,
    at: formatBytes(bytes),
  }));
  return chartOf("names", [{ name: "", points }], names);
}

function bandwidth(bytesPerSecond: number): string {
  return bandwidthOf(bytesPerSecond / GIGA);
}

/** Memory's speed is given in decimal units everywhere. */
function bandwidthOf(gigabytes: number): string {
  return `${gigabytes.toFixed(gigabytes < 100 ? 1 : 0)} GB/s`;
}
