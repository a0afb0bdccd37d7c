import { fill, readTexts as readPageTexts } from "../../ui/texts";
import { type AskTexts, askTexts } from "../core/askTexts";

const english: AskTexts = askTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): AskTexts {
  return readPageTexts(english, json);
}

/** "1 row" or "{0} rows". @param count a whole number. */
export function counted(count: number, one: string, many: string, shown: string): string {
  return count === 1 ? fill(one, shown) : fill(many, shown);
}

export { fill };
