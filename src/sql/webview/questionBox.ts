import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { icon, PaddockElement } from "../../ui/base";
import type { AskTexts } from "../core/askTexts";

/** Where the person asks. Arrow up and down at the text's ends go through what was asked before. */
@customElement("paddock-question-box")
export class QuestionBox extends PaddockElement {
  @property({ attribute: false }) texts!: AskTexts;
  /** The latest first. */
  @property({ attribute: false }) recent: readonly string[] = [];
  @property({ type: Boolean }) isFollowUp = false;
  @property({ type: Boolean }) isDisabled = false;
  @property({ attribute: false }) draft = "";
  @property({ attribute: false }) asked!: (question: string) => void;
  @property({ attribute: false }) drafted!: (text: string) => void;
  @state() private text = "";
  @query("textarea") private readonly box!: HTMLTextAreaElement | null;
  /** Which of the earlier questions is shown; -1: what the person writes. */
  private place = -1;
  private own = "";

  override focus(): void {
    this.box?.focus();
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("draft") && this.text === "") this.text = this.draft;
  }

  protected override updated(): void {
    const { box } = this;
    if (box === null) return;
    // As high as its text, up to what the style sheet allows.
    box.style.height = "auto";
    box.style.height = `${box.scrollHeight + 2}px`;
  }

  protected override render(): TemplateResult {
    const { texts } = this;
    const isEmpty = this.text.trim() === "" || this.isDisabled;
    return html`<form class="question-box" @submit=${this.submit}>
      <textarea
        rows="1"
        maxlength="4000"
        aria-label=${texts.question}
        aria-describedby="question-help"
        placeholder=${this.isFollowUp ? texts.followUpHint : texts.questionHint}
        .value=${this.text}
        @input=${this.typed}
        @keydown=${this.onKey}
      ></textarea>
      <span id="question-help" class="sr-only">${texts.questionHelp}</span>
      <button type="submit" class="button" aria-disabled=${isEmpty ? "true" : "false"}>
        ${icon("send")} ${texts.ask}
      </button>
    </form>`;
  }

  private readonly typed = (): void => {
    this.text = this.box?.value ?? "";
    this.place = -1;
    this.drafted(this.text);
  };

  private readonly submit = (event?: Event): void => {
    event?.preventDefault();
    const question = this.text.trim();
    if (question === "" || this.isDisabled) return;
    this.text = "";
    this.place = -1;
    this.own = "";
    this.drafted("");
    this.asked(question);
  };

  private readonly onKey = (event: KeyboardEvent): void => {
    const { box } = this;
    if (box === null || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && !event.shiftKey) {
      this.submit(event);
      return;
    }
    if (event.shiftKey) return;
    const isAtStart = box.selectionStart === 0 && box.selectionEnd === 0;
    const isAtEnd = box.selectionStart === box.value.length && box.selectionEnd === box.value.length;
    // In a text of several lines the arrows move in it first.
    const hasLines = box.value.includes("\n");
    if (event.key === "ArrowUp" && (isAtStart || (isAtEnd && !hasLines))) this.go(this.place + 1, event);
    else if (event.key === "ArrowDown" && isAtEnd && this.place >= 0) this.go(this.place - 1, event);
  };

  private go(place: number, event: KeyboardEvent): void {
    if (place >= this.recent.length || (place >= 0 && this.recent[place] === undefined)) return;
    event.preventDefault();
    if (this.place === -1) this.own = this.text;
    this.place = place;
    this.text = place === -1 ? this.own : (this.recent[place] ?? "");
    this.drafted(this.text);
    void this.updateComplete.then(() => {
      const end = this.box?.value.length ?? 0;
      this.box?.setSelectionRange(end, end);
    });
  }
}
