import path from "node:path";
import { parseArgs } from "node:util";
import { table, thisMachine, writeReport } from "../bench/support/report";
import { readActionCases } from "./actions/actionCases";
import { modelFile } from "./actions/askedModel";
import { serverModel } from "./actions/askedServer";
import { evaluateActions, type Outcome } from "./actions/evaluateActions";
import { judgeable } from "./actions/judgeable";
import { Workshop } from "./actions/workshop";
import { bootstrapInterval } from "./execution";

/**
 * Actions by the product's own prompts over cases with a check each: code is compiled and run, comments are looked for,
 * a commit's header is read. A case's reference is never shown to the model.
 */
const { values } = parseArgs({
  options: {
    data: { type: "string", default: "test/eval/actions/cases" },
    // A .gguf file; with a server, the name of one of its models.
    model: { type: "string" },
    server: { type: "string" },
    limit: { type: "string" },
    json: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});

const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;
const share = (outcomes: readonly Outcome[], of: (outcome: Outcome) => boolean): number =>
  outcomes.filter(of).length / Math.max(1, outcomes.length);

function figuresOf(outcomes: readonly Outcome[]): Record<"applies" | "useful" | "p50_s" | "untouched_outside", number> {
  const seconds = outcomes.map((outcome) => outcome.seconds).sort((a, b) => a - b);
  return {
    applies: share(outcomes, ({ applies }) => applies),
    useful: share(outcomes, ({ useful }) => useful),
    p50_s: seconds[Math.max(0, Math.ceil(seconds.length / 2) - 1)] ?? 0,
    untouched_outside: share(outcomes, ({ untouched }) => untouched),
  };
}

function rowOf(name: string, outcomes: readonly Outcome[]): string[] {
  const { applies, useful, p50_s, untouched_outside } = figuresOf(outcomes);
  const [low, high] = bootstrapInterval(outcomes.map((outcome) => outcome.useful));
  return [
    name,
    String(outcomes.length),
    percent(applies),
    percent(useful),
    `${percent(low)}–${percent(high)}`,
    percent(untouched_outside),
    `${p50_s.toFixed(2)} s`,
  ];
}

const signal = new AbortController().signal;
const limit = values.limit === undefined ? undefined : Number(values.limit);
const cases = judgeable(await readActionCases(path.resolve(values.data), limit));
const workshop = await Workshop.open(false);
try {
  const asked =
    values.server === undefined
      ? await modelFile(values.model, signal)
      : await serverModel(values.server, values.model, signal);
  try {
    const outcomes = await evaluateActions(cases, asked, workshop, { verbose: values.verbose, signal });
    const rows = [["", "n", "applies", "useful", "95% interval", "untouched outside", "p50"]];
    const figures: Record<string, number> = { ...figuresOf(outcomes), cases: outcomes.length };
    for (const action of new Set(outcomes.map((outcome) => outcome.action))) {
      const own = outcomes.filter((outcome) => outcome.action === action);
      rows.push(rowOf(action, own));
      const { applies, useful, p50_s } = figuresOf(own);
      Object.assign(figures, {
        [`applies_${action}`]: applies,
        [`useful_${action}`]: useful,
        [`p50_s_${action}`]: p50_s,
      });
    }
    rows.push(rowOf("all", outcomes));
    console.log(table(rows));
    if (values.json !== undefined) {
      const versions = { ...asked.versions, node: process.versions.node, isolation: workshop.isolation };
      await writeReport(values.json, { figures, machine: thisMachine(), versions });
    }
  } finally {
    await asked.close();
  }
} finally {
  await workshop.close();
}
