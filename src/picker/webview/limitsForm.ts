import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import * as v from "valibot";
import { formatBytes } from "../../platform/core/format";
import { PaddockElement } from "../../ui/base";
import { limitsSchema, type LimitsView, type PickerView } from "../core/pickerContract";
import type { PickerTexts } from "../core/pickerTexts";
import type { Ask } from "./pickerSession";
import { fill } from "./strings";

const GIB = 1024 ** 3;

interface Field {
  readonly name: keyof LimitsView;
  readonly label: keyof PickerTexts;
  readonly hint: keyof PickerTexts;
  readonly step: string;
  /** What one of the box's unit is in the limit's. */
  readonly unit: number;
  /** Of the box. */
  readonly bounds: readonly [least: number, most: number];
}
const fields: readonly Field[] = [
  { name: "leastTg", label: "leastTg", hint: "leastTgHint", step: "1", unit: 1, bounds: [0.1, 100_000] },
  {
    name: "mostMemoryBytes",
    label: "mostMemory",
    hint: "mostMemoryHint",
    step: "0.5",
    unit: GIB,
    bounds: [0.01, 1_048_576],
  },
  {
    name: "leastContext",
    label: "leastContext",
    hint: "leastContextHint",
    step: "1024",
    unit: 1,
    bounds: [1, 1_048_576],
  },
  {
    name: "contextSize",
    label: "contextSize",
    hint: "contextSizeHint",
    step: "1024",
    unit: 1,
    bounds: [256, 1_048_576],
  },
  {
    name: "promptTokens",
    label: "promptTokens",
    hint: "promptTokensHint",
    step: "100",
    unit: 1,
    bounds: [1, 1_048_576],
  },
];

/** What the person wants. A box that holds no usable number says so and changes nothing. */
@customElement("paddock-picker-limits")
export class LimitsForm extends PaddockElement {
  @property({ attribute: false }) view!: PickerView;
  @property({ attribute: false }) texts!: PickerTexts;
  @property({ attribute: false }) ask!: Ask;
  @state() private wrong: ReadonlySet<keyof LimitsView> = new Set();

  protected override render(): TemplateResult {
    return html`<form
      class="limits"
      aria-label=${this.texts.limits}
      @submit=${(event: Event) => event.preventDefault()}
    >
      ${fields.map((field) => this.field(field))}
    </form>`;
  }

  private field(field: Field): TemplateResult {
    const { texts, view } = this;
    const { name, unit, bounds } = field;
    const value = view.limits[name];
    const isWrong = this.wrong.has(name);
    const isNeeded = name === "contextSize" || name === "promptTokens";
    const problem = fill(isNeeded ? texts.notANumberNeeded : texts.notANumber, bounds[0], bounds[1]);
    return html`<div class="field">
      <label for=${`limit-${name}`}>${texts[field.label]}</label>
      <input
        id=${`limit-${name}`}
        class="text-box"
        type="number"
        inputmode="decimal"
        step=${field.step}
        min=${bounds[0]}
        max=${bounds[1]}
        placeholder=${isNeeded ? "" : texts.anyValue}
        .value=${value === null ? "" : String(Number((value / unit).toFixed(2)))}
        aria-invalid=${isWrong ? "true" : "false"}
        aria-describedby=${`hint-${name}`}
        @change=${(event: Event) => this.typed(field, event.target as HTMLInputElement)}
      />
      <span id=${`hint-${name}`} class=${isWrong ? "hint wrong" : "hint"}
        >${isWrong ? problem : fill(texts[field.hint], formatBytes(view.machine.usableBytes))}</span
      >
    </div>`;
  }

  private typed({ name, unit }: Field, box: HTMLInputElement): void {
    const isWhole = name !== "leastTg" && name !== "mostMemoryBytes";
    // A box with text that is no number has an empty value; it must not count as no limit.
    const number = box.validity.badInput ? Number.NaN : box.value === "" ? null : Number(box.value) * unit;
    const wanted = { ...this.view.limits, [name]: number !== null && isWhole ? Math.round(number) : number };
    const parsed = v.safeParse(limitsSchema, wanted);
    const wrong = new Set(this.wrong);
    if (parsed.success) {
      wrong.delete(name);
      this.ask("setLimits", parsed.output);
    } else wrong.add(name);
    this.wrong = wrong;
  }
}
