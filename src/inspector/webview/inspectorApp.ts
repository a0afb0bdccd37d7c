import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { formatBytes, formatCount, formatParameters } from "../../platform/core/format";
import { icon, PaddockElement } from "../../ui/base";
import { fill, readTexts } from "../../ui/texts";
import type { ModelView, Warning } from "../core/inspectorContract";
import { type InspectorTexts, inspectorTexts } from "../core/inspectorTexts";
import { architectureView } from "./architectureView";
import { InspectorSession, type TabName, tabNames } from "./inspectorSession";
import { layerMap } from "./layerMap";
import "./metadataView";
import "./tensorView";
import { textNodes } from "./textNodes";

/** The inspector's page: what a model file is, in four views. */
@customElement("paddock-inspector")
export class InspectorApp extends PaddockElement {
  @state() private tab: TabName = "architecture";
  private texts: InspectorTexts = readTexts(inspectorTexts({ t: (text) => text }), undefined);
  private session!: InspectorSession;

  override connectedCallback(): void {
    super.connectedCallback();
    this.texts = readTexts(this.texts, this.dataset.texts);
    this.session = new InspectorSession({
      changed: () => this.requestUpdate(),
      replaced: () => void this.session.load(this.tab),
    });
    this.tab = this.session.remembered.tab;
    void this.session.start();
  }

  override render(): TemplateResult {
    const { view, failure } = this.session;
    if (view === undefined)
      return failure === undefined ? this.reading() : this.failed(failure.message, failure.remedy);
    if (view.kind === "failed") return this.failed(view.message, view.remedy ?? undefined);
    return html`<main class="inspector">
      ${this.head(view)}
      <p role="status" class="sr-only">${this.session.changes === 0 ? "" : this.texts.changed}</p>
      ${view.warnings.map((warning) => this.warning(warning))}
      ${failure === undefined ? nothing : this.callout("error", `${failure.message} ${failure.remedy ?? ""}`)}
      <div role="tablist" aria-label=${this.texts.views} @keydown=${this.tabKeys}>
        ${tabNames.map((name) => this.tabButton(name))}
      </div>
      <div role="tabpanel" id="panel" aria-labelledby="tab-${this.tab}">${this.panel(view)}</div>
    </main>`;
  }

  private reading(): TemplateResult {
    return html`<main class="inspector waiting">
      <p role="status">${icon("loading")} ${this.texts.reading}</p>
    </main>`;
  }

  private failed(message: string, remedy: string | undefined): TemplateResult {
    return html`<main class="inspector failed">
      <div role="alert">
        ${icon("warning")}
        <h1>${this.texts.cannotShow}</h1>
        <p>${textNodes(message, this.texts)}</p>
        ${remedy === undefined ? nothing : html`<p class="quiet">${textNodes(remedy, this.texts)}</p>`}
      </div>
      <vscode-button @click=${() => void this.session.start(true)}>${this.texts.tryAgain}</vscode-button>
    </main>`;
  }

  private head({ file, shape, size, parts, version }: ModelView): TemplateResult {
    const { texts } = this;
    const facts: string[] = [];
    if (shape !== null) {
      facts.push(`${formatParameters(shape.parameters)} ${texts.parameters}`);
      if (shape.fileType !== null) facts.push(shape.fileType);
      facts.push(fill(texts.bitsPerWeight, shape.bitsPerWeight.toFixed(2)));
      if (shape.hasImportanceMatrix) facts.push(texts.withMatrix);
    }
    facts.push(formatBytes(size));
    if (parts.length > 1) facts.push(fill(texts.parts, formatCount(parts.length)));
    facts.push(fill(texts.ggufVersion, version));
    return html`<header>
      <h1>${textNodes(shape?.name ?? file, texts)}</h1>
      ${shape?.name == null ? nothing : html`<p class="quiet file">${textNodes(file, texts)}</p>`}
      <ul class="chips">
        ${facts.map((fact) => html`<li>${fact}</li>`)}
      </ul>
    </header>`;
  }

  private warning(warning: Warning): TemplateResult {
    const { texts } = this;
    switch (warning.what) {
      case "missing-parts":
        return this.callout("warning", fill(texts.missingParts, warning.names.join(", ")));
      case "truncated":
        return this.callout("warning", fill(texts.truncated, warning.name, warning.detail));
      case "not-a-model":
        return this.callout("info", fill(texts.notAModel, warning.instead));
      case "unknown-architecture":
        return this.callout("warning", fill(texts.unknownArchitecture, warning.architecture));
      case "no-shape":
        return this.callout("warning", fill(texts.noShape, warning.reason));
      case "would-crash":
        return this.callout("warning", fill(texts.wouldCrash, warning.reason));
    }
  }

  private callout(kind: "error" | "warning" | "info", text: string): TemplateResult {
    return html`<div class="callout ${kind}" role=${kind === "error" ? "alert" : "note"}>
      ${icon(kind)}
      <p>${textNodes(text, this.texts)}</p>
    </div>`;
  }

  private tabButton(name: TabName): TemplateResult {
    const titles: Record<TabName, string> = {
      architecture: this.texts.architectureTab,
      tensors: this.texts.tensorsTab,
      layers: this.texts.layersTab,
      metadata: this.texts.metadataTab,
    };
    const isShown = this.tab === name;
    return html`<button
      type="button"
      role="tab"
      id="tab-${name}"
      aria-selected=${isShown}
      aria-controls=${isShown ? "panel" : nothing}
      tabindex=${isShown ? 0 : -1}
      @click=${() => this.choose(name)}
    >
      ${titles[name]}
    </button>`;
  }

  private panel(view: ModelView): TemplateResult {
    const { session, texts } = this;
    const { remembered, tensors, metadata } = session;
    switch (this.tab) {
      case "architecture":
        return architectureView(view, texts);
      case "tensors":
        return tensors === undefined
          ? this.waiting()
          : html`<paddock-tensors
              .texts=${texts}
              .view=${view}
              .tensors=${tensors.tensors}
              .filter=${remembered.tensorFilter}
              @filtered=${(event: CustomEvent<string>) => session.remember({ tensorFilter: event.detail })}
            ></paddock-tensors>`;
      case "layers":
        return tensors === undefined
          ? this.waiting()
          : html`<div class="layers-panel">${layerMap(view, tensors.map, texts)}</div>`;
      case "metadata":
        return metadata === undefined
          ? this.waiting()
          : html`<paddock-metadata
              .texts=${texts}
              .rows=${metadata}
              .value=${(key: string, from: number) => session.value(key, from)}
              .copy=${(text: string) => session.copy(text)}
              .filter=${remembered.metadataFilter}
              @filtered=${(event: CustomEvent<string>) => session.remember({ metadataFilter: event.detail })}
            ></paddock-metadata>`;
    }
  }

  private waiting(): TemplateResult {
    return html`<p role="status" class="empty quiet">${this.texts.reading}</p>`;
  }

  private choose(name: TabName): void {
    this.tab = name;
    this.session.remember({ tab: name });
    void this.session.load(name);
  }

  /** As tabs are used everywhere: arrows go round, Home and End go to the ends, and what has the focus is shown. */
  private readonly tabKeys = (event: KeyboardEvent): void => {
    const at = tabNames.indexOf(this.tab);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabNames.length - 1 }[event.key];
    const name = to === undefined ? undefined : tabNames.at(to % tabNames.length);
    if (name === undefined) return;
    event.preventDefault();
    this.choose(name);
    void this.updateComplete.then(() => this.querySelector<HTMLElement>(`#tab-${name}`)?.focus());
  };
}
