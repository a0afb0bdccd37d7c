import { type PropertyValues, svg, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { type Axes, BELOW, SLANT } from "./axes";
import { PaddockElement } from "./base";

/** A chart drawn as wide as there is room for it. What is drawn lies in an element of class "drawing". */
export abstract class Drawing extends PaddockElement {
  /** Pixels. */
  @state() protected width = 600;
  private readonly resized = new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0) this.width = width;
  });

  override disconnectedCallback(): void {
    this.resized.disconnect();
    super.disconnectedCallback();
  }

  protected override firstUpdated(_changed: PropertyValues): void {
    const drawing = this.querySelector(".drawing");
    if (drawing !== null) this.resized.observe(drawing);
  }
}

/** Lines, what they stand for, and what the axes are called. For the eye alone: points say it all in words. */
export function drawAxes(axes: Axes, xName: string, yName: string): TemplateResult<2> {
  const { plot, xTicks, yTicks, isSlanted = false, xNameBelow = BELOW.name, hasUprights = false } = axes;
  const bottom = plot.y + plot.height;
  return svg`${yTicks.map(
    ({ at: y, text }) => svg`<line class="grid" x1=${plot.x} x2=${plot.x + plot.width} y1=${y} y2=${y}></line>
      <text class="tick" x=${plot.x - 8} y=${y + 4} text-anchor="end">${text}</text>`,
  )}
  ${xTicks.map(
    ({ at: x, text }) => svg`<line
        class=${hasUprights ? "grid" : "grid-mark"}
        x1=${x}
        x2=${x}
        y1=${hasUprights ? plot.y : bottom}
        y2=${hasUprights ? bottom : bottom + 4}
      ></line>
      ${
        isSlanted
          ? svg`<text class="tick" transform=${`translate(${x + 4} ${bottom + 14}) rotate(${-SLANT})`} text-anchor="end">${text}</text>`
          : svg`<text class="tick" x=${x} y=${bottom + BELOW.tick} text-anchor="middle">${text}</text>`
      }`,
  )}
  <text class="axis" x=${plot.x + plot.width / 2} y=${bottom + xNameBelow} text-anchor="middle">${xName}</text>
  <text class="axis" transform=${`translate(12 ${plot.y + plot.height / 2}) rotate(-90)`} text-anchor="middle">${yName}</text>`;
}
