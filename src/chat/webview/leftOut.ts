import { html, nothing, type TemplateResult } from "lit";
import { formatCount } from "../../platform/core/format";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { Dropped, PromptReport } from "../core/promptReport";
import type { WebviewTexts } from "../core/webviewTexts";
import { fill } from "./strings";

/** What of the conversation an answer was made without, because it did not fit; never said only in a tooltip. */
export function leftOutNote(report: PromptReport | undefined, texts: WebviewTexts): TemplateResult | typeof nothing {
  const dropped = report?.fit?.dropped ?? [];
  if (report?.fit === undefined || dropped.length === 0) return nothing;
  return html`<details class="fold left-out">
    <summary>${icon("fold")} ${fill(texts.leftOut, summary(dropped, texts))}</summary>
    <ul>
      ${dropped.map((item) => html`<li>${line(item, texts)}</li>`)}
    </ul>
    <p>${fill(texts.leftOutWhy, formatCount(report.fit.size))}</p>
  </details>`;
}

function summary(dropped: readonly Dropped[], texts: WebviewTexts): string {
  const attachments = dropped.filter(({ what }) => what === "attachment").length;
  const counted = dropped.filter(({ what }) => what !== "attachment").map((item) => counts(item, texts));
  if (attachments > 0) counted.push(amount(attachments, texts.leftOutAttachment, texts.leftOutAttachments));
  return counted.join(", ");
}

function line(item: Dropped, texts: WebviewTexts): string {
  const name = item.what === "attachment" ? visibleText(item.label) : counts(item, texts);
  return fill(texts.leftOutLine, name, formatCount(item.tokens));
}

function counts({ what, count }: Dropped, texts: WebviewTexts): string {
  switch (what) {
    case "turns":
      return amount(count, texts.leftOutMessage, texts.leftOutMessages);
    case "reasoning":
      return amount(count, texts.leftOutReasoning, texts.leftOutReasonings);
    case "attachment":
      return amount(count, texts.leftOutAttachment, texts.leftOutAttachments);
  }
}

function amount(count: number, one: string, several: string): string {
  return count === 1 ? one : fill(several, formatCount(count));
}
