import { html, nothing, type TemplateResult } from "lit";
import "@vscode-elements/elements/dist/vscode-button/index.js";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import { type AskedCall, type CallAnswer, callFailure } from "../core/chatTools";
import type { Part } from "../core/conversation";
import type { ChatContext } from "./context";
import { fill } from "./strings";

type Call = Extract<Part, { type: "toolCall" }>;
type Result = Extract<Part, { type: "toolResult" }>;

/** Calls and their results are for a glance; the whole of a big one helps nobody. */
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
  const isAsked = asked?.call === call.id;
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
      <summary>${icon(sign)} ${fill(words, visibleText(call.name))}</summary>
      <pre class="json" tabindex="0" aria-label=${texts.toolArguments}><code>${shown(call.arguments)}</code></pre>
      ${
        result === undefined
          ? nothing
          : html`<pre
              class="json"
              tabindex="0"
              aria-label=${fill(texts.toolResult, visibleText(call.name))}
            ><code>${shown(failure ?? result.result)}</code></pre>`
      }
    </details>
    ${isAsked ? question(call, conversation, context) : nothing}`;
}

/** A result whose call is not there, as in a conversation from a file. */
export function toolResultView({ name, result }: Result, { texts }: ChatContext): TemplateResult {
  return html`<details class="fold">
    <summary>${icon("output")} ${fill(texts.toolResult, visibleText(name))}</summary>
    <pre class="json" tabindex="0"><code>${shown(result)}</code></pre>
  </details>`;
}

function question(call: Call, conversation: string, context: ChatContext): TemplateResult {
  const { texts } = context;
  const answer =
    (given: CallAnswer): (() => void) =>
    () =>
      void context.ask("composer", "answerCall", { conversation, call: call.id, answer: given });
  return html`<div class="callout with-buttons tool-question" role="group" aria-label=${texts.toolQuestionLabel}>
    ${icon("shield")}
    <p>${fill(texts.toolQuestion, visibleText(call.name))}</p>
    <div class="buttons">
      <vscode-button @click=${answer("once")}>${texts.toolAllowOnce}</vscode-button>
      <vscode-button secondary @click=${answer("conversation")}>${texts.toolAllowConversation}</vscode-button>
      <vscode-button secondary @click=${answer("refuse")}>${texts.toolRefuse}</vscode-button>
    </div>
  </div>`;
}

/** Texts as they are and everything else as JSON, with what acts instead of being seen made visible. */
function shown(value: unknown): string {
  const whole = typeof value === "string" ? value : (JSON.stringify(value, undefined, 2) as string | undefined);
  const text = visibleText((whole ?? "").slice(0, maxShown * 2));
  return text.length > maxShown ? `${text.slice(0, maxShown)}…` : text;
}
