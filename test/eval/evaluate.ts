import path from "node:path";
import type { ModelId } from "../../src/engine/backend";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import { SQL_CONTEXT } from "../../src/engine/contextDefaults";
import { ModelRegistry } from "../../src/models/node/modelRegistry";
import { silentLogger } from "../../src/platform/core/logger";
import type { Answer } from "../../src/sql/core/asking";
import { createAsker } from "../../src/sql/core/ask/asker";
import { type AskSteps, stepsFor } from "../../src/sql/core/ask/steps";
import { createStatementGate } from "../../src/sql/core/parse/statementGate";
import { DatabaseClient } from "../../src/sql/node/databaseClient";
import { loadSqlParser } from "../../src/sql/node/loadSqlParser";
import { Execution } from "./execution";
import type { GoldQuestion, GoldSet } from "./goldSet";

export interface Outcome {
  readonly id: string;
  readonly db: string;
  readonly right: boolean;
  readonly valid: boolean;
  /** It names a table, column or function that is not there. */
  readonly hallucinated: boolean;
  readonly ms: number;
  /** It was the first question on its database, whose schema had to be processed. */
  readonly first: boolean;
  readonly confidence: string;
}

export interface EvalOptions {
  readonly set: GoldSet;
  /** A .gguf file; absent: the starter with its adapter. */
  readonly model?: string;
  readonly adapter?: { readonly path: string; readonly scale: number };
  readonly steps?: AskSteps;
  readonly verbose: boolean;
}

/** Stops there, with what there is: an evaluation takes at most a quarter of an hour. */
const DEADLINE_MS = 14 * 60_000;

export function stepsOfEval(changed: Partial<AskSteps>): AskSteps {
  return { ...stepsFor("schema-lines", 0), ...changed };
}

/** What each step gives, one after the other. */
export const ablations: readonly (readonly [name: string, steps: AskSteps])[] = [
  ["plain greedy", stepsOfEval({ constrained: "never", answers: 1, weighed: false, voted: false })],
  ["grammar", stepsOfEval({ answers: 1, weighed: false, voted: false })],
  ["grammar and several answers", stepsOfEval({ weighed: false, voted: false })],
  ["and votes by result", stepsOfEval({ weighed: false })],
];

export async function evaluate(
  options: EvalOptions,
): Promise<{ readonly outcomes: Outcome[]; readonly versions: Record<string, string> }> {
  const { set, verbose } = options;
  const signal = new AbortController().signal;
  const registry = await ModelRegistry.open(path.resolve("media/models"));
  const chosen = options.model === undefined ? registry.starter : registry.fromSetting(options.model);
  const own = options.adapter;
  const adapters = own === undefined ? registry.adapters(chosen.id, "sql") : [own];
  const engine = new EmbeddedEngine({
    enginePath: path.resolve("dist/engine.mjs"),
    models: { resolve: (id: ModelId, aborted) => registry.resolve(id, aborted), adapters: () => adapters },
    timings: { record: () => undefined },
    settings: () => settings,
    log: silentLogger,
  });
  const gate = createStatementGate(await loadSqlParser(path.resolve("node_modules/@guanmingchiu/sqlparser-ts/wasm")));
  const outcomes: Outcome[] = [];
  try {
    const { info, engine: versions } = await engine.load(chosen.id, signal);
    const layout = adapters.length > 0 ? "schema-lines" : "chat";
    const steps = options.steps ?? stepsFor(layout, info.parameters);
    const contextSize = Math.min(SQL_CONTEXT, info.trainContextSize);
    const begun = performance.now();
    const late = (): boolean => performance.now() - begun > DEADLINE_MS;
    for (const db of new Set(set.questions.map((question) => question.db))) {
      if (late()) break;
      const launch = { processPath: path.resolve("dist/database.mjs"), log: silentLogger };
      const target = { engine: "sqlite" as const, file: set.databaseFile(db) };
      const database = await DatabaseClient.open(launch, { target, writable: false }, signal);
      const execution = new Execution(set.databaseFile(db));
      try {
        const schema = await database.schema({ samples: true, signal });
        const asker = createAsker({
          ...{ backend: engine, database, schema, gate, notes: {}, values: true, session: `sql:${db}` },
          model: { id: chosen.id, layout, steps, contextSize },
        });
        let first = true;
        for (const question of set.questions.filter((one) => one.db === db)) {
          if (late()) break;
          const since = performance.now();
          const answer = await asker.ask(question.question, { earlier: [], examples: [], signal });
          const ms = performance.now() - since;
          const outcome = { ...judged(question, answer, execution), ms, first };
          outcomes.push(outcome);
          first = false;
          if (verbose) tell(question, answer, outcome);
        }
      } finally {
        execution.close();
        await database.close();
      }
      const right = outcomes.filter((outcome) => outcome.right).length;
      console.error(
        `${outcomes.length}/${set.questions.length}: ${((100 * right) / outcomes.length).toFixed(1)}% (${db})`,
      );
    }
    return { outcomes, versions: { "llama.cpp": versions.llamaCppVersion, node: process.versions.node } };
  } finally {
    await engine.close();
  }
}

const settings = { gpu: "cpu" as const, gpuLayers: null, threads: 0, contextSize: 0, idleUnloadMinutes: 0 };

function judged({ id, db, gold }: GoldQuestion, answer: Answer, execution: Execution): Omit<Outcome, "ms" | "first"> {
  const sql = answer.kind === "sql" ? answer.sql : answer.attempts.at(-1)?.sql;
  const problem = sql === undefined ? "nothing was answered" : execution.problemOf(sql);
  return {
    ...{ id, db },
    right: sql !== undefined && problem === undefined && execution.agree(sql, gold),
    valid: problem === undefined,
    hallucinated: problem !== undefined && /no such (?:column|table|function)/.test(problem),
    confidence: answer.kind === "sql" ? answer.confidence : "none",
  };
}

function tell({ question, gold }: GoldQuestion, answer: Answer, { right, ms }: Outcome): void {
  const said = answer.kind === "sql" ? `${answer.sql} [${answer.confidence}]` : answer.message;
  console.error(`${right ? "+" : "-"} ${(ms / 1000).toFixed(1)} s  ${question}\n    ${said}\n    ${gold}`);
}
