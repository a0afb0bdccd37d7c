import { fill, readTexts as readPageTexts } from "../../ui/texts";
import { type SpeedTexts, speedTexts } from "../core/speedTexts";

const english: SpeedTexts = speedTexts({ t: (text) => text });

/** The page's texts as the host gave them; where one is missing or no text, the English one stands in. */
export function readTexts(json: string | undefined): SpeedTexts {
  return readPageTexts(english, json);
}

export { fill };
