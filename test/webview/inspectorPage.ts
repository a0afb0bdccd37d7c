import type { Page } from "@playwright/test";
import { describing, inspect, type InspectedModel, tensorRows } from "../../src/inspector/core/inspection";
import { inspectorTexts } from "../../src/inspector/core/inspectorTexts";
import { metadataRows, valuePiece } from "../../src/inspector/core/metadataRows";
import { pageHtml } from "../../src/platform/core/pageHtml";
import { openWebview, type WebviewPage } from "../support/webviewPage";

/** What the host would answer of a model. */
export function answersOf(model: InspectedModel, file = "model.gguf") {
  const header = describing(model.files);
  return (method: string, params: Record<string, unknown>): unknown => {
    switch (method) {
      case "ready":
      case "retry":
        return inspect(file, model);
      case "tensors":
        return tensorRows(model);
      case "metadata":
        return { rows: metadataRows(header) };
      case "value":
        return valuePiece(header, String(params.key), Number(params.from));
      default:
        return {};
    }
  };
}

export async function openInspector(
  page: Page,
  answer: (method: string, params: Record<string, unknown>) => unknown,
  theme = "dark",
): Promise<WebviewPage> {
  const opened = await openWebview(page, {
    name: "inspector",
    html: (parts) =>
      pageHtml({
        ...parts,
        element: "paddock-inspector",
        title: "model.gguf",
        texts: inspectorTexts({ t: (text) => text }),
      }),
    answer,
    theme,
  });
  await opened.frame.locator("h1").waitFor();
  return opened;
}
