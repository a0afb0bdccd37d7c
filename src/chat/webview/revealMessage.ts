const markedMs = 4_000;

/**
 * Scrolls to a message, marks it for a while and puts the keyboard there, so that a screen reader reads it.
 * @param scrollTo scrolls the list, by what keeps it where it is afterwards.
 */
export function revealMessage(root: ParentNode, id: string, scrollTo: (top: number) => void): void {
  const message = root.querySelector<HTMLElement>(`paddock-message[data-message="${CSS.escape(id)}"]`);
  const log = message?.closest(".log");
  if (message === null || log === null || log === undefined) return;
  const go = (): void => {
    const above = message.getBoundingClientRect().top - log.getBoundingClientRect().top;
    scrollTo(log.scrollTop + above - 16);
  };
  go();
  // Once more when what stands above it has its height.
  requestAnimationFrame(go);
  message.tabIndex = -1;
  message.focus({ preventScroll: true });
  message.classList.add("revealed");
  setTimeout(() => message.classList.remove("revealed"), markedMs);
}
