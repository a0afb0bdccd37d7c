import { html, nothing, svg, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { formatBytes, formatCount, formatParameters, formatShare } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { PickerAction, PickerView, RowView } from "../core/pickerContract";
import type { PickerTexts } from "../core/pickerTexts";
import { figureCell, figureText } from "./figureView";
import type { Ask } from "./pickerSession";
import { type Column, columns, nextSorting, sorted, type Sorting } from "./sorting";
import { fill } from "./strings";

const actionIcons: Readonly<Record<PickerAction, string>> = {
  use: "play",
  download: "cloud-download",
  measureSpeed: "dashboard",
  measureQuality: "beaker",
  inspect: "search",
};

const GIB = 1024 ** 3;

/** One row for each file: what is known of it, how, and what can be done. */
@customElement("paddock-picker-table")
export class PickerTable extends PaddockElement {
  @property({ attribute: false }) view!: PickerView;
  @property({ attribute: false }) texts!: PickerTexts;
  @property({ attribute: false }) ask!: Ask;
  @state() private sorting: Sorting = { column: "size", direction: "descending" };
  @state() private marked: string | undefined;

  /** Marks a row and puts the keyboard there. */
  async reveal(id: string): Promise<void> {
    this.marked = id;
    await this.updateComplete;
    const row = [...this.querySelectorAll<HTMLElement>("tbody tr")].find((one) => one.dataset.row === id);
    row?.scrollIntoView({ block: "nearest" });
    row?.querySelector<HTMLElement>("th")?.focus();
  }

  protected override render(): TemplateResult {
    const { texts, view } = this;
    return html`<div class="table-scroll" role="region" aria-label=${texts.table} tabindex="0">
        <table>
          <caption class="sr-only">
            ${texts.table}. ${texts.tableHelp}
          </caption>
          <thead>
            <tr>
              ${columns.map((column) => this.heading(column))}
              <th scope="col" class="actions-heading">${texts.actions}</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              sorted(view.rows, this.sorting),
              ({ id }) => id,
              (row) => this.row(row),
            )}
          </tbody>
        </table>
      </div>
      <ul class="legend">
        ${(["estimated", "calibrated", "measured"] as const).map(
          (how) =>
            html`<li>
              <span aria-hidden="true">${{ estimated: "○", calibrated: "◐", measured: "●" }[how]}</span>
              <b>${{ estimated: texts.estimated, calibrated: texts.calibratedMark, measured: texts.measured }[how]}</b>
              ${{ estimated: texts.estimatedHelp, calibrated: texts.calibratedHelp, measured: texts.measuredHelp }[how]}
            </li>`,
        )}
        <li>
          <b>${texts.memory}</b>
          ${[texts.weights, texts.kvCache, texts.compute, texts.vocabulary].map(
            (label, index) =>
              html`${index === 0 ? "" : " + "}<svg class="swatch" viewBox="0 0 8 8" aria-hidden="true">
                  <rect class="part ${["weights", "kv", "compute", "vocabulary"][index] ?? ""}" width="8" height="8" />
                </svg>
                ${label}`,
          )},
          GiB
        </li>
      </ul>`;
  }

  private heading(column: Column): TemplateResult {
    const { sorting, texts, view } = this;
    const { contextSize, promptTokens } = view.limits;
    const labels: Record<Column, [label: string, long: string]> = {
      name: [texts.file, ""],
      bits: [texts.bits, ""],
      size: [texts.size, ""],
      memory: [texts.memory, fill(texts.memoryLong, formatCount(contextSize))],
      fit: [texts.fit, ""],
      pp: [texts.pp, texts.ppLong],
      tg: [texts.tg, texts.tgLong],
      ttft: [texts.ttft, fill(texts.ttftLong, formatCount(promptTokens))],
      kld: [texts.kld, texts.kldLong],
      sameTop: [texts.sameTop, texts.sameTopLong],
    };
    const [label, long] = labels[column];
    const isSorted = sorting.column === column;
    return html`<th scope="col" class=${column} aria-sort=${isSorted ? sorting.direction : nothing}>
      <button type="button" title=${long} @click=${() => (this.sorting = nextSorting(sorting, column))}>
        ${label}${isSorted ? icon(sorting.direction === "ascending" ? "arrow-up" : "arrow-down") : nothing}
      </button>
    </th>`;
  }

  private row(row: RowView): TemplateResult {
    const { texts } = this;
    const classes = [
      row.isRecommended ? "recommended" : "",
      row.fit?.place === "none" ? "too-large" : "",
      this.marked === row.id ? "marked" : "",
    ].join(" ");
    const unknown = row.origin === "server" ? texts.notTold : texts.unknown;
    const noSpeed =
      row.origin === "server"
        ? unknown
        : row.fit === null || row.fit.place === "none" || this.view.calibration.state === "ready"
          ? "–"
          : texts.notCalibratedShort;
    const noTime = row.origin === "server" ? unknown : "–";
    const missing = html`<span class="missing">${unknown}</span>`;
    return html`<tr class=${classes} data-row=${row.id}>
      <th scope="row" class="name" tabindex="-1">${this.name(row)}</th>
      ${
        row.problem === null
          ? html`<td>${figureCell(row.kld, "kld", texts, unknown, row.reference)}</td>
              <td>${figureCell(row.sameTop, "share", texts, unknown, row.reference)}</td>
              <td>${figureCell(row.tg, "rate", texts, noSpeed)}</td>
              <td>${figureCell(row.pp, "rate", texts, noTime)}</td>
              <td>${figureCell(row.ttft, "time", texts, noTime)}</td>
              <td class="memory">${this.memory(row, unknown)}</td>
              <td class="fit">${this.fit(row, unknown)}</td>
              <td>${row.bitsPerWeight?.toFixed(2) ?? missing}</td>
              <td>${row.sizeBytes === null ? missing : formatBytes(row.sizeBytes)}</td>`
          : html`<td colspan="9" class="problem">${icon("warning")} ${visibleText(row.problem)}</td>`
      }
      <td class="actions">${this.actions(row)}</td>
    </tr>`;
  }

  private name(row: RowView): TemplateResult {
    const { texts } = this;
    return html`<span class="file-name"
        >${visibleText(row.quantization ?? row.name)}
        ${
          row.hasImportanceMatrix ? html`<span class="tag" title=${texts.imatrixHint}>${texts.imatrix}</span>` : nothing
        }
        ${row.isRecommended ? html`<span class="badge best">${icon("star-full")}${texts.recommended}</span>` : nothing}
        ${row.isActive ? html`<span class="badge">${icon("check")}${texts.active}</span>` : nothing}
        ${
          row.origin === "file"
            ? nothing
            : html`<span class="tag">${row.origin === "hub" ? texts.onHub : texts.onServer}</span>`
        }
      </span>
      <span class="how" title=${visibleText(row.place)}
        >${visibleText(row.quantization === null ? row.place : row.name)}</span
      >
      ${row.origin === "server" ? html`<span class="how">${this.told(row)}</span>` : nothing}`;
  }

  private told({ told, sizeBytes }: RowView): string {
    const { texts } = this;
    const parts: string[] = [];
    if (told !== null && told.parameters !== null)
      parts.push(fill(texts.toldParameters, formatParameters(told.parameters)));
    if (told !== null && told.contextSize !== null) parts.push(fill(texts.toldContext, formatCount(told.contextSize)));
    return parts.length === 0 && sizeBytes === null ? texts.unknownOfServer : parts.join(" · ");
  }

  private memory({ memory }: RowView, unknown: string): TemplateResult {
    const { texts } = this;
    if (memory === null) return html`<span class="missing">${unknown}</span>`;
    const parts = [
      ["weights", texts.weights, memory.weights],
      ["kv", texts.kvCache, memory.kvCache],
      ["compute", texts.compute, memory.compute],
      ["vocabulary", texts.vocabulary, memory.vocabulary],
    ] as const;
    const total = Math.max(memory.total.value, 1);
    let at = 0;
    const bars = parts.map(([name, , { value }]) => {
      const x = at;
      const width = (100 * value) / total;
      at += width;
      return svg`<rect class="part ${name}" x=${x} y="0" width=${Math.max(width, 0)} height="6"></rect>`;
    });
    const words = parts.map(([, label, { value }]) => `${label} ${figureText(value, "bytes")}`).join(", ");
    return html`${figureCell(memory.total, "bytes", texts, unknown)}
      <svg class="split" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label=${words}>
        <title>${words}</title>
        ${bars}
      </svg>
      <span class="how" aria-hidden="true"
        >${parts.map(([, , { value }]) => (value / GIB).toFixed(value < 0.095 * GIB ? 2 : 1)).join(" + ")}</span
      >`;
  }

  private fit({ fit }: RowView, unknown: string): TemplateResult {
    const { texts } = this;
    if (fit === null) return html`<span class="missing">${unknown}</span>`;
    const [mark, label] = {
      gpu: ["pass-filled", texts.fitGpu],
      partly: ["circle-large-outline", texts.fitPartly],
      cpu: ["pass", texts.fitCpu],
      none: ["error", texts.fitNone],
    }[fit.place] as [string, string];
    return html`<span class="fit-place">${icon(mark)}${label}</span>
      ${
        fit.place === "partly"
          ? html`<span class="how">${fill(texts.fitPartlyLayers, fit.gpuLayers, fit.layers)}</span>`
          : nothing
      }
      <span class="how"
        >${
          fit.largestContext === 0 ? texts.noContext : fill(texts.largestContext, formatCount(fit.largestContext))
        }</span
      >`;
  }

  private actions(row: RowView): TemplateResult {
    const { texts } = this;
    const { work } = row;
    if (work !== null) {
      const label = {
        speed: texts.measuringSpeed,
        quality: texts.measuringQuality,
        use: texts.starting,
        download: texts.downloading,
      }[work.kind];
      // What has come of a download stays, and goes on later.
      const end = work.kind === "download" ? texts.pause : texts.cancel;
      return html`<span class="work">
        <span>${label} ${work.fraction === null ? "" : formatShare(work.fraction)}</span>
        <progress aria-label=${label} max="1" value=${work.fraction ?? nothing}></progress>
        <button
          type="button"
          class="icon-button"
          title=${end}
          aria-label=${fill(texts.ofFile, end, visibleText(row.name))}
          @click=${() => this.ask("cancelWork", { row: row.id })}
        >
          ${icon(work.kind === "download" ? "debug-pause" : "close")}
        </button>
      </span>`;
    }
    return html`${row.actions
      .filter((action) => !(action === "use" && row.isActive))
      .map(
        (action) =>
          html`<button
            type="button"
            class="icon-button"
            data-action=${action}
            title=${texts[action]}
            aria-label=${fill(texts.ofFile, texts[action], visibleText(row.name))}
            @click=${() => this.ask("act", { row: row.id, action })}
          >
            ${icon(actionIcons[action])}
          </button>`,
      )}`;
  }
}
