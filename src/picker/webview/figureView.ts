import { html, nothing, type TemplateResult } from "lit";
import { formatBytes, formatMilliseconds } from "../../platform/core/format";
import { formatKld, formatSameTop } from "../core/formatQuality";
import type { FigureView } from "../core/pickerContract";
import type { PickerTexts } from "../core/pickerTexts";
import { fill } from "./strings";

export type FigureKind = "rate" | "time" | "kld" | "share" | "bytes";

/** Shapes, not colours, say how a figure is known; words say it too. */
export const marks = { estimated: "○", calibrated: "◐", measured: "●" } as const;

export function figureText(value: number, kind: FigureKind): string {
  switch (kind) {
    case "rate":
      return value < 99.95 ? value.toFixed(1) : String(Math.round(value));
    case "time":
      return formatMilliseconds(value);
    case "kld":
      return formatKld(value);
    case "share":
      return formatSameTop(value);
    case "bytes":
      return formatBytes(value);
  }
}

/** The error as it stands beside the value: "±0.4", or "×÷3" for what is known to a factor only; "" for none. */
export function errorText({ value, error }: FigureView, kind: FigureKind): string {
  if (error === null) return "";
  if (kind === "kld" && error >= value && value > 0) return `×÷${factorOf(value, error)}`;
  if (kind === "share") return `±${(error * 100).toFixed(1)}`;
  return `±${figureText(error, kind)}`;
}

/** Priors of quality are right to a factor: twice the value as half-width stands for a factor of 3. */
function factorOf(value: number, error: number): string {
  return (1 + error / value).toFixed(0);
}

/** All of a figure in words, for a screen reader and as a title. */
export function figureWords(
  figure: FigureView,
  kind: FigureKind,
  texts: PickerTexts,
  reference?: string | null,
): string {
  const how = { estimated: texts.estimated, calibrated: texts.calibratedMark, measured: texts.measured }[figure.how];
  const error =
    figure.error === null
      ? texts.errorUnknown
      : kind === "kld" && figure.error >= figure.value && figure.value > 0
        ? fill(texts.withinFactor, factorOf(figure.value, figure.error))
        : fill(
            texts.plusMinus,
            kind === "share" ? `${(figure.error * 100).toFixed(1)}%` : figureText(figure.error, kind),
          );
  const against = reference === undefined || reference === null ? "" : `, ${fill(texts.against, reference)}`;
  return `${figureText(figure.value, kind)}, ${how}, ${error}${against}`;
}

/** A figure in two lines: its value, and how it is known with its error. Null: nobody knows, and `missing` says so. */
export function figureCell(
  figure: FigureView | null,
  kind: FigureKind,
  texts: PickerTexts,
  missing: string,
  reference?: string | null,
): TemplateResult {
  if (figure === null) return html`<span class="missing">${missing}</span>`;
  const words = figureWords(figure, kind, texts, reference);
  const short = { estimated: texts.estimatedShort, calibrated: texts.calibratedShort, measured: texts.measuredShort };
  const error = errorText(figure, kind);
  return html`<span class="figure ${figure.how}" title=${words}>
    <span aria-hidden="true">
      <span class="value">${figureText(figure.value, kind)}</span>
      <span class="how"
        >${marks[figure.how]} ${short[figure.how]}${error === "" ? nothing : html` <span>${error}</span>`}</span
      >
    </span>
    <span class="sr-only">${words}</span>
  </span>`;
}
