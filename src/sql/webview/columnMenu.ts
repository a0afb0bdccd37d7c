import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { icon, PaddockElement } from "../../ui/base";
import type { AskTexts } from "../core/askTexts";
import type { ResultColumn } from "../core/database";
import { type ColumnFilter, filterOperators, type FilterOperator, isUsable, operatorsFor } from "../core/grid/filters";
import type { SortKey } from "../core/grid/gridData";
import { fill } from "./strings";

export interface ColumnMenuQuestion {
  readonly column: ResultColumn;
  readonly label: string;
  readonly sort: SortKey | undefined;
  readonly isSortedByOthers: boolean;
  readonly filter: ColumnFilter | undefined;
  /** Of the heading, in the window. */
  readonly box: DOMRect;
}

export type ColumnMenuChoice =
  | {
      readonly kind: "sort";
      readonly direction: SortKey["direction"] | undefined;
      readonly nulls: SortKey["nulls"];
      readonly isToo: boolean;
    }
  /** undefined: no filter any more. */
  | { readonly kind: "filter"; readonly filter: Pick<ColumnFilter, "operator" | "value"> | undefined };

/** How one column is sorted and filtered, asked below its heading. */
@customElement("paddock-column-menu")
export class ColumnMenu extends PaddockElement {
  @property({ attribute: false }) texts!: AskTexts;
  @state() private question: ColumnMenuQuestion | undefined;
  @state() private operator: FilterOperator = "contains";
  @state() private value = "";
  @state() private isWrong = false;
  @state() private isToo = false;
  @state() private nulls: SortKey["nulls"] = "last";
  @query("dialog") private readonly dialog!: HTMLDialogElement | null;
  private answer: ((choice: ColumnMenuChoice | undefined) => void) | undefined;

  /** @returns undefined: the person changed nothing. */
  async ask(question: ColumnMenuQuestion): Promise<ColumnMenuChoice | undefined> {
    this.close(undefined);
    this.question = question;
    this.operator = question.filter?.operator ?? operatorsFor(question.column)[0] ?? "contains";
    this.value = question.filter?.value ?? "";
    this.isWrong = false;
    this.isToo = question.isSortedByOthers && question.sort !== undefined;
    this.nulls = question.sort?.nulls ?? "last";
    await this.updateComplete;
    const { dialog } = this;
    if (dialog === null) return undefined;
    dialog.showModal();
    const { box } = question;
    const { offsetWidth, offsetHeight } = dialog;
    dialog.style.left = `${Math.max(4, Math.min(box.left, window.innerWidth - offsetWidth - 4))}px`;
    dialog.style.top = `${Math.max(4, Math.min(box.bottom, window.innerHeight - offsetHeight - 4))}px`;
    return new Promise((resolve) => (this.answer = resolve));
  }

  protected override render(): TemplateResult | typeof nothing {
    const { question, texts } = this;
    if (question === undefined) return nothing;
    const { sort, label } = question;
    const sorted = (direction: SortKey["direction"] | undefined, name: string, mark: string): TemplateResult =>
      html`<button
        type="button"
        class="menu-item"
        aria-pressed=${sort?.direction === direction ? "true" : "false"}
        @click=${() => this.close({ kind: "sort", direction, nulls: this.nulls, isToo: this.isToo })}
      >
        ${icon(mark)} ${name}
      </button>`;
    return html`<dialog
      class="popup column-menu"
      aria-label=${fill(texts.columnMenu, label)}
      @close=${() => this.close(undefined)}
      @pointerdown=${(event: Event) => {
        if (event.target === this.dialog) this.close(undefined);
      }}
    >
      <div class="popup-body">
        <p class="popup-title">${label}</p>
        <div class="menu" role="group" aria-label=${fill(texts.sortColumn, label)}>
          ${sorted("ascending", texts.sortUp, "arrow-up")} ${sorted("descending", texts.sortDown, "arrow-down")}
          ${sort === undefined ? nothing : sorted(undefined, texts.sortOff, "circle-slash")}
        </div>
        ${this.checkbox(texts.nullsFirst, this.nulls === "first", (is) => (this.nulls = is ? "first" : "last"))}
        ${question.isSortedByOthers ? this.checkbox(texts.sortToo, this.isToo, (is) => (this.isToo = is)) : nothing}
        ${this.filterForm(question)}
      </div>
    </dialog>`;
  }

  private checkbox(label: string, isChecked: boolean, changed: (is: boolean) => void): TemplateResult {
    return html`<label class="check"
      ><input
        type="checkbox"
        .checked=${isChecked}
        @change=${(event: Event) => changed((event.target as HTMLInputElement).checked)}
      />
      ${label}</label
    >`;
  }

  private filterForm({ column, filter }: ColumnMenuQuestion): TemplateResult {
    const { texts } = this;
    const needsValue = this.operator !== "null" && this.operator !== "notNull";
    return html`<form class="filter-form" @submit=${(event: Event) => this.apply(event)}>
      <label
        ><span>${texts.filterColumn}</span>
        <select
          class="text-box"
          aria-label=${texts.filterOperator}
          @change=${(event: Event) => {
            const { value } = event.target as HTMLSelectElement;
            this.operator = filterOperators.find((one) => one === value) ?? "contains";
          }}
        >
          ${operatorsFor(column).map(
            (one) =>
              html`<option value=${one} ?selected=${one === this.operator}>${operatorWords(texts)[one]}</option>`,
          )}
        </select></label
      >
      ${
        needsValue
          ? html`<input
                class="text-box"
                aria-label=${texts.filterValue}
                aria-invalid=${this.isWrong ? "true" : "false"}
                aria-describedby=${this.isWrong ? "filter-wrong" : nothing}
                autofocus
                .value=${this.value}
                @input=${(event: Event) => (this.value = (event.target as HTMLInputElement).value)}
              />${
                this.isWrong ? html`<p id="filter-wrong" class="wrong" role="alert">${texts.filterWrong}</p>` : nothing
              }`
          : nothing
      }
      <div class="buttons">
        <button type="submit" class="button">${texts.apply}</button>
        ${
          filter === undefined
            ? nothing
            : html`<button
                type="button"
                class="button secondary"
                @click=${() => this.close({ kind: "filter", filter: undefined })}
              >
                ${texts.removeFilter}
              </button>`
        }
      </div>
    </form>`;
  }

  private apply(event: Event): void {
    event.preventDefault();
    const { question, operator, value } = this;
    if (question === undefined) return;
    if (value === "" && operator !== "null" && operator !== "notNull") {
      this.close({ kind: "filter", filter: undefined });
      return;
    }
    this.isWrong = !isUsable({ column: 0, operator, value }, question.column);
    if (!this.isWrong) this.close({ kind: "filter", filter: { operator, value } });
  }

  private close(choice: ColumnMenuChoice | undefined): void {
    const { answer } = this;
    this.answer = undefined;
    this.dialog?.close();
    this.question = undefined;
    answer?.(choice);
  }
}

function operatorWords(texts: AskTexts): Readonly<Record<FilterOperator, string>> {
  return {
    contains: texts.opContains,
    lacks: texts.opLacks,
    is: texts.opIs,
    isNot: texts.opIsNot,
    starts: texts.opStarts,
    ends: texts.opEnds,
    less: texts.opLess,
    atMost: texts.opAtMost,
    more: texts.opMore,
    atLeast: texts.opAtLeast,
    null: texts.opNull,
    notNull: texts.opNotNull,
  };
}
