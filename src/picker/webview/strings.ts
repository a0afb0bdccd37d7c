import { type PickerTexts, pickerTexts } from "../core/pickerTexts";

const english: PickerTexts = pickerTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): PickerTexts {
  let given: unknown;
  try {
    given = JSON.parse(json ?? "{}");
  } catch {
    return english;
  }
  const known = new Map(Object.entries(typeof given === "object" && given !== null ? given : {}));
  const texts = Object.entries(english).map(([key, text]) => {
    const translated: unknown = known.get(key);
    return [key, typeof translated === "string" && translated !== "" ? translated : text];
  });
  return Object.fromEntries(texts) as PickerTexts;
}

/** Puts values into "{0}", "{1}" of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
