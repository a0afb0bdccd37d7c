import { formatCount } from "../../platform/core/format";
import { fill, readTexts as readPageTexts } from "../../ui/texts";
import { type WebviewTexts, webviewTexts } from "../core/webviewTexts";

const english: WebviewTexts = webviewTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): WebviewTexts {
  return readPageTexts(english, json);
}

/** A number of tokens, with "≈" where nobody counted them. */
export function tokenCount(count: number, isCounted: boolean): string {
  return `${isCounted ? "" : "≈ "}${formatCount(count)}`;
}

export { fill };
