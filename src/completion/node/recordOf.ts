import type { DescribedPart } from "../../engine/infill";
import type { CompletionRecord } from "../core/completionRecord";
import type { Generation } from "./generation";

/**
 * What a person may want to know of a request to the model.
 * @param model as people know it.
 * @returns undefined for one that came to no prompt.
 */
export function recordOf(
  generation: Generation,
  model: string,
  described: readonly DescribedPart[],
): CompletionRecord | undefined {
  const { asked, layout, sentAt, snapshot, shape, result, pieces, askedAt, shownAt, endedAt, reason } = generation;
  if (asked === undefined || layout === undefined || sentAt === undefined) return undefined;
  return {
    at: Date.now() - (performance.now() - sentAt),
    document: { name: snapshot.name, languageId: snapshot.languageId, position: snapshot.cursor },
    model,
    layout,
    chunks: asked.plan.chunks,
    described,
    parts: result?.parts ?? [],
    timings: result?.timings,
    stopReason: result?.stopReason,
    waits: {
      debounce: Math.max(0, sentAt - askedAt),
      shown: shownAt === undefined ? null : shownAt - askedAt,
      ended: (endedAt ?? performance.now()) - askedAt,
    },
    pieces,
    shown: shape.text,
    reason,
  };
}
