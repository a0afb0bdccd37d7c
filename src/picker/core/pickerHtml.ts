import { pageHtml, type WebviewPage } from "../../platform/core/pageHtml";
import type { PickerTexts } from "./pickerTexts";

export interface PickerPage extends Omit<WebviewPage, "element" | "title"> {
  readonly texts: PickerTexts;
}

export function pickerHtml(page: PickerPage): string {
  return pageHtml({ ...page, element: "paddock-picker", title: page.texts.title });
}
