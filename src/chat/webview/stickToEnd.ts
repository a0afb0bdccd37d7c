/** How far from its end a list still counts as being at the end, CSS pixels. */
const tolerance = 24;

/** What the person scrolls with. */
const scrolling = ["wheel", "touchmove", "pointerdown", "keydown"] as const;

/**
 * Keeps a scrolling list at its end while it grows, but only while the person is there: whoever scrolled up to read
 * is left in peace, and what they read stays where it is while something above it grows.
 */
export class StickToEnd {
  private lastTop = 0;
  private atEnd = true;
  private held: { readonly element: Element; readonly offset: number } | undefined;
  private readonly observer: ResizeObserver;

  /**
   * @param list what scrolls. @param content what grows in it.
   * @param hasEnd whether its end is what is to be seen; else it begins at its beginning.
   * @param onChange the person left the end, or came back to it, or scrolled.
   */
  constructor(
    private readonly list: HTMLElement,
    content: HTMLElement,
    private readonly hasEnd: () => boolean,
    private readonly onChange: () => void,
  ) {
    this.observer = new ResizeObserver(() => this.grown());
    this.observer.observe(content);
    this.observer.observe(list);
    list.addEventListener("scroll", this.scrolled, { passive: true });
    for (const name of scrolling) list.addEventListener(name, this.letGo, { passive: true });
  }

  get stuck(): boolean {
    return this.atEnd;
  }

  toEnd(): void {
    this.held = undefined;
    this.setAtEnd(true);
    this.list.scrollTop = this.hasEnd() ? this.list.scrollHeight : 0;
    this.lastTop = this.list.scrollTop;
    this.onChange();
  }

  /**
   * Brings something to a place and keeps it there while what is around it gets its height, until the person scrolls.
   * @param offset from the list's upper edge, CSS pixels; where it is now when none is given.
   */
  hold(element: Element, offset = this.offsetOf(element)): void {
    this.held = { element, offset };
    this.setAtEnd(false);
    this.keepHeld();
    this.onChange();
  }

  /** From the list's upper edge, CSS pixels. */
  offsetOf(element: Element): number {
    return element.getBoundingClientRect().top - this.list.getBoundingClientRect().top;
  }

  dispose(): void {
    this.observer.disconnect();
    this.list.removeEventListener("scroll", this.scrolled);
    for (const name of scrolling) this.list.removeEventListener(name, this.letGo);
  }

  private grown(): void {
    if (this.atEnd && this.hasEnd()) {
      this.list.scrollTop = this.list.scrollHeight;
      this.lastTop = this.list.scrollTop;
    } else this.keepHeld();
    this.onChange();
  }

  private keepHeld(): void {
    if (this.held === undefined) return;
    const { element, offset } = this.held;
    const moved = this.offsetOf(element) - offset;
    // Half a pixel is rounding.
    if (element.isConnected && Math.abs(moved) >= 1) this.list.scrollTop += moved;
    this.lastTop = this.list.scrollTop;
  }

  private readonly letGo = (): void => {
    this.held = undefined;
  };

  /** At the end this keeps the place, and elsewhere the browser does. */
  private setAtEnd(atEnd: boolean): void {
    this.atEnd = atEnd;
    this.list.classList.toggle("reading", !atEnd);
  }

  private readonly scrolled = (): void => {
    const top = this.list.scrollTop;
    // Only going up leaves the end: text that grew since the last frame moves the end away, not the person.
    if (this.held === undefined) {
      if (this.isAtEnd()) this.setAtEnd(true);
      else if (top < this.lastTop) this.setAtEnd(false);
    }
    this.lastTop = top;
    this.onChange();
  };

  private isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.list;
    return scrollHeight - scrollTop - clientHeight <= tolerance;
  }
}
