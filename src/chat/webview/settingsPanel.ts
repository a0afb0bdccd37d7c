import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon, PaddockElement } from "../../ui/base";
import type { ConversationSettings } from "../core/conversationSettings";
import { systemPrompt } from "../core/instructions";
import type { ShownPreset } from "../core/presets";
import type { Steering } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { failureAt } from "./failureView";
import { trustButton } from "./promptReportView";
import { boundsOf, type NumberField, numberFields, parseNumber } from "./settingsFields";
import { fill } from "./strings";

const custom = "custom";

/** How this conversation is answered. What is changed counts from the next answer on; Escape closes. */
@customElement("paddock-settings-panel")
export class SettingsPanel extends PaddockElement {
  @property({ attribute: false }) steering!: Steering;
  /** Null: the next new conversation. */
  @property({ attribute: false }) conversation: string | null = null;
  @property({ attribute: false }) context!: ChatContext;
  @property({ attribute: false }) close!: () => void;
  @property({ attribute: false }) failure: unknown;
  /** Boxes whose text is no value; they keep it until it is one. */
  @state() private wrong: ReadonlySet<string> = new Set();
  @state() private naming = false;
  @state() private untold: ConversationSettings | undefined;
  /** Changes that the host has not answered. */
  private changing = 0;
  @query(".preset-name") private readonly nameBox!: HTMLInputElement | null;

  protected override firstUpdated(): void {
    this.querySelector<HTMLElement>("select")?.focus();
  }

  /** What the host tells once it has answered all changes has them in it. */
  protected override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (changed.has("conversation") || (changed.has("steering") && this.changing === 0)) this.untold = undefined;
  }

  /** What a person chose stays chosen in a select whatever its options say; the host decides. */
  protected override updated(): void {
    const select = this.querySelector("select");
    if (select !== null) select.value = this.chosen()?.id ?? custom;
  }

  override render(): TemplateResult {
    const { texts } = this.context;
    const { settings } = this;
    return html`<section class="settings" aria-label=${texts.settings} @keydown=${this.keydown}>
      <header>
        <h2>${texts.settings}</h2>
        <button type="button" class="icon-button" title=${texts.close} aria-label=${texts.close} @click=${this.close}>
          ${icon("close")}
        </button>
      </header>
      ${failureAt(this.context, "settings")} ${this.presets()}
      <div class="field wide">
        <label for="setting-system">${texts.systemPrompt}</label>
        <textarea
          id="setting-system"
          class="text-box"
          rows="3"
          maxlength="20000"
          spellcheck="false"
          placeholder=${systemPrompt}
          aria-describedby="setting-system-hint"
          .value=${settings.systemPrompt ?? ""}
          @change=${this.systemChanged}
        ></textarea>
        <p id="setting-system-hint" class="hint">${texts.systemPromptHint}</p>
      </div>
      <div class="check">
        <input
          id="setting-instructions"
          type="checkbox"
          .checked=${settings.useInstructions !== false}
          @change=${this.instructionsChanged}
        />
        <label for="setting-instructions">${texts.useInstructions}</label>
      </div>
      ${
        this.steering.restricted === true
          ? html`<p class="hint restricted">
              ${icon("shield")} ${texts.restricted} ${trustButton(this.context, "settings")}
            </p>`
          : nothing
      }
      <div class="fields">${numberFields.map((field) => this.number(field))}</div>
    </section>`;
  }

  private presets(): TemplateResult {
    const { texts } = this.context;
    const { presets, standard } = this.steering;
    const chosen = this.chosen();
    return html`<div class="field wide">
        <label for="setting-preset">${texts.preset}</label>
        <select id="setting-preset" class="text-box" @change=${this.presetChosen}>
          ${presets.map(
            (preset) =>
              html`<option value=${preset.id}>
                ${visibleText(preset.name)}${preset.id === standard ? ` (${texts.presetStandard})` : ""}
              </option>`,
          )}
          ${chosen === undefined ? html`<option value=${custom}>${texts.presetCustom}</option>` : nothing}
        </select>
      </div>
      ${
        this.naming
          ? html`<form class="naming" @submit=${this.save}>
              <input
                class="text-box preset-name"
                type="text"
                maxlength="60"
                required
                placeholder=${texts.presetName}
                aria-label=${texts.presetName}
              />
              <vscode-button @click=${this.save}>${texts.save}</vscode-button>
              <vscode-button secondary @click=${this.endNaming}>${texts.cancel}</vscode-button>
            </form>`
          : html`<div class="preset-actions">
              ${
                chosen === undefined
                  ? html`<button type="button" class="link-button start-naming" @click=${this.startNaming}>
                      ${texts.presetSave}
                    </button>`
                  : nothing
              }
              ${
                chosen !== undefined && chosen.id !== standard
                  ? html`<button type="button" class="link-button" @click=${() => this.makeStandard(chosen)}>
                      ${texts.presetMakeStandard}
                    </button>`
                  : nothing
              }
              ${
                chosen !== undefined && !chosen.builtIn
                  ? html`<button type="button" class="link-button" @click=${() => this.removePreset(chosen)}>
                      ${texts.presetDelete}
                    </button>`
                  : nothing
              }
            </div>`
      }`;
  }

  private number(field: NumberField): TemplateResult {
    const { texts, language } = this.context;
    const value = this.settings[field.name];
    const { least, most } = boundsOf(field.name);
    const wrong = this.wrong.has(field.name);
    const id = `setting-${field.name}`;
    const range = fill(texts.settingRange, least.toLocaleString(language), most.toLocaleString(language));
    return html`<div class="field">
      <label for=${id}>${field.term}</label>
      <input
        id=${id}
        class="text-box"
        type="text"
        inputmode="decimal"
        autocomplete="off"
        aria-describedby="${id}-hint"
        aria-invalid=${wrong ? "true" : "false"}
        placeholder=${field.standard === undefined ? texts.settingAutomatic : field.standard.toLocaleString(language)}
        .value=${value === undefined ? "" : String(value)}
        @change=${(event: Event) => this.numberChanged(field, event)}
      />
      <p id="${id}-hint" class=${wrong ? "hint wrong" : "hint"}>${wrong ? range : texts[field.hint]}</p>
    </div>`;
  }

  /** The preset that says the same as the settings. */
  private chosen(): ShownPreset | undefined {
    const now = canonical(this.settings);
    return this.steering.presets.find(({ settings }) => canonical(settings) === now);
  }

  /** With what was changed since the host last told of them: the next change is to these. */
  private get settings(): ConversationSettings {
    return this.untold ?? this.steering.settings;
  }

  private change(settings: ConversationSettings): void {
    this.untold = settings;
    this.changing++;
    void this.context
      .ask("settings", "changeSettings", { conversation: this.conversation, settings })
      .then((result) => {
        this.changing--;
        const isTold = canonical(this.steering.settings) === canonical(this.settings);
        if (this.changing === 0 && (result === undefined || isTold)) this.untold = undefined;
      });
  }

  private readonly presetChosen = (event: Event): void => {
    const id = (event.target as HTMLSelectElement).value;
    const preset = this.steering.presets.find((one) => one.id === id);
    if (preset === undefined) return;
    this.wrong = new Set();
    // A preset says how an answer is sampled; what may be called was chosen elsewhere.
    const { tools } = this.settings;
    this.change(tools === undefined ? preset.settings : { ...preset.settings, tools });
  };

  private numberChanged({ name }: NumberField, event: Event): void {
    const typed = parseNumber(name, (event.target as HTMLInputElement).value.replace(",", "."));
    const wrong = new Set(this.wrong);
    if (!typed.ok) {
      this.wrong = wrong.add(name);
      return;
    }
    wrong.delete(name);
    this.wrong = wrong;
    const { [name]: _, ...rest } = this.settings;
    this.change(typed.value === undefined ? rest : { ...rest, [name]: typed.value });
  }

  private readonly systemChanged = (event: Event): void => {
    const text = (event.target as HTMLTextAreaElement).value;
    const { systemPrompt: _, ...rest } = this.settings;
    this.change(text.trim() === "" ? rest : { ...rest, systemPrompt: text });
  };

  private readonly instructionsChanged = (event: Event): void => {
    const { useInstructions: _, ...rest } = this.settings;
    this.change((event.target as HTMLInputElement).checked ? rest : { ...rest, useInstructions: false });
  };

  private readonly startNaming = (): void => {
    this.naming = true;
    void this.updateComplete.then(() => this.nameBox?.focus());
  };

  private readonly endNaming = (): void => {
    this.naming = false;
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("select")?.focus());
  };

  private readonly save = async (event: Event): Promise<void> => {
    event.preventDefault();
    const name = this.nameBox?.value.trim() ?? "";
    if (name === "") {
      this.nameBox?.focus();
      return;
    }
    const { tools: _, ...settings } = this.settings;
    if ((await this.context.ask("settings", "savePreset", { name, settings })) !== undefined) this.endNaming();
  };

  private makeStandard({ id }: ShownPreset): void {
    void this.context.ask("settings", "setStandardPreset", { preset: id });
  }

  /** The settings stay as they are, so that the same preset can be saved again. */
  private removePreset({ id }: ShownPreset): void {
    void this.context
      .ask("settings", "removePreset", { preset: id })
      .then(() => this.querySelector<HTMLElement>("select")?.focus());
  }

  private readonly keydown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || event.isComposing) return;
    event.preventDefault();
    event.stopPropagation();
    if (this.naming) this.endNaming();
    else this.close();
  };
}

function canonical(settings: ConversationSettings): string {
  const { tools: _, ...own } = settings;
  return JSON.stringify(Object.entries(own).sort(([a], [b]) => (a < b ? -1 : 1)));
}
