/** So many rows are rendered at a time. */
const rowsAtOnce = 25;

/** A table that gets its rows a few at a time, and each of them once. */
export class GrowingTable {
  /** The complete rows that are shown are this much of the source. */
  private shown: string;
  private provisional: Element[] = [];

  private constructor(
    readonly element: Element,
    private readonly body: Element,
    private readonly head: string,
    private readonly render: (source: string) => DocumentFragment,
  ) {
    this.shown = head;
  }

  /** @returns undefined where the source's first two lines are no head of a table. */
  static of(source: string, render: (source: string) => DocumentFragment): GrowingTable | undefined {
    const head = /^[^\n]*\n[^\n]*\n/.exec(source)?.[0];
    if (head === undefined) return undefined;
    const element = render(head).firstElementChild;
    const table = element?.querySelector("table");
    if (!element || !table) return undefined;
    const body = table.querySelector("tbody") ?? table.appendChild(document.createElement("tbody"));
    return new GrowingTable(element, body, head, render);
  }

  fits(source: string): boolean {
    return source.startsWith(this.shown);
  }

  /**
   * Shows some more rows. @param last how the row that is not whole yet is to be read; undefined: it is whole.
   * @returns whether there are more.
   */
  grow(source: string, last?: (row: string) => string): boolean {
    for (const row of this.provisional) row.remove();
    this.provisional = [];
    const rest = source.slice(this.shown.length);
    const lines = rest.split("\n");
    const open = last === undefined ? "" : (lines.pop() ?? "");
    const rows = lines.slice(0, rowsAtOnce);
    if (rows.length > 0) {
      this.append(rows.join("\n"));
      const taken = rows.reduce((sum, { length }) => sum + length + 1, 0);
      this.shown = source.slice(0, this.shown.length + taken);
    }
    if (lines.length > rows.length) return true;
    if (last !== undefined && open.trim() !== "") this.provisional = this.append(last(open));
    return false;
  }

  private append(rows: string): Element[] {
    if (rows.trim() === "") return [];
    const made = [...this.render(`${this.head}${rows}`).querySelectorAll("tbody > tr")];
    this.body.append(...made);
    return made;
  }
}
