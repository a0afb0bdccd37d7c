import { html, nothing, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { visibleText } from "../../platform/core/visibleText";
import { arrowTarget } from "../../ui/arrowKeys";
import { drawAxes, Drawing } from "../../ui/drawing";
import type { PickerView, RowView } from "../core/pickerContract";
import type { PickerTexts } from "../core/pickerTexts";
import { figureWords } from "./figureView";
import { type Across, hasSpeeds, type Point, scatterLayout, type ScatterLayout } from "./scatterLayout";
import { fill } from "./strings";

const HEIGHT = 280;

/** Quality against speed or memory, with memory as size: each file a point, reached by keyboard and said in words. */
@customElement("paddock-picker-scatter")
export class PickerScatter extends Drawing {
  @property({ attribute: false }) view!: PickerView;
  @property({ attribute: false }) texts!: PickerTexts;
  /** Shows a file in the table. */
  @property({ attribute: false }) reveal!: (row: string) => void;
  /** What the person chose; undefined: speed as soon as it is known. */
  @state() private chosen: Across | undefined;
  /** The point that the keyboard is at, or comes to. */
  @state() private current: string | undefined;

  protected override render(): TemplateResult {
    const { texts, view } = this;
    const canShowSpeed = hasSpeeds(view.rows);
    const across = canShowSpeed ? (this.chosen ?? "speed") : "memory";
    const layout = scatterLayout(view.rows, across, this.width, HEIGHT);
    return html`<div class="chart-head">
        <h2>${texts.chart}</h2>
        <fieldset class="choice">
          <legend>${texts.chartOf}</legend>
          ${(["speed", "memory"] as const).map(
            (one) =>
              html`<label title=${one === "speed" && !canShowSpeed ? texts.onlySpeedless : ""}
                ><input
                  type="radio"
                  name="across"
                  .checked=${across === one}
                  ?disabled=${one === "speed" && !canShowSpeed}
                  @change=${() => (this.chosen = one)}
                />${one === "speed" ? texts.bySpeed : texts.byMemory}</label
              >`,
          )}
        </fieldset>
      </div>
      <div class="drawing">
        ${
          layout === undefined
            ? html`<p class="quiet nothing-to-draw">${texts.nothingToDraw}</p>`
            : this.drawing(layout, across)
        }
      </div>
      <ul class="legend chart-legend">
        <li>
          <svg class="sample" viewBox="0 0 14 14" aria-hidden="true"><circle class="front" cx="7" cy="7" r="5" /></svg>
          ${texts.legendFront}
        </li>
        <li>
          <svg class="sample" viewBox="0 0 14 14" aria-hidden="true"><circle class="near" cx="7" cy="7" r="5" /></svg>
          ${texts.legendNear}
        </li>
        <li>
          <svg class="sample" viewBox="0 0 14 14" aria-hidden="true">
            <path class="behind" d="M7 2 L12 7 L7 12 L2 7 Z" />
          </svg>
          ${texts.legendBehind}
        </li>
        <li>${texts.legendSize}</li>
      </ul>`;
  }

  private drawing(layout: ScatterLayout, across: Across): TemplateResult {
    const { texts } = this;
    const { points, line } = layout;
    const inOrder = [...points].sort((one, other) => one.x - other.x);
    const at = inOrder.some(({ row }) => row.id === this.current) ? this.current : inOrder[0]?.row.id;
    return html`<svg
      class="plot"
      role="group"
      aria-label=${`${texts.chart}. ${texts.chartHelp}`}
      width=${layout.width}
      height=${layout.height}
      @keydown=${(event: KeyboardEvent) => this.onKey(event, inOrder)}
    >
      <g aria-hidden="true">
        ${drawAxes(
          { ...layout, hasUprights: true },
          across === "speed" ? texts.speedAxis : texts.memoryAxis,
          texts.qualityAxis,
        )}
        <polyline class="front-line" points=${line.map(({ x, y }) => `${x},${y}`).join(" ")}></polyline>
      </g>
      ${inOrder.map((point) => this.point(point, point.row.id === at))}
    </svg>`;
  }

  private point(point: Point, isCurrent: boolean): TemplateResult<2> {
    const { row, x, y, radius, spanX, spanY, label } = point;
    const shape =
      row.standing === "behind"
        ? svg`<path class="behind" d=${`M${x} ${y - radius} L${x + radius} ${y} L${x} ${y + radius} L${x - radius} ${y} Z`}></path>`
        : svg`<circle class=${row.standing} cx=${x} cy=${y} r=${radius}></circle>`;
    return svg`<g
      class="point"
      role="button"
      tabindex=${isCurrent ? "0" : "-1"}
      data-row=${row.id}
      aria-label=${this.words(row)}
      @click=${() => this.reveal(row.id)}
      @focus=${() => (this.current = row.id)}
    >
      <title>${this.words(row)}</title>
      ${spanX === undefined ? nothing : svg`<line class="error" x1=${spanX[0]} x2=${spanX[1]} y1=${y} y2=${y}></line>`}
      ${spanY === undefined ? nothing : svg`<line class="error" x1=${x} x2=${x} y1=${spanY[0]} y2=${spanY[1]}></line>`}
      ${row.isRecommended ? svg`<circle class="best" cx=${x} cy=${y} r=${radius + 4}></circle>` : nothing}
      ${shape}
      <circle class="ring" cx=${x} cy=${y} r=${radius + 7}></circle>
      ${
        label === undefined
          ? nothing
          : svg`<text class="name" x=${label.x} y=${label.y} text-anchor=${label.anchor}>${visibleText(label.text)}</text>`
      }
    </g>`;
  }

  private words(row: RowView): string {
    const { texts } = this;
    const standing = {
      front: texts.standingFront,
      near: texts.standingNear,
      behind: texts.standingBehind,
    }[row.standing];
    const parts = [
      row.isRecommended ? texts.recommendedMark : "",
      standing,
      row.kld === null ? "" : fill(texts.ofFile, texts.kld, figureWords(row.kld, "kld", texts, row.reference)),
      row.tg === null ? "" : fill(texts.ofFile, texts.tg, figureWords(row.tg, "rate", texts)),
      row.memory === null ? "" : fill(texts.ofFile, texts.memory, figureWords(row.memory.total, "bytes", texts)),
    ];
    return `${visibleText(row.name)}. ${parts.filter((part) => part !== "").join(". ")}`;
  }

  private onKey(event: KeyboardEvent, points: readonly Point[]): void {
    const at = points.findIndex(({ row }) => row.id === (event.target as Element).getAttribute("data-row"));
    if (at === -1) return;
    const next = arrowTarget(event.key, at, points.length, { vertical: true });
    const id = points[at]?.row.id;
    if (next !== undefined) this.go(points[next]?.row.id);
    else if ((event.key === "Enter" || event.key === " ") && id !== undefined) this.reveal(id);
    else return;
    event.preventDefault();
  }

  private go(id: string | undefined): void {
    this.current = id;
    const points = [...this.querySelectorAll<SVGGElement>(".point")];
    points.find((point) => point.getAttribute("data-row") === id)?.focus();
  }
}
