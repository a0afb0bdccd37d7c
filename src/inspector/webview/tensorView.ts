import { html, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { formatBytes, formatCount, formatPercent } from "../../platform/core/format";
import { PaddockElement } from "../../ui/base";
import { fill } from "../../ui/texts";
import type { ModelView, TensorRow } from "../core/inspectorContract";
import type { InspectorTexts } from "../core/inspectorTexts";
import { textNodes } from "./textNodes";
import { typeClass } from "./typeColour";
import "./virtualTable";
import type { TableColumn } from "./virtualTable";

/** All tensors, to be filtered and sorted. */
@customElement("paddock-tensors")
export class TensorView extends PaddockElement {
  @property({ attribute: false }) texts!: InspectorTexts;
  @property({ attribute: false }) view!: ModelView;
  @property({ attribute: false }) tensors: readonly TensorRow[] = [];
  @property() filter = "";
  @state() private found: readonly TensorRow[] = [];

  protected override willUpdate(changed: Map<string, unknown>): void {
    if (!changed.has("filter") && !changed.has("tensors")) return;
    const words = this.filter.toLowerCase().split(/\s+/).filter(Boolean);
    this.found =
      words.length === 0
        ? this.tensors
        : this.tensors.filter(({ name, type }) => {
            const text = `${name} ${type}`.toLowerCase();
            return words.every((word) => text.includes(word));
          });
  }

  override render(): TemplateResult {
    const { texts, tensors, found } = this;
    const bytes = formatBytes(found.reduce((sum, tensor) => sum + tensor.bytes, 0));
    return html`<div class="toolbar">
        <input
          type="search"
          class="text-box"
          maxlength="200"
          placeholder=${texts.filterTensors}
          aria-label=${texts.filterTensors}
          .value=${this.filter}
          @input=${this.typed}
        />
        <span role="status" class="quiet">
          ${
            found.length === tensors.length
              ? fill(texts.tensorsFound, formatCount(found.length), bytes)
              : fill(texts.tensorsOf, formatCount(found.length), formatCount(tensors.length), bytes)
          }
        </span>
      </div>
      ${
        found.length === 0
          ? html`<p class="empty quiet">${texts.noTensors}</p>`
          : html`<paddock-virtual-table
              class="tensors"
              .label=${texts.tensorTable}
              .columns=${this.columns()}
              .rows=${found}
            ></paddock-virtual-table>`
      }`;
  }

  private columns(): readonly TableColumn<TensorRow>[] {
    const { texts, view } = this;
    const bits = new Map(view.types.map((type) => [type.name, type.bits]));
    const largest = this.tensors.reduce((most, { bytes }) => Math.max(most, bytes), 0);
    const byText = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });
    const columns: TableColumn<TensorRow>[] = [
      {
        id: "name",
        label: texts.name,
        cell: ({ name }) => html`<span title=${name}>${textNodes(name, texts)}</span>`,
        compare: (a, b) => byText(a.name, b.name),
      },
      {
        id: "type",
        label: texts.type,
        cell: ({ type }) => html`<span class=${typeClass(type, bits)}>${type}</span>`,
        compare: (a, b) => (bits.get(a.type) ?? 0) - (bits.get(b.type) ?? 0) || byText(a.type, b.type),
      },
      {
        id: "shape",
        label: texts.shape,
        isFigure: true,
        cell: ({ dimensions }) => dimensions.map(formatCount).join(" × "),
        compare: (a, b) => valuesOf(a) - valuesOf(b),
      },
      {
        id: "size",
        label: texts.size,
        isFigure: true,
        cell: ({ bytes }) => formatBytes(bytes),
        compare: (a, b) => a.bytes - b.bytes,
      },
      {
        id: "share",
        label: texts.share,
        isFigure: true,
        cell: ({ bytes }) =>
          html`${bar(largest === 0 ? 0 : bytes / largest)}
            <span>${formatPercent(view.tensorBytes === 0 ? 0 : bytes / view.tensorBytes)}</span>`,
      },
    ];
    if (view.parts.length < 2) return columns;
    return [
      ...columns,
      {
        id: "part",
        label: texts.part,
        isFigure: true,
        cell: ({ part }) => String(part),
        compare: (a, b) => a.part - b.part,
      },
    ];
  }

  private readonly typed = (event: Event): void => {
    this.filter = (event.target as HTMLInputElement).value;
    this.dispatchEvent(new CustomEvent("filtered", { detail: this.filter }));
  };
}

function valuesOf({ dimensions }: TensorRow): number {
  return dimensions.reduce((product, size) => product * size, 1);
}

/** @param share of the largest, 0 to 1. The figure beside it says it in words. */
export function bar(share: number): TemplateResult {
  return html`<svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    ${svg`<rect width=${Math.max(share * 100, 0.5).toFixed(1)} height="8"></rect>`}
  </svg>`;
}
