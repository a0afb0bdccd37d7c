import { html, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { PaddockElement } from "../../ui/base";
import type { ChatContext } from "./context";
import { fitHeight } from "./fitHeight";

/** A question in a text box, in its own place. Enter asks it, Escape leaves it as it was. */
@customElement("paddock-question-editor")
export class QuestionEditor extends PaddockElement {
  @property({ attribute: false }) text = "";
  @property({ attribute: false }) context!: ChatContext;
  /** @returns whether it was asked; what was written stays otherwise. */
  @property({ attribute: false }) send!: (text: string) => Promise<boolean>;
  @property({ attribute: false }) cancel!: () => void;
  @state() private sending = false;
  @query("textarea") private readonly area!: HTMLTextAreaElement | null;

  override render(): TemplateResult {
    const { texts } = this.context;
    return html`<form class="question-editor" @submit=${this.submit}>
      <textarea
        rows="1"
        .defaultValue=${this.text}
        aria-label=${texts.input}
        spellcheck="false"
        maxlength="2000000"
        @input=${() => fitHeight(this.area)}
        @keydown=${this.keydown}
      ></textarea>
      <p class="hint">${texts.editHint}</p>
      <div class="buttons">
        <vscode-button secondary @click=${() => this.cancel()}>${texts.cancel}</vscode-button>
        <vscode-button ?disabled=${this.sending} @click=${this.ask}>${texts.send}</vscode-button>
      </div>
    </form>`;
  }

  protected override firstUpdated(): void {
    const { area } = this;
    if (area === null) return;
    fitHeight(area);
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.isComposing || event.key === "Process") return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void this.ask();
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.cancel();
    }
  };

  private readonly submit = (event: Event): void => event.preventDefault();

  private readonly ask = async (): Promise<void> => {
    const text = this.area?.value ?? "";
    if (this.sending || text.trim() === "") return;
    this.sending = true;
    if (!(await this.send(text))) this.sending = false;
  };
}
