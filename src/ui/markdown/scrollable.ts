/** What scrolls sideways must be reachable by keyboard, and have a name when it is. */
export function makeScrollable(element: HTMLElement, label: string): void {
  element.tabIndex = 0;
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", label);
}
