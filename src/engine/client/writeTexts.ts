import type { GeneratedText, TextRequest } from "../measuring";
import type { MeasuringTurn } from "./measuringTurn";
import type { SessionParts } from "./speedSession";

/** One text after the other, so that each has all threads. */
export async function writeTexts(
  { engine, contextInfo }: SessionParts,
  turn: MeasuringTurn,
  { tuning, prompts, maxTokens }: Omit<TextRequest, "signal">,
): Promise<readonly GeneratedText[]> {
  const texts: GeneratedText[] = [];
  for (const prompt of prompts) {
    turn.holdIfPaused();
    const { parts, timings } = await engine.peer.request("complete", {
      ...{ job: turn.job, context: contextInfo.context, prompt, maxTokens, sampling: { temperature: 0 } },
      ...(tuning.lookupTokens === undefined ? {} : { lookupTokens: tuning.lookupTokens }),
    });
    texts.push({
      text: parts.map((part) => (part.type === "text" ? part.text : "")).join(""),
      tokens: timings.predicted_n,
      seconds: timings.predicted_ms / 1000,
    });
  }
  return texts;
}
