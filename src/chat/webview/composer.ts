import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { PaddockElement, icon } from "../../ui/base";
import type { ToolsView } from "../core/chatTools";
import type { ConversationSettings } from "../core/conversationSettings";
import type { PromptUsage } from "../core/promptUsage";
import type { OfferedItem } from "../core/contextItems";
import type { GoesAlong } from "../core/toldElsewhere";
import { nameInText, replaceTrigger, type Trigger, triggerAt } from "../core/trigger";
import type { Attachment, EngineView } from "../core/webviewContract";
import { attachmentChips } from "./attachmentChips";
import type { ChatContext } from "./context";
import "./contextMeter";
import { engineStateText, runCommand } from "./engineStrip";
import { failureAt } from "./failureView";
import { fitHeight } from "./fitHeight";
import { goesAlongId, goesAlongNote } from "./goesAlongNote";
import { fill } from "./strings";
import { Suggestions, suggestionsId } from "./suggestions";
import "./toolPicker";

const draftDelayMs = 300;
/** The host takes no more; nobody types that much. */
const maxLength = 2_000_000;

export interface ComposerEvents {
  /** @returns whether the question is with the host. */
  send(text: string): Promise<boolean>;
  stop(): void;
  startNew(): void;
  draft(text: string): void;
  /** The last question asked, for the Up key; empty when there is none. */
  lastQuestion(): string;
}

/** Where a person writes. Owns its text: the host keeps a copy, given back when the page is built anew. */
@customElement("paddock-composer")
export class Composer extends PaddockElement {
  @property({ attribute: false }) engine!: EngineView;
  @property({ attribute: false }) generating = false;
  @property({ attribute: false }) attachments: readonly Attachment[] = [];
  @property({ attribute: false }) usage: PromptUsage | null = null;
  @property({ attribute: false }) goesAlong: GoesAlong | null = null;
  @property({ attribute: false }) tools!: ToolsView;
  @property({ attribute: false }) settings!: ConversationSettings;
  @property({ attribute: false }) conversation: string | null = null;
  @property({ attribute: false }) context!: ChatContext;
  @property({ attribute: false }) events!: ComposerEvents;
  /** Counts the renders that others ask for: failures are not properties. */
  @property({ attribute: false }) failure: unknown;
  @state() private text = "";
  @state() private sending = false;
  @state() private hint = "";
  /** Typed by the button, and nothing has come of it yet. */
  private ownMark: Trigger | undefined;
  @query("textarea") private readonly area!: HTMLTextAreaElement | null;
  private draftTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly suggestions = new Suggestions(
    this,
    async ({ kind, query }) => (await this.context.ask("composer", "suggest", { kind, query }))?.items,
    (item, trigger) => void this.take(item, trigger),
  );

  /** Puts text in place of what is there, with the keyboard at its end. */
  setText(text: string, focus: boolean): void {
    this.text = text;
    if (this.area !== null) this.area.value = text;
    this.saveDraft();
    fitHeight(this.area);
    if (!focus) return;
    this.area?.focus();
    this.area?.setSelectionRange(text.length, text.length);
  }

  /** As a Markdown quotation before what is asked about it, with the keyboard after it. */
  quote(text: string): void {
    const quoted = text.trim().replace(/^/gmu, "> ");
    this.setText(`${this.text === "" ? "" : `${this.text.trimEnd()}\n\n`}${quoted}\n\n`, true);
  }

  focusInput(): void {
    this.area?.focus();
  }

  override disconnectedCallback(): void {
    this.flushDraft();
    super.disconnectedCallback();
  }

  override render(): TemplateResult {
    const { context, engine, generating } = this;
    const { texts } = context;
    const down = engine.status === "failed";
    const hint = this.hint !== "" ? this.hint : down ? texts.failedHint : "";
    return html`<form class="composer" @submit=${this.submit}>
      ${failureAt(context, "composer")} ${goesAlongNote(this.goesAlong, context, () => this.events.startNew())}
      <div class="composer-box">
        ${this.suggestions.render(context)} ${attachmentChips(this.attachments, context, () => this.focusInput())}
        <textarea
          rows="1"
          .value=${this.text}
          placeholder=${generating ? texts.placeholderBusy : texts.placeholder}
          aria-label=${texts.input}
          aria-describedby=${this.goesAlong === null ? "composer-hint" : `${goesAlongId} composer-hint`}
          aria-autocomplete="list"
          aria-haspopup="listbox"
          aria-controls=${this.suggestions.open ? suggestionsId : nothing}
          aria-activedescendant=${this.suggestions.activeId ?? nothing}
          maxlength=${maxLength}
          spellcheck="false"
          @input=${this.input}
          @keydown=${this.keydown}
          @keyup=${this.followCaret}
          @click=${this.followCaret}
          @blur=${this.closeSuggestions}
        ></textarea>
        <div class="composer-bar">
          <button
            type="button"
            class="icon-button"
            title="${texts.addContext} (@)"
            aria-label=${texts.addContext}
            @click=${this.addContext}
          >
            ${icon("attach")}
          </button>
          <paddock-tool-picker
            .tools=${this.tools}
            .settings=${this.settings}
            .conversation=${this.conversation}
            .context=${context}
            .failure=${context.failureAt("tools")}
          ></paddock-tool-picker>
          <button
            type="button"
            class="model-button"
            title=${fill(texts.switchModelLabel, engine.modelName, engineStateText(engine, context))}
            aria-label=${fill(texts.switchModelLabel, engine.modelName, engineStateText(engine, context))}
            @click=${() => runCommand(context, "switchModel")}
          >
            ${icon(engineIcon(engine))}<span class="model-name">${engine.modelName}</span>${icon("chevron-down")}
          </button>
          ${
            engine.status === "unloaded"
              ? html`<button type="button" class="link-button" @click=${() => runCommand(context, "loadModel")}>
                  ${texts.load}
                </button>`
              : nothing
          }
          <span class="grow"></span>
          ${
            generating
              ? html`<button
                  type="button"
                  class="icon-button primary"
                  title="${texts.stop} (Esc)"
                  aria-label=${texts.stop}
                  @click=${() => this.events.stop()}
                >
                  ${icon("debug-stop")}
                </button>`
              : html`<button
                  type="submit"
                  class="icon-button primary"
                  title="${texts.send} (Enter)"
                  aria-label=${texts.send}
                  aria-disabled=${this.canSend() ? "false" : "true"}
                >
                  ${icon("send")}
                </button>`
          }
        </div>
      </div>
      <paddock-context-meter .usage=${this.usage} .context=${context}></paddock-context-meter>
      <p id="composer-hint" class=${hint === "" ? "sr-only" : "hint"}>${hint === "" ? texts.sendHint : hint}</p>
    </form>`;
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has("text")) fitHeight(this.area);
    // Send and Stop are one place; the keyboard stays there when one becomes the other.
    if (changed.has("generating") && changed.get("generating") !== undefined) {
      if (!this.generating) this.hint = "";
      if (document.activeElement === document.body && this.hadFocus) this.area?.focus();
    }
  }

  private hadFocus = false;

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("generating")) this.hadFocus = this.contains(document.activeElement);
  }

  private canSend(): boolean {
    return !this.sending && !this.generating && this.text.trim() !== "" && this.engine.status !== "failed";
  }

  private readonly input = (): void => {
    this.text = this.area?.value ?? "";
    this.hint = "";
    this.ownMark = undefined;
    clearTimeout(this.draftTimer);
    this.draftTimer = setTimeout(() => this.flushDraft(), draftDelayMs);
    this.followCaret();
  };

  private readonly followCaret = (): void => {
    const { area } = this;
    if (area?.selectionStart === area?.selectionEnd) this.suggestions.follow(this.text, area?.selectionStart ?? 0);
  };

  private readonly closeSuggestions = (): void => {
    this.suggestions.close();
    this.takeMarkBack();
  };

  /** The button types the mark, so that the next time the hand may stay on the keyboard. */
  private readonly addContext = (): void => {
    const { area } = this;
    if (area === null) return;
    area.focus();
    const before = this.text.slice(0, area.selectionStart);
    const mark = before === "" || /[\s(]$/u.test(before) ? "@" : " @";
    area.setRangeText(mark, area.selectionStart, area.selectionEnd, "end");
    this.input();
    this.ownMark = triggerAt(this.text, area.selectionStart);
  };

  /** The mark that the button typed goes when nothing was made of it. */
  private takeMarkBack(): void {
    const mark = this.ownMark;
    this.ownMark = undefined;
    if (mark === undefined) return;
    if (this.text.slice(mark.from, mark.to) !== mark.kind) return;
    const { text, caret } = replaceTrigger(this.text, mark, "");
    this.setText(text, false);
    this.area?.setSelectionRange(caret, caret);
  }

  /** What was chosen in the list of "@" or "/" takes the place of what was typed to find it. */
  private async take({ id }: OfferedItem, trigger: Trigger): Promise<void> {
    this.ownMark = undefined;
    const before = this.text;
    const chosen = await this.context.ask("composer", "choose", { kind: trigger.kind, id });
    // The host may have asked for more, somewhere else.
    if (chosen === undefined || this.text !== before) {
      this.focusInput();
      return;
    }
    const put = chosen.text ?? (trigger.kind === "@" ? nameInText(before, trigger, chosen.attached) : "");
    const { text, caret } = replaceTrigger(before, trigger, put);
    this.setText(text, true);
    this.area?.setSelectionRange(caret, caret);
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    // "Process": the key belongs to an input method, also where isComposing is already over.
    if (event.isComposing || event.key === "Process") return;
    if (this.suggestions.key(event)) {
      event.preventDefault();
      if (event.key === "Escape") this.takeMarkBack();
      return;
    }
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void this.send();
    } else if (event.key === "ArrowUp" && this.area?.value === "") {
      const last = this.events.lastQuestion();
      if (last === "") return;
      event.preventDefault();
      this.setText(last, true);
    }
  };

  private readonly submit = (event: Event): void => {
    event.preventDefault();
    void this.send();
  };

  private async send(): Promise<void> {
    const { texts } = this.context;
    if (this.generating) {
      this.hint = texts.busyHint;
      return;
    }
    if (!this.canSend()) return;
    const { text } = this;
    this.sending = true;
    clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.setLocal("");
    const sent = await this.events.send(text);
    this.sending = false;
    // Nothing a person wrote is lost: it is back where it was, before what was typed since.
    if (!sent) this.setText(this.text === "" ? text : `${text}\n${this.text}`, false);
    else if (this.text !== "") this.saveDraft();
  }

  private setLocal(text: string): void {
    this.text = text;
    if (this.area !== null) this.area.value = text;
    fitHeight(this.area);
  }

  private saveDraft(): void {
    clearTimeout(this.draftTimer);
    this.draftTimer = undefined;
    this.events.draft(this.text);
  }

  private flushDraft(): void {
    if (this.draftTimer !== undefined) this.saveDraft();
  }
}

function engineIcon(engine: EngineView): string {
  switch (engine.status) {
    case "ready":
      return engine.destination === undefined ? "chip" : "globe";
    case "unloaded":
      return "circle-outline";
    case "loading":
    case "restarting":
      return "sync";
    case "failed":
      return "error";
  }
}
