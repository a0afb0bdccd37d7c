/** How far from its end a list still counts as being at the end, CSS pixels. */
const tolerance = 24;

/**
 * Keeps a scrolling list at its end while it grows, but only while the person is there: whoever scrolled up to read
 * is left in peace.
 */
export class StickToEnd {
  private lastTop = 0;
  private atEnd = true;
  private readonly observer: ResizeObserver;

  /**
   * @param list what scrolls. @param content what grows in it.
   * @param onChange the person left the end, or came back to it, or scrolled.
   */
  constructor(
    private readonly list: HTMLElement,
    content: HTMLElement,
    private readonly onChange: () => void,
  ) {
    this.observer = new ResizeObserver(() => this.grown());
    this.observer.observe(content);
    this.observer.observe(list);
    list.addEventListener("scroll", this.scrolled, { passive: true });
  }

  get stuck(): boolean {
    return this.atEnd;
  }

  get top(): number {
    return this.list.scrollTop;
  }

  toEnd(): void {
    this.atEnd = true;
    this.list.scrollTop = this.list.scrollHeight;
    this.lastTop = this.list.scrollTop;
    this.onChange();
  }

  /** Back to where a person was before the page was built anew. */
  restore(top: number): void {
    this.list.scrollTop = top;
    this.lastTop = this.list.scrollTop;
    this.atEnd = this.isAtEnd();
    this.onChange();
  }

  dispose(): void {
    this.observer.disconnect();
    this.list.removeEventListener("scroll", this.scrolled);
  }

  private grown(): void {
    if (this.atEnd) {
      this.list.scrollTop = this.list.scrollHeight;
      this.lastTop = this.list.scrollTop;
    }
    this.onChange();
  }

  private readonly scrolled = (): void => {
    const top = this.list.scrollTop;
    // Only going up leaves the end: text that grew since the last frame moves the end away, not the person.
    if (this.isAtEnd()) this.atEnd = true;
    else if (top < this.lastTop) this.atEnd = false;
    this.lastTop = top;
    this.onChange();
  };

  private isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    return scrollHeight - scrollTop - clientHeight <= tolerance;
  }
}
