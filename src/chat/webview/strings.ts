import { formatCount } from "../../platform/core/format";
import { fill, readTexts as readPageTexts } from "../../ui/texts";
import { visibleText } from "../../platform/core/visibleText";
import type { AskedCall } from "../core/chatTools";
import { type WebviewTexts, webviewTexts } from "../core/webviewTexts";
import type { ChatContext } from "./context";

const english: WebviewTexts = webviewTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): WebviewTexts {
  return readPageTexts(english, json);
}

/** A number of tokens, with "≈" where nobody counted them. */
export function tokenCount(count: number, isCounted: boolean): string {
  return `${isCounted ? "" : "≈ "}${formatCount(count)}`;
}

/** What a person is asked about a call, and where what comes of it goes. */
export function callQuestion(
  { texts, toolTitle }: Pick<ChatContext, "texts" | "toolTitle">,
  { tool, destination, opens }: AskedCall,
): string {
  const title = toolTitle(tool);
  if (destination !== undefined) return fill(texts.toolQuestionElsewhere, title, visibleText(destination));
  if (opens !== undefined) return fill(texts.toolQuestionOpens, title, visibleText(opens));
  return fill(texts.toolQuestion, title);
}

export { fill };
