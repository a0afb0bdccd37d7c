import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { PaddockElement, icon } from "../../ui/base";
import type { PromptUsage, UsagePart } from "../core/promptUsage";
import type { WebviewTexts } from "../core/webviewTexts";
import type { ChatContext } from "./context";
import { droppedLine, droppedSummary } from "./leftOut";
import { Popover } from "./popover";
import { fill, tokenCount } from "./strings";

/** Of the details, px: all of a question with some attachments; and what stays free above them. */
const mostHeight = 460;
const panelMargin = 4;

/** The bar's inner length, in its own units. */
const barLength = 100;

/**
 * How much of the model's context the next question takes, and, before it is sent, what would be left out of it. The
 * details open above the input box; Escape and a click elsewhere close them.
 */
@customElement("paddock-context-meter")
export class ContextMeter extends PaddockElement {
  @property({ attribute: false }) usage: PromptUsage | null = null;
  @property({ attribute: false }) context!: ChatContext;
  private readonly dialog = new Popover(this, { button: ".meter-button", panel: ".meter-panel" });

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("resize", this.fit);
  }

  override disconnectedCallback(): void {
    window.removeEventListener("resize", this.fit);
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { usage } = this;
    const { texts } = this.context;
    const note = usage === null ? "" : warning(usage, texts);
    return html`<div class="meter" @keydown=${this.dialog.keydown}>
      ${usage === null ? nothing : this.row(usage)}
      <p class="meter-note ${usage?.tooMany === 0 ? "" : "too-large"}" role="status">
        ${note === "" ? nothing : html`${icon(usage?.tooMany === 0 ? "fold" : "warning")}<span>${note}</span>`}
      </p>
      ${usage !== null && this.dialog.isOpen ? this.details(usage) : nothing}
    </div>`;
  }

  protected override updated(): void {
    this.fit();
  }

  private row(usage: PromptUsage): TemplateResult {
    const { texts } = this.context;
    const { room, isCounted } = usage;
    const used = tokenCount(usage.tokens, isCounted);
    const label =
      room === null ? fill(texts.meterLabelAlone, used) : fill(texts.meterLabel, used, formatCount(room.size));
    return html`<button
      type="button"
      class="meter-button"
      aria-expanded=${this.dialog.isOpen ? "true" : "false"}
      aria-label=${label}
      title=${label}
      @click=${this.dialog.toggle}
    >
      ${room === null ? nothing : bar(usage, room)}
      <span>${room === null ? fill(texts.meterTokens, used) : `${used} / ${formatCount(room.size)}`}</span>
    </button>`;
  }

  private details(usage: PromptUsage): TemplateResult {
    const { texts } = this.context;
    const { room, parts, dropped, isCounted, tooMany } = usage;
    const line = (name: string, count: number, kind = ""): TemplateResult =>
      html`<div class=${kind}>
        <dt>${name}</dt>
        <dd>${tokenCount(count, isCounted)}</dd>
      </div>`;
    return html`<section class="meter-panel" role="dialog" aria-label=${texts.meterTitle} tabindex="-1">
      ${this.dialog.header(texts.meterTitle, texts.close)} ${isCounted ? nothing : html`<p>${texts.meterEstimate}</p>`}
      <dl>
        ${[...parts].sort(byPlace).map((part) => line(partName(part, texts), part.tokens))}
        ${line(texts.meterPrompt, usage.tokens, "total")}
        ${
          room === null
            ? nothing
            : html`${line(texts.meterAnswer, room.answer)}
                ${line(texts.meterFree, Math.max(0, room.size - room.answer - usage.tokens))}
                <div class="total">
                  <dt>${texts.meterSize}</dt>
                  <dd>${formatCount(room.size)}</dd>
                </div>`
        }
      </dl>
      ${tooMany === 0 ? nothing : html`<p>${warning(usage, texts)}</p>`}
      ${
        dropped.length === 0
          ? nothing
          : html`<h3>${texts.meterDropped}</h3>
              <ul>
                ${dropped.map((item) => html`<li>${droppedLine(item, texts)}</li>`)}
              </ul>`
      }
      ${room === null ? nothing : html`<p>${fill(texts.leftOutWhy, formatCount(room.size))}</p>`}
    </section>`;
  }

  /** A long question leaves little room above the input box; the details scroll in what there is. */
  private readonly fit = (): void => {
    const { panel } = this.dialog;
    const bottom = panel?.getBoundingClientRect().bottom ?? 0;
    if (panel !== null) panel.style.maxHeight = `min(${mostHeight}px, ${Math.floor(bottom) - panelMargin}px)`;
  };
}

/** What the prompt takes, then what is kept for the answer at the far end. */
function bar({ tokens: used, dropped, tooMany }: PromptUsage, room: NonNullable<PromptUsage["room"]>): TemplateResult {
  const share = (count: number): number => Math.min(barLength, (count / room.size) * barLength);
  const answer = share(room.answer);
  return html`<svg
    class="meter-bar ${tooMany > 0 ? "too-large" : dropped.length > 0 ? "dropping" : ""}"
    viewBox="0 0 ${barLength} 6"
    preserveAspectRatio="none"
    aria-hidden="true"
  >
    <rect class="meter-answer" x=${barLength - answer} width=${answer} height="6"></rect>
    <rect class="meter-prompt" width=${Math.max(share(used), 1)} height="6"></rect>
  </svg>`;
}

/** The one line that says that not all will be there; empty when all will. */
function warning({ tooMany, dropped, isCounted }: PromptUsage, texts: WebviewTexts): string {
  if (tooMany > 0) return fill(texts.meterTooLarge, tokenCount(tooMany, isCounted));
  if (dropped.length === 0) return "";
  return fill(isCounted ? texts.meterWillDrop : texts.meterMayDrop, droppedSummary(dropped, texts));
}

/** As a person thinks of it: what is always there, what was said, what is attached, what is asked. */
const places: readonly UsagePart["what"][] = [
  "system",
  "instructions",
  "tools",
  "conversation",
  "attachment",
  "question",
];

function byPlace(a: UsagePart, b: UsagePart): number {
  return places.indexOf(a.what) - places.indexOf(b.what);
}

function partName({ what, label }: UsagePart, texts: WebviewTexts): string {
  switch (what) {
    case "system":
      return texts.meterSystem;
    case "instructions":
      return fill(texts.meterInstructions, visibleText(label));
    case "tools":
      return texts.meterTools;
    case "attachment":
      return visibleText(label);
    case "question":
      return texts.meterQuestion;
    case "conversation":
      return texts.meterConversation;
  }
}
