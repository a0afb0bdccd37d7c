import { isShell, isSql } from "../../platform/core/codeFence";
import { iconButton } from "../icon";
import { growLongText, longText } from "../longText";
import { renderQueue } from "../renderQueue";
import { appendNodes, markInvisible, visibleNodes } from "../visibleNodes";
import { CodeColours, type ColouredPiece } from "./codeColours";
import { codeNodes } from "./codeNodes";
import type { Fence } from "./fences";
import type { MarkdownLabels } from "./labels";
import { makeScrollable } from "./scrollable";

/** Code after this many characters is shown piece by piece; Copy and Insert take all of it. */
const maxCode = 60_000;
/** Colours catch up with growing code this often. */
const colourEveryMs = 250;
/** Lines that stand in one block of the page, about. Characters. */
const linesLength = 1_000;
/** Longer code that some construct is open in gets its colours when that is closed. */
const maxProvisional = 8_000;

const blocks = new WeakMap<Element, CodeBlock>();

export function codeBlockOf(element: Element | null): CodeBlock | undefined {
  return element === null ? undefined : blocks.get(element);
}

/**
 * Code with its buttons. The text is there at once, and its colours follow in pieces, when nothing else is to do. Lines
 * stand in blocks of a few dozen, so that a change of one makes the browser lay out only that.
 */
export class CodeBlock {
  readonly element: HTMLElement;
  private readonly code: HTMLElement;
  private readonly colours: CodeColours;
  /** What has no colours that stay, in order. */
  private readonly plain: Lines[] = [];
  /** All before this is shown as lines of the code's own. */
  private shown = 0;
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
    this.showMore();
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
    if (fence.code.length > code.length) this.showMore();
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

  /** Puts coloured lines in place of the first that have no colours that stay. */
  private put({ html, from, length, provisional }: ColouredPiece, code: string): void {
    if (provisional && length > maxProvisional) return;
    let taken = 0;
    while (taken < length) {
      const lines = this.plain.shift();
      if (lines === undefined) break;
      lines.element.remove();
      taken += lines.length;
    }
    if (taken > length) this.insert(this.asWritten(code.slice(from + length, from + taken)), true);
    const nodes = codeNodes(html);
    markInvisible(nodes, this.labels.invisible);
    this.insert({ element: linesOf([...nodes.childNodes]), length }, provisional);
  }

  /** Before all that has no colours that stay. */
  private insert(lines: Lines, plain: boolean): void {
    this.code.insertBefore(lines.element, this.plain[0]?.element ?? this.rest ?? null);
    if (plain) this.plain.unshift(lines);
  }

  private showMore(): void {
    const { code } = this.fence;
    const end = shownEnd(code);
    // It has outgrown what is shown at once in the middle of a line: the line's begin goes where its end will be.
    while (end < this.shown) {
      const last = this.plain.pop();
      if (last === undefined) break;
      last.element.remove();
      this.shown -= last.length;
    }
    const last = this.plain.at(-1);
    // The last line may have come in part only.
    if (last !== undefined && this.shown < end && (last.length < linesLength || code[this.shown - 1] !== "\n")) {
      const to = linesEnd(code, this.shown, end, Math.max(1, linesLength - last.length));
      appendNodes(last.element, visibleNodes(code.slice(this.shown, to), this.labels.invisible));
      last.length += to - this.shown;
      this.shown = to;
    }
    while (this.shown < end) {
      const to = linesEnd(code, this.shown, end, linesLength);
      const lines = this.asWritten(code.slice(this.shown, to));
      this.code.insertBefore(lines.element, this.rest ?? null);
      this.plain.push(lines);
      this.shown = to;
    }
    if (this.shown === code.length) return;
    const rest = code.slice(this.shown);
    if (this.rest === undefined) this.code.append((this.rest = longText(rest, this.labels)));
    else growLongText(this.rest, rest, this.labels);
  }

  private asWritten(text: string): Lines {
    return { element: linesOf(visibleNodes(text, this.labels.invisible)), length: text.length };
  }
}

/** Some whole lines of code. */
interface Lines {
  readonly element: HTMLElement;
  /** Characters. */
  length: number;
}

function linesOf(nodes: readonly Node[]): HTMLElement {
  const element = document.createElement("span");
  element.className = "code-lines";
  element.append(...nodes);
  return element;
}

/** Where the line ends that `length` characters from `from` on end in. */
function linesEnd(code: string, from: number, end: number, length: number): number {
  if (end - from <= length) return end;
  const line = code.indexOf("\n", from + length - 1) + 1;
  return line === 0 ? end : Math.min(line, end);
}

/** Whole lines only, so that what has been shown stays where it is. */
function shownEnd(code: string): number {
  if (code.length <= maxCode) return code.length;
  const line = code.lastIndexOf("\n", maxCode - 1) + 1;
  return line === 0 ? maxCode : line;
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
  if (isSql(language)) buttons.append(iconButton("database", labels.runSql, "runSql"));
  if (isShell(language)) buttons.append(iconButton("terminal", labels.toTerminal, "terminal"));
  else buttons.append(iconButton("new-file", labels.newFile, "newFile"));
  element.append(name, buttons);
  return element;
}
