import { fill, readTexts as readPageTexts } from "../../ui/texts";
import { type PickerTexts, pickerTexts } from "../core/pickerTexts";

const english: PickerTexts = pickerTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): PickerTexts {
  return readPageTexts(english, json);
}

export { fill };
