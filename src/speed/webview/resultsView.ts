import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { formatRate } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { type BenchChart, benchChart, benchCharts, newest } from "../core/benchCharts";
import type { BenchRow, SpeedView } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import "./chartView";
import { fill } from "./strings";

/** A table of more is no table that anybody reads; a filter makes it shorter. */
const MOST_ROWS = 500;

/** What was measured or imported: regressions, a chart, and each result with what it is worth. */
@customElement("paddock-bench-results")
export class ResultsView extends PaddockElement {
  @property({ attribute: false }) view!: SpeedView;
  @property({ attribute: false }) texts!: SpeedTexts;
  /** What the person chose; undefined: the first that has something to show. */
  @state() private chosen: BenchChart | undefined;
  /** The model whose history is shown; undefined: the one that was measured last. */
  @state() private ofModel: string | undefined;
  /** Only the last of what was measured again. */
  @state() private onlyNewest = true;
  @state() private filter = "";

  protected override render(): TemplateResult {
    const { texts, view } = this;
    if (view.rows.length === 0) return html`<p class="quiet opening">${texts.noResults}</p>`;
    const rows = this.filtered();
    return html`${this.regressions()} ${this.charts(rows)} ${this.table(rows)}`;
  }

  private filtered(): BenchRow[] {
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    return this.view.rows.filter((row) => {
      const text = `${row.model} ${row.type} ${row.test} ${row.machine} ${row.llamaCppVersion}`.toLowerCase();
      return words.every((word) => text.includes(word));
    });
  }

  private regressions(): TemplateResult | typeof nothing {
    const { regressions } = this.view;
    if (regressions.length === 0) return nothing;
    return html`<div class="callout warning" role="status">
      ${icon("warning")}
      <div class="grow">
        <b>${this.texts.regressions}</b>
        <ul class="sentences">
          ${regressions.map((sentence) => html`<li>${visibleText(sentence)}</li>`)}
        </ul>
      </div>
    </div>`;
  }

  private charts(rows: readonly BenchRow[]): TemplateResult {
    const { texts } = this;
    const drawable = benchCharts.filter((kind) => benchChart(kind, rows) !== undefined);
    const kind = this.chosen ?? drawable[0] ?? "depth";
    const models = new Map(rows.map(({ modelKey, model }) => [modelKey, model]));
    const last = rows.reduce<BenchRow | undefined>(
      (late, row) => (late === undefined || row.at > late.at ? row : late),
      undefined,
    );
    const ofModel = this.ofModel !== undefined && models.has(this.ofModel) ? this.ofModel : last?.modelKey;
    const chart = benchChart(kind, kind === "history" ? rows.filter(({ modelKey }) => modelKey === ofModel) : rows);
    const names = this.chartNames(kind);
    return html`<section class="chart">
      <div class="chart-head">
        <h2>${names.title}</h2>
        <fieldset class="choice">
          <legend>${texts.chartOf}</legend>
          ${benchCharts.map(
            (one) =>
              html`<label
                ><input
                  type="radio"
                  name="bench-chart"
                  .checked=${one === kind}
                  @change=${() => (this.chosen = one)}
                />${this.chartNames(one).short}</label
              >`,
          )}
        </fieldset>
        ${
          kind === "history" && models.size > 1
            ? html`<label class="inline"
                ><span>${texts.model}</span>
                <select
                  class="text-box"
                  @change=${(event: Event) => (this.ofModel = (event.target as HTMLSelectElement).value)}
                >
                  ${[...models].map(
                    ([key, name]) =>
                      html`<option value=${key} ?selected=${key === ofModel}>${visibleText(name)}</option>`,
                  )}
                </select></label
              >`
            : nothing
        }
      </div>
      ${
        chart === undefined
          ? html`<p class="quiet nothing-to-draw">${names.missing}</p>`
          : html`<paddock-speed-chart
              .chart=${chart}
              .texts=${texts}
              .name=${names.title}
              .xName=${names.across}
              .yName=${texts.rateAxis}
              .format=${formatRate}
            ></paddock-speed-chart>`
      }
    </section>`;
  }

  private chartNames(kind: BenchChart): { title: string; short: string; across: string; missing: string } {
    const { texts } = this;
    switch (kind) {
      case "depth":
        return {
          ...{ title: texts.depthChart, short: texts.depthShort, across: texts.depthAxis },
          missing: texts.depthMissing,
        };
      case "batch":
        return {
          ...{ title: texts.batchChart, short: texts.batchShort, across: texts.batchAxis },
          missing: texts.batchMissing,
        };
      case "models":
        return {
          ...{ title: texts.modelsChart, short: texts.modelsShort, across: texts.model },
          missing: texts.noResults,
        };
      case "history":
        return {
          ...{ title: texts.historyChart, short: texts.historyShort, across: texts.historyAxis },
          missing: texts.noResults,
        };
    }
  }

  private table(filtered: readonly BenchRow[]): TemplateResult {
    const { texts } = this;
    const rows = (this.onlyNewest ? newest(filtered) : [...filtered]).toSorted((one, other) => other.at - one.at);
    return html`<div class="table-head">
        <h2>${texts.results}</h2>
        <label class="inline"
          ><span>${texts.filter}</span>
          <input
            class="text-box"
            type="search"
            placeholder=${texts.filterHint}
            .value=${this.filter}
            @input=${(event: Event) => (this.filter = (event.target as HTMLInputElement).value)}
        /></label>
        <label class="inline"
          ><input
            type="checkbox"
            .checked=${this.onlyNewest}
            @change=${() => (this.onlyNewest = !this.onlyNewest)}
          />${texts.onlyNewest}</label
        >
      </div>
      <div class="table-scroll" role="region" aria-label=${texts.results} tabindex="0">
        <table class="results">
          <thead>
            <tr>
              <th scope="col">${texts.model}</th>
              <th scope="col">${texts.test}</th>
              <th scope="col" class="number">${texts.rateAxis}</th>
              <th scope="col">${texts.settings}</th>
              <th scope="col">${texts.worth}</th>
              <th scope="col">${texts.machine}</th>
              <th scope="col">${texts.when}</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              rows.slice(0, MOST_ROWS),
              ({ id }) => id,
              (row) => this.row(row),
            )}
          </tbody>
        </table>
      </div>
      ${rows.length > MOST_ROWS ? html`<p class="quiet">${fill(texts.leftOut, rows.length - MOST_ROWS)}</p>` : nothing}`;
  }

  private row(row: BenchRow): TemplateResult {
    const { texts } = this;
    const settings = [
      fill(texts.threadsShort, row.threads),
      fill(texts.batchShortIs, row.batchSize),
      `fa ${row.flashAttention ? texts.on : texts.off}`,
      ...(row.kvCacheTypes === "F16" ? [] : [`KV ${row.kvCacheTypes}`]),
      ...(row.gpuLayers !== 0 ? [`ngl ${row.gpuLayers}`] : []),
      ...(row.useMmap ? [] : ["mmap 0"]),
    ];
    return html`<tr data-row=${row.id}>
      <th scope="row" class="model-name">
        ${visibleText(row.model)}
        <span class="how">${visibleText(row.type)}</span>
      </th>
      <td class="test">${visibleText(row.test)}</td>
      <td class="number">
        <span class="value">${formatRate(row.mean)}</span>
        <span class="how"
          >±
          ${row.deviation.toFixed(2)}${row.repetitions === null ? "" : ` · ${fill(texts.times, row.repetitions)}`}</span
        >
      </td>
      <td>${visibleText(settings.join(", "))}</td>
      <td class="worth">${this.worth(row)}</td>
      <td>
        ${visibleText(row.machine)}
        ${row.from === "imported" ? html`<span class="tag">${texts.imported}</span>` : nothing}
      </td>
      <td class="when">${new Date(row.at).toLocaleString(document.documentElement.lang || undefined)}</td>
    </tr>`;
  }

  private worth({ doubts, from }: BenchRow): TemplateResult {
    const { texts } = this;
    if (doubts.length === 0)
      return from === "imported"
        ? html`<span class="quiet">${texts.notJudged}</span>`
        : html`<span class="good">${icon("check")} ${texts.good}</span>`;
    return html`<span class="doubtful">${icon("warning")} ${texts.doubtful}</span>
      <ul class="sentences">
        ${doubts.map((doubt) => html`<li>${visibleText(doubt)}</li>`)}
      </ul>`;
  }
}
