import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { kvCacheTypes, type KvCacheType } from "../../engine/tuning";
import { formatBytes } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import { depthsWithin, readNumbers, readTests, testsAtDepths, writeTests } from "../core/benchText";
import type { BenchRequest, SpeedView } from "../core/speedContract";
import type { SpeedTexts } from "../core/speedTexts";
import type { Ask } from "./speedSession";
import { fill } from "./strings";

/** The text boxes, and what they may hold. */
const boxes = {
  tests: { least: 0, most: 0 },
  repetitions: { least: 1, most: 100 },
  threads: { least: 1, most: 512 },
  batchSizes: { least: 1, most: 16_384 },
  gpuLayers: { least: 0, most: 10_000 },
} as const;
type Box = keyof typeof boxes;

/** What is deeper takes long, and is asked for apart. */
const USUAL_DEPTHS = [512, 4096];

/** @param contextSize that all chosen models have, tokens. */
function presetsFor(contextSize: number) {
  const depths = depthsWithin(contextSize);
  return {
    short: testsAtDepths([]),
    deep: testsAtDepths(depths.filter((depth) => USUAL_DEPTHS.includes(depth))),
    deepest: testsAtDepths(depths),
    prompt: [128, 256, 512, 1024].map((promptTokens) => ({ promptTokens, generatedTokens: 0, depth: 0 })),
  } as const;
}
type Preset = keyof ReturnType<typeof presetsFor>;
/** Of models whose files say nothing. */
const UNKNOWN_CONTEXT = 8192;

/** What to run: models, tests, and the ways of computing that are to be compared. */
@customElement("paddock-bench-form")
export class BenchForm extends PaddockElement {
  @property({ attribute: false }) view!: SpeedView;
  @property({ attribute: false }) texts!: SpeedTexts;
  @property({ attribute: false }) ask!: Ask;
  /** The model that a command was given, and how often the host has wished for something. */
  @property({ attribute: false }) wanted: string | null = null;
  @property({ attribute: false }) turn = 0;
  @state() private chosen: ReadonlySet<string> | undefined;
  @state() private typed: Readonly<Record<Box, string>> = {
    tests: writeTests(testsAtDepths([])),
    repetitions: "5",
    threads: "",
    batchSizes: "",
    gpuLayers: "",
  };
  @state() private flashAttention: ReadonlySet<boolean> = new Set();
  @state() private kvTypes: ReadonlySet<KvCacheType> = new Set();
  @state() private wrong: ReadonlySet<Box | "models"> = new Set();

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("turn") && this.wanted !== null) this.chosen = new Set([this.wanted]);
  }

  protected override render(): TemplateResult {
    const { texts, view } = this;
    const isBusy = view.running !== null;
    return html`<form
      class="form"
      aria-label=${texts.form}
      @submit=${(event: Event) => {
        event.preventDefault();
        this.start();
      }}
    >
      ${this.models()}
      <div class="fields">
        ${this.box("tests", texts.tests, texts.testsHint)} ${this.presets()}
        ${this.box("repetitions", texts.repetitions, texts.repetitionsHint)}
      </div>
      <details>
        <summary>${texts.compareSettings}</summary>
        <div class="fields">
          ${this.box("threads", texts.threads, texts.threadsHint)}
          ${this.box("batchSizes", texts.batchSizes, texts.batchSizesHint)}
          ${view.machine?.hasGpu === true ? this.box("gpuLayers", texts.gpuLayers, texts.gpuLayersHint) : nothing}
          ${this.choices(
            texts.flashAttention,
            [false, true].map((on) => ({
              label: on ? texts.on : texts.off,
              isChecked: this.flashAttention.has(on),
              toggle: () => (this.flashAttention = toggled(this.flashAttention, on)),
            })),
          )}
          ${this.choices(
            texts.kvCacheTypes,
            kvCacheTypes.map((type) => ({
              label: type,
              isChecked: this.kvTypes.has(type),
              toggle: () => (this.kvTypes = toggled(this.kvTypes, type)),
            })),
          )}
        </div>
      </details>
      <div class="form-end">
        <button type="submit" class="button" aria-disabled=${isBusy ? "true" : "false"}>
          ${icon("play")} ${texts.start}
        </button>
        <span class="quiet">${texts.startHint}</span>
      </div>
    </form>`;
  }

  private models(): TemplateResult {
    const { texts, view } = this;
    const chosen = this.selected();
    const isWrong = this.wrong.has("models");
    return html`<fieldset class="models" aria-describedby=${isWrong ? "hint-models" : nothing}>
      <legend>${texts.models}</legend>
      ${view.models.length === 0 ? html`<p class="quiet">${texts.noModels}</p>` : nothing}
      ${view.models.map(
        ({ file, name, sizeBytes, isActive }) =>
          html`<label
            ><input
              type="checkbox"
              .checked=${chosen.has(file)}
              @change=${() => (this.chosen = toggled(chosen, file))}
            /><span>${visibleText(name)}</span>
            <span class="quiet">${formatBytes(sizeBytes)}${isActive ? ` · ${texts.active}` : ""}</span></label
          >`,
      )}
      ${isWrong ? html`<span id="hint-models" class="hint wrong" role="alert">${texts.chooseModel}</span>` : nothing}
    </fieldset>`;
  }

  /** What is used now, until a person chooses. */
  private selected(): ReadonlySet<string> {
    return this.chosen ?? new Set(this.view.models.filter(({ isActive }) => isActive).map(({ file }) => file));
  }

  /** Tokens that every chosen model was trained for. */
  private contextSize(): number {
    const chosen = this.selected();
    const sizes = this.view.models.flatMap(({ file, contextSize }) =>
      chosen.has(file) && contextSize !== null ? [contextSize] : [],
    );
    return sizes.length === 0 ? UNKNOWN_CONTEXT : Math.min(...sizes);
  }

  private presets(): TemplateResult {
    const { texts } = this;
    const presets = presetsFor(this.contextSize());
    const names: Readonly<Record<Preset, string>> = {
      short: texts.presetShort,
      deep: texts.presetDeep,
      deepest: texts.presetDeepest,
      prompt: texts.presetPrompt,
    };
    return html`<div class="field">
      <span class="field-name" id="presets">${texts.presets}</span>
      <div class="preset-buttons" role="group" aria-labelledby="presets">
        ${(Object.keys(names) as Preset[]).map(
          (preset) =>
            html`<button
              type="button"
              class="button secondary"
              @click=${() => this.type("tests", writeTests(presets[preset]))}
            >
              ${names[preset]}
            </button>`,
        )}
      </div>
    </div>`;
  }

  private box(box: Box, label: string, hint: string): TemplateResult {
    const isWrong = this.wrong.has(box);
    const { least, most } = boxes[box];
    const problem = box === "tests" ? this.texts.notTests : fill(this.texts.notNumbers, least, most);
    return html`<div class="field">
      <label for=${`bench-${box}`}>${label}</label>
      <input
        id=${`bench-${box}`}
        class="text-box"
        type="text"
        spellcheck="false"
        autocomplete="off"
        .value=${this.typed[box]}
        aria-invalid=${isWrong ? "true" : "false"}
        aria-describedby=${`hint-${box}`}
        @input=${(event: Event) => this.type(box, (event.target as HTMLInputElement).value)}
      />
      <span id=${`hint-${box}`} class=${isWrong ? "hint wrong" : "hint"}>${isWrong ? problem : hint}</span>
    </div>`;
  }

  private choices(
    label: string,
    choices: readonly { readonly label: string; readonly isChecked: boolean; readonly toggle: () => void }[],
  ): TemplateResult {
    return html`<fieldset class="field choices">
      <legend>${label}</legend>
      ${choices.map(
        (choice) =>
          html`<label
            ><input type="checkbox" .checked=${choice.isChecked} @change=${choice.toggle} />${choice.label}</label
          >`,
      )}
      <span class="hint">${this.texts.noneIsDefault}</span>
    </fieldset>`;
  }

  private type(box: Box, text: string): void {
    this.typed = { ...this.typed, [box]: text };
    if (this.wrong.has(box)) this.wrong = new Set([...this.wrong].filter((one) => one !== box));
  }

  private start(): void {
    if (this.view.running !== null) return;
    const { typed } = this;
    const numbers = (box: Box): number[] | undefined => readNumbers(typed[box], boxes[box].least, boxes[box].most);
    const files = [...this.selected()].filter((file) => this.view.models.some((model) => model.file === file));
    const tests = readTests(typed.tests);
    const [repetitions, more] = numbers("repetitions") ?? [];
    const read = { threads: numbers("threads"), batchSizes: numbers("batchSizes"), gpuLayers: numbers("gpuLayers") };
    const wrong = new Set<Box | "models">();
    if (files.length === 0) wrong.add("models");
    if (tests === undefined) wrong.add("tests");
    if (repetitions === undefined || more !== undefined) wrong.add("repetitions");
    for (const box of ["threads", "batchSizes", "gpuLayers"] as const) if (read[box] === undefined) wrong.add(box);
    this.wrong = wrong;
    if (wrong.size > 0 || tests === undefined || repetitions === undefined) {
      void this.updateComplete.then(() => this.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
      return;
    }
    this.ask("benchmark", {
      files,
      tests,
      repetitions,
      threads: read.threads ?? [],
      batchSizes: read.batchSizes ?? [],
      gpuLayers: read.gpuLayers ?? [],
      flashAttention: [...this.flashAttention],
      kvCacheTypes: [...this.kvTypes],
    } satisfies BenchRequest);
  }
}

function toggled<T>(set: ReadonlySet<T>, item: T): ReadonlySet<T> {
  const changed = new Set(set);
  if (!changed.delete(item)) changed.add(item);
  return changed;
}
