import { html, nothing, type TemplateResult } from "lit";
import { formatBytes, formatCount, formatPercent } from "../../platform/core/format";
import { fill } from "../../ui/texts";
import type { ModelView, ShapeView } from "../core/inspectorContract";
import type { InspectorTexts } from "../core/inspectorTexts";
import { architecturePicture } from "./architecturePicture";
import { bar } from "./tensorView";
import { textNodes } from "./textNodes";
import { typeClass } from "./typeColour";

/** A label and what stands beside it; undefined where there is nothing to say. */
type Fact = readonly [label: string, value: unknown] | undefined;

/** The model in words and as a picture, and what its tensors are stored as. */
export function architectureView(view: ModelView, texts: InspectorTexts): TemplateResult {
  const { shape } = view;
  return html`<div class="architecture scroller" tabindex="0" role="group" aria-label=${texts.architectureTab}>
    ${
      shape === null
        ? html`<p class="quiet">${texts.noArchitecture}</p>`
        : html`<div class="columns">
            <div class="facts">${groups(shape, texts)}</div>
            ${architecturePicture(shape, texts)}
          </div>`
    }
    ${view.types.length === 0 ? nothing : types(view, texts)}
  </div>`;
}

function groups(shape: ShapeView, texts: InspectorTexts): readonly TemplateResult[] {
  return [
    group("codicon-symbol-structure", texts.general, general(shape, texts)),
    group("codicon-eye", texts.attention, attention(shape, texts)),
    group("codicon-circuit-board", texts.feedForward, feedForward(shape, texts)),
    group("codicon-symbol-ruler", texts.positions, positions(shape, texts)),
    group("codicon-symbol-string", texts.vocabulary, vocabulary(shape, texts)),
  ];
}

function group(symbol: string, title: string, facts: readonly Fact[]): TemplateResult {
  return html`<section>
    <h2><span class="codicon ${symbol}" aria-hidden="true"></span>${title}</h2>
    <dl>
      ${facts.map((fact) =>
        fact === undefined
          ? nothing
          : html`<div>
              <dt>${fact[0]}</dt>
              <dd>${fact[1]}</dd>
            </div>`,
      )}
    </dl>
  </section>`;
}

function figure(value: number, texts: InspectorTexts): string {
  return value === 0 ? texts.unknown : formatCount(value);
}

function general(shape: ShapeView, texts: InspectorTexts): readonly Fact[] {
  const { details } = shape;
  return [
    [texts.architecture, html`<code>${shape.architecture}</code>`],
    [texts.layers, figure(shape.layers, texts)],
    [texts.width, figure(shape.embeddingLength, texts)],
    [
      texts.trainContext,
      shape.trainContextSize === 0 ? texts.unknown : fill(texts.tokens, formatCount(shape.trainContextSize)),
    ],
    details.norm === null
      ? undefined
      : [
          texts.norm,
          fill(
            details.postNorms ? texts.normAround : texts.normBefore,
            details.norm.epsilon === null
              ? details.norm.kind
              : fill(texts.epsilon, details.norm.kind, details.norm.epsilon.toPrecision(1)),
          ),
        ],
    [texts.output, details.tiedOutput ? texts.tied : texts.untied],
  ];
}

function attention({ details, layers }: ShapeView, texts: InspectorTexts): readonly Fact[] {
  const { heads, headsKv, keyLength, valueLength, slidingWindow, layerKinds } = details;
  const kinds = {
    "multi-head": texts.multiHead,
    "grouped-query": fill(texts.groupedQuery, headsKv === 0 ? 0 : Math.round(heads / headsKv)),
    "multi-query": texts.multiQuery,
    latent: texts.latent,
    varied: texts.varied,
    none: texts.noAttention,
  };
  const sliding = layerKinds.filter((kind) => kind === "sliding").length;
  const recurrent = layerKinds.filter((kind) => kind === "recurrent").length;
  return [
    [texts.kind, kinds[details.attention]],
    ...(heads === 0
      ? []
      : ([
          [texts.heads, fill(texts.headsOf, heads, headsKv)],
          [
            texts.headLength,
            keyLength === valueLength ? figure(keyLength, texts) : fill(texts.keyValueLength, keyLength, valueLength),
          ],
          details.qkNorm ? [texts.qkNorm, texts.normalised] : undefined,
        ] satisfies Fact[])),
    slidingWindow === null
      ? undefined
      : [
          texts.window,
          sliding === 0
            ? fill(texts.windowSome, formatCount(slidingWindow))
            : fill(texts.windowIn, formatCount(slidingWindow), sliding, layers),
        ],
    recurrent === 0 ? undefined : [texts.recurrentLayers, fill(texts.ofLayers, recurrent, layers)],
  ];
}

function feedForward({ details, layers }: ShapeView, texts: InspectorTexts): readonly Fact[] {
  const { feedForward: width, experts, expertLayers } = details;
  const facts: Fact[] = [];
  if (width !== null) {
    facts.push([
      texts.length,
      width.least === width.most
        ? formatCount(width.most)
        : fill(texts.lengths, formatCount(width.least), formatCount(width.most)),
    ]);
    facts.push([texts.kind, width.gated ? texts.gated : texts.notGated]);
  }
  if (experts !== null) {
    const count = fill(texts.expertsOf, experts.total, experts.used);
    facts.push([texts.experts, experts.shared === 0 ? count : fill(texts.expertsShared, count, experts.shared)]);
    if (experts.feedForwardLength !== null) facts.push([texts.expertLength, formatCount(experts.feedForwardLength)]);
    facts.push([texts.expertLayers, fill(texts.ofLayers, expertLayers, layers)]);
  }
  return facts.length === 0 ? [[texts.length, texts.unknown]] : facts;
}

function positions({ details: { rope } }: ShapeView, texts: InspectorTexts): readonly Fact[] {
  if (rope === null) return [[texts.rope, texts.noRope]];
  const parts = [
    rope.dimensions === null ? "" : fill(texts.ropeDimensions, formatCount(rope.dimensions)),
    rope.base === null ? "" : fill(texts.ropeBase, formatCount(rope.base)),
  ].filter((part) => part !== "");
  const facts: Fact[] = [];
  if (parts.length > 0) facts.push([texts.rope, parts.join(", ")]);
  if (rope.scaling !== null || rope.factor !== null) {
    const kind = rope.scaling ?? "linear";
    const scaled = rope.factor === null ? kind : fill(texts.scaledBy, kind, rope.factor);
    const from = rope.originalContext;
    facts.push([texts.ropeScaling, from === null ? scaled : fill(texts.scaledFrom, scaled, formatCount(from))]);
  }
  return facts;
}

function vocabulary({ vocabulary: words }: ShapeView, texts: InspectorTexts): readonly Fact[] {
  const tokenizer = [words.model, words.pre].filter((name) => name !== null).join(", ");
  return [
    [texts.size, words.size === 0 ? texts.unknown : fill(texts.tokens, formatCount(words.size))],
    [texts.tokenizer, tokenizer === "" ? texts.unknown : textNodes(tokenizer, texts)],
    words.merges === 0 ? undefined : [texts.merges, formatCount(words.merges)],
    words.special.length === 0
      ? undefined
      : [
          texts.specialTokens,
          html`<ul class="special">
            ${words.special.map(({ name, id }) => html`<li><code>${name}</code> ${formatCount(id)}</li>`)}
          </ul>`,
        ],
    [texts.chatTemplate, words.hasChatTemplate ? texts.yes : texts.no],
  ];
}

function types(view: ModelView, texts: InspectorTexts): TemplateResult {
  const bits = new Map(view.types.map((type) => [type.name, type.bits]));
  const most = view.types[0]?.bytes ?? 0;
  return html`<section class="types">
    <h2><span class="codicon codicon-layers" aria-hidden="true"></span>${texts.storage}</h2>
    <div class="wide-table" tabindex="0" role="group" aria-label=${texts.typesTable}>
      <table aria-label=${texts.typesTable}>
        <thead>
          <tr>
            <th scope="col">${texts.type}</th>
            <th scope="col" class="figure">${texts.bits}</th>
            <th scope="col" class="figure">${texts.tensorCount}</th>
            <th scope="col" class="figure">${texts.values}</th>
            <th scope="col" class="figure">${texts.size}</th>
            <th scope="col" class="figure column-share">${texts.share}</th>
          </tr>
        </thead>
        <tbody>
          ${view.types.map(
            (type) =>
              html`<tr>
                <td><span class=${typeClass(type.name, bits)}>${type.name}</span></td>
                <td class="figure">${Number(type.bits.toFixed(4))}</td>
                <td class="figure">${formatCount(type.tensors)}</td>
                <td class="figure">${formatCount(type.values)}</td>
                <td class="figure">${formatBytes(type.bytes)}</td>
                <td class="figure column-share">
                  ${bar(most === 0 ? 0 : type.bytes / most)}
                  <span>${formatPercent(view.tensorBytes === 0 ? 0 : type.bytes / view.tensorBytes)}</span>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </section>`;
}
