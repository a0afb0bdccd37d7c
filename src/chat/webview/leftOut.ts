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
    <summary>${icon("fold")} ${fill(texts.leftOut, droppedSummary(dropped, texts))}</summary>
    <ul>
      ${dropped.map((item) => html`<li>${droppedLine(item, texts)}</li>`)}
    </ul>
    <p>${fill(texts.leftOutWhy, formatCount(report.fit.size))}</p>
  </details>`;
}

/** In the order in which they go; see fitPrompt.ts. */
const kinds: readonly Dropped["what"][] = ["reasoning", "attachment", "turns"];

export function droppedSummary(dropped: readonly Dropped[], texts: WebviewTexts): string {
  return kinds
    .flatMap((what) => {
      const count = dropped.filter((item) => item.what === what).reduce((sum, item) => sum + item.count, 0);
      return count === 0 ? [] : [counts({ what, count }, texts)];
    })
    .join(", ");
}

export function droppedLine(item: Dropped, texts: WebviewTexts): string {
  const name = item.what === "attachment" ? visibleText(item.label) : counts(item, texts);
  return fill(texts.leftOutLine, name, formatCount(item.tokens));
}

function counts({ what, count }: Pick<Dropped, "what" | "count">, texts: WebviewTexts): string {
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
