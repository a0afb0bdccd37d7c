import path from "node:path";
import { parseArgs } from "node:util";
import { table, thisMachine, writeReport } from "../bench/support/report";
import { ablations, evaluate, type Outcome, stepsOfEval } from "./evaluate";
import { bootstrapInterval } from "./execution";
import { readGoldSet } from "./goldSet";

/**
 * Text-to-SQL by the product's own pipeline over a set of questions with gold statements. The gold statement is looked
 * at after the answer, to compare the rows, and never before.
 */
const { values } = parseArgs({
  options: {
    data: { type: "string" },
    model: { type: "string" },
    adapter: { type: "string" },
    scale: { type: "string", default: "1" },
    limit: { type: "string" },
    ablate: { type: "boolean", default: false },
    json: { type: "string" },
    answers: { type: "string" },
    verbose: { type: "boolean", default: false },
  },
});
if (values.data === undefined) {
  throw new Error("Which set? npm run eval:sql -- --data FOLDER, which holds questions.jsonl and databases/.");
}
/** So many questions take some ten minutes with the starter on two cores. */
const USUAL = 240;
const ABLATED = 60;
const limit = values.limit === undefined ? (values.ablate ? ABLATED : USUAL) : Number(values.limit);
const set = await readGoldSet(values.data, limit);
const asked = {
  set,
  ...(values.model === undefined ? {} : { model: path.resolve(values.model) }),
  ...(values.adapter === undefined
    ? {}
    : { adapter: { path: path.resolve(values.adapter), scale: Number(values.scale) } }),
  verbose: values.verbose,
};

const share = (outcomes: readonly Outcome[], of: (outcome: Outcome) => boolean): number =>
  outcomes.filter(of).length / Math.max(1, outcomes.length);
const quantile = (numbers: readonly number[], q: number): number =>
  numbers.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(q * numbers.length) - 1)] ?? 0;
const percent = (value: number): string => `${(100 * value).toFixed(1)}%`;

function figuresOf(outcomes: readonly Outcome[]): Record<string, number> {
  const seconds = outcomes.map(({ ms }) => ms / 1000);
  return {
    ex: share(outcomes, ({ right }) => right),
    valid: share(outcomes, ({ valid }) => valid),
    hallucinated: share(outcomes, ({ hallucinated }) => hallucinated),
    p50_s: quantile(seconds, 0.5),
    p95_s: quantile(seconds, 0.95),
  };
}

function rowOf(name: string, outcomes: readonly Outcome[]): string[] {
  const { ex = 0, valid = 0, hallucinated = 0, p50_s = 0, p95_s = 0 } = figuresOf(outcomes);
  const [low, high] = bootstrapInterval(outcomes.map(({ right }) => right));
  return [
    name,
    String(outcomes.length),
    percent(ex),
    `${percent(low)}–${percent(high)}`,
    percent(valid),
    percent(hallucinated),
    `${p50_s.toFixed(2)} s`,
    `${p95_s.toFixed(2)} s`,
  ];
}

const head = ["", "n", "execution accuracy", "95% interval", "valid SQL", "hallucinated names", "p50", "p95"];
const rows = [head];
const figures: Record<string, number> = {};
if (values.ablate) {
  for (const [name, steps] of ablations) {
    const { outcomes } = await evaluate({ ...asked, steps });
    rows.push(rowOf(name, outcomes));
    for (const [figure, value] of Object.entries(figuresOf(outcomes)))
      figures[`${figure}_${name.replaceAll(/\W+/g, "_")}`] = value;
    console.log(`${table([head, rows.at(-1) ?? []])}\n`);
  }
}
const steps = values.answers === undefined ? undefined : stepsOfEval({ answers: Number(values.answers) });
const { outcomes, versions } = await evaluate({ ...asked, ...(steps === undefined ? {} : { steps }) });
Object.assign(figures, figuresOf(outcomes));
rows.push(rowOf("all steps", outcomes));
// Every other database by its name: what is tuned is tuned on the first half alone.
const names = [...new Set(outcomes.map(({ db }) => db))].sort();
for (const [half, remainder] of [
  ["first half of the databases", 0],
  ["second half", 1],
] as const) {
  rows.push(
    rowOf(
      half,
      outcomes.filter(({ db }) => names.indexOf(db) % 2 === remainder),
    ),
  );
}
const later = outcomes.filter(({ first }) => !first);
rows.push(rowOf("but for each database's first question", later));
figures.p50_s_later = quantile(
  later.map(({ ms }) => ms / 1000),
  0.5,
);
const majority = outcomes.filter(({ confidence }) => confidence === "majority");
rows.push(
  rowOf("with a majority", majority),
  rowOf(
    "unconfirmed",
    outcomes.filter(({ confidence }) => confidence === "unconfirmed"),
  ),
);
figures.ex_majority = share(majority, ({ right }) => right);
figures.majority = majority.length / Math.max(1, outcomes.length);
figures.questions = outcomes.length;
console.log(table(rows));
if (values.json !== undefined) await writeReport(values.json, { figures, machine: thisMachine(), versions });
