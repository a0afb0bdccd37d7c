import { pageHtml, type WebviewPage } from "../../platform/core/pageHtml";
import type { AskTexts } from "./askTexts";

export interface AskPage extends Omit<WebviewPage, "element"> {
  readonly texts: AskTexts;
}

export function askHtml(page: AskPage): string {
  return pageHtml({ ...page, element: "paddock-ask" });
}
