import { runAction } from "../../../src/actions/node/actionRunner";
import { PaddockError } from "../../../src/platform/core/errors";
import { type ActionCase, requestOf } from "./actionCases";
import type { AskedModel } from "./askedModel";
import { Judge, type Verdict } from "./judge";
import type { Workshop } from "./workshop";

export interface Outcome extends Verdict {
  readonly id: string;
  readonly action: ActionCase["action"];
  readonly seconds: number;
}

/** Stops there, with what there is: an evaluation takes at most a quarter of an hour. */
const deadlineMs = 14 * 60_000;

/** Asks a model for each case as the product does, and judges what comes of it. */
export async function evaluateActions(
  cases: readonly ActionCase[],
  { backend, id, facts }: AskedModel,
  workshop: Workshop,
  { verbose, signal }: { readonly verbose: boolean; readonly signal: AbortSignal },
): Promise<Outcome[]> {
  const judge = new Judge(workshop);
  const outcomes: Outcome[] = [];
  const begun = performance.now();
  for (const one of spread(cases)) {
    if (performance.now() - begun > deadlineMs) {
      console.error(`Stopped after ${outcomes.length} of ${cases.length} cases: a quarter of an hour is over.`);
      break;
    }
    const since = performance.now();
    let raw = "";
    let verdict: Verdict;
    let seconds: number;
    try {
      const outcome = await runAction({ backend, model: id, facts, request: requestOf(one), signal });
      seconds = (performance.now() - since) / 1000;
      raw = outcome.raw;
      verdict = await judge.judge(one, outcome.answer);
    } catch (error) {
      // Too long for the model, say: the person gets these words and no edit. What else fails is no answer of a model.
      if (!(error instanceof PaddockError) || error.code !== "context/overflow") throw error;
      seconds = (performance.now() - since) / 1000;
      verdict = { applies: false, untouched: true, useful: false, why: error.message };
    }
    outcomes.push({ id: one.id, action: one.action, seconds, ...verdict });
    if (verbose)
      console.error(`${verdict.useful ? "+" : "-"} ${one.id} (${seconds.toFixed(1)} s) ${verdict.why}\n${raw}\n`);
    else if (outcomes.length % 10 === 0) console.error(progress(outcomes, cases.length));
  }
  return outcomes;
}

/** In an order in which any beginning is drawn evenly over the whole set: an evaluation may end early. */
function spread(cases: readonly ActionCase[]): ActionCase[] {
  // The golden ratio's multiples fill an interval more evenly than anything else does.
  const place = (index: number): number => (index * 0.6180339887) % 1;
  return cases
    .map((one, index) => ({ one, at: place(index) }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

function progress(outcomes: readonly Outcome[], of: number): string {
  return `${outcomes.length}/${of}: ${outcomes.filter(({ useful }) => useful).length} useful`;
}
