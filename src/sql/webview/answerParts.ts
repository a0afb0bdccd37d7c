import { html, nothing, type TemplateResult } from "lit";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { FailureView, PlaceView, TurnView } from "../core/askContract";
import type { AskTexts } from "../core/askTexts";
import { fill } from "./strings";

export function stepWords(step: NonNullable<TurnView["step"]>, texts: AskTexts): string {
  return {
    schema: texts.stepSchema,
    values: texts.stepValues,
    generate: texts.stepGenerate,
    check: texts.stepCheck,
    repair: texts.stepRepair,
    vote: texts.stepVote,
  }[step];
}

/** A sentence on what failed, with what can be done about it. @param heading said before it. */
export function failureBox(
  { message, remedy }: FailureView,
  more: TemplateResult | typeof nothing = nothing,
  heading = "",
): TemplateResult {
  return html`<div class="callout error">
    ${icon("error")}
    <p>
      ${heading === "" ? nothing : html`<b>${heading}</b>`} ${visibleText(message)}
      ${remedy === null ? nothing : html`<span>${visibleText(remedy)}</span>`} ${more}
    </p>
  </div>`;
}

/** How much is known of an answer, in a word, with the whole of it as a title and for a screen reader. */
export function confidenceBadge(
  { confidence, isConfirmed }: TurnView,
  texts: AskTexts,
): TemplateResult | typeof nothing {
  const badge = (mark: string, kind: string, word: string, help: string): TemplateResult =>
    html`<span class="badge ${kind}" title=${help}>${icon(mark)}${word}<span class="sr-only">. ${help}</span></span>`;
  if (isConfirmed) return badge("verified-filled", "sure", texts.confirmed, texts.confirmedHelp);
  switch (confidence) {
    case null:
      return nothing;
    case "confirmed":
      return badge("verified-filled", "sure", texts.confirmed, texts.confirmedHelp);
    case "majority":
      return badge("pass", "sure", texts.majority, texts.majorityHelp);
    case "unconfirmed":
      return badge("question", "unsure", texts.unconfirmed, texts.unconfirmedHelp);
  }
}

function placeName({ schema, table, column }: PlaceView): string {
  return visibleText([schema, table, column].filter((part) => part !== null).join("."));
}

/** What a statement uses, with links to the tree; what was taken for granted; and what was tried before. */
export function facts(turn: TurnView, texts: AskTexts, reveal: (place: PlaceView) => void): TemplateResult {
  const { tables, columns, assumptions, attempts } = turn;
  const link = (place: PlaceView, shown: string): TemplateResult =>
    html`<button
      type="button"
      class="link-button"
      title=${fill(texts.showInTree, placeName(place))}
      aria-label=${fill(texts.showInTree, placeName(place))}
      @click=${() => reveal(place)}
    >
      ${shown}
    </button>`;
  const ofTable = (table: PlaceView): PlaceView[] =>
    columns.filter((one) => one.schema === table.schema && one.table === table.table);
  return html`${
    tables.length === 0
      ? nothing
      : html`<ul class="uses" aria-label=${texts.uses}>
          ${tables.map(
            (table) =>
              html`<li>
                ${icon("table")}${link(table, placeName(table))}
                ${ofTable(table).map((place) => html`<span class="used-column">${link(place, visibleText(place.column ?? ""))}</span>`)}
              </li>`,
          )}
        </ul>`
  }
  ${
    assumptions.length === 0
      ? nothing
      : html`<div class="assumptions">
          <h3>${texts.assumptions}</h3>
          <ul>
            ${assumptions.map((one) => html`<li dir="auto">${visibleText(one)}</li>`)}
          </ul>
        </div>`
  }
  ${attempts.length === 0 ? nothing : tries(turn, texts)}`;
}

function tries({ attempts, state }: TurnView, texts: AskTexts): TemplateResult {
  const title =
    state === "failed"
      ? texts.attemptsFailedOne
      : attempts.length === 1
        ? texts.attemptsOne
        : fill(texts.attempts, attempts.length);
  return html`<details class="tries">
    <summary>${title}</summary>
    <ol>
      ${attempts.map(
        ({ sql, error }) =>
          html`<li>
            <paddock-sql
              .code=${sql}
              .label=${texts.statement}
              .invisible=${(mark: string) => fill(texts.invisible, mark)}
            ></paddock-sql>
            <p class="tried">${icon("error")} ${visibleText(error)}</p>
          </li>`,
      )}
    </ol>
  </details>`;
}
