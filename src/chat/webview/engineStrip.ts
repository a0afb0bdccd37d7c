import { html, nothing, type TemplateResult } from "lit";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { formatShare } from "../../platform/core/format";
import { icon } from "../../ui/base";
import type { EngineView } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { failureAt } from "./failureView";
import { fill } from "./strings";

type Command = "restartEngine" | "showLog" | "switchModel" | "loadModel";

/** The engine where it asks for attention: loading, coming back, or down. Quiet otherwise. */
export function engineStrip(engine: EngineView, context: ChatContext): TemplateResult {
  return html`<section class="engine">${body(engine, context)}${failureAt(context, "engine")}</section>`;
}

/** What the state of the model is called. */
export function engineStateText(engine: EngineView, context: ChatContext): string {
  const { texts } = context;
  switch (engine.status) {
    case "unloaded":
      return texts.modelUnloaded;
    case "ready":
      return engine.destination === undefined ? texts.modelReady : fill(texts.modelElsewhere, engine.destination);
    case "loading":
      return fill(texts.modelLoading, formatShare(engine.fraction ?? 0));
    case "restarting":
      return texts.modelRestarting;
    case "failed":
      return texts.modelFailed;
  }
}

export function runCommand(context: ChatContext, name: Command): void {
  void context.ask("engine", "command", { name });
}

function body(engine: EngineView, context: ChatContext): TemplateResult | typeof nothing {
  const { texts } = context;
  switch (engine.status) {
    case "unloaded":
      return nothing;
    case "ready":
      // Said as long as it is so, in the words of who is asked.
      return engine.destination === undefined
        ? nothing
        : html`<span class="engine-line destination" title=${fill(texts.goesElsewhere, engine.destination)}
            >${icon("globe")} ${fill(texts.goesElsewhere, engine.destination)}</span
          >`;
    case "loading": {
      const share = Math.round((engine.fraction ?? 0) * 100);
      return html`<div class="engine-progress">
        <span class="engine-line">${engineStateText(engine, context)} <span>${engine.modelName}</span></span>
        <progress max="100" .value=${share} aria-label=${fill(texts.modelLoading, engine.modelName)}></progress>
      </div>`;
    }
    case "restarting":
      return html`<div class="callout">
        <span class="codicon codicon-sync spinning" aria-hidden="true"></span>
        <p>${texts.modelRestarting}${engine.message === undefined ? nothing : html` <span>${engine.message}</span>`}</p>
      </div>`;
    case "failed":
      return html`<div class="callout error with-buttons" role="alert">
        ${icon("error")}
        <p>
          ${engine.message ?? texts.modelFailed}${
            engine.remedy === undefined ? nothing : html` <span>${engine.remedy}</span>`
          }
        </p>
        <div class="buttons">
          <vscode-button @click=${() => runCommand(context, "restartEngine")}>${texts.restart}</vscode-button>
          <vscode-button secondary @click=${() => runCommand(context, "switchModel")}
            >${texts.switchModel}</vscode-button
          >
          <vscode-button secondary @click=${() => runCommand(context, "showLog")}>${texts.showLog}</vscode-button>
        </div>
      </div>`;
  }
}
