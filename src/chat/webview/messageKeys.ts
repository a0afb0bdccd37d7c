/**
 * The keyboard among the messages, where it is on the log or on a message itself: Up and Down go from message to
 * message, Home and End to the first and the last; Tab goes on to what is in one. One that is taller than the log
 * scrolls to its end first.
 */
export function messageKeys(event: KeyboardEvent, log: HTMLElement): void {
  const { key, target } = event;
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const messages = [...log.querySelectorAll<HTMLElement>("article")];
  const at = messages.findIndex((message) => message === target);
  if (at === -1 && target !== log) return;
  const next = nextOf(messages, at, key, log.getBoundingClientRect());
  if (next === undefined) return;
  event.preventDefault();
  next.tabIndex = -1;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: key === "ArrowUp" || key === "End" ? "end" : "start" });
}

function nextOf(messages: readonly HTMLElement[], at: number, key: string, view: DOMRect): HTMLElement | undefined {
  const here = messages[at]?.getBoundingClientRect();
  switch (key) {
    case "ArrowUp":
      if (here !== undefined && here.top < view.top - 1) return undefined;
      return at === -1 ? messages.at(-1) : messages[at - 1];
    case "ArrowDown":
      if (here !== undefined && here.bottom > view.bottom + 1) return undefined;
      if (at !== -1) return messages[at + 1];
      return messages.find((message) => message.getBoundingClientRect().bottom > view.top + 1);
    case "Home":
      return messages[0];
    case "End":
      return messages.at(-1);
    default:
      return undefined;
  }
}
