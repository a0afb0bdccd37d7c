import type { GeneratedText, TextRequest } from "../measuring";
import type { SessionParts } from "./speedSession";

/** One text after the other, so that each has all threads. */
export async function writeTexts(
  { engine, contextInfo, job, holdIfPaused }: SessionParts,
  { tuning, prompts, maxTokens }: Omit<TextRequest, "signal">,
): Promise<readonly GeneratedText[]> {
  const texts: GeneratedText[] = [];
  for (const prompt of prompts) {
    holdIfPaused();
    const { parts, timings } = await engine.peer.request("complete", {
      ...{ job, context: contextInfo.context, prompt, maxTokens, sampling: { temperature: 0 } },
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
