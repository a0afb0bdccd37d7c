import { html, type TemplateResult } from "lit";
import type { UsedSampling } from "../core/promptReport";
import type { WebviewTexts } from "../core/webviewTexts";
import { fill } from "./strings";

/**
 * How an answer was sampled, under its figures: with the same numbers, model and question it can be had again. The names
 * are llama.cpp's own and the numbers are written as they are typed into the settings.
 */
export function samplingUsed(
  { sampling, maxTokens, reasoningBudget }: UsedSampling,
  texts: WebviewTexts,
): TemplateResult {
  const { temperature, topK, topP, minP, repeatPenalty, dryStrength, dryBase, dryAllowedLength, seed } = sampling;
  const number = (value: number | undefined): string | undefined => (value === undefined ? undefined : String(value));
  const rows: (readonly [string, string | undefined])[] = [
    ["temperature", String(temperature)],
    ["top-k", number(topK)],
    ["top-p", number(topP)],
    ["min-p", number(minP)],
    [
      "repeat penalty",
      repeatPenalty === undefined
        ? texts.samplingOff
        : fill(texts.repeatPenaltyUsed, repeatPenalty.penalty, repeatPenalty.lastTokens),
    ],
    [
      "DRY",
      dryStrength === undefined
        ? texts.samplingOff
        : fill(texts.dryUsed, dryStrength, dryBase ?? "", dryAllowedLength ?? ""),
    ],
    ["seed", number(seed) ?? texts.seedUnused],
    ["max tokens", String(maxTokens)],
    ["reasoning budget", reasoningBudget === undefined ? texts.noLimit : String(reasoningBudget)],
  ];
  const known = rows.filter(([, value]) => value !== undefined);
  return html`<p class="quiet">${texts.samplingUsed}</p>
    <dl class="sampling">
      ${known.map(
        ([term, value]) =>
          html`<dt>${term}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>`;
}
