import type { PromptMessage } from "../../engine/protocol";
import { cancelled, PaddockError } from "../../platform/core/errors";
import type { ActionPlan } from "../core/actionPlan";
import { planAction, tokensIn } from "../core/actionPrompt";
import type { ActionRequest } from "../core/actionRequest";
import { wholeDefinition } from "../core/begunDefinition";
import { fitAnswer } from "../core/fitAnswer";
import type { AnswerRefusal } from "../core/fittedAnswer";
import type { ActionOutcome, ActionRun, RunAction } from "./actionRun";

/** Where nobody says more: what the smallest models of today have. Tokens. */
const unknownContext = 2048;
/** The estimate of a prompt is rather too high; so often it may be too low before something else is wrong. */
const mostPlans = 4;
/** One answer in so many that cannot be used is no accident any more. */
const mostTries = 4;
/** A second try is worth its wait with any model; more of them where a model is as fast as this, ms for all so far. */
const quickTries = 4000;
/** Refusals that another try may change. */
const worthAnother: ReadonlySet<AnswerRefusal> = new Set([
  "unchanged",
  "elided",
  "repeats",
  "lost",
  "empty",
  "malformed",
  "cutOff",
]);

type Tried = Omit<ActionOutcome, "tries">;

/**
 * Asks a model for an action and makes what it wrote fit. An answer that is of no use is asked for again: once, and more
 * often where that is quickly done.
 * Cancelling rejects with `cancelled`; rejects with context/overflow where the selection is too long for the model, and
 * with what the backend rejects with.
 */
export const runAction: RunAction = async (run) => {
  const since = performance.now();
  const repeated = run.request.attempt ?? 0;
  for (let tries = 1; ; tries++) {
    // Each try of each repetition is one of its own.
    const outcome = await ask(run, { ...run.request, attempt: repeated * mostTries + tries - 1 });
    const isUsed = outcome.answer.kind !== "refused" || !worthAnother.has(outcome.answer.why);
    const isEnough = tries >= mostTries || (tries > 1 && performance.now() - since > quickTries);
    if (isUsed || isEnough) return { ...outcome, tries };
  }
};

async function ask(run: ActionRun, request: ActionRequest): Promise<Tried> {
  run.onProgress?.({ phase: "waiting", text: "" });
  const plan = await fittingPlan(run, request, true);
  try {
    return await askAs(run, request, plan);
  } catch (error) {
    // A model that cannot be held to a form, as those of other extensions, is asked in words alone.
    if (plan.schema === undefined || !(error instanceof PaddockError) || error.code !== "unsupported") throw error;
    return askAs(run, request, await fittingPlan(run, request, false));
  }
}

async function askAs(run: ActionRun, request: ActionRequest, plan: ActionPlan): Promise<Tried> {
  const { backend, model, signal, priority = "chat", onProgress } = run;
  const { messages, begins = "", schema, maxTokens, sampling } = plan;
  // A closing fence is the end of what is wanted; what a model says after it costs time.
  const enough = new AbortController();
  let written = begins;
  const result = await backend.chat(
    {
      messages: [...messages],
      maxTokens,
      sampling,
      ...(begins === "" ? {} : { continueLast: true }),
      ...(schema === undefined ? {} : { schema }),
      // Where the form is held by a grammar there is no place for reasoning, and code needs none on a small machine.
      ...(schema === undefined && begins === "" ? {} : { reasoningBudget: 0 }),
    },
    {
      model,
      feature: "action",
      priority,
      signal: AbortSignal.any([signal, enough.signal]),
      askedAt: performance.now(),
      onProgress: ({ text = "" }) => {
        written += text;
        if (isClosed(written, begins) || wholeDefinition(written, begins) !== undefined) enough.abort();
        onProgress?.({ phase: text === "" && written === begins ? "prompt" : "writing", text: written });
      },
    },
  );
  if (signal.aborted || (result.stopReason === "cancelled" && !enough.signal.aborted)) throw cancelled();
  const all = begins + result.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
  const raw = wholeDefinition(all, begins) ?? all;
  const ended = result.stopReason === "end" || result.stopReason === "stopText" || isClosed(raw, begins);
  return {
    answer: fitAnswer(request, { text: raw, ended }),
    raw,
    plan,
    stopReason: result.stopReason,
    timings: result.timings,
  };
}

/** Whether the block that was begun for the model has its closing fence. */
function isClosed(text: string, begins: string): boolean {
  const fence = /^`+/u.exec(begins)?.[0];
  return fence !== undefined && new RegExp(`\\n${fence}\`*[ \\t]*(?:\\n|$)`, "u").test(text.slice(begins.length - 1));
}

/** Planned by an estimate, then counted by the model; what turns out too long is planned again with less room. */
async function fittingPlan(
  { backend, model, facts, signal }: ActionRun,
  request: ActionRequest,
  canHold: boolean,
): Promise<ActionPlan> {
  const contextSize = facts?.contextSize ?? unknownContext;
  const canBegin = !/^(?:server|vscode):/u.test(model);
  let room = contextSize;
  for (let attempt = 0; attempt < mostPlans; attempt++) {
    const plan = planAction(request, { contextSize: room, parameters: facts?.parameters, canBegin, canHold });
    const tokens = await countedTokens(backend, plan, model, signal);
    const over = (tokens ?? 0) + plan.maxTokens - contextSize;
    if (over <= 0) return plan;
    room -= over;
  }
  throw new PaddockError("context/overflow", "This is too long for the model's context.", {
    remedy: "Select less, or choose a model with a larger context.",
  });
}

/** @returns undefined where the backend can't count: then the estimate has to do. */
async function countedTokens(
  backend: ActionRun["backend"],
  { messages, begins }: ActionPlan,
  model: ActionRun["model"],
  signal: AbortSignal,
): Promise<number | undefined> {
  // An open answer is no conversation that could be counted; its few tokens are within the estimate's margin.
  const counted: PromptMessage[] = begins === undefined ? [...messages] : messages.slice(0, -1);
  try {
    return (
      (await backend.countMessageTokens(counted, { model, signal })) + (begins === undefined ? 0 : tokensIn(begins))
    );
  } catch (error) {
    if (error instanceof PaddockError && error.code === "unsupported") return undefined;
    throw error;
  }
}
