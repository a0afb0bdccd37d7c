import { growLongText, longText, showMoreText } from "../longText";
import { visibleNodes } from "../visibleNodes";
import { renderQueue } from "../renderQueue";
import { CodeBlock, codeBlockOf } from "./codeBlock";
import { completeMarkdown } from "./complete";
import { fenceAt } from "./fences";
import type { MarkdownActions, MarkdownLabels } from "./labels";
import { morph } from "./morph";
import { OpenElement } from "./openElement";
import { copyOf, type MarkdownEnv, renderHtml, renderInline } from "./parser";
import { afterBlankLines, nextPieces, type OpenBlock, ofOpenBlock, type Piece } from "./pieces";
import { safeFragment } from "./sanitize";
import { warmUp } from "./warmUp";

/** What cannot be rendered in pieces and is longer than this is shown as it was written. */
const maxBlock = 20_000;
/** So many pieces at once; the rest waits behind a button. */
const piecesAtOnce = 1_500;
/** Rendering gets at most this share of the time while text streams in. */
const shareOfTime = 0.2;
/** Small pieces are put in place together for about so long, so that what streams in is never seen half. Milliseconds. */
const togetherMs = 3;

/**
 * Shows Markdown that may still be growing. What is finished is rendered once and never touched again; only what comes
 * after it is rendered anew, at most once per frame and less often where that is costly. What is much is rendered
 * piece by piece, over several frames.
 */
export class MarkdownView extends HTMLElement {
  labels: MarkdownLabels | undefined;
  actions: MarkdownActions | undefined;
  private source = "";
  private streaming = false;
  /** Source before this is in place for good. */
  private settled = 0;
  private pieces = 0;
  private limit = piecesAtOnce;
  private env: MarkdownEnv = {};
  private readonly live = document.createElement("div");
  /** Of the block that goes on after what is settled. */
  private open: OpenElement | undefined;
  /** What is finished and not yet in place, and where planning goes on. */
  private plan: Piece[] = [];
  private planned: { at: number; open: OpenBlock | undefined } = { at: 0, open: undefined };
  private planning = false;
  /** Where the last block begins, which goes on when a finished text does. */
  private last: { readonly at: number; readonly node: ChildNode } | undefined;
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
    for (const block of this.querySelectorAll(".code-block")) codeBlockOf(block)?.colour();
  }

  disconnectedCallback(): void {
    this.cancel();
  }

  /** @param streaming the text is still growing, so its end may be half of something. */
  show(text: string, streaming: boolean): void {
    if (text === this.source && streaming === this.streaming && this.firstChild !== null) return;
    if (this.labels !== undefined) warmUp(this.labels);
    const grows = text.startsWith(this.source) && this.firstChild !== null;
    if (!grows) this.reset();
    else if (!this.streaming && text.length > this.source.length) this.resume();
    this.source = text;
    this.streaming = streaming;
    this.planning = true;
    this.unfinished = true;
    if (streaming && this.firstChild !== null) this.schedule();
    else this.enqueue();
  }

  private reset(): void {
    this.cancel();
    this.replaceChildren(this.live);
    this.live.replaceChildren();
    this.settled = 0;
    this.pieces = 0;
    this.limit = piecesAtOnce;
    this.env = {};
    this.open = undefined;
    this.plan = [];
    this.planned = { at: 0, open: undefined };
    this.last = undefined;
  }

  /** What was finished as the end of the text may go on: its last block is live again. */
  private resume(): void {
    if (this.last === undefined || this.plan.length > 0) {
      this.reset();
      return;
    }
    const { at, node } = this.last;
    const again: ChildNode[] = [];
    for (let one: ChildNode | null = node; one !== null && one !== this.live; one = one.nextSibling) again.push(one);
    this.live.replaceChildren(...again);
    this.settled = at;
    this.planned = { at, open: undefined };
    this.open = undefined;
    this.last = undefined;
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
    if (this.pieces >= this.limit) {
      if (this.settled < this.source.length) this.showRest(labels);
      else this.live.replaceChildren();
      return false;
    }
    const until = performance.now() + togetherMs;
    // All link definitions of a whole text are known before its first block is rendered.
    if (this.planning && (this.planNext() || performance.now() >= until)) return true;
    for (let next = this.plan.shift(); next !== undefined; next = this.plan.shift()) {
      this.settle(next, labels);
      this.settled = next.to;
      this.pieces++;
      if (performance.now() >= until || this.pieces >= this.limit) return true;
    }
    if (this.streaming) {
      this.renderLive(this.source.slice(this.settled), labels);
      return false;
    }
    this.end();
    this.live.replaceChildren();
    return false;
  }

  /** @returns whether there is more to plan. */
  private planNext(): boolean {
    const { at, open } = this.planned;
    const { pieces, ...next } = nextPieces(this.source, at, open, !this.streaming, this.env);
    this.plan.push(...pieces);
    this.planned = next;
    this.planning = next.at > at && next.at < this.source.length;
    return this.planning;
  }

  /** Puts a finished piece in its place. */
  private settle(piece: Piece, labels: MarkdownLabels): void {
    if (piece.kind === "fence") {
      this.end();
      const shown = codeBlockOf(this.live.firstElementChild);
      const block = shown?.grow(piece.fence, false) === true ? shown : new CodeBlock(piece.fence, labels);
      if (block !== shown) this.live.firstChild?.remove();
      this.begin(block.element);
    } else if (piece.kind === "block" || piece.kind === "source") {
      this.end();
      const nodes =
        piece.kind === "source" ? asWritten(piece.text, labels) : this.nodesOf(piece.text, this.env, labels, false);
      this.place(nodes);
    } else {
      if (piece.begins) this.end();
      this.settlePart(piece, labels);
    }
  }

  private settlePart(piece: Extract<Piece, { kind: "table" | "list" | "words" }>, labels: MarkdownLabels): void {
    const { kind, text } = piece;
    if (this.open === undefined && kind === "list") {
      const nodes = this.nodesOf(text, this.env, labels, false);
      this.open = OpenElement.list(nodes);
      if (this.open === undefined) this.place(nodes);
      else this.beginOpen(this.open);
      return;
    }
    if (this.open === undefined) {
      const head = /^[^\n]*\n[^\n]*(?:\n|$)/.exec(text)?.[0] ?? "";
      this.open =
        kind === "words" ? OpenElement.paragraph() : OpenElement.table(this.nodesOf(head, this.env, labels, false));
      if (this.open !== undefined) this.beginOpen(this.open);
    }
    if (this.open === undefined) this.place(this.nodesOf(text, this.env, labels, false));
    else this.open.settle(this.partOf(kind, text, this.env, labels, false));
  }

  /** What a piece adds to its block's element. */
  private partOf(
    kind: OpenBlock["kind"],
    text: string,
    env: MarkdownEnv,
    labels: MarkdownLabels,
    growing: boolean,
  ): DocumentFragment {
    if (kind === "words") {
      const html = renderInline(text, env);
      return html === undefined ? asWritten(text, labels) : safeFragment(html, labels, growing);
    }
    const nodes = this.nodesOf(text, env, labels, growing);
    const part = document.createDocumentFragment();
    if (kind === "table") part.append(...nodes.querySelectorAll("tbody > tr"));
    else {
      const list = nodes.firstElementChild;
      if (list !== null && /^(?:ul|ol)$/.test(list.localName)) part.append(...list.childNodes);
      else part.appendChild(document.createElement("li")).append(nodes);
    }
    return part;
  }

  /** Puts nodes that stay in place, keeping those that are shown already. */
  private place(nodes: DocumentFragment): void {
    const count = nodes.childNodes.length;
    morph(this.live, nodes, 0, true);
    for (let index = 0; index < count; index++) {
      const node = this.live.firstChild;
      if (node === null) break;
      if (index === 0) this.begin(node);
      else this.insertBefore(node, this.live);
    }
  }

  private begin(node: ChildNode): void {
    this.last = { at: this.settled, node };
    this.insertBefore(node, this.live);
  }

  /** In place of what has been shown of the block. */
  private beginOpen({ element }: OpenElement): void {
    this.live.firstChild?.remove();
    this.begin(element);
  }

  /** Nothing comes to the block that went on any more. */
  private end(): void {
    this.open?.show(document.createDocumentFragment());
    this.open = undefined;
  }

  private renderLive(source: string, labels: MarkdownLabels): void {
    let text = source;
    const env = copyOf(this.env);
    const { open } = this.planned;
    if (open !== undefined && this.open !== undefined) {
      const length = ofOpenBlock(text, open, env);
      const own = text.slice(0, length);
      this.open.show(this.livePart(open, own, env, labels));
      text = text.slice(length);
      if (text === "") {
        this.live.replaceChildren();
        return;
      }
    }
    const fence = fenceAt(text, afterBlankLines(text, 0));
    if (fence !== undefined) {
      const shown = codeBlockOf(this.live.firstElementChild);
      if (this.live.childNodes.length !== 1 || shown?.grow(fence, true) !== true)
        this.live.replaceChildren(new CodeBlock(fence, labels, true).element);
      return;
    }
    if (text.length > maxBlock) {
      const shown = this.live.firstElementChild;
      if (shown?.classList.contains("long-text") === true) growLongText(shown, text, labels);
      else this.live.replaceChildren(longText(text, labels));
      return;
    }
    morph(this.live, this.nodesOf(completeMarkdown(text), env, labels, true));
  }

  private livePart(open: OpenBlock, text: string, env: MarkdownEnv, labels: MarkdownLabels): DocumentFragment {
    if (text.trim() === "") return document.createDocumentFragment();
    const complete = completeMarkdown(text);
    return this.partOf(open.kind, open.kind === "table" ? open.head + complete : complete, env, labels, true);
  }

  private nodesOf(source: string, env: MarkdownEnv, labels: MarkdownLabels, growing: boolean): DocumentFragment {
    const html = source.length > maxBlock ? undefined : renderHtml(source, env);
    return html === undefined ? asWritten(source, labels) : safeFragment(html, labels, growing);
  }

  private showRest(labels: MarkdownLabels): void {
    const left = this.source.length - this.settled;
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
    const block = codeBlockOf(target.closest(".code-block"));
    if (action === "more" && target.parentElement !== null) showMoreText(target.parentElement, labels);
    else if (action === "rest") {
      this.limit += piecesAtOnce;
      this.live.replaceChildren();
      this.enqueue();
    } else if (block !== undefined) {
      const { code, language, info } = block.source;
      if (action === "copy") confirm(target, actions.copy(code));
      else if (action === "apply") confirm(target, actions.apply(code, language, info));
      else if (action === "replace") confirm(target, actions.replaceSelection(code));
      else if (action === "insert") confirm(target, actions.insert(code));
      else if (action === "newFile") confirm(target, actions.newFile(code, language));
      else if (action === "terminal") confirm(target, actions.toTerminal(code));
      else if (action === "runSql") confirm(target, actions.runSql(code));
    }
  }
}
customElements.define("paddock-markdown", MarkdownView);

function asWritten(source: string, labels: MarkdownLabels): DocumentFragment {
  const fragment = document.createDocumentFragment();
  fragment.append(longText(source, labels));
  return fragment;
}

/** Shows for a moment that it worked; what went wrong is told by whoever does it. */
function confirm(button: Element, outcome: Promise<boolean>): void {
  void outcome.then((worked) => {
    if (!worked) return;
    button.classList.add("confirmed");
    setTimeout(() => button.classList.remove("confirmed"), 1_500);
  });
}
