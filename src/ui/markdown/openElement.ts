import { morph } from "./morph";

/** The element of a block that goes on. What it has for good comes first, and behind that what may still change. */
export class OpenElement {
  private settled = 0;

  private constructor(
    readonly element: Element,
    private readonly inner: Element,
  ) {}

  /** @param nodes a table with its head and no more. */
  static table(nodes: DocumentFragment): OpenElement | undefined {
    const element = nodes.firstElementChild;
    const table = element?.querySelector("table");
    if (!element || !table) return undefined;
    return new OpenElement(element, table.querySelector("tbody") ?? table.appendChild(document.createElement("tbody")));
  }

  /** @param nodes a list; its items are settled. */
  static list(nodes: DocumentFragment): OpenElement | undefined {
    const list = nodes.firstElementChild;
    if (list === null || !/^(?:ul|ol)$/.test(list.localName)) return undefined;
    const open = new OpenElement(list, list);
    open.settled = list.childNodes.length;
    return open;
  }

  static paragraph(): OpenElement {
    const element = document.createElement("p");
    return new OpenElement(element, element);
  }

  /** Adds what stays. */
  settle(nodes: DocumentFragment): void {
    const count = nodes.childNodes.length;
    morph(this.inner, nodes, this.settled, true);
    this.settled += count;
  }

  /** Shows what may still change behind what stays, in place of what stood there. */
  show(nodes: DocumentFragment): void {
    morph(this.inner, nodes, this.settled);
  }
}
