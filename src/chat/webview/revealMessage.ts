import type { StickToEnd } from "./stickToEnd";

const markedMs = 4_000;

/** CSS pixels. */
const above = 16;

export function messageElement(root: ParentNode, id: string): HTMLElement | null {
  return root.querySelector<HTMLElement>(`paddock-message[data-message="${CSS.escape(id)}"]`);
}

/** Scrolls to a message, marks it for a while and puts the keyboard there, so that a screen reader reads it. */
export function revealMessage(root: ParentNode, id: string, stick: StickToEnd | undefined): void {
  const message = messageElement(root, id);
  if (message === null) return;
  stick?.hold(message, above);
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.classList.add("revealed");
  setTimeout(() => message.classList.remove("revealed"), markedMs);
}
