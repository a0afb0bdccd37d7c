import { pageHtml, type WebviewPage } from "../../platform/core/pageHtml";
import type { SpeedTexts } from "./speedTexts";

export interface SpeedPage extends Omit<WebviewPage, "element" | "title"> {
  readonly texts: SpeedTexts;
}

export function speedHtml(page: SpeedPage): string {
  return pageHtml({ ...page, element: "paddock-speed", title: page.texts.title });
}
