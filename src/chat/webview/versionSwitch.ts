import { html, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { formatCount } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import type { Versions } from "../core/versions";
import type { ChatContext } from "./context";
import { fill } from "./strings";

type Side = "previous" | "next";

/** The message that is about to be shown and the button that takes the keyboard there: the switch itself is replaced. */
let wanted: { readonly message: string; readonly side: Side } | undefined;

/** "‹ 2 of 3 ›": walks through what was asked, or answered, at one place of the conversation. */
@customElement("paddock-version-switch")
export class VersionSwitch extends PaddockElement {
  @property({ attribute: false }) versions!: Versions;
  @property({ attribute: false }) message = "";
  @property({ attribute: false }) conversation = "";
  /** An answer is being made: the path stays where it is. */
  @property({ attribute: false }) busy = false;
  @property({ attribute: false }) context!: ChatContext;

  override render(): TemplateResult {
    const { texts } = this.context;
    const { at, of } = this.versions;
    return html`<div class="versions" role="group" aria-label=${fill(texts.version, formatCount(at), formatCount(of))}>
      ${this.button("previous", "chevron-left", texts.previousVersion)}
      <span aria-hidden="true">${fill(texts.versionShort, formatCount(at), formatCount(of))}</span>
      ${this.button("next", "chevron-right", texts.nextVersion)}
    </div>`;
  }

  protected override updated(): void {
    if (wanted?.message !== this.message) return;
    const { side } = wanted;
    wanted = undefined;
    this.querySelector<HTMLElement>(`[data-side="${side}"]`)?.focus();
  }

  private button(side: Side, name: string, label: string): TemplateResult {
    const off = this.busy || this.versions[side] === null;
    return html`<button
      type="button"
      class="icon-button"
      data-side=${side}
      title=${label}
      aria-label=${label}
      aria-disabled=${off ? "true" : "false"}
      @click=${() => this.show(side)}
    >
      ${icon(name)}
    </button>`;
  }

  private show(side: Side): void {
    const target = this.versions[side];
    if (target === null || this.busy) return;
    wanted = { message: target, side };
    const { context, conversation, message } = this;
    void context.ask(message, "showVersion", { conversation, message: target }).then((shown) => {
      if (shown === undefined) wanted = undefined;
    });
  }
}
