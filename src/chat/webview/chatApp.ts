import { html, nothing, type TemplateResult } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { visibleText } from "../../platform/core/visibleText";
import { PaddockElement, icon } from "../../ui/base";
import type { DroppedItem } from "../core/contextItems";
import { plainText } from "../core/conversation";
import type { ConversationSummary, ViewState } from "../core/webviewContract";
import { Announcer } from "./announcer";
import { ChatSession, type ChatSessionEvents } from "./chatSession";
import { Composer, type ComposerEvents } from "./composer";
import "./conversationList";
import type { ConversationListEvents } from "./conversationList";
import { DropTarget } from "./dropTarget";
import { emptyState } from "./emptyState";
import { engineStrip } from "./engineStrip";
import { failureAt } from "./failureView";
import { messageKeys } from "./messageKeys";
import "./messageView";
import { messageElement, revealMessage } from "./revealMessage";
import { messagesAtOnce, MessageWindow } from "./messageWindow";
import { noticeView } from "./noticeView";
import { openingView } from "./openingView";
import "./settingsPanel";
import { Removal } from "./removal";
import { StickToEnd } from "./stickToEnd";
import { fill } from "./strings";

/** The whole page. It shows what the session knows and keeps nothing but where the person is. */
@customElement("paddock-chat")
export class ChatApp extends PaddockElement implements ChatSessionEvents {
  private session: ChatSession | undefined;
  private announcer: Announcer | undefined;
  private stick: StickToEnd | undefined;
  @state() private listOpen = false;
  @state() private settingsOpen = false;
  @state() private awayFromEnd = false;
  @state() private said = "";
  private readonly removal = new Removal(this, (conversation) => {
    this.wantsInput = true;
    void this.session?.context.ask("conversations", "undoRemove", { conversation });
  });
  private drops: DropTarget | undefined;
  /** Focus goes to the input box after the next render. */
  private wantsInput = false;
  private readonly shown = new MessageWindow(() => this.requestUpdate());
  @query(".log") private readonly log!: HTMLElement | null;
  @query(".log-content") private readonly logContent!: HTMLElement | null;
  @query("paddock-composer") private readonly composer!: Composer | null;
  @query(".settings-button") private readonly settingsButton!: HTMLElement | null;
  @query(".title-button") private readonly titleButton!: HTMLElement | null;

  override connectedCallback(): void {
    super.connectedCallback();
    this.session = new ChatSession(this.dataset.texts, this);
    this.announcer = new Announcer(this.session.context);
    document.addEventListener("keydown", this.onEscape);
    document.addEventListener("pointerdown", this.onElsewhere);
    this.drops = new DropTarget((items) => void this.drop(items));
    void this.session.start();
  }

  override disconnectedCallback(): void {
    document.removeEventListener("keydown", this.onEscape);
    document.removeEventListener("pointerdown", this.onElsewhere);
    this.drops?.dispose();
    this.shown.dispose();
    this.stick?.dispose();
    this.session?.dispose();
    super.disconnectedCallback();
  }

  changed(): void {
    this.requestUpdate();
  }

  /** All is there, for the first time or anew; what was typed and not sent comes with it. */
  viewReplaced(state: ViewState, first: boolean): void {
    // Asked for first: what is awaited is the render that makes the input box.
    this.requestUpdate();
    if (!first) return;
    void this.updateComplete.then(() => {
      if (state.draft !== "") this.composer?.setText(state.draft, false);
      this.restoreScroll(state);
    });
  }

  focusInput(): void {
    this.listOpen = false;
    this.wantsInput = true;
    this.requestUpdate();
  }

  reveal(message: string): void {
    this.listOpen = false;
    const at = this.session?.model.messages.findIndex(({ id }) => id === message) ?? -1;
    if (at === -1) return;
    this.shown.include(at, () => revealMessage(this, message, this.stick));
  }

  quote(text: string): void {
    this.composer?.quote(text);
  }

  asked(): void {
    this.stick?.toEnd();
    this.focusInput();
  }

  override render(): TemplateResult {
    const { session } = this;
    if (session === undefined) return html``;
    const { context, model } = session;
    const { texts } = context;
    const { state } = model;
    if (state === undefined) return openingView(session);
    return html`<main class="chat">
      <h1 class="sr-only">${texts.chat}</h1>
      ${this.header(session)}
      ${
        this.listOpen
          ? html`<paddock-conversation-list
              .conversations=${state.conversations}
              .selected=${state.selected}
              .context=${context}
              .events=${this.listEvents}
              .failure=${context.failureAt("conversations")}
            ></paddock-conversation-list>`
          : nothing
      }
      ${
        this.settingsOpen
          ? html`<paddock-settings-panel
              .steering=${state.steering}
              .conversation=${state.selected}
              .context=${context}
              .close=${this.closeSettings}
              .failure=${context.failureAt("settings")}
            ></paddock-settings-panel>`
          : nothing
      }
      <div class="log-frame">
        <div class="log" role="log" aria-live="off" aria-label=${texts.conversation} tabindex="0">
          <div class="log-content">${this.messages(session, state)}</div>
        </div>
        ${
          this.awayFromEnd
            ? html`<button type="button" class="jump" title=${texts.jump} aria-label=${texts.jump} @click=${this.jump}>
                ${icon("arrow-down")}
              </button>`
            : nothing
        }
      </div>
      <div class="statuses">
        ${state.notices.map((notice) => noticeView(notice, session))} ${this.removal.render(texts)}
        ${this.listOpen ? nothing : failureAt(context, "conversations")}
      </div>
      ${engineStrip(state.engine, context)}
      <paddock-composer
        .engine=${state.engine}
        .attachments=${state.attachments}
        .usage=${state.usage}
        .goesAlong=${state.goesAlong}
        .tools=${state.tools}
        .settings=${state.steering.settings}
        .conversation=${state.selected}
        .generating=${model.streaming !== undefined}
        .context=${context}
        .events=${this.composerEvents}
        .failure=${context.failureAt("composer")}
      ></paddock-composer>
      <div class="sr-only" role="status" aria-live="polite">${this.said}</div>
    </main>`;
  }

  protected override willUpdate(): void {
    const { session } = this;
    if (session?.model.state === undefined) return;
    this.said =
      this.announcer?.next(session.model.messages, session.model.live, session.model.state.asked) ?? this.said;
    const { selected } = session.model.state;
    if (this.shown.update(selected, session.model.messages.length)) this.stick?.toEnd();
  }

  protected override updated(): void {
    const { log, logContent } = this;
    if (this.stick === undefined && log !== null && logContent !== null) {
      // What stands there before the first question is read from its beginning.
      const hasMessages = (): boolean => (this.session?.model.messages.length ?? 0) > 0;
      this.stick = new StickToEnd(log, logContent, hasMessages, () => this.scrolled());
      log.ariaDescription = this.session?.context.texts.messageKeys ?? "";
      log.addEventListener("keydown", (event) => messageKeys(event, log));
    }
    this.shown.rendered();
    if (this.wantsInput && this.composer !== null) {
      this.wantsInput = false;
      void this.composer.updateComplete.then(() => this.composer?.focusInput());
    }
  }

  private header({ context, model }: ChatSession): TemplateResult {
    const { texts } = context;
    const title = visibleText(model.shownTitle ?? texts.newConversation);
    return html`<header class="top">
      <button
        type="button"
        class="title-button"
        aria-expanded=${this.listOpen ? "true" : "false"}
        aria-label=${fill(texts.switchConversation, title)}
        title=${fill(texts.switchConversation, title)}
        @click=${this.toggleList}
      >
        <span class="title-text">${title}</span>${icon(this.listOpen ? "chevron-up" : "chevron-down")}
      </button>
      <button
        type="button"
        class="icon-button settings-button"
        aria-expanded=${this.settingsOpen ? "true" : "false"}
        title=${texts.settings}
        aria-label=${texts.settings}
        @click=${this.toggleSettings}
      >
        ${icon("settings")}
      </button>
      <button
        type="button"
        class="icon-button"
        title=${texts.newConversation}
        aria-label=${texts.newConversation}
        @click=${this.startNew}
      >
        ${icon("add")}
      </button>
    </header>`;
  }

  private messages({ context, model }: ChatSession, state: ViewState): TemplateResult {
    const { messages } = state;
    if (messages.length === 0) {
      return emptyState(state.engine, context, (text) => this.composer?.setText(text, true));
    }
    const { waiting, first } = this.shown;
    const busy = model.streaming !== undefined;
    const conversation = state.selected ?? "";
    return html`${
      waiting === 0
        ? nothing
        : html`<button type="button" class="link-button earlier" @click=${this.showEarlier}>
            ${fill(context.texts.earlierMessages, Math.min(waiting, messagesAtOnce))}
          </button>`
    }
    ${repeat(
      messages.slice(first),
      ({ id }) => id,
      (message) =>
        html`<paddock-message
          data-message=${message.id}
          .message=${message}
          .conversation=${conversation}
          .live=${model.live?.message === message.id ? model.live : undefined}
          .asked=${state.asked?.message === message.id ? state.asked : null}
          .last=${message === messages.at(-1)}
          .busy=${busy}
          .context=${context}
          .failure=${context.failureAt(message.id)}
        ></paddock-message>`,
    )}`;
  }

  private readonly composerEvents: ComposerEvents = {
    send: async (text) => {
      const { session } = this;
      if (session === undefined) return false;
      const conversation = session.model.state?.selected ?? null;
      this.stick?.toEnd();
      return (await session.context.ask("composer", "send", { conversation, text })) !== undefined;
    },
    stop: () => this.stop(),
    startNew: () => this.startNew(),
    draft: (text) => this.session?.peer.notify("draft", { text }),
    lastQuestion: () => {
      const last = this.session?.model.messages.findLast(({ role }) => role === "user");
      return last === undefined ? "" : plainText(last.parts);
    },
  };

  private readonly listEvents: ConversationListEvents = {
    select: (conversation, message) => {
      this.listOpen = false;
      this.wantsInput = message === null;
      if (message !== null) void this.session?.context.ask("conversations", "reveal", { conversation, message });
      else if (conversation !== this.session?.model.state?.selected) {
        void this.session?.context.ask("conversations", "select", { conversation });
      }
    },
    rename: (conversation, title) => {
      void this.session?.context.ask("conversations", "rename", { conversation, title });
    },
    pin: (conversation, pinned) => void this.session?.context.ask("conversations", "pin", { conversation, pinned }),
    exportOne: (conversation) =>
      void this.session?.context.ask("conversations", "exportConversation", { conversation }),
    remove: (conversation) => void this.removeConversation(conversation),
    close: () => this.closeList(),
  };

  private async removeConversation({ id, title }: ConversationSummary): Promise<void> {
    if ((await this.session?.context.ask("conversations", "remove", { conversation: id })) === undefined) return;
    this.removal.offer({ id, title });
  }

  private async drop(items: DroppedItem[]): Promise<void> {
    if ((await this.session?.context.ask("composer", "attachDropped", { items })) !== undefined) this.focusInput();
  }

  private readonly startNew = (): void => {
    this.listOpen = false;
    this.wantsInput = true;
    void this.session?.context.ask("conversations", "newConversation", {});
    this.requestUpdate();
  };

  private readonly onEscape = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.defaultPrevented || event.isComposing) return;
    if (this.listOpen) this.closeList();
    else if (this.settingsOpen) this.closeSettings();
    else if (this.session?.model.streaming !== undefined) this.stop();
    else if (event.target instanceof Node && this.log?.contains(event.target) === true) this.composer?.focusInput();
  };

  private readonly onElsewhere = (event: Event): void => {
    if (!(event.target instanceof Element)) return;
    if (this.settingsOpen && event.target.closest("paddock-settings-panel, .settings-button") === null)
      this.settingsOpen = false;
    if (!this.listOpen) return;
    if (event.target.closest("paddock-conversation-list, .title-button, .statuses") === null) this.listOpen = false;
  };

  private readonly toggleList = (): void => {
    this.listOpen = !this.listOpen;
    this.settingsOpen = false;
  };

  private readonly toggleSettings = (): void => {
    this.settingsOpen = !this.settingsOpen;
    this.listOpen = false;
  };

  private readonly closeSettings = (): void => {
    this.settingsOpen = false;
    this.settingsButton?.focus();
  };

  private closeList(): void {
    this.listOpen = false;
    this.titleButton?.focus();
  }

  private stop(): void {
    const { session } = this;
    const conversation = session?.model.state?.selected;
    if (session === undefined || conversation === undefined || conversation === null) return;
    void session.context.ask("composer", "stop", { conversation });
  }

  private readonly jump = (): void => {
    this.stick?.toEnd();
    // The button goes away; the keyboard stays where the person is looking.
    this.log?.focus();
  };

  private readonly showEarlier = (): void => {
    const first = this.log?.querySelector("paddock-message");
    if (first) this.stick?.hold(first);
    this.shown.showEarlier();
    this.requestUpdate();
    void this.updateComplete.then(() => this.log?.focus());
  };

  private scrolled(): void {
    const { stick, log, session } = this;
    if (stick === undefined || log === null) return;
    this.awayFromEnd = !stick.stuck && log.scrollHeight > log.clientHeight;
    const conversation = session?.model.state?.selected;
    if (conversation === undefined) return;
    const message = stick.stuck ? undefined : this.messageAtTop(stick);
    const offset = message === undefined ? 0 : stick.offsetOf(message);
    session?.remember({ conversation, message: message?.dataset.message ?? null, offset });
  }

  private messageAtTop(stick: StickToEnd): HTMLElement | undefined {
    const messages = [...this.querySelectorAll<HTMLElement>("paddock-message")];
    return messages.findLast((message) => stick.offsetOf(message) <= 0) ?? messages[0];
  }

  private restoreScroll(state: ViewState): void {
    const remembered = this.session?.remembered;
    const { message, offset } = remembered?.conversation === state.selected ? remembered : { message: null, offset: 0 };
    const at = state.messages.findIndex(({ id }) => id === message);
    this.stick?.toEnd();
    if (message === null || at === -1) return;
    this.shown.include(at, () => {
      const element = messageElement(this, message);
      if (element !== null) this.stick?.hold(element, offset);
    });
  }
}
