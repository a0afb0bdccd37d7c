import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { PlanLine } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";

interface PlanItem extends PlanLine {
  readonly index: number;
  readonly parent: number | undefined;
  readonly place: number;
  readonly siblings: number;
  readonly hasChildren: boolean;
}

/** The engine's plan as a tree, with the keys of the ARIA practices. */
@customElement("paddock-plan-tree")
export class PlanTree extends PaddockElement {
  @property({ attribute: false }) lines: readonly PlanLine[] = [];
  @property({ attribute: false }) texts!: AskTexts;
  @state() private closed: ReadonlySet<number> = new Set();
  @state() private current = 0;

  protected override render(): TemplateResult {
    const items = planItems(this.lines);
    const shown = items.filter((item) => this.isShown(item, items));
    const at = shown.some(({ index }) => index === this.current) ? this.current : shown[0]?.index;
    return html`<div
      class="plan-tree"
      role="tree"
      aria-label=${this.texts.plan}
      @keydown=${(event: KeyboardEvent) => this.onKey(event, shown, items)}
    >
      ${shown.map((item) => this.item(item, item.index === at))}
    </div>`;
  }

  private item({ index, level, place, siblings, hasChildren, text, detail }: PlanItem, isCurrent: boolean) {
    const isClosed = this.closed.has(index);
    return html`<div
      role="treeitem"
      class="plan-line"
      data-index=${index}
      tabindex=${isCurrent ? "0" : "-1"}
      aria-level=${level}
      aria-setsize=${siblings}
      aria-posinset=${place}
      aria-selected=${isCurrent ? "true" : "false"}
      aria-expanded=${hasChildren ? String(!isClosed) : nothing}
      @click=${() => {
        if (hasChildren) this.setClosed(index, !isClosed);
        this.go(index);
      }}
    >
      ${Array.from({ length: Math.min(level - 1, 20) }, () => html`<span class="indent" aria-hidden="true"></span>`)}
      ${icon(hasChildren ? (isClosed ? "chevron-right" : "chevron-down") : "blank")}
      <span class="plan-text">${visibleText(text)}</span>
      ${detail === "" ? nothing : html`<span class="plan-detail">${visibleText(detail)}</span>`}
    </div>`;
  }

  private isShown({ parent }: PlanItem, items: readonly PlanItem[]): boolean {
    for (let at = parent; at !== undefined; at = items[at]?.parent) if (this.closed.has(at)) return false;
    return true;
  }

  private onKey(event: KeyboardEvent, shown: readonly PlanItem[], items: readonly PlanItem[]): void {
    const at = shown.findIndex(({ index }) => index === this.current);
    const item = shown[Math.max(at, 0)];
    if (item === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const isClosed = this.closed.has(item.index);
    const to = (next: PlanItem | undefined): void => this.go(next?.index);
    switch (event.key) {
      case "ArrowDown":
        to(shown[Math.max(at, 0) + 1]);
        break;
      case "ArrowUp":
        to(shown[at - 1]);
        break;
      case "Home":
        to(shown[0]);
        break;
      case "End":
        to(shown.at(-1));
        break;
      case "ArrowRight":
        if (item.hasChildren && isClosed) this.setClosed(item.index, false);
        else if (item.hasChildren) to(items[item.index + 1]);
        break;
      case "ArrowLeft":
        if (item.hasChildren && !isClosed) this.setClosed(item.index, true);
        else this.go(item.parent);
        break;
      case "Enter":
      case " ":
        if (item.hasChildren) this.setClosed(item.index, !isClosed);
        break;
      default:
        return;
    }
    event.preventDefault();
  }

  private setClosed(index: number, isClosed: boolean): void {
    const closed = new Set(this.closed);
    if (isClosed) closed.add(index);
    else closed.delete(index);
    this.closed = closed;
  }

  private go(index: number | undefined): void {
    if (index === undefined) return;
    this.current = index;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`[data-index="${index}"]`)?.focus());
  }
}

/** What a tree's items say of their place, from the lines alone. */
function planItems(lines: readonly PlanLine[]): PlanItem[] {
  const parents: number[] = [];
  const children = new Map<number, number>();
  const placed = lines.map((line, index) => {
    const parent = line.level > 1 ? parents[line.level - 1] : undefined;
    const place = (children.get(parent ?? -1) ?? 0) + 1;
    children.set(parent ?? -1, place);
    parents[line.level] = index;
    return { ...line, index, parent, place };
  });
  return placed.map((item) => ({
    ...item,
    siblings: children.get(item.parent ?? -1) ?? 1,
    hasChildren: children.has(item.index),
  }));
}
