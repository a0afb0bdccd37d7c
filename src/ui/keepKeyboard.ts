import type { ReactiveControllerHost } from "lit";

/**
 * What is pressed often goes away with what it did. The keyboard then goes on to what comes next, and not back to the
 * beginning of the page.
 */
export function keepKeyboard(host: ReactiveControllerHost & HTMLElement, next: () => HTMLElement | null): void {
  let had: Element | null = null;
  host.addController({
    hostUpdate: () => {
      const { activeElement } = document;
      had = host.contains(activeElement) ? activeElement : null;
    },
    hostUpdated: () => {
      if (had?.isConnected === false) next()?.focus();
      had = null;
    },
  });
}
