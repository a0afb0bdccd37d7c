import { appendNodes, visibleNodes } from "./visibleNodes";

export interface LongTextLabels {
  readonly showMore: (left: number) => string;
  readonly invisible: (mark: string) => string;
}

const texts = new WeakMap<Element, { text: string; shown: number }>();
const first = 8_000;
const step = 64_000;

/**
 * Text of any length as it was written: the beginning, and a button for each further piece, so that a line of a
 * megabyte costs no more than a page of text. The button is `data-action="more"`; see showMoreText.
 */
export function longText(text: string, labels: LongTextLabels): HTMLElement {
  const element = document.createElement("div");
  element.className = "long-text";
  const body = document.createElement("span");
  element.append(body);
  texts.set(element, { text, shown: 0 });
  showMoreText(element, labels, first);
  return element;
}

/** The text grew at its end; what is shown stays, and a text that was shown as a whole goes on for a while. */
export function growLongText(element: Element, text: string, labels: LongTextLabels): void {
  const known = texts.get(element);
  if (known === undefined) return;
  const whole = known.shown === known.text.length;
  known.text = text;
  if (whole && known.shown < step) showMoreText(element, labels, step - known.shown);
  else updateButton(element, labels);
}

/** Shows the next piece. Focus goes on with the text when the button is no longer needed. */
export function showMoreText(element: Element, labels: LongTextLabels, length = step): void {
  const known = texts.get(element);
  const body = element.firstElementChild;
  if (known === undefined || body === null) return;
  let end = Math.min(known.shown + length, known.text.length);
  // Not between the halves of a surrogate pair.
  if (/[\ud800-\udbff]/.test(known.text.charAt(end - 1)) && end < known.text.length) end++;
  appendNodes(body, visibleNodes(known.text.slice(known.shown, end), labels.invisible));
  known.shown = end;
  updateButton(element, labels);
}

function updateButton(element: Element, labels: LongTextLabels): void {
  const known = texts.get(element);
  if (known === undefined) return;
  const left = known.text.length - known.shown;
  let button = element.querySelector<HTMLButtonElement>(":scope > button");
  if (left === 0) {
    if (button !== null && button === document.activeElement) {
      const body = element.firstElementChild as HTMLElement;
      body.tabIndex = -1;
      body.focus();
    }
    button?.remove();
    return;
  }
  if (button === null) {
    button = document.createElement("button");
    button.type = "button";
    button.className = "link-button";
    button.dataset.action = "more";
    element.append(button);
  }
  button.textContent = labels.showMore(left);
}
