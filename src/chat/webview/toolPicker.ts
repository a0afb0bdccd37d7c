import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { ToolsView } from "../core/chatTools";
import type { ConversationSettings } from "../core/conversationSettings";
import type { ChatContext } from "./context";
import { failureAt } from "./failureView";
import { Popover } from "./popover";
import { fill } from "./strings";

type ShownTool = ToolsView["tools"][number];

/** A server's description may be a page long. */
const maxDescription = 300;

/**
 * Which tools the model may call. The button tells how many; the list opens above the input box, and Escape and a click
 * elsewhere close it. What is chosen counts from the next answer on.
 */
@customElement("paddock-tool-picker")
export class ToolPicker extends PaddockElement {
  @property({ attribute: false }) tools!: ToolsView;
  @property({ attribute: false }) settings!: ConversationSettings;
  /** Null: the next new conversation. */
  @property({ attribute: false }) conversation: string | null = null;
  @property({ attribute: false }) context!: ChatContext;
  @property({ attribute: false }) failure: unknown;
  private readonly dialog = new Popover(this, { button: ".tools-button", panel: ".tools-panel" });

  override render(): TemplateResult {
    const { texts } = this.context;
    const { support, tools } = this.tools;
    const count = support === "none" ? 0 : tools.filter(({ on, heldBack }) => on && !heldBack).length;
    const label = support === "none" ? texts.toolsNone : fill(texts.toolsButton, String(count));
    return html`<div class="tools-box" @keydown=${this.dialog.keydown}>
      <button
        type="button"
        class="icon-button tools-button ${count === 0 ? "off" : ""}"
        aria-expanded=${this.dialog.isOpen ? "true" : "false"}
        aria-haspopup="dialog"
        title=${label}
        aria-label=${label}
        @click=${this.toggle}
      >
        ${icon("tools")}
      </button>
      ${this.dialog.isOpen ? this.list() : nothing}
    </div>`;
  }

  private list(): TemplateResult {
    const { context, settings } = this;
    const { texts } = context;
    const { support, tools } = this.tools;
    const own = tools.filter(({ origin }) => origin === "paddock");
    const servers = tools.filter(({ origin }) => origin === "mcp");
    return html`<section class="tools-panel" role="dialog" aria-label=${texts.toolsTitle} tabindex="-1">
      ${this.dialog.header(texts.toolsTitle, texts.close)} ${failureAt(context, "tools")}
      <p class="hint">
        ${support === "none" ? texts.toolsNoSupport : support === "unknown" ? texts.toolsUnknown : texts.toolsHint}
      </p>
      ${own.map((tool) => this.check(tool))}
      ${
        servers.length === 0
          ? nothing
          : html`<h3>${texts.toolsServers}</h3>
              ${servers.map((tool) => this.check(tool))}`
      }
      ${
        settings.tools === undefined
          ? nothing
          : html`<button type="button" class="link-button" @click=${this.asUsual}>${texts.toolsUsual}</button>`
      }
    </section>`;
  }

  private check(tool: ShownTool): TemplateResult {
    const { texts } = this.context;
    const { name, on, asks, heldBack } = tool;
    const note = heldBack ? texts.toolHeldBack : asks ? texts.toolAsks : "";
    const description = visibleText(tool.description.slice(0, maxDescription));
    const id = `tool-${name}`;
    return html`<div class="check">
      <input
        id=${id}
        type="checkbox"
        .checked=${on}
        ?disabled=${this.tools.support === "none"}
        aria-describedby="${id}-hint"
        @change=${(event: Event) => this.choose(name, (event.target as HTMLInputElement).checked)}
      />
      <div>
        <label for=${id}>${visibleText(tool.title)}</label>
        <p id="${id}-hint" class="hint">${description}${note === "" ? "" : ` ${note}`}</p>
      </div>
    </div>`;
  }

  private choose(name: string, on: boolean): void {
    const others = this.tools.tools.filter((tool) => tool.on && tool.name !== name).map((tool) => tool.name);
    this.change({ ...this.settings, tools: on ? [...others, name] : others });
  }

  private change(settings: ConversationSettings): void {
    void this.context.ask("tools", "changeSettings", { conversation: this.conversation, settings });
  }

  private readonly asUsual = (): void => {
    const { tools: _, ...rest } = this.settings;
    this.change(rest);
    this.dialog.panel?.focus();
  };

  private readonly toggle = (): void => {
    this.dialog.toggle();
    // A server may have come or gone since.
    if (this.dialog.isOpen) void this.context.ask("tools", "refreshTools", {});
  };
}
