import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import uPlot from "uplot";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { PaddockElement } from "../../ui/base";
import type { AskTexts } from "../core/askTexts";
import { type ChartData, chartData, type ChartPlan, extremes } from "../core/grid/chart";
import type { GridData } from "../core/grid/gridData";
import { columnLabel } from "./gridPainter";
import { fill } from "./strings";

const height = 280;
const seriesColours = [
  "--vscode-charts-blue",
  "--vscode-charts-orange",
  "--vscode-charts-green",
  "--vscode-charts-purple",
];
/** Figures beside an axis, which has little room: 1.2M. */
const figures = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 4 });
/** Names of bars that still fit below an axis. Characters. */
const barLabel = 14;

/** A quick look at a result. What it shows stands in words below it, and in full in the grid. */
@customElement("paddock-chart")
export class ChartView extends PaddockElement {
  @property({ attribute: false }) plan!: ChartPlan;
  @property({ attribute: false }) data!: GridData;
  @property({ attribute: false }) order!: Uint32Array;
  @property({ attribute: false }) texts!: AskTexts;
  /** Which of the plan's columns bars and points show; a line shows all of them. */
  @state() private chosen = 0;
  @state() private pointed = "";
  @query(".chart-drawing") private readonly place!: HTMLElement | null;
  private drawn: ChartData | undefined;
  private chart: uPlot | undefined;
  private readonly resized = new ResizeObserver(() => this.draw());
  /** Another theme has other colours, and a canvas keeps the old ones. */
  private readonly themed = new MutationObserver(() => this.draw());

  override connectedCallback(): void {
    super.connectedCallback();
    this.resized.observe(this);
    this.themed.observe(document.body, { attributeFilter: ["class"] });
  }

  override disconnectedCallback(): void {
    this.resized.disconnect();
    this.themed.disconnect();
    this.chart?.destroy();
    this.chart = undefined;
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("plan")) this.chosen = 0;
    if (!["plan", "data", "order", "chosen"].some((name) => changed.has(name))) return;
    const { plan, chosen } = this;
    const one = plan.ys[chosen];
    const shown = plan.kind === "line" || one === undefined ? plan : { ...plan, ys: [one] };
    this.drawn = chartData(shown, this.data.rows, this.order);
  }

  protected override updated(changed: PropertyValues): void {
    if (["plan", "data", "order", "chosen"].some((name) => changed.has(name))) this.draw();
  }

  protected override render(): TemplateResult | typeof nothing {
    const { texts, drawn, plan } = this;
    if (drawn === undefined) return nothing;
    const summary = this.summary(drawn);
    return html`<figure class="chart">
      ${
        plan.kind !== "line" && plan.ys.length > 1
          ? html`<label class="chart-choice"
              ><span>${texts.filterValue}</span>
              <select
                class="text-box"
                @change=${(event: Event) => (this.chosen = (event.target as HTMLSelectElement).selectedIndex)}
              >
                ${plan.ys.map((column, index) => html`<option ?selected=${index === this.chosen}>${this.label(column)}</option>`)}
              </select></label
            >`
          : nothing
      }
      ${
        drawn.xs.length === 0
          ? html`<p class="quiet">${texts.chartNothing}</p>`
          : html`<div class="chart-drawing" role="img" aria-label=${`${texts.chart}. ${summary}`}></div>`
      }
      ${
        plan.kind === "line" && plan.ys.length > 1
          ? html`<ul class="chart-legend">
              ${plan.ys.map(
                (column, index) => html`<li><span class="chart-key key-${index}"></span>${this.label(column)}</li>`,
              )}
            </ul>`
          : nothing
      }
      <figcaption class="quiet">
        <p class="chart-pointed" aria-hidden="true">${this.pointed}</p>
        <p>${summary}</p>
      </figcaption>
    </figure>`;
  }

  private label(column: number): string {
    const described = this.data.columns[column];
    return described === undefined ? "" : columnLabel(described, column);
  }

  /** What one would see, in words. */
  private summary(drawn: ChartData): string {
    const { texts } = this;
    const { plan, xs, omitted } = drawn;
    const names = plan.ys.map((column) => this.label(column)).join(", ");
    const kind = { bars: texts.chartBars, line: texts.chartLine, points: texts.chartPoints }[plan.kind];
    const ranges = plan.ys.map((column, index) => {
      const found = extremes(drawn, index);
      if (found === undefined) return "";
      const { least, most } = found;
      return fill(
        texts.chartRange,
        this.label(column),
        String(least.value),
        this.placeWords(drawn, least.place),
        String(most.value),
        this.placeWords(drawn, most.place),
      );
    });
    return [
      fill(kind, names, this.label(plan.x), formatCount(xs.length)),
      ...ranges,
      omitted > 0 ? fill(texts.chartOmitted, formatCount(omitted)) : "",
    ]
      .filter((sentence) => sentence !== "")
      .join(" ");
  }

  private placeWords({ plan, xs, labels }: ChartData, place: number): string {
    if (plan.kind === "bars") return visibleText(labels[place] ?? "");
    const x = xs[place] ?? 0;
    // Without a time of day where there is none.
    return plan.xIsTime ? new Date(x * 1000).toISOString().replace(/T00:00:00\.000Z$|\.000Z$/, "") : String(x);
  }

  private draw(): void {
    const { place, drawn } = this;
    this.chart?.destroy();
    this.chart = undefined;
    if (place === null || drawn === undefined || place.clientWidth === 0) return;
    const made = new uPlot(this.options(drawn, place.clientWidth), [
      [...drawn.xs],
      ...drawn.series.map((values) => [...values]),
    ]);
    place.replaceChildren(made.root);
    this.chart = made;
  }

  private options(drawn: ChartData, width: number): uPlot.Options {
    const { plan, xs, labels } = drawn;
    const style = getComputedStyle(this);
    const colour = (name: string): string => style.getPropertyValue(name).trim() || style.color;
    const grid = { stroke: colour("--vscode-widget-border"), width: 1 };
    const axis = { stroke: style.color, grid, ticks: grid, font: `11px ${style.fontFamily}` };
    const isBars = plan.kind === "bars";
    const barRange: uPlot.Range.MinMax = [-0.6, xs.length - 0.4];
    return {
      width,
      height,
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, y: false },
      scales: {
        x: isBars ? { time: false, range: () => barRange } : { time: plan.xIsTime },
        // Bars begin at nothing, or their lengths would lie.
        y: isBars ? { range: (_chart, least, most) => barValues(least, most) } : {},
      },
      axes: [
        isBars
          ? {
              ...axis,
              grid: { show: false },
              splits: () => barSplits(xs.length, width),
              values: (_chart, splits) => splits.map((at) => shortened(visibleText(labels[at] ?? ""))),
            }
          : axis,
        { ...axis, size: 56, values: (_chart, splits) => splits.map((value) => figures.format(value)) },
      ],
      series: [
        {},
        ...plan.ys.map((column, index): uPlot.Series => {
          const line = colour(seriesColours[index] ?? "--vscode-charts-blue");
          const shared: uPlot.Series = { label: this.label(column), stroke: line, width: 2 };
          if (isBars) return { ...shared, fill: line, points: { show: false }, ...bars };
          if (plan.kind === "line") return { ...shared, points: { show: xs.length < 100, fill: line, size: 5 } };
          return { ...shared, paths: () => null, points: { show: true, fill: line, size: 5, width: 0 } };
        }),
      ],
      hooks: { setCursor: [(chart) => this.point(chart, drawn)] },
    };
  }

  /** What is below the pointer, in words. */
  private point({ cursor }: uPlot, drawn: ChartData): void {
    const place = cursor.idx;
    if (place === null || place === undefined) {
      this.pointed = "";
      return;
    }
    const values = drawn.plan.ys.map(
      (column, index) => `${this.label(column)} ${drawn.series[index]?.[place] ?? "NULL"}`,
    );
    this.pointed = `${this.placeWords(drawn, place)}: ${values.join(", ")}`;
  }
}

const barPaths = uPlot.paths.bars?.({ size: [0.7, 80] });
const bars: Pick<uPlot.Series, "paths"> = barPaths === undefined ? {} : { paths: barPaths };

function barValues(least: number, most: number): uPlot.Range.MinMax {
  const [low, high] = [Math.min(least, 0), Math.max(most, 0)];
  const room = (high - low || 1) * 0.05;
  return [low < 0 ? low - room : 0, high > 0 ? high + room : room];
}

/** As many bars get their names as have room for them. */
function barSplits(count: number, width: number): number[] {
  const step = Math.max(1, Math.ceil((count * 90) / Math.max(width - 64, 90)));
  return Array.from({ length: Math.ceil(count / step) }, (_, index) => index * step);
}

function shortened(text: string): string {
  return text.length > barLabel ? `${text.slice(0, barLabel - 1)}…` : text;
}
