import { formatCount } from "../../platform/core/format";
import { type WebviewTexts, webviewTexts } from "../core/webviewTexts";

const english: WebviewTexts = webviewTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): WebviewTexts {
  if (json === undefined) return english;
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return english;
  }
  if (typeof given !== "object" || given === null) return english;
  const known = new Map(Object.entries(given));
  const texts = Object.entries(english).map(([key, text]) => {
    const translated: unknown = known.get(key);
    return [key, typeof translated === "string" && translated !== "" ? translated : text];
  });
  return Object.fromEntries(texts) as WebviewTexts;
}

/** A number of tokens, with "≈" where nobody counted them. */
export function tokenCount(count: number, isCounted: boolean): string {
  return `${isCounted ? "" : "≈ "}${formatCount(count)}`;
}

/** Puts values into "{0}", "{1}" of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
