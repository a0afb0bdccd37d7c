import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { formatCount, formatRate } from "../../platform/core/format";
import { PaddockElement, icon } from "../../ui/base";
import { renderQueue } from "../../ui/renderQueue";
import "./answerFooter";
import { plainText } from "../core/conversation";
import type { AskedCall } from "../core/chatTools";
import type { ShownMessage } from "../core/versions";
import type { Live } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { type Failure } from "./chatModel";
import { failureAt } from "./failureView";
import { leftOutNote } from "./leftOut";
import { answerParts, questionParts } from "./messageParts";
import { promptReport } from "./promptReportView";
import "./questionEditor";
import { fill } from "./strings";
import "./versionSwitch";

const confirmationMs = 1_500;

/** One question or one answer. */
@customElement("paddock-message")
export class MessageView extends PaddockElement {
  @property({ attribute: false }) message!: ShownMessage;
  @property({ attribute: false }) conversation = "";
  /** Of the answer being made; undefined for every other message. */
  @property({ attribute: false }) live: Live | undefined;
  /** A call of this answer that waits for the person. */
  @property({ attribute: false }) asked: AskedCall | null = null;
  /** The last one shown: only that can be continued. */
  @property({ attribute: false }) last = false;
  /** Another answer is being made, so none can start. */
  @property({ attribute: false }) busy = false;
  @property({ attribute: false }) context!: ChatContext;
  /** Given so that a change of it renders anew. */
  @property({ attribute: false }) failure: Failure | undefined;
  @state() private copied = false;
  @state() private editing = false;
  /** An answer has just ended, and what stands below it waits for a frame of its own. */
  @state() private endingDue = false;
  /** A frame has begun since. */
  private endingWaited = false;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.get("message")?.status !== "streaming" || this.message.status === "streaming") return;
    // The end of the text is rendered in the next frame, and the buttons and figures are as much work again.
    this.endingDue = true;
    this.endingWaited = false;
    renderQueue.delete(this.showEnding);
    renderQueue.add(this.showEnding);
  }

  override render(): TemplateResult {
    return this.message.role === "user" ? this.question() : this.answer();
  }

  protected override updated(changed: PropertyValues<this>): void {
    this.classList.toggle("editing", this.editing);
    if (changed.has("message") || changed.has("last")) {
      this.classList.toggle("from-user", this.message.role === "user");
      this.classList.toggle("has-versions", this.message.versions !== undefined);
      this.classList.toggle("last", this.last);
    }
  }

  private question(): TemplateResult {
    const { context, message } = this;
    return html`<article class="question" aria-label=${context.texts.you}>
        <h2 class="sr-only">${context.texts.you}</h2>
        ${
          this.editing
            ? html`<paddock-question-editor
                .text=${plainText(message.parts)}
                .context=${context}
                .send=${this.sendEdited}
                .cancel=${this.endEditing}
              ></paddock-question-editor>`
            : questionParts(message.parts, context)
        }
        ${failureAt(context, message.id)}
      </article>
      ${
        this.editing
          ? nothing
          : html`<div class="toolbar">
              ${this.versions()}
              ${
                this.busy
                  ? nothing
                  : html`<button
                      type="button"
                      class="icon-button edit"
                      title=${context.texts.editQuestion}
                      aria-label=${context.texts.editQuestion}
                      @click=${() => (this.editing = true)}
                    >
                      ${icon("edit")}
                    </button>`
              }
            </div>`
      }`;
  }

  private versions(): TemplateResult | typeof nothing {
    const { message, conversation, busy, context } = this;
    if (message.versions === undefined) return nothing;
    return html`<paddock-version-switch
      .versions=${message.versions}
      .message=${message.id}
      .conversation=${conversation}
      .busy=${busy}
      .context=${context}
    ></paddock-version-switch>`;
  }

  private answer(): TemplateResult {
    const { context, message, conversation, asked } = this;
    const streaming = message.status === "streaming";
    return html`<article class="answer" aria-label=${context.texts.answer} aria-busy=${streaming ? "true" : "false"}>
      <h2 class="sr-only">${context.texts.answer}</h2>
      <div class="answer-parts ${streaming ? "streaming" : ""}">
        ${answerParts(message, this.live, { conversation, asked }, context)}
      </div>
      ${leftOutNote(message.prompt, context.texts)}
      ${streaming ? this.progress() : this.endingDue ? nothing : this.ending()} ${failureAt(context, message.id)}
    </article>`;
  }

  private progress(): TemplateResult {
    const { live, asked } = this;
    const { texts } = this.context;
    // The model has written its call, and nothing goes on before the person has answered.
    if (asked !== null) return html`<p class="phase">${icon("question")} ${texts.waitingForYou}</p>`;
    if (live === undefined || live.phase === "waiting") {
      return html`<p class="phase">
        <span class="codicon codicon-loading spinning" aria-hidden="true"></span> ${texts.waiting}
      </p>`;
    }
    const { prompt } = live;
    const done = Math.min(prompt.cached + prompt.processed, prompt.total);
    if (live.phase === "prompt") {
      return html`<div class="phase">
        <span>${fill(texts.readingPrompt, formatCount(done), formatCount(prompt.total))}</span>
        <progress
          max=${Math.max(prompt.total, 1)}
          .value=${done}
          aria-label=${fill(texts.readingPrompt, formatCount(done), formatCount(prompt.total))}
        ></progress>
      </div>`;
    }
    const text =
      live.predicted_per_second === null
        ? texts.generating
        : fill(texts.generatingRate, formatCount(live.predicted_n), formatRate(live.predicted_per_second));
    return html`<p class="phase"><span class="caret" aria-hidden="true"></span> ${text}</p>`;
  }

  private ending(): TemplateResult {
    const { context, message } = this;
    return html`${this.note()} ${promptReport(message, context)}
      <div class="answer-foot">
        ${
          message.timings === undefined
            ? nothing
            : html`<paddock-answer-footer
                .timings=${message.timings}
                .machine=${message.machine}
                .model=${message.model ?? ""}
                .stopReason=${message.stopReason}
                .used=${message.prompt?.used}
                .texts=${context.texts}
                .boxId=${`speed-${message.id}`}
              ></paddock-answer-footer>`
        }
        ${this.toolbar()}
      </div>`;
  }

  /** Why the answer ends where it ends, when that was not the model's own doing, and what can be done. */
  private note(): TemplateResult | typeof nothing {
    const { message, context } = this;
    const { texts } = context;
    const { error } = message;
    const remedy = error?.remedy === undefined ? nothing : html` <span>${error.remedy}</span>`;
    const continueButton = this.canContinue()
      ? html`<vscode-button title=${texts.continueHint} @click=${this.goOn}>${texts.continueAnswer}</vscode-button>`
      : nothing;
    switch (message.status) {
      case "failed":
        return html`<div class="callout error with-buttons">
          ${icon("error")}
          <p>${error?.message ?? texts.failed}${remedy}</p>
          ${
            this.busy
              ? nothing
              : html`<div class="buttons"><vscode-button @click=${this.retry}>${texts.retry}</vscode-button></div>`
          }
        </div>`;
      case "interrupted":
        return html`<div class="callout warning with-buttons">
          ${icon("warning")}
          <p>${texts.interrupted}${error === undefined ? nothing : html` <span>${error.message}</span>`}${remedy}</p>
          ${continueButton === nothing ? nothing : html`<div class="buttons">${continueButton}</div>`}
        </div>`;
      case "stopped":
        return html`<p class="phase">${icon("debug-stop")} ${texts.stopped}</p>`;
      case "complete":
        if (error !== undefined) {
          return html`<div class="callout warning">
            ${icon("warning")}
            <p>${error.message}${remedy}</p>
          </div>`;
        }
        if (message.stopReason === "maxTokens") {
          return html`<p class="phase">${icon("ellipsis")} ${texts.cutByLimit}</p>`;
        }
        return message.parts.length === 0 ? html`<p class="phase">${texts.emptyAnswer}</p>` : nothing;
      case "streaming":
        return nothing;
    }
  }

  private toolbar(): TemplateResult {
    const { texts } = this.context;
    const { message } = this;
    const copyLabel = this.copied ? texts.copied : texts.copyAnswer;
    const textual = plainText(message.parts) !== "";
    return html`<div class="toolbar">
      ${this.versions()}
      ${
        textual
          ? html`<button
              type="button"
              class="icon-button ${this.copied ? "confirmed" : ""}"
              title=${copyLabel}
              aria-label=${copyLabel}
              @click=${this.copy}
            >
              ${icon(this.copied ? "check" : "copy")}
            </button>`
          : nothing
      }
      ${
        textual
          ? html`<button
              type="button"
              class="icon-button"
              title=${texts.quote}
              aria-label=${texts.quote}
              @pointerdown=${keepSelection}
              @click=${this.quote}
            >
              ${icon("quote")}
            </button>`
          : nothing
      }
      ${
        this.busy || message.status === "failed"
          ? nothing
          : html`<button
              type="button"
              class="icon-button"
              title=${texts.retry}
              aria-label=${texts.retry}
              @click=${this.retry}
            >
              ${icon("refresh")}
            </button>`
      }
      ${
        this.busy
          ? nothing
          : html`<button
              type="button"
              class="icon-button"
              title=${texts.retryWithModel}
              aria-label=${texts.retryWithModel}
              @click=${this.retryWithModel}
            >
              ${icon("arrow-swap")}
            </button>`
      }
      ${
        message.status !== "interrupted" && this.canContinue()
          ? html`<button
              type="button"
              class="icon-button"
              title=${texts.continueHint}
              aria-label=${texts.continueAnswer}
              @click=${this.goOn}
            >
              ${icon("debug-continue")}
            </button>`
          : nothing
      }
    </div>`;
  }

  private canContinue(): boolean {
    const { status, stopReason } = this.message;
    const brokeOff =
      status === "interrupted" || status === "stopped" || (status === "complete" && stopReason === "maxTokens");
    return this.last && !this.busy && brokeOff;
  }

  private readonly showEnding = (): "nextFrame" | false => {
    if (!this.endingWaited) {
      // The end of the text has just had its share of this one.
      this.endingWaited = true;
      return "nextFrame";
    }
    this.endingDue = false;
    // At once, so that the queue sees how long it takes.
    this.performUpdate();
    return false;
  };

  private readonly copy = async (): Promise<void> => {
    const text = plainText(this.message.parts);
    if ((await this.context.ask(this.message.id, "copy", { text })) === undefined) return;
    this.copied = true;
    setTimeout(() => (this.copied = false), confirmationMs);
  };
  /** What is selected of this answer, else all of it. */
  private readonly quote = (): void => {
    const selection = document.getSelection();
    const here = selection?.anchorNode !== undefined && this.contains(selection.anchorNode);
    const selected = here ? selection.toString().trim() : "";
    this.context.quote(selected === "" ? plainText(this.message.parts) : selected);
  };
  private readonly sendEdited = async (text: string): Promise<boolean> => {
    const { conversation, message } = this;
    if ((await this.context.ask(message.id, "edit", { conversation, message: message.id, text })) === undefined)
      return false;
    this.editing = false;
    this.context.asked();
    return true;
  };
  private readonly endEditing = (): void => {
    this.editing = false;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(".edit")?.focus());
  };
  private readonly retry = (): void => {
    const { conversation, message } = this;
    void this.context.ask(message.id, "retry", { conversation, message: message.id });
  };
  private readonly retryWithModel = (): void => {
    const { conversation, message } = this;
    void this.context.ask(message.id, "retryWithModel", { conversation, message: message.id });
  };
  private readonly goOn = (): void => {
    const { conversation, message } = this;
    void this.context.ask(message.id, "continueAnswer", { conversation, message: message.id });
  };
}

/** A press on the button would take the selection away that it is about. */
function keepSelection(event: Event): void {
  event.preventDefault();
}
