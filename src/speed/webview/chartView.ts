import { html, nothing, type PropertyValues, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { visibleText } from "../../platform/core/visibleText";
import { arrowTarget } from "../../ui/arrowKeys";
import { drawAxes, Drawing } from "../../ui/drawing";
import type { Chart, ChartPoint } from "../core/chart";
import type { SpeedTexts } from "../core/speedTexts";
import { type ChartLayout, chartLayout, type PlacedPoint } from "./chartLayout";
import { fill } from "./strings";

const HEIGHT = 260;
const RADIUS = 4.5;

/** Lines or bars by hand: each point is reached by keyboard and said in words, and all of them stand in the table. */
@customElement("paddock-speed-chart")
export class ChartView extends Drawing {
  @property({ attribute: false }) chart!: Chart;
  @property({ attribute: false }) texts!: SpeedTexts;
  @property({ attribute: false }) name!: string;
  @property({ attribute: false }) xName!: string;
  @property({ attribute: false }) yName!: string;
  /** A value of y in words, with its unit. */
  @property({ attribute: false }) format!: (value: number) => string;
  /** The point that the keyboard is at, or comes to. */
  @state() private current = 0;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("chart")) this.current = 0;
  }

  protected override render(): TemplateResult {
    const { chart, texts } = this;
    const isNamed = chart.series.length > 1;
    return html`<div class="chart-and-table">
      <div>
        <div class="drawing">${this.drawing(chartLayout(chart, this.width, HEIGHT))}</div>
        ${
          isNamed
            ? html`<ul class="legend chart-legend">
                ${chart.series.map(
                  ({ name }, index) =>
                    html`<li>
                      <svg class="sample" viewBox="0 0 14 14" aria-hidden="true">${shape(index, 7, 7)}</svg>
                      ${visibleText(name)}
                    </li>`,
                )}
              </ul>`
            : nothing
        }
        ${chart.leftOut > 0 ? html`<p class="quiet">${fill(texts.leftOut, chart.leftOut)}</p>` : nothing}
      </div>
      ${this.table(isNamed)}
    </div>`;
  }

  private drawing(layout: ChartLayout): TemplateResult {
    const { texts, chart } = this;
    const { plot, points } = layout;
    const bottom = plot.y + plot.height;
    const at = Math.min(this.current, points.length - 1);
    return html`<svg
      class="plot ${chart.across}"
      role="group"
      aria-label=${`${this.name}. ${texts.chartHelp}`}
      width=${this.width}
      height=${layout.height}
      @keydown=${(event: KeyboardEvent) => this.onKey(event, points.length)}
    >
      <g aria-hidden="true">
        ${drawAxes(layout, this.xName, this.yName)}
        ${
          chart.across === "names"
            ? nothing
            : chart.series.map(
                (_, series) =>
                  svg`<polyline
                    class=${`line s${series}`}
                    points=${points
                      .filter((point) => point.series === series)
                      .map(({ x, y }) => `${x},${y}`)
                      .join(" ")}
                  ></polyline>`,
              )
        }
      </g>
      ${points.map((point, index) => this.point(point, index, index === at, bottom))}
    </svg>`;
  }

  private point(placed: PlacedPoint, index: number, isCurrent: boolean, bottom: number): TemplateResult<2> {
    const { x, y, span, width, series } = placed;
    const words = this.words(placed);
    return svg`<g
      class="point"
      role="img"
      tabindex=${isCurrent ? "0" : "-1"}
      data-index=${index}
      aria-label=${words}
      @focus=${() => (this.current = index)}
    >
      <title>${words}</title>
      ${
        width > 0
          ? svg`<rect class=${`bar s${series}`} x=${x - width / 2} y=${y} width=${width} height=${Math.max(0, bottom - y)}></rect>`
          : shape(series, x, y)
      }
      ${span === undefined ? nothing : svg`<line class="error" x1=${x} x2=${x} y1=${span[0]} y2=${span[1]}></line>`}
      ${
        width > 0
          ? svg`<rect class="ring" x=${x - width / 2 - 2} y=${y - 2} width=${width + 4} height=${Math.max(0, bottom - y) + 4}></rect>`
          : svg`<circle class="ring" cx=${x} cy=${y} r=${RADIUS + 4}></circle>`
      }
    </g>`;
  }

  private words({ series, point }: PlacedPoint): string {
    const name = this.chart.series.length > 1 ? `${visibleText(this.chart.series[series]?.name ?? "")}. ` : "";
    return `${name}${this.xName} ${visibleText(point.at)}: ${this.value(point)}`;
  }

  private value({ y, error }: ChartPoint): string {
    return error > 0 ? `${this.format(y)} ± ${this.format(error)}` : this.format(y);
  }

  private table(isNamed: boolean): TemplateResult {
    const { chart, texts } = this;
    return html`<div
      class="table-scroll beside"
      role="region"
      aria-label=${fill(texts.tableOf, this.name)}
      tabindex="0"
    >
      <table>
        <thead>
          <tr>
            ${isNamed ? html`<th scope="col">${texts.series}</th>` : nothing}
            <th scope="col">${this.xName}</th>
            <th scope="col" class="number">${this.yName}</th>
          </tr>
        </thead>
        <tbody>
          ${chart.series.map(({ name, points }) =>
            points.map(
              (point) =>
                html`<tr>
                  ${isNamed ? html`<td>${visibleText(name)}</td>` : nothing}
                  <td>${visibleText(point.at)}</td>
                  <td class="number">${this.value(point)}</td>
                </tr>`,
            ),
          )}
        </tbody>
      </table>
    </div>`;
  }

  private onKey(event: KeyboardEvent, count: number): void {
    const next = arrowTarget(event.key, this.current, count, { vertical: true });
    if (next === undefined) return;
    event.preventDefault();
    this.current = next;
    this.querySelector<SVGGElement>(`.point[data-index="${next}"]`)?.focus();
  }
}

/** Forms, beside colours, tell series apart. */
function shape(series: number, x: number, y: number): TemplateResult<2> {
  const r = RADIUS;
  switch (series) {
    case 0:
      return svg`<circle class="mark s0" cx=${x} cy=${y} r=${r}></circle>`;
    case 1:
      return svg`<rect class="mark s1" x=${x - r} y=${y - r} width=${2 * r} height=${2 * r}></rect>`;
    case 2:
      return svg`<path class="mark s2" d=${`M${x} ${y - r - 1} L${x + r + 1} ${y + r} L${x - r - 1} ${y + r} Z`}></path>`;
    case 3:
      return svg`<path class="mark s3" d=${`M${x} ${y - r - 1} L${x + r + 1} ${y} L${x} ${y + r + 1} L${x - r - 1} ${y} Z`}></path>`;
    case 4:
      return svg`<path class="mark s4" d=${`M${x - r} ${y - r} L${x + r} ${y - r} L${x} ${y + r + 1} Z`}></path>`;
    default:
      return svg`<circle class="mark hollow s5" cx=${x} cy=${y} r=${r}></circle>`;
  }
}
