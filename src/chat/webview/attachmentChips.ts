import { html, nothing, type TemplateResult } from "lit";
import { visibleText } from "../../platform/core/visibleText";
import { icon } from "../../ui/base";
import type { Attachment } from "../core/webviewContract";
import type { ChatContext } from "./context";
import { fill, tokenCount } from "./strings";

type Pending<S extends Attachment["state"]> = Extract<Attachment, { state: S }>;

/**
 * What the next question carries, each with a button that takes it off; below it what the person is asked about, and
 * what was refused. @param after where the keyboard goes when a button is gone.
 */
export function attachmentChips(
  attachments: readonly Attachment[],
  context: ChatContext,
  after: () => void,
): TemplateResult | typeof nothing {
  const { texts } = context;
  const act = async (name: "removeAttachment" | "keepAttachment", id: string): Promise<void> => {
    if ((await context.ask("composer", name, { id })) !== undefined) after();
  };
  const of = <S extends Attachment["state"]>(state: S): Pending<S>[] =>
    attachments.filter((one): one is Pending<S> => one.state === state);
  const attached = of("attached");
  return html`${
    attached.length === 0
      ? nothing
      : html`<ul class="chips pending" aria-label=${texts.attachments}>
          ${attached.map((one) => chip(one, context, () => void act("removeAttachment", one.id)))}
        </ul>`
  }
  ${of("ignored").map(({ id, label, uri }) => {
    const question = fill(texts.ignoredFile, visibleText(label));
    return html`<div class="pending-question" role="group" aria-label=${question} title=${visibleText(uri)}>
      <p role="status">${icon("question")}<span>${question}</span></p>
      <button type="button" class="link-button" @click=${() => void act("keepAttachment", id)}>
        ${texts.attachAnyway}
      </button>
      <button type="button" class="link-button" @click=${() => void act("removeAttachment", id)}>
        ${texts.leaveOut}
      </button>
    </div>`;
  })}
  ${of("refused").map(
    ({ id, label, reason }) =>
      html`<div class="pending-question" role="alert">
        <p>${icon("circle-slash")}<span>${fill(texts.notAttached, visibleText(label))} ${visibleText(reason)}</span></p>
        <button
          type="button"
          class="icon-button"
          title=${texts.dismiss}
          aria-label=${texts.dismiss}
          @click=${() => void act("removeAttachment", id)}
        >
          ${icon("close")}
        </button>
      </div>`,
  )}`;
}

function chip(
  { label, uri, tokens, isCounted }: Pending<"attached">,
  { texts }: ChatContext,
  remove: () => void,
): TemplateResult {
  const name = visibleText(label);
  return html`<li>
    <span class="chip" title=${fill(texts.attachedFile, visibleText(uri))}>
      ${icon("file")}<span class="chip-text">${name}</span>
      <span class="chip-cost">${fill(texts.attachmentTokens, tokenCount(tokens, isCounted))}</span>
      <button
        type="button"
        class="icon-button"
        title=${fill(texts.removeAttachment, name)}
        aria-label=${fill(texts.removeAttachment, name)}
        @click=${remove}
      >
        ${icon("close")}
      </button>
    </span>
  </li>`;
}
