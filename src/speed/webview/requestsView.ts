import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { formatCount, formatMilliseconds, formatRate } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { type Chart, chartOf, dayOf } from "../core/chart";
import { type Metric, metrics, type MetricView, type RequestGroup, type SpeedView } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import "./chartView";
import { fill } from "./strings";

const formats: Readonly<Record<Metric, (value: number) => string>> = {
  ttft: formatMilliseconds,
  tpot: formatMilliseconds,
  itl: formatMilliseconds,
  pp: formatRate,
  tg: formatRate,
  prompt: formatCount,
  cached: formatCount,
  generated: formatCount,
};

/** Every real request's timings: how they are spread, and how they went from day to day. */
@customElement("paddock-requests")
export class RequestsView extends PaddockElement {
  @property({ attribute: false }) view!: SpeedView;
  @property({ attribute: false }) texts!: SpeedTexts;
  @state() private group: string | undefined;
  @state() private metric: Metric = "ttft";

  protected override render(): TemplateResult {
    const { texts, view } = this;
    const group = view.requests.find(({ id }) => id === this.group) ?? view.requests[0];
    if (group === undefined)
      return html`<p class="quiet intro">${texts.requestsIntro}</p>
        <p class="quiet opening">${texts.noRequests}</p>`;
    const metric = group.metrics.find((one) => one.metric === this.metric) ?? group.metrics[0];
    return html`<p class="quiet intro">${texts.requestsIntro}</p>
      <div class="bar-of-actions">
        <label class="inline"
          ><span>${texts.requestsOf}</span>
          <select
            class="text-box"
            @change=${(event: Event) => (this.group = (event.target as HTMLSelectElement).value)}
          >
            ${view.requests.map(
              (one) =>
                html`<option value=${one.id} ?selected=${one.id === group.id}>
                  ${fill(texts.groupOption, visibleText(one.model), one.feature, formatCount(one.count))}
                </option>`,
            )}
          </select></label
        >
        <label class="inline"
          ><span>${texts.figure}</span>
          <select
            class="text-box"
            @change=${(event: Event) =>
              (this.metric = metrics.find((one) => one === (event.target as HTMLSelectElement).value) ?? "ttft")}
          >
            ${group.metrics.map(
              (one) =>
                html`<option value=${one.metric} ?selected=${one === metric}>${this.metricName(one.metric)}</option>`,
            )}
          </select></label
        >
      </div>
      ${this.changes(group)} ${this.percentiles(group)} ${metric === undefined ? nothing : this.charts(metric)}`;
  }

  private metricName(metric: Metric): string {
    const { texts } = this;
    return {
      ttft: texts.ttft,
      tpot: texts.tpot,
      itl: texts.itl,
      pp: texts.pp,
      tg: texts.tg,
      prompt: texts.promptTokens,
      cached: texts.cachedTokens,
      generated: texts.generatedTokens,
    }[metric];
  }

  private changes({ metrics: all }: RequestGroup): TemplateResult | typeof nothing {
    const sentences = all.flatMap(({ change }) => (change === null ? [] : [change]));
    if (sentences.length === 0) return nothing;
    return html`<div class="callout info" role="status">
      ${icon("graph-line")}
      <ul class="sentences grow">
        ${sentences.map((sentence) => html`<li>${visibleText(sentence)}</li>`)}
      </ul>
    </div>`;
  }

  private percentiles(group: RequestGroup): TemplateResult {
    const { texts } = this;
    return html`<div class="table-scroll" role="region" aria-label=${texts.percentiles} tabindex="0">
      <table>
        <caption class="sr-only">
          ${texts.percentiles}
        </caption>
        <thead>
          <tr>
            <th scope="col">${texts.figure}</th>
            <th scope="col" class="number">p50</th>
            <th scope="col" class="number">p95</th>
            <th scope="col" class="number">p99</th>
            <th scope="col" class="number">${texts.requests}</th>
          </tr>
        </thead>
        <tbody>
          ${group.metrics.map(
            ({ metric, p50, p95, p99, count }) =>
              html`<tr>
                <th scope="row">${this.metricName(metric)}</th>
                ${[p50, p95, p99].map((value) => html`<td class="number">${formats[metric](value)}</td>`)}
                <td class="number">${formatCount(count)}</td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>`;
  }

  private charts(metric: MetricView): TemplateResult {
    const { texts } = this;
    const name = this.metricName(metric.metric);
    const format = formats[metric.metric];
    const spread = spreadChart(metric, format);
    const trend = trendChart(metric);
    return html`${
      spread === undefined
        ? nothing
        : html`<section class="chart">
            <div class="chart-head"><h2>${fill(texts.spread, name)}</h2></div>
            <paddock-speed-chart
              .chart=${spread}
              .texts=${texts}
              .name=${fill(texts.spread, name)}
              .xName=${name}
              .yName=${texts.requests}
              .format=${formatCount}
            ></paddock-speed-chart>
          </section>`
    }
    ${
      trend === undefined
        ? nothing
        : html`<section class="chart">
            <div class="chart-head"><h2>${fill(texts.trend, name)}</h2></div>
            <paddock-speed-chart
              .chart=${trend}
              .texts=${texts}
              .name=${fill(texts.trend, name)}
              .xName=${texts.day}
              .yName=${name}
              .format=${format}
            ></paddock-speed-chart>
          </section>`
    }`;
  }
}

function spreadChart({ bins }: MetricView, format: (value: number) => string): Chart | undefined {
  const names = bins.map(({ to }) => `≤ ${format(to)}`);
  const points = bins.map(({ from, to, count }, x) => ({
    x,
    y: count,
    error: 0,
    at: from === to ? format(from) : `${format(from)} – ${format(to)}`,
  }));
  return chartOf("names", [{ name: "", points }], names);
}

function trendChart({ trend }: MetricView): Chart | undefined {
  const points = trend.map(({ at, p50, count }) => ({
    x: at,
    y: p50,
    error: 0,
    at: `${dayOf(at)} (${formatCount(count)})`,
  }));
  return chartOf("time", [{ name: "", points }]);
}
