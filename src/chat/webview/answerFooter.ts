import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type { MachineUse, Timings } from "../../engine/timings";
import { formatBackend, formatBytes, formatCount, formatMilliseconds, formatRate } from "../../platform/core/format";
import { PaddockElement, icon } from "../../ui/base";
import type { UsedSampling } from "../core/promptReport";
import type { WebviewTexts } from "../core/webviewTexts";
import { samplingUsed } from "./samplingUsed";
import { fill } from "./strings";

/** A pointer that only passes by opens nothing. */
const hoverDelayMs = 350;

/** What an answer took: the main figures in one line, the others in a box on hover, on a click, or by keyboard. */
@customElement("paddock-answer-footer")
export class AnswerFooter extends PaddockElement {
  @property({ attribute: false }) timings: Timings | undefined;
  @property({ attribute: false }) machine: MachineUse | undefined;
  @property({ attribute: false }) model = "";
  @property({ attribute: false }) used: UsedSampling | undefined;
  @property({ attribute: false }) stopReason: string | undefined;
  @property({ attribute: false }) texts!: WebviewTexts;
  /** Unique in the page; the box's id. */
  @property({ attribute: false }) boxId = "";
  @state() private open: "no" | "hover" | "pinned" = "no";
  private hoverTimer: ReturnType<typeof setTimeout> | undefined;

  private readonly onEscape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || this.open === "no") return;
    // The same key would stop an answer that is being made.
    event.stopPropagation();
    event.preventDefault();
    this.open = "no";
  };
  private readonly onElsewhere = (event: Event): void => {
    if (this.open !== "no" && !(event.target instanceof Node && this.contains(event.target))) this.open = "no";
  };

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener("keydown", this.onEscape, true);
    document.addEventListener("pointerdown", this.onElsewhere);
    document.addEventListener("scroll", this.onElsewhere, true);
  }

  override disconnectedCallback(): void {
    clearTimeout(this.hoverTimer);
    document.removeEventListener("keydown", this.onEscape, true);
    document.removeEventListener("pointerdown", this.onElsewhere);
    document.removeEventListener("scroll", this.onElsewhere, true);
    super.disconnectedCallback();
  }

  override render(): TemplateResult | typeof nothing {
    const { timings, texts } = this;
    if (timings === undefined) return nothing;
    const figures = [
      timings.ttft_ms === null ? undefined : `TTFT ${formatMilliseconds(timings.ttft_ms)}`,
      timings.prompt_per_second === null ? undefined : `pp ${formatRate(timings.prompt_per_second)}`,
      timings.predicted_per_second === null ? undefined : `tg ${formatRate(timings.predicted_per_second)}`,
      fill(texts.footerIn, formatCount(timings.prompt_n + timings.cache_n)),
      timings.cache_n === 0 ? undefined : fill(texts.footerCached, formatCount(timings.cache_n)),
      fill(texts.footerOut, formatCount(timings.predicted_n)),
    ].filter((figure) => figure !== undefined);
    const isOpen = this.open !== "no";
    return html`<button
        type="button"
        class="speed"
        aria-expanded=${isOpen ? "true" : "false"}
        aria-controls=${this.boxId}
        @click=${this.toggle}
        @pointerenter=${this.enter}
        @pointerleave=${this.leave}
      >
        <span class="sr-only">${texts.speed}: </span>
        <span class="figures">${figures.map((figure) => html`<span class="figure">${figure}</span>`)}</span>
        ${icon("info")}
      </button>
      <div
        id=${this.boxId}
        class="speed-box"
        popover="manual"
        role="group"
        aria-label=${texts.speed}
        @pointerenter=${this.enter}
        @pointerleave=${this.leave}
      >
        ${isOpen ? this.details(timings) : nothing}
      </div>`;
  }

  protected override updated(): void {
    const box = this.querySelector<HTMLElement>(".speed-box");
    const button = this.querySelector<HTMLElement>(".speed");
    if (box === null || button === null) return;
    if (this.open === "no") {
      if (box.matches(":popover-open")) box.hidePopover();
      return;
    }
    if (!box.matches(":popover-open")) box.showPopover();
    place(box, button.getBoundingClientRect());
  }

  private details(timings: Timings): TemplateResult {
    const { texts, machine } = this;
    const itl = timings.itl_ms;
    const rows: (readonly [string, string | undefined])[] = [
      [texts.ttft, formatMilliseconds(timings.ttft_ms)],
      [texts.pp, formatRate(timings.prompt_per_second)],
      [texts.tg, formatRate(timings.predicted_per_second)],
      [texts.tpot, formatMilliseconds(timings.tpot_ms)],
      [texts.itl, itl === null ? undefined : [itl.p50, itl.p95, itl.p99].map(formatMilliseconds).join(" / ")],
      [texts.queue, formatMilliseconds(timings.queue_ms)],
      [texts.paused, timings.paused_ms > 0 ? formatMilliseconds(timings.paused_ms) : undefined],
      [
        texts.tokensIn,
        fill(
          texts.tokensInValue,
          formatCount(timings.prompt_n + timings.cache_n),
          formatCount(timings.prompt_n),
          formatCount(timings.cache_n),
        ),
      ],
      [texts.tokensOut, formatCount(timings.predicted_n)],
      [texts.stopReason, this.endedBy()],
      [texts.ranOn, machine?.destination],
      [texts.memory, machine === undefined || machine.rssBytes === 0 ? undefined : formatBytes(machine.rssBytes)],
      [texts.gpuMemory, machine === undefined || machine.vramBytes === 0 ? undefined : formatBytes(machine.vramBytes)],
      [texts.backend, machine === undefined ? undefined : formatBackend(machine.backend)],
      [texts.threads, machine === undefined || machine.threads === 0 ? undefined : formatCount(machine.threads)],
      [texts.gpuLayers, machine === undefined || machine.gpuLayers === 0 ? undefined : formatCount(machine.gpuLayers)],
      [
        texts.context,
        machine === undefined || machine.contextSize === 0
          ? undefined
          : fill(texts.contextValue, formatCount(machine.contextUsed), formatCount(machine.contextSize)),
      ],
      [texts.model, this.model === "" ? undefined : this.model],
    ];
    const known = rows.filter(([, value]) => value !== undefined);
    return html`<p class="quiet">${whoseFigures(machine, texts)}</p>
      <dl>
        ${known.map(
          ([term, value]) =>
            html`<dt>${term}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
      ${this.used === undefined ? nothing : samplingUsed(this.used, texts)}`;
  }

  private endedBy(): string | undefined {
    const { texts } = this;
    switch (this.stopReason) {
      case "end":
        return texts.endedByModel;
      case "maxTokens":
        return texts.endedByLimit;
      case "contextFull":
        return texts.endedByContext;
      case "cancelled":
        return texts.endedByStop;
      default:
        return this.stopReason;
    }
  }

  private readonly toggle = (): void => {
    clearTimeout(this.hoverTimer);
    this.open = this.open === "pinned" ? "no" : "pinned";
  };
  private readonly enter = (): void => {
    clearTimeout(this.hoverTimer);
    if (this.open === "no") this.hoverTimer = setTimeout(() => (this.open = "hover"), hoverDelayMs);
  };
  private readonly leave = (): void => {
    clearTimeout(this.hoverTimer);
    if (this.open === "hover") this.hoverTimer = setTimeout(() => (this.open = "no"), hoverDelayMs / 2);
  };
}

function whoseFigures(machine: MachineUse | undefined, texts: WebviewTexts): string {
  if (machine?.destination === undefined) return texts.measured;
  if (machine.timedBy === undefined) return texts.measuredElsewhere;
  if (machine.timedBy === "server") return texts.measuredByServer;
  return machine.countedBy === "server" ? texts.timedHere : texts.countedHere;
}

/** Above the line where there is room, else below, never outside the view. */
function place(box: HTMLElement, anchor: DOMRect): void {
  const margin = 8;
  const { width, height } = box.getBoundingClientRect();
  const above = anchor.top - height - 4;
  const top = above >= margin ? above : Math.min(anchor.bottom + 4, window.innerHeight - height - margin);
  const left = Math.min(anchor.left, window.innerWidth - width - margin);
  box.style.setProperty("top", `${Math.max(margin, top)}px`);
  box.style.setProperty("left", `${Math.max(margin, left)}px`);
}
