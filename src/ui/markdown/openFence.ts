import { growLongText } from "../longText";
import { markInvisible, visibleNodes } from "../visibleNodes";
import { codeNodes } from "./codeNodes";
import { highlight } from "./highlight";
import type { MarkdownLabels } from "./labels";
import { codeBlock, maxCode, setSourceOf } from "./sanitize";

/** Colours catch up with growing code this often. */
const highlightEveryMs = 250;
const maxLiveHighlight = 8_000;

interface Fence {
  readonly language: string;
  /** All that stands at the fence. */
  readonly info: string;
  readonly code: string;
}

/** A code block that is whole. It goes through no HTML but the highlighter's. */
export function fenceNodes({ code, language, info }: Fence, labels: MarkdownLabels): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const html = highlight(code, language);
  const nodes = document.createDocumentFragment();
  if (html !== undefined) nodes.append(codeNodes(html));
  else if (code.length <= maxCode) nodes.append(code);
  markInvisible(nodes, labels.invisible);
  fragment.append(codeBlock(code, language, info, [...nodes.childNodes], labels));
  return fragment;
}

/** A code block whose end has not come yet: text is appended to it, and colours follow now and then. */
export class OpenFence {
  readonly element: HTMLElement;
  private readonly code: Element;
  private shown: string;
  private lastHighlight = 0;

  constructor(
    private readonly fence: Fence,
    private readonly labels: MarkdownLabels,
  ) {
    this.shown = fence.code;
    this.element = codeBlock(
      fence.code,
      fence.language,
      fence.info,
      visibleNodes(fence.code, labels.invisible),
      labels,
    );
    const code = this.element.querySelector("code");
    if (code === null) throw new Error("A code block has a code element.");
    this.code = code;
  }

  /** @param closed its end has come. @returns false when it is not this block grown; then nothing has changed. */
  grow({ language, info, code }: Fence, closed = false): boolean {
    if (language !== this.fence.language || info !== this.fence.info || !code.startsWith(this.shown)) return false;
    const wasLong = this.shown.length > maxCode;
    if (code.length > maxCode !== wasLong) return false;
    const added = code.slice(this.shown.length);
    this.shown = code;
    setSourceOf(this.element, { code, language, info });
    if (wasLong) {
      const text = this.code.firstElementChild;
      if (text !== null) growLongText(text, code, this.labels);
      return true;
    }
    if (added !== "") this.append(added);
    this.colour(closed);
    return true;
  }

  private append(added: string): void {
    const nodes = visibleNodes(added, this.labels.invisible);
    const last = this.code.lastChild;
    const [first, ...rest] = nodes;
    if (last instanceof Text && first instanceof Text) {
      last.appendData(first.data);
      this.code.append(...rest);
    } else {
      this.code.append(...nodes);
    }
  }

  private colour(closed: boolean): void {
    const now = performance.now();
    const soon = now - this.lastHighlight < highlightEveryMs || this.shown.length > maxLiveHighlight;
    if (soon && !closed) return;
    this.lastHighlight = now;
    const html = highlight(this.shown, this.fence.language);
    if (html === undefined) return;
    const nodes = codeNodes(html);
    markInvisible(nodes, this.labels.invisible);
    this.code.replaceChildren(nodes);
  }
}
