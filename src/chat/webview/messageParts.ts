import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { formatBytes, formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import "../../ui/markdown/markdownView";
import type { Part } from "../core/conversation";
import type { ChatContext } from "./context";
import { fill } from "./strings";
import { MarkdownText, PlainText } from "./textDirectives";

/** Tool calls and results are for a glance; the whole of a big one helps nobody. */
const maxJson = 4_000;

/** The parts of an answer, in order. @param streaming the last part is still growing. */
export function answerParts(parts: readonly Part[], streaming: boolean, context: ChatContext): TemplateResult {
  return html`${repeat(
    parts,
    (_, index) => index,
    (part, index) => answerPart(part, streaming && index === parts.length - 1, context),
  )}`;
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

function answerPart(part: Part, streaming: boolean, context: ChatContext): TemplateResult | typeof nothing {
  const { texts } = context;
  switch (part.type) {
    case "text":
      return html`<paddock-markdown ${MarkdownText(part.text, streaming, context)}></paddock-markdown>`;
    case "reasoning":
      // Open while it comes and folded when the answer begins; in between it stays as the person leaves it.
      return html`<details class="fold" ?open=${streaming}>
        <summary>${fill(streaming ? texts.thinking : texts.reasoning, formatCount(wordCount(part.text)))}</summary>
        <div class="reasoning">${PlainText(part.text, context.labels)}</div>
      </details>`;
    case "toolCall":
      return html`<details class="fold">
        <summary>${icon("tools")} ${fill(texts.toolCall, visibleText(part.name))}</summary>
        <pre class="json" tabindex="0"><code>${json(part.arguments)}</code></pre>
      </details>`;
    case "toolResult":
      return html`<details class="fold">
        <summary>${icon("output")} ${fill(texts.toolResult, visibleText(part.name))}</summary>
        <pre class="json" tabindex="0"><code>${json(part.result)}</code></pre>
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

function json(value: unknown): string {
  const text = visibleText(JSON.stringify(value, undefined, 2).slice(0, maxJson * 2));
  return text.length > maxJson ? `${text.slice(0, maxJson)}…` : text;
}

function wordCount(text: string): number {
  let count = 0;
  for (const _ of text.matchAll(/\S+/g)) count++;
  return count;
}
