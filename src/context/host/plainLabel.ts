import { visibleText } from "../../platform/core/visibleText";

/** Names from files, for VS Code's lists: no icon syntax in them is obeyed, nothing in them is invisible. */
export function plainLabel(name: string): string {
  // The backslash is how VS Code's own labels escape an icon.
  return visibleText(name).replaceAll("$(", "\\$(");
}
