import { html, nothing, type TemplateResult } from "lit";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import { type AskedCall, type CallAnswer, callFailure } from "../core/chatTools";
import type { Part } from "../core/conversation";
import type { ChatContext } from "./context";
import { callQuestion, fill } from "./strings";

type Call = Extract<Part, { type: "toolCall" }>;
type Result = Extract<Part, { type: "toolResult" }>;

/** Calls and their results are for a glance; the whole of a big one helps nobody, but where it is consented to. */
const maxShown = 4_000;

/** How calls of a message stand, besides what its parts say. */
export interface CallStates {
  readonly conversation: string;
  /** The call that waits for the person. */
  readonly asked: AskedCall | null;
  /** The answer is still being made, so that a call without a result is under way. */
  readonly streaming: boolean;
}

/** One call, folded, with what it was given and what came of it; open while the person is asked about it. */
export function toolCallView(
  call: Call,
  result: Result | undefined,
  { conversation, asked, streaming }: CallStates,
  context: ChatContext,
): TemplateResult {
  const { texts } = context;
  const title = context.toolTitle(call.name);
  const question = asked?.call === call.id ? asked : undefined;
  const isAsked = question !== undefined;
  const failure = result === undefined ? undefined : callFailure(result.result);
  const [sign, words] = isAsked
    ? (["question", texts.toolAsked] as const)
    : result === undefined
      ? streaming
        ? (["loading", texts.toolRuns] as const)
        : (["circle-slash", texts.toolInterrupted] as const)
      : failure === undefined
        ? (["tools", texts.toolCall] as const)
        : (["warning", texts.toolFailed] as const);
  return html`<details class="fold tool-call" ?open=${isAsked}>
      <summary>${icon(sign)} ${fill(words, title)}</summary>
      ${modelName(call, context)}
      <pre
        class="json ${isAsked ? "whole" : ""}"
        role="group"
        tabindex="0"
        aria-label=${texts.toolArguments}
      ><code>${isAsked ? whole(call.arguments) : shown(call.arguments)}</code></pre>
      ${
        result === undefined
          ? nothing
          : html`<pre
              class="json"
              role="group"
              tabindex="0"
              aria-label=${fill(texts.toolResult, title)}
            ><code>${shown(failure ?? result.result)}</code></pre>`
      }
    </details>
    ${question === undefined ? nothing : questionView(question, conversation, context)}`;
}

/** A result whose call is not there, as in a conversation from a file. */
export function toolResultView(part: Result, context: ChatContext): TemplateResult {
  const label = fill(context.texts.toolResult, context.toolTitle(part.name));
  return html`<details class="fold tool-call">
    <summary>${icon("output")} ${label}</summary>
    ${modelName(part, context)}
    <pre class="json" role="group" tabindex="0" aria-label=${label}><code>${shown(part.result)}</code></pre>
  </details>`;
}

/** What stands in the prompt and the log, for whoever looks into the details. */
function modelName({ name }: Call | Result, { texts, toolTitle }: ChatContext): TemplateResult | typeof nothing {
  const known = visibleText(name);
  return known === toolTitle(name) ? nothing : html`<p class="hint">${fill(texts.toolName, known)}</p>`;
}

function questionView(asked: AskedCall, conversation: string, context: ChatContext): TemplateResult {
  const { texts } = context;
  const answer =
    (given: CallAnswer): (() => void) =>
    () =>
      void context.ask("composer", "answerCall", { conversation, call: asked.call, answer: given });
  return html`<div class="callout with-buttons tool-question" role="group" aria-label=${texts.toolQuestionLabel}>
    ${icon("shield")}
    <p>${callQuestion(context, asked)}</p>
    <div class="buttons">
      <vscode-button @click=${answer("once")}>${texts.toolAllowOnce}</vscode-button>
      <vscode-button secondary @click=${answer("conversation")}>${texts.toolAllowConversation}</vscode-button>
      <vscode-button secondary @click=${answer("refuse")}>${texts.toolRefuse}</vscode-button>
    </div>
  </div>`;
}

/** Texts as they are and everything else as JSON. */
function written(value: unknown): string {
  const text = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) as string | undefined);
  return text ?? "";
}

/** For a glance, with what acts instead of being seen made visible. */
function shown(value: unknown): string {
  const text = visibleText(written(value).slice(0, maxShown * 2));
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}

/** All of it: nobody consents to what they can't see. The host asks about nothing that is too long to read. */
function whole(value: unknown): string {
  return visibleText(written(value));
}
