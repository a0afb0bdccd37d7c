import { visibleNodes } from "../../ui/visibleNodes";
import { fill } from "../../ui/texts";
import type { InspectorTexts } from "../core/inspectorTexts";

/** Text from a file, with what cannot be seen in it shown as a mark. */
export function textNodes(text: string, texts: InspectorTexts): readonly (Text | HTMLElement)[] {
  return visibleNodes(text, (mark) => fill(texts.invisible, mark));
}
