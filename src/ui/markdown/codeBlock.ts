import { isShell } from "../../platform/core/codeFence";
import { iconButton } from "../icon";
import { growLongText, longText } from "../longText";
import { renderQueue } from "../renderQueue";
import { markInvisible, visibleNodes } from "../visibleNodes";
import { CodeColours, type ColouredPiece } from "./codeColours";
import { codeNodes } from "./codeNodes";
import type { Fence } from "./fences";
import type { MarkdownLabels } from "./labels";
import { makeScrollable } from "./scrollable";

/** Code after this many characters is shown piece by piece; Copy and Insert take all of it. */
const maxCode = 60_000;
/** Colours catch up with growing code this often. */
const colourEveryMs = 250;
/** Longer code that some construct is open in gets its colours when that is closed. */
const maxProvisional = 8_000;

const blocks = new WeakMap<Element, CodeBlock>();

export function codeBlockOf(element: Element | null): CodeBlock | undefined {
  return element === null ? undefined : blocks.get(element);
}

/** Code with its buttons. The text is there at once, and its colours follow in pieces, when nothing else is to do. */
export class CodeBlock {
  readonly element: HTMLElement;
  private readonly code: HTMLElement;
  private readonly colours: CodeColours;
  /** So many of the code's nodes have colours that stay. */
  private coloured = 0;
  /** All before this is shown as nodes of the code's own. */
  private shown: number;
  private rest: HTMLElement | undefined;
  private lastColours = 0;

  /** @param growing its end may not have come yet. */
  constructor(
    private fence: Fence,
    private readonly labels: MarkdownLabels,
    public growing = false,
  ) {
    const { language } = fence;
    this.element = document.createElement("div");
    this.element.className = "code-block";
    const pre = document.createElement("pre");
    makeScrollable(pre, language === "" ? labels.code : labels.codeIn(language));
    this.code = document.createElement("code");
    this.colours = new CodeColours(language);
    this.shown = this.shownEnd();
    this.code.append(...visibleNodes(fence.code.slice(0, this.shown), labels.invisible));
    this.showRest();
    pre.append(this.code);
    this.element.append(bar(language, labels), pre);
    blocks.set(this.element, this);
    this.colour();
  }

  /** The code as the model wrote it. */
  get source(): Fence {
    return this.fence;
  }

  /** @returns false when it is not this block grown; then nothing has changed. */
  grow(fence: Fence, growing: boolean): boolean {
    const { language, info, code } = this.fence;
    if (fence.language !== language || fence.info !== info || !fence.code.startsWith(code)) return false;
    const wasGrowing = this.growing;
    this.fence = fence;
    this.growing = growing;
    if (fence.code.length > code.length) this.append();
    if (fence.code.length > code.length || wasGrowing !== growing) this.colour();
    return true;
  }

  /** Goes on with the colours; also when the block is in the page again after it was not. */
  colour(): void {
    if (this.growing && performance.now() - this.lastColours < colourEveryMs) return;
    this.lastColours = performance.now();
    renderQueue.delete(this.piece);
    renderQueue.add(this.piece, "later");
  }

  private readonly piece = (): boolean => {
    if (!this.element.isConnected) return false;
    const code = this.fence.code.slice(0, this.shown);
    const next = this.colours.next(code, !this.growing || this.shown < this.fence.code.length);
    if (next === undefined || next === "more") return next === "more";
    this.put(next, code);
    return !next.provisional;
  };

  private put({ html, length, provisional }: ColouredPiece, code: string): void {
    if (provisional && length > maxProvisional) return;
    const nodes = document.createDocumentFragment();
    const from = this.colours.at - (provisional ? 0 : length);
    if (html === undefined) nodes.append(code.slice(from, from + length));
    else nodes.append(codeNodes(html));
    markInvisible(nodes, this.labels.invisible);
    const count = nodes.childNodes.length;
    const text = this.code.childNodes[this.coloured];
    if (text instanceof Text && text.length === code.length - from && length < text.length) {
      text.deleteData(0, length);
      text.before(nodes);
    } else {
      const kept = this.coloured + (this.rest === undefined ? 0 : 1);
      while (this.code.childNodes.length > kept) this.lastOwn?.remove();
      nodes.append(...visibleNodes(code.slice(from + length), this.labels.invisible));
      this.code.insertBefore(nodes, this.rest ?? null);
    }
    if (!provisional) this.coloured += count;
  }

  private append(): void {
    const end = this.shownEnd();
    if (end < this.shown) {
      // It has outgrown what is shown at once in the middle of a line: the line's begin goes where its end will be.
      while (this.code.childNodes.length > this.coloured) this.code.lastChild?.remove();
      const text = this.fence.code.slice(Math.min(this.colours.at, end), end);
      this.code.append(...visibleNodes(text, this.labels.invisible));
    } else if (end > this.shown) {
      const nodes = visibleNodes(this.fence.code.slice(this.shown, end), this.labels.invisible);
      const last = this.lastOwn;
      const [first] = nodes;
      if (last instanceof Text && first instanceof Text && this.code.childNodes.length > this.coloured) {
        last.appendData(first.data);
        nodes.shift();
      }
      for (const node of nodes) this.code.insertBefore(node, this.rest ?? null);
    }
    this.shown = end;
    this.showRest();
  }

  private showRest(): void {
    if (this.shown === this.fence.code.length) return;
    const rest = this.fence.code.slice(this.shown);
    if (this.rest !== undefined) {
      growLongText(this.rest, rest, this.labels);
      return;
    }
    this.rest = longText(rest, this.labels);
    this.code.append(this.rest);
  }

  /** Whole lines only, so that what has been shown stays where it is. */
  private shownEnd(): number {
    const { code } = this.fence;
    if (code.length <= maxCode) return code.length;
    const line = code.lastIndexOf("\n", maxCode - 1) + 1;
    return line === 0 ? maxCode : line;
  }

  private get lastOwn(): ChildNode | null {
    return this.rest === undefined ? this.code.lastChild : this.rest.previousSibling;
  }
}

function bar(language: string, labels: MarkdownLabels): HTMLElement {
  const element = document.createElement("div");
  element.className = "code-bar";
  const name = document.createElement("span");
  name.className = "code-language";
  name.textContent = language;
  const buttons = document.createElement("span");
  buttons.className = "code-buttons";
  buttons.append(
    iconButton("copy", labels.copy, "copy"),
    iconButton("diff", labels.apply, "apply"),
    iconButton("insert", labels.insert, "insert"),
    iconButton("replace", labels.replaceSelection, "replace"),
  );
  if (isShell(language)) buttons.append(iconButton("terminal", labels.toTerminal, "terminal"));
  else buttons.append(iconButton("new-file", labels.newFile, "newFile"));
  element.append(name, buttons);
  return element;
}
