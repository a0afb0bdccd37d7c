import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { ensureYardstick } from "../../scripts/yardsticks.mjs";
import type { ModelId } from "../../src/engine/backend";
import { Syntax } from "../../src/completion/node/syntax";
import { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import { silentLogger } from "../../src/platform/core/logger";
import type { Assistant, Rules } from "./completion/assistant";
import { LlamaServer } from "./completion/llamaServer";
import { PaddockCompletions } from "./completion/paddock";
import { coreSharesDuring } from "./completion/processTime";
import { type Keystroke, replay } from "./completion/replay";
import { RequestLog } from "./completion/requests";
import { productRules } from "./completion/rules";
import { counts, DEADLINE_MS, LOOK_MS, type Score, scoreOf } from "./completion/score";
import { ServerCompletions } from "./completion/serverCompletions";
import { writeTraces } from "./completion/sessions";
import { loadTraces, type Trace } from "./completion/trace";
import { table, thisMachine, writeReport } from "./support/report";

/**
 * Inline completions while somebody types, through the product's service and engine, against llama-server of the same
 * llama.cpp asked as llama.vscode asks it: the same model, keys, places, token limit and threads, trace by trace in
 * alternating order, only one of the two computing at a time. test/bench/traces/README.md says how the keys were made.
 *
 * - A key counts where a suggestion may be wanted and nobody types for the next 250 ms; every key is replayed. Its time
 *   is from the key until a text that fits stands there. One that is not there at the next key, or within 1,000 ms,
 *   counts as 1,000 ms. "answered" takes being told that there is none for an answer.
 * - cached_share: of prompts that differ from the one before in what was typed only, the tokens found in the KV cache.
 * - wasted_share: of all tokens computed, prompt and generated, those of requests of which nothing was ever shown; the
 *   requests that only bring a prompt into the KV cache ahead of time are among them.
 * - edit_similarity: of shown first lines to what came to stand there, mean of 1 less the edit distance per character.
 * - idle_cpu_percent: of one core, engine and harness, over 10 s from when the last key's suggestion must be there, less
 *   what the harness takes by itself.
 */
const CONTEXT_SIZE = 4096;
const IDLE_MS = 10_000;
const BASELINE_MS = 3000;
/** Of one core, that other programs may take: more, and the figures are theirs as well. */
const QUIET_PERCENT = 15;
/** Nothing is on a screen sooner; so that what was there already does not make ratios of nothing. */
const SHORTEST_MS = 1;
const { values } = parseArgs({
  options: {
    json: { type: "string" },
    data: { type: "string", default: "test/bench/traces" },
    model: { type: "string", default: "media/models/SmolLM2-135M-Instruct.Q4_1.gguf" },
    /** Also a line for each key that counts. */
    verbose: { type: "boolean", default: false },
    /** Makes the traces of --data anew from the sessions there, and no more. */
    "write-traces": { type: "boolean", default: false },
  },
});
const folder = path.resolve(values.data);

/** How one of the two does: what is replayed into, and what came of it. */
interface Side {
  readonly name: string;
  readonly log: RequestLog;
  readonly keystrokes: Keystroke[];
  create(): Assistant;
}

if (values["write-traces"]) console.log((await writeTraces(folder)).join("\n"));
else await bench();

async function bench(): Promise<void> {
  const traces = await loadTraces(folder);
  const yardstick = await ensureYardstick("llama-server");
  const model = path.resolve(values.model);
  const id = "benched" as ModelId;
  const engine = new EmbeddedEngine({
    enginePath: path.resolve("dist/engine.mjs"),
    models: { resolve: () => Promise.resolve({ path: model }) },
    timings: { record: () => undefined },
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: CONTEXT_SIZE, idleUnloadMinutes: 0 }),
    log: silentLogger,
  });
  const syntax = new Syntax(path.resolve("dist/grammars"), silentLogger);
  let server: LlamaServer | undefined;
  try {
    const forever = new AbortController().signal;
    const { info, context, engine: process } = await engine.load(id, forever);
    const running = await LlamaServer.start({
      program: yardstick,
      model,
      threads: context.threads,
      contextSize: CONTEXT_SIZE,
    });
    server = running;
    await Promise.all(traces.map(({ language }) => syntax.ready(language)));
    const rules = productRules(info.infill.order !== "prefix-only", syntax);
    const [ownLog, serverLog] = [new RequestLog(), new RequestLog()];
    const ours: Side = {
      name: "Paddock",
      log: ownLog,
      keystrokes: [],
      create: () => new PaddockCompletions(engine, id, syntax, ownLog),
    };
    const theirs: Side = {
      name: "llama-server",
      log: serverLog,
      keystrokes: [],
      create: () => new ServerCompletions(running, rules, serverLog),
    };
    const minutes = (2 * traces.reduce((sum, { events }) => sum + (events.at(-1)?.at ?? 0) + 2000, 0)) / 60_000;
    console.error(
      `${traces.length} traces, ${context.threads} threads, prompts ${info.infill.order}; about ${minutes.toFixed(0)} minutes …`,
    );
    const pids = [process.pid, running.pid].filter((pid) => pid !== undefined);
    const baseline = await coreSharesDuring([], () => sleep(BASELINE_MS));
    let idle: number | undefined;
    const others: number[] = [];
    for (const [index, trace] of traces.entries()) {
      const isLast = index === traces.length - 1;
      for (const side of index % 2 === 0 ? [ours, theirs] : [theirs, ours]) {
        const measureIdle = async (): Promise<void> => {
          const shares = await coreSharesDuring([process.pid], () => sleep(IDLE_MS));
          if (shares !== undefined && baseline !== undefined) idle = Math.max(0, shares.own - baseline.own);
        };
        const label = `${index + 1}/${traces.length} ${trace.language}`;
        const afterwards = side === ours && isLast ? measureIdle : undefined;
        const shares = await coreSharesDuring(pids, () => run(label, trace, side, rules, afterwards));
        if (shares !== undefined) others.push(shares.others);
      }
    }
    const busy = others.length === 0 ? undefined : others.reduce((sum, share) => sum + share, 0) / others.length;
    await report(
      ours,
      theirs,
      { idle, busy },
      {
        "llama.cpp": path.basename(path.dirname(yardstick)).replace("yardsticks-", ""),
        node: globalThis.process.versions.node,
        model: path.basename(model),
      },
    );
  } finally {
    syntax.dispose();
    await server?.stop();
    await engine.close();
  }
}

/** @param afterwards with the trace typed and its assistant still there. */
async function run(
  label: string,
  trace: Trace,
  side: Side,
  rules: Rules,
  afterwards: (() => Promise<void>) | undefined,
): Promise<void> {
  const assistant = side.create();
  let quarter = 1;
  try {
    const keystrokes = await replay(trace, assistant, rules, (share) => {
      if (share < quarter / 4 || share === 1) return;
      console.error(`${label}, ${side.name}: ${quarter++ * 25}%`);
    });
    side.keystrokes.push(...keystrokes);
    if (values.verbose) for (const key of keystrokes.filter(counts)) console.error(keyLine(key));
    console.error(`${label}, ${side.name}: ${described(scoreOf(keystrokes))}`);
    await afterwards?.();
  } finally {
    await assistant.close();
  }
}

function keyLine({ gapMs, shownMs, declined, text, afterwards }: Keystroke): string {
  const outcome = shownMs === null ? (declined === null ? "" : `${declined.reason} ${ms(declined.ms)}`) : ms(shownMs);
  const here = JSON.stringify(afterwards.slice(0, Math.max(20, text?.length ?? 0)));
  return `  ${outcome.padStart(18)} of ${ms(gapMs).padStart(8)}  ${JSON.stringify(text ?? "")} for ${here}`;
}

function described({ keys, shown, declined, p50, p95 }: Score): string {
  return `${keys} keys count, ${shown} with a text in time, ${declined} declined; p50 ${ms(p50)}, p95 ${ms(p95)}`;
}

async function report(
  ours: Side,
  theirs: Side,
  { idle, busy }: { readonly idle: number | undefined; readonly busy: number | undefined },
  versions: Readonly<Record<string, string>>,
): Promise<void> {
  const [own, other] = [scoreOf(ours.keystrokes), scoreOf(theirs.keystrokes)];
  const figures: Record<string, number> = { keys: own.keys };
  const rows: string[][] = [["figure", ours.name, theirs.name, "ratio", "wanted"]];
  const add = (
    name: string,
    label: string,
    [a, b]: readonly [number | null | undefined, (number | null)?],
    shown: (value: number) => string,
    wanted = "",
  ): void => {
    if (typeof a === "number") figures[name] = a;
    if (typeof b === "number") figures[`${name}_llama_server`] = b;
    rows.push([label, typeof a === "number" ? shown(a) : "–", typeof b === "number" ? shown(b) : "", "", wanted]);
  };
  const compare = (name: string, label: string, a: number, b: number, wanted = ""): void => {
    add(`${name}_ms`, label, [a, b], ms, wanted);
    const ratio = Math.max(a, SHORTEST_MS) / Math.max(b, SHORTEST_MS);
    figures[`${name}_ratio`] = ratio;
    rows.at(-1)?.splice(3, 1, ratio.toFixed(3));
  };
  compare("p50", "time to text, p50", own.p50, other.p50, "≤ 0.500");
  compare("p95", "time to text, p95", own.p95, other.p95, "≤ 0.500");
  compare("p50_answered", "time to an answer, p50", own.answeredP50, other.answeredP50);
  compare("p95_answered", "time to an answer, p95", own.answeredP95, other.answeredP95);
  add("shown_share", "keys with a text in time", [own.shown / own.keys, other.shown / other.keys], percent);
  add(
    "declined_share",
    "keys told that there is none",
    [own.declined / own.keys, other.declined / other.keys],
    percent,
  );
  add("edit_similarity", "edit similarity", [own.similarity, other.similarity], (value) => value.toFixed(3));
  add("cached_share", "found in the KV cache", [ours.log.cachedShare, theirs.log.cachedShare], percent, "≥ 95.0%");
  add("wasted_share", "computed for nothing shown", [ours.log.wastedShare, theirs.log.wastedShare], percent);
  add("ahead_share", "of it ahead of time", [ours.log.aheadShare, theirs.log.aheadShare], percent);
  add("idle_cpu_percent", "idle, of one core", [idle], (value) => `${value.toFixed(1)}%`);
  console.log(
    `${table(rows)}\n\n${own.keys} keys that nobody types on for ${LOOK_MS} ms; without a text by the next key or in ${DEADLINE_MS} ms they count as ${DEADLINE_MS} ms.`,
  );
  if (busy !== undefined) figures.other_programs_cpu_percent = busy;
  if (busy !== undefined && busy > QUIET_PERCENT)
    console.log(
      `Other programs took ${busy.toFixed(0)}% of a core meanwhile: measure again on a machine that does nothing else.`,
    );
  if (values.json !== undefined) await writeReport(values.json, { figures, machine: thisMachine(), versions });
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function percent(value: number): string {
  return `${(value * 100).toFixed(1)}%`;
}
