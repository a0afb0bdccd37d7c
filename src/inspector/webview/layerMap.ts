import { html, type TemplateResult } from "lit";
import { formatPercent } from "../../platform/core/format";
import type { ModelView, TypeMap } from "../core/inspectorContract";
import type { InspectorTexts } from "../core/inspectorTexts";
import { textNodes } from "./textNodes";
import { typeClass } from "./typeColour";

/** What each layer's tensors are stored as: a row for each layer, a column for each role, coloured by bits a value. */
export function layerMap(view: ModelView, map: TypeMap, texts: InspectorTexts): TemplateResult {
  const bits = new Map(view.types.map((type) => [type.name, type.bits]));
  const cell = (type: string): TemplateResult => html`<span class=${typeClass(type, bits)}>${type}</span>`;
  return html`<section class="legend" aria-label=${texts.legend}>
      <ul>
        ${view.types.map(
          ({ name, bytes }) =>
            html`<li>
              ${cell(name)}
              <span class="quiet">${formatPercent(view.tensorBytes === 0 ? 0 : bytes / view.tensorBytes)}</span>
            </li>`,
        )}
      </ul>
    </section>
    ${
      map.layers.length === 0
        ? html`<p class="empty quiet">${texts.noLayers}</p>`
        : html`<div class="scroller layer-map" tabindex="0" role="group" aria-label=${texts.layerMap}>
            <table aria-label=${texts.layerMap}>
              <thead>
                <tr>
                  <th scope="col" class="corner">${texts.layer}</th>
                  ${map.roles.map(
                    (role) =>
                      html`<th scope="col" class="role" title=${role}>
                        <span>${textNodes(role.replace(/\.weight$/, ""), texts)}</span>
                      </th>`,
                  )}
                </tr>
              </thead>
              <tbody>
                ${map.layers.map(
                  ({ layer, types }) =>
                    html`<tr>
                      <th scope="row">${layer}</th>
                      ${types.map((type) =>
                        type === null
                          ? html`<td class="absent"><span class="sr-only">${texts.absent}</span></td>`
                          : html`<td>${cell(type)}</td>`,
                      )}
                    </tr>`,
                )}
              </tbody>
            </table>
          </div>`
    }
    ${
      map.others.length === 0
        ? ""
        : html`<section class="others">
            <h2>${texts.otherTensors}</h2>
            <ul>
              ${map.others
                .slice(0, mostOthers)
                .map(({ name, type }) => html`<li>${cell(type)} <code>${textNodes(name, texts)}</code></li>`)}
            </ul>
          </section>`
    }`;
}

/** The table of tensors has all of them. */
const mostOthers = 100;
