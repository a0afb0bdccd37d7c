import { visibleText } from "../core/visibleText";

/** A name from a file or a model in a quick pick, where "$(name)" would become an icon. */
export function plainLabel(text: string): string {
  return visibleText(text).replace(/\$\(/gu, "$\u200b(");
}
