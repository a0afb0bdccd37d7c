import { growLongText, longText, showMoreText } from "../longText";
import { visibleNodes } from "../visibleNodes";
import { renderQueue } from "../renderQueue";
import { GrowingTable } from "./growingTable";
import type { MarkdownActions, MarkdownLabels } from "./labels";
import { morph } from "./morph";
import { fenceNodes, OpenFence } from "./openFence";
import { blockStarts, fenceOf, type MarkdownEnv, renderHtml } from "./parser";
import { safeFragment, sourceOf } from "./sanitize";
import { completeMarkdown } from "./complete";

/** A block longer than this is shown as it was written, piece by piece; fences have a limit of their own. */
const maxBlock = 20_000;
/** So many blocks at once; the rest waits behind a button. */
const blocksAtOnce = 1_500;
/** Rendering gets at most this share of the time while text streams in. */
const shareOfTime = 0.2;

/**
 * Shows Markdown that may still be growing. Blocks that are finished are rendered once and never touched again; only
 * what comes after them is rendered anew, at most once per frame and less often where that is costly. What is much is
 * rendered block by block, over several frames.
 */
export class MarkdownView extends HTMLElement {
  labels: MarkdownLabels | undefined;
  actions: MarkdownActions | undefined;
  private source = "";
  private streaming = false;
  /** Source before this is in finished blocks. */
  private settled = 0;
  private blocks = 0;
  private limit = blocksAtOnce;
  private env: MarkdownEnv = {};
  private readonly live = document.createElement("div");
  private fence: OpenFence | undefined;
  private table: GrowingTable | undefined;
  /** The finished blocks that are still to be put in place; undefined when the text has changed. */
  private plan: { readonly source: string; readonly type: string }[] | undefined;
  private unfinished = false;
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private notBefore = 0;

  constructor() {
    super();
    this.live.className = "md-live";
    this.addEventListener("click", (event) => this.clicked(event));
    this.addEventListener("auxclick", (event) => this.clicked(event));
  }

  connectedCallback(): void {
    this.classList.add("md");
    if (this.unfinished) this.enqueue();
  }

  disconnectedCallback(): void {
    this.cancel();
  }

  /** @param streaming the text is still growing, so its end may be half of something. */
  show(text: string, streaming: boolean): void {
    if (text === this.source && streaming === this.streaming && this.firstChild !== null) return;
    const grows = text.startsWith(this.source) && this.firstChild !== null;
    // What was finished as the end of the text may go on.
    const resumes = !this.streaming && text.length > this.source.length;
    if (!grows || resumes) this.reset();
    this.source = text;
    this.streaming = streaming;
    this.plan = undefined;
    this.unfinished = true;
    if (streaming && this.firstChild !== null) this.schedule();
    else this.enqueue();
  }

  private reset(): void {
    this.cancel();
    this.replaceChildren(this.live);
    this.live.replaceChildren();
    this.settled = 0;
    this.blocks = 0;
    this.limit = blocksAtOnce;
    this.env = {};
    this.fence = undefined;
    this.table = undefined;
  }

  private schedule(): void {
    if (this.frame !== 0 || this.timer !== undefined) return;
    const wait = this.notBefore - performance.now();
    if (wait > 20) {
      this.timer = setTimeout(() => {
        this.timer = undefined;
        this.schedule();
      }, wait);
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      this.enqueue();
    });
  }

  private enqueue(): void {
    renderQueue.delete(this.piece);
    renderQueue.add(this.piece);
  }

  private cancel(): void {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    clearTimeout(this.timer);
    this.timer = undefined;
    renderQueue.delete(this.piece);
  }

  private readonly piece = (): boolean => {
    const { labels } = this;
    if (labels === undefined) return false;
    if (this.live.parentNode !== this) this.append(this.live);
    const began = performance.now();
    const more = this.render(labels);
    const now = performance.now();
    this.notBefore = now + (now - began) * (1 / shareOfTime - 1);
    this.unfinished = more;
    if (!more && !this.streaming) this.actions?.finished(this);
    return more;
  };

  /** One step of what there is to do. @returns whether there is more. */
  private render(labels: MarkdownLabels): boolean {
    if (this.blocks >= this.limit) {
      if (this.settled < this.source.length) this.showRest(labels);
      else this.live.replaceChildren();
      return false;
    }
    this.plan ??= this.finishedBlocks();
    const [next] = this.plan;
    if (next !== undefined) {
      if (this.settle(next.source, next.type, labels)) return true;
      this.plan.shift();
      this.settled += next.source.length;
      this.blocks++;
      return true;
    }
    if (this.streaming) return this.renderLive(this.source.slice(this.settled), labels);
    this.live.replaceChildren();
    return false;
  }

  /** The blocks after the settled ones that nothing can change any more. */
  private finishedBlocks(): { readonly source: string; readonly type: string }[] {
    const tail = this.source.slice(this.settled);
    // The last line may still turn into something else, which can change the block before it; so it settles nothing.
    const lines = this.streaming ? tail.slice(0, tail.lastIndexOf("\n") + 1) : tail;
    const starts = blockStarts(lines, this.streaming ? { ...this.env } : this.env);
    // A table ends with an empty line, whatever comes after it.
    const whole = !this.streaming || (starts.at(-1)?.type === "table_open" && /\n[ \t]*\n$/.test(lines));
    return (whole ? starts : starts.slice(0, -1)).map(({ type }, index) => ({
      source: lines.slice(index === 0 ? 0 : starts[index]?.offset, starts[index + 1]?.offset),
      type,
    }));
  }

  /** Puts a finished block, or a piece of it, in its place. @returns whether there is more of it. */
  private settle(source: string, type: string, labels: MarkdownLabels): boolean {
    if (type === "table_open") {
      const more = this.growTable(source, labels);
      if (more !== undefined) {
        if (more) return true;
        if (this.table !== undefined) this.insertBefore(this.table.element, this.live);
        this.table = undefined;
        return false;
      }
    }
    const fence = type === "fence" ? fenceOf(source) : undefined;
    if (fence !== undefined && this.fence?.grow(fence, true) === true) {
      this.insertBefore(this.fence.element, this.live);
      this.fence = undefined;
      return false;
    }
    const nodes = fence === undefined ? this.nodesOf(source, this.env, labels) : fenceNodes(fence, labels);
    for (const node of [...nodes.childNodes]) {
      const shown = this.live.firstChild;
      if (shown?.isEqualNode(node) === true) this.insertBefore(shown, this.live);
      else {
        shown?.remove();
        this.insertBefore(node, this.live);
      }
    }
    this.fence = undefined;
    this.table = undefined;
    return false;
  }

  /** @returns whether there are more rows; undefined where it is no table. */
  private growTable(source: string, labels: MarkdownLabels, last?: (row: string) => string): boolean | undefined {
    if (this.table?.fits(source) !== true) {
      this.table = GrowingTable.of(source, (rows) => this.nodesOf(rows, { ...this.env }, labels));
    }
    if (this.table === undefined) return undefined;
    const { element } = this.table;
    if (this.live.firstChild !== element || this.live.childNodes.length > 1) this.live.replaceChildren(element);
    return this.table.grow(source, last);
  }

  /** @returns whether there is more to do. */
  private renderLive(source: string, labels: MarkdownLabels): boolean {
    const starts = blockStarts(source, { ...this.env });
    const open = starts.length === 1 ? starts[0]?.openFence : undefined;
    if (open !== undefined) {
      if (this.fence?.grow(open) !== true) {
        this.fence = new OpenFence(open, labels);
        this.live.replaceChildren(this.fence.element);
      }
      return false;
    }
    this.fence = undefined;
    if (starts.length === 1 && starts[0]?.type === "table_open") {
      const more = this.growTable(source, labels, completeMarkdown);
      if (more !== undefined) return more;
    }
    this.table = undefined;
    if (source.length > maxBlock) {
      const shown = this.live.firstElementChild;
      if (shown?.classList.contains("long-text") === true) growLongText(shown, source, labels);
      else this.live.replaceChildren(longText(source, labels));
      return false;
    }
    morph(this.live, this.nodesOf(completeMarkdown(source), { ...this.env }, labels));
    return false;
  }

  private nodesOf(source: string, env: MarkdownEnv, labels: MarkdownLabels): DocumentFragment {
    const html = source.length > maxBlock ? undefined : renderHtml(source, env);
    if (html !== undefined) return safeFragment(html, labels);
    const fragment = document.createDocumentFragment();
    fragment.append(longText(source, labels));
    return fragment;
  }

  private showRest(labels: MarkdownLabels): void {
    const left = this.source.length - this.settled;
    this.fence = undefined;
    const shown = this.live.querySelector<HTMLButtonElement>(":scope > button");
    if (shown !== null) {
      shown.textContent = labels.showMore(left);
      return;
    }
    const button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.dataset.action = "rest";
    button.append(...visibleNodes(labels.showMore(left), labels.invisible));
    this.live.replaceChildren(button);
  }

  private clicked(event: MouseEvent): void {
    const { actions, labels } = this;
    const target = event.target instanceof Element ? event.target.closest("a[href], button[data-action]") : null;
    if (target === null || actions === undefined || labels === undefined) return;
    event.preventDefault();
    // VS Code would open the link a second time, and without asking the host's gate.
    event.stopPropagation();
    if (event.type === "auxclick" && event.button !== 1) return;
    if (target instanceof HTMLAnchorElement) {
      actions.openLink(target.href);
      return;
    }
    const action = target instanceof HTMLElement ? target.dataset.action : undefined;
    const block = target.closest(".code-block");
    if (action === "more" && target.parentElement !== null) showMoreText(target.parentElement, labels);
    else if (action === "rest") {
      this.limit += blocksAtOnce;
      this.live.replaceChildren();
      this.enqueue();
    } else if (block !== null) {
      const { code, language, info } = sourceOf(block);
      if (action === "copy") confirm(target, actions.copy(code));
      else if (action === "apply") confirm(target, actions.apply(code, language, info));
      else if (action === "replace") confirm(target, actions.replaceSelection(code));
      else if (action === "insert") confirm(target, actions.insert(code));
      else if (action === "newFile") confirm(target, actions.newFile(code, language));
      else if (action === "terminal") confirm(target, actions.toTerminal(code));
    }
  }
}
customElements.define("paddock-markdown", MarkdownView);

/** Shows for a moment that it worked; what went wrong is told by whoever does it. */
function confirm(button: Element, outcome: Promise<boolean>): void {
  void outcome.then((worked) => {
    if (!worked) return;
    button.classList.add("confirmed");
    setTimeout(() => button.classList.remove("confirmed"), 1_500);
  });
}
