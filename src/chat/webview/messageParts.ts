import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import type { Timings } from "../../engine/timings";
import { formatBytes, formatCount, formatMilliseconds } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import "../../ui/markdown/markdownView";
import type { Part } from "../core/conversation";
import type { ShownMessage } from "../core/versions";
import type { Live } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { fill } from "./strings";
import { MarkdownText, PlainText } from "./textDirectives";
import { type CallStates, toolCallView, toolResultView } from "./toolCallView";

/** The parts of an answer, in order; while it streams, the last part is still growing. */
export function answerParts(
  { parts, status, timings }: ShownMessage,
  live: Live | undefined,
  calls: Pick<CallStates, "conversation" | "asked">,
  context: ChatContext,
): TemplateResult {
  const streaming = status === "streaming";
  const reasoning = parts.filter(({ type }) => type === "reasoning").length;
  // Figures are of one run: of reasoning that another run began, they would tell only a part.
  const figures = reasoning !== 1 ? undefined : streaming ? liveFigures(parts, live) : figuresOf(timings);
  return html`${repeat(
    parts,
    (_, index) => index,
    (part, index) =>
      part.type === "toolCall" || part.type === "toolResult"
        ? toolPart(part, parts, { ...calls, streaming }, context)
        : answerPart(part, streaming && index === parts.length - 1, figures, context),
  )}`;
}

/** What the model's reasoning took. */
interface ReasoningFigures {
  readonly tokens: number;
  readonly ms: number;
}

function figuresOf(timings: Timings | undefined): ReasoningFigures | undefined {
  const { reasoning_n: tokens, reasoning_ms: ms } = timings ?? {};
  return tokens === undefined || ms === undefined ? undefined : { tokens, ms };
}

/** While nothing but reasoning has come, all that was generated is that. */
function liveFigures(parts: readonly Part[], live: Live | undefined): ReasoningFigures | undefined {
  if (parts.length !== 1 || live === undefined || live.predicted_per_second === null) return undefined;
  return { tokens: live.predicted_n, ms: ((live.predicted_n - 1) * 1_000) / live.predicted_per_second };
}

function reasoningTitle(
  words: number,
  streaming: boolean,
  figures: ReasoningFigures | undefined,
  { texts }: ChatContext,
): string {
  if (figures === undefined) return fill(streaming ? texts.thinking : texts.reasoning, formatCount(words));
  const { tokens, ms } = figures;
  const text = streaming ? texts.thinkingFor : texts.reasonedFor;
  return fill(text, formatMilliseconds(ms), formatCount(tokens), formatCount(words));
}

/** The parts of a question: its text as it was typed, and what was attached. */
export function questionParts(parts: readonly Part[], context: ChatContext): TemplateResult {
  const chips = parts.filter(({ type }) => type === "reference" || type === "image");
  return html`${parts.map((part) =>
    part.type === "text" ? html`<div class="question-text">${PlainText(part.text, context.labels)}</div>` : nothing,
  )}${
    chips.length === 0
      ? nothing
      : html`<ul class="chips">
          ${chips.map((part) => html`<li>${chip(part, context)}</li>`)}
        </ul>`
  }`;
}

/** A result is shown in its call's block. */
function toolPart(
  part: Extract<Part, { type: "toolCall" | "toolResult" }>,
  parts: readonly Part[],
  states: CallStates,
  context: ChatContext,
): TemplateResult | typeof nothing {
  if (part.type === "toolCall") {
    const result = parts.find((one) => one.type === "toolResult" && one.callId === part.id);
    return toolCallView(part, result?.type === "toolResult" ? result : undefined, states, context);
  }
  const hasCall = parts.some((one) => one.type === "toolCall" && one.id === part.callId);
  return hasCall ? nothing : toolResultView(part, context);
}

function answerPart(
  part: Exclude<Part, { type: "toolCall" | "toolResult" }>,
  streaming: boolean,
  figures: ReasoningFigures | undefined,
  context: ChatContext,
): TemplateResult | typeof nothing {
  switch (part.type) {
    case "text":
      return html`<paddock-markdown ${MarkdownText(part.text, streaming, context)}></paddock-markdown>`;
    case "reasoning":
      // Open while it comes and folded when the answer begins; in between it stays as the person leaves it.
      return html`<details class="fold" ?open=${streaming}>
        <summary>${reasoningTitle(wordCount(part.text), streaming, figures, context)}</summary>
        <div class="reasoning">${PlainText(part.text, context.labels)}</div>
      </details>`;
    case "image":
    case "reference":
      return html`<div class="chips">${chip(part, context)}</div>`;
  }
}

function chip(part: Part, context: ChatContext): TemplateResult | typeof nothing {
  const { texts } = context;
  if (part.type === "reference") {
    const label = visibleText(part.label);
    return html`<span class="chip" title=${fill(texts.attachedFile, visibleText(part.uri))}>
      ${icon("file")}<span class="chip-text">${label}</span>
    </span>`;
  }
  if (part.type === "image") {
    // Base64 has four characters for three bytes.
    const text = fill(texts.attachedImage, visibleText(part.mediaType), formatBytes((part.data.length * 3) / 4));
    return html`<span class="chip">${icon("file-media")}<span class="chip-text">${text}</span></span>`;
  }
  return nothing;
}

function wordCount(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/\S+/g)) count++;
  return count;
}
