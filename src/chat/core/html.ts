import { pageHtml, type WebviewPage } from "../../platform/core/pageHtml";
import type { WebviewTexts } from "./webviewTexts";

export interface ChatPage extends Omit<WebviewPage, "element"> {
  readonly texts: WebviewTexts;
}

export function chatHtml(page: ChatPage): string {
  return pageHtml({ ...page, element: "paddock-chat" });
}
