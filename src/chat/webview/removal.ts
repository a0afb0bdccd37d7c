import { html, nothing, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from "lit";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { WebviewTexts } from "../core/webviewTexts";
import type { Removed } from "./chatModel";
import { fill } from "./strings";

const undoMs = 20_000;

/** What was just removed, with the way back for as long as it is offered: all of it, where one went after the other. */
export class Removal implements ReactiveController {
  private removed: readonly Removed[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost & HTMLElement,
    private readonly undo: (conversation: string) => void,
  ) {
    host.addController(this);
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
  }

  offer(removed: Removed): void {
    this.removed = [...this.removed.filter(({ id }) => id !== removed.id), removed];
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.end(), undoMs);
    this.host.requestUpdate();
  }

  render(texts: WebviewTexts): TemplateResult | typeof nothing {
    const { removed } = this;
    const last = removed.at(-1);
    if (last === undefined) return nothing;
    const undo = (): void => {
      this.removed = [];
      this.host.requestUpdate();
      for (const { id } of removed) this.undo(id);
    };
    const words =
      removed.length === 1 ? fill(texts.removed, visibleText(last.title)) : fill(texts.removedSeveral, removed.length);
    return html`<div class="callout" role="status">
      ${icon("trash")}
      <p>${words}</p>
      <vscode-button secondary class="undo" @click=${undo}>${texts.undo}</vscode-button>
    </div>`;
  }

  private end(): void {
    // Not while the person is on the way to Undo.
    if (this.host.querySelector(".undo:hover, .undo:focus") !== null) {
      this.timer = setTimeout(() => this.end(), undoMs);
      return;
    }
    this.removed = [];
    this.host.requestUpdate();
  }
}
