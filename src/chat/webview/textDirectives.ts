import { noChange } from "lit";
import { Directive, directive, type ElementPart, type PartInfo, PartType } from "lit/directive.js";
import { growLongText, longText, type LongTextLabels, showMoreText } from "../../ui/longText";
import { MarkdownView } from "../../ui/markdown/markdownView";
import type { ChatContext } from "./context";

class MarkdownTextDirective extends Directive {
  constructor(info: PartInfo) {
    super(info);
    if (info.type !== PartType.ELEMENT) throw new Error("MarkdownText stands in an element's tag.");
  }

  override update(part: ElementPart, [text, streaming, context]: Parameters<this["render"]>): typeof noChange {
    const view = part.element;
    if (view instanceof MarkdownView) {
      view.labels = context.labels;
      view.actions = context.actions;
      view.show(text, streaming);
    }
    return noChange;
  }

  render(_text: string, _streaming: boolean, _context: ChatContext): typeof noChange {
    return noChange;
  }
}

/** Gives a <paddock-markdown> its text; the element keeps its own children. */
export const MarkdownText = directive(MarkdownTextDirective);

class PlainTextDirective extends Directive {
  private text: string | undefined;
  private element: HTMLElement | undefined;

  render(text: string, labels: LongTextLabels): HTMLElement | typeof noChange {
    if (text === this.text) return noChange;
    const grown = this.element !== undefined && this.text !== undefined && text.startsWith(this.text);
    this.text = text;
    if (grown && this.element !== undefined) {
      growLongText(this.element, text, labels);
      return noChange;
    }
    this.element = longText(text, labels);
    this.element.addEventListener("click", (event) => {
      const { target, currentTarget } = event;
      if (!(target instanceof HTMLElement) || target.dataset.action !== "more") return;
      if (currentTarget instanceof HTMLElement) showMoreText(currentTarget, labels);
    });
    return this.element;
  }
}

/** Text of any length just as it was written. */
export const PlainText = directive(PlainTextDirective);
