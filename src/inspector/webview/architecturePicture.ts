import { html, nothing, svg, type TemplateResult } from "lit";
import { formatCount } from "../../platform/core/format";
import { fill } from "../../ui/texts";
import type { Architecture, ShapeView } from "../core/inspectorContract";
import type { InspectorTexts } from "../core/inspectorTexts";

/** Units of the picture's own. */
const width = 300;
const left = 40;
const box = 220;
/** More heads than these are told by their number alone. */
const mostHeads = 128;
const mostExperts = 256;
const expertsInRow = 32;

/**
 * A model's way from tokens to output, made of its numbers: one block with what is in it, how heads share keys and
 * values, its experts, and a stripe of all layers by their kind.
 */
export function architecturePicture(shape: ShapeView, texts: InspectorTexts): TemplateResult {
  const { details } = shape;
  const parts: TemplateResult[] = [];
  let y = 4;
  const add = (height: number, draw: (top: number) => TemplateResult, gap = 16): number => {
    const top = y;
    parts.push(draw(top));
    y += height + gap;
    return top;
  };
  const embedding = shape.embeddingLength === 0 ? "" : formatCount(shape.embeddingLength);
  const vocabulary = shape.vocabulary.size === 0 ? "" : `${formatCount(shape.vocabulary.size)} × ${embedding}`;
  add(34, (top) => labelled(top, 34, "io", texts.pictureEmbedding, vocabulary));

  const norm = details.norm?.kind;
  const start = y;
  y += 36;
  const firstHalf = y;
  if (norm !== undefined) add(20, (top) => labelled(top, 20, "norm", norm), 8);
  const attention = attentionPart(details, texts);
  add(attention.height, attention.draw, 0);
  const secondHalf = y + 12;
  parts.push(residual(firstHalf - 8, y + 6));
  y += 22;
  if (norm !== undefined) add(20, (top) => labelled(top, 20, "norm", norm), 8);
  const feedForward = feedForwardPart(shape, texts);
  add(feedForward.height, feedForward.draw, 0);
  parts.push(residual(secondHalf, y + 6));
  y += 20;
  const frame = svg`<rect class="frame" x="8" y=${start} width=${width - 16} height=${y - start} rx="8"></rect>
    <text class="title" x="20" y=${start + 17}>${fill(texts.pictureBlocks, formatCount(shape.layers))}</text>`;
  y += 16;
  if (norm !== undefined) add(20, (top) => labelled(top, 20, "norm", norm), 8);
  add(34, (top) => labelled(top, 34, "io", texts.pictureOutput, vocabulary), 4);

  const label = fill(texts.pictureLabel, vocabulary === "" ? texts.unknown : vocabulary, formatCount(shape.layers));
  return html`<figure class="picture" aria-label=${texts.picture}>
    <svg viewBox="0 0 ${width} ${y}" role="img" aria-label=${label}>
      <line class="flow" x1=${width / 2} y1="4" x2=${width / 2} y2=${y - 8}></line>
      ${frame}${parts}
    </svg>
    ${layerStrip(details.layerKinds, texts)}
  </figure>`;
}

function labelled(top: number, height: number, kind: string, title: string, detail = ""): TemplateResult {
  const middle = left + box / 2;
  const first = detail === "" ? top + height / 2 + 4 : top + 15;
  return svg`<rect class="part ${kind}" x=${left} y=${top} width=${box} height=${height} rx="4"></rect>
    <text class="centre" x=${middle} y=${first}>${title}</text>
    ${detail === "" ? nothing : svg`<text class="centre detail" x=${middle} y=${top + 28}>${detail}</text>`}`;
}

/** The line around a half block, and the ring where both ways come together. */
function residual(from: number, to: number): TemplateResult {
  const middle = width / 2;
  return svg`<path class="flow" d="M ${middle} ${from} H 24 V ${to} H ${middle - 6}"></path>
    <circle class="sum" cx=${middle} cy=${to} r="6"></circle>
    <path class="flow" d="M ${middle - 4} ${to} h 8 M ${middle} ${to - 4} v 8"></path>`;
}

interface Part {
  readonly height: number;
  readonly draw: (top: number) => TemplateResult;
}

function attentionPart({ attention, heads, headsKv, layerKinds }: Architecture, texts: InspectorTexts): Part {
  if (attention === "none" || heads === 0) {
    const title = layerKinds.includes("recurrent") ? texts.pictureRecurrent : texts.pictureAttention;
    return { height: 30, draw: (top) => labelled(top, 30, "attention", title) };
  }
  const short = { "multi-head": "MHA", "grouped-query": "GQA", "multi-query": "MQA", latent: "MLA", varied: "" };
  const isMixed = layerKinds.includes("recurrent");
  const title = [
    isMixed ? `${texts.pictureAttention} / ${texts.pictureRecurrent}` : texts.pictureAttention,
    short[attention],
  ]
    .filter((part) => part !== "")
    .join(" · ");
  const isDrawn = heads <= mostHeads && headsKv > 0 && headsKv <= heads;
  const height = isDrawn ? 74 : 46;
  const row = box - 20;
  return {
    height,
    draw: (top) =>
      svg`<rect class="part attention" x=${left} y=${top} width=${box} height=${height} rx="4"></rect>
        <text class="centre" x=${left + box / 2} y=${top + 15}>${title}</text>
        ${isDrawn ? [squares(top + 22, row, heads, "query"), squares(top + 46, row, headsKv, "key")] : nothing}
        <text class="detail" x=${left + 10} y=${top + (isDrawn ? 42 : 28)}>
          ${fill(texts.pictureQueries, heads)}
        </text>
        <text class="detail" x=${left + 10} y=${top + (isDrawn ? 66 : 40)}>
          ${fill(texts.pictureKeys, headsKv)}
        </text>`,
  };
}

/** A row of as many fields as there are heads: those of keys are as wide as the queries that share them. */
function squares(top: number, row: number, count: number, kind: string): TemplateResult {
  const each = row / count;
  const gap = Math.min(2, each / 4);
  return svg`${Array.from(
    { length: count },
    (_, index) =>
      svg`<rect class=${kind} x=${left + 10 + index * each + gap / 2} y=${top} width=${each - gap} height="8"></rect>`,
  )}`;
}

function feedForwardPart({ details }: ShapeView, texts: InspectorTexts): Part {
  const { experts, feedForward } = details;
  if (experts === null) {
    const length = feedForward === null ? "" : formatCount(feedForward.most);
    return { height: 34, draw: (top) => labelled(top, 34, "feed-forward", texts.pictureFeedForward, length) };
  }
  const isDrawn = experts.total <= mostExperts;
  const inRow = Math.min(expertsInRow, experts.total);
  const each = (box - 20) / inRow;
  const rows = isDrawn ? Math.ceil(experts.total / inRow) : 0;
  const side = Math.min(each - 1.5, 10);
  const height = 36 + rows * (side + 1.5) + (rows > 0 ? 6 : 0);
  return {
    height,
    draw: (top) =>
      svg`<rect class="part feed-forward" x=${left} y=${top} width=${box} height=${height} rx="4"></rect>
        <text class="centre" x=${left + box / 2} y=${top + 15}>${texts.pictureFeedForward} · MoE</text>
        <text class="centre detail" x=${left + box / 2} y=${top + 28}>
          ${fill(texts.pictureExperts, experts.total, experts.used)}
        </text>
        ${
          isDrawn
            ? Array.from(
                { length: experts.total },
                (_, index) =>
                  svg`<rect class="expert ${index < experts.used ? "used" : ""}"
                    x=${left + 10 + (index % inRow) * each} y=${top + 36 + Math.floor(index / inRow) * (side + 1.5)}
                    width=${side} height=${side}></rect>`,
              )
            : nothing
        }`,
  };
}

function layerStrip(kinds: Architecture["layerKinds"], texts: InspectorTexts): TemplateResult {
  if (kinds.length === 0) return html``;
  const names = {
    full: texts.fullLayer,
    sliding: texts.slidingLayer,
    attention: texts.attentionLayer,
    recurrent: texts.recurrentLayer,
    other: texts.otherLayer,
  };
  const counts = (Object.keys(names) as (keyof typeof names)[])
    .map((kind) => ({ kind, count: kinds.filter((each) => each === kind).length }))
    .filter(({ count }) => count > 0);
  const each = 100 / kinds.length;
  return html`<div class="strip">
    <p class="quiet">${texts.layerStrip}</p>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
      ${kinds.map(
        (kind, index) =>
          svg`<rect class="layer-${kind}" x=${index * each + each * 0.06} width=${each * 0.88} height="6"></rect>`,
      )}
    </svg>
    <ul>
      ${counts.map(({ kind, count }) => html`<li><span class="swatch layer-${kind}"></span>${count} × ${names[kind]}</li>`)}
    </ul>
  </div>`;
}
