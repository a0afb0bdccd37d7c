/** A codicon as an element; it says nothing to a screen reader, the control around it does. */
export function iconElement(name: string): HTMLElement {
  const icon = document.createElement("span");
  icon.className = `codicon codicon-${name}`;
  icon.setAttribute("aria-hidden", "true");
  return icon;
}

/** A button that shows only an icon. */
export function iconButton(icon: string, label: string, action: string): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon-button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.dataset.action = action;
  button.append(iconElement(icon));
  return button;
}
