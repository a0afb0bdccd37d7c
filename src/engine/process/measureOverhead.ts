import { randomFill } from "node:crypto";
import { type EventLoopUtilization, performance } from "node:perf_hooks";
import { promisify } from "node:util";
import type { Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { TokenOverhead } from "../measuring";
import { greedy } from "./greedySamplers";
import type { Place } from "./measureDivergence";
import { inTurn, NativeSequence } from "./nativeContext";
import { SpeedBench } from "./speedBench";
import { percentiles } from "./timer";

const RUNS = 200;
/** Tokens whose computing is timed, for what comes around it. */
const TOKENS = 48;
/** Asked of the pool's thread to have it do next to nothing. */
const one = new Uint8Array(1);

/**
 * What a token takes beside the model's computing. The sampler is timed over the logits of a real token; the round trip
 * by the pool's thread that llama.cpp computes on, filling one byte. A choice that is asked for together with its batch
 * has no trip of its own. JavaScript is timed around real tokens, whose milliseconds leave the caches to llama.cpp: the
 * event loop counts what it works and what it waits.
 * @throws PaddockError unsupported where the binding's private members are not as expected; context/overflow.
 */
export async function measureOverhead({ context, slot, job }: Place, depth: number): Promise<TokenOverhead> {
  const native = NativeSequence.of(context.context, slot.sequence);
  if (native === undefined)
    throw new PaddockError("unsupported", "What a token takes beside llama.cpp cannot be measured with this model.");
  const bench = new SpeedBench(context, slot, job, "slices");
  await bench.warmUp({ promptTokens: 0, generatedTokens: TOKENS, depth });
  await bench.begin(depth);
  const leave = context.slots.enterAlone();
  const sampler = native.sampler();
  try {
    native.configure(sampler, greedy);
    const sampling: number[] = [];
    const script: number[] = [];
    let token = 0 as Token;
    for (let made = 0; made < TOKENS; made += 2) {
      const loop = performance.eventLoopUtilization();
      token = await native.decodeAndChoose(token, (row) => native.sample(row, sampler));
      script.push(workedSince(loop));
      // Of the next token, after which the sampler's own memory is as cold as it always is.
      const [row] = await native.decode([token]);
      if (row === undefined) throw new Error("llama.cpp made no logits.");
      const since = performance.now();
      token = await native.sample(row, sampler);
      sampling.push(performance.now() - since);
      job.signal.throwIfAborted();
    }
    const fill = promisify(randomFill<Uint8Array>);
    const trips: number[] = [];
    const loop = performance.eventLoopUtilization();
    for (let run = 0; run < RUNS; run++) {
      const since = performance.now();
      await fill(one);
      trips.push(performance.now() - since);
    }
    const beyondTrip = Math.max(0, percentiles(script).p50 - workedSince(loop) / RUNS);
    const trip = percentiles(trips).p50;
    return {
      sampling: Math.max(0, percentiles(sampling).p50 - (inTurn ? trip : 0)) / 1000,
      dispatch: (trip + beyondTrip) / 1000,
    };
  } finally {
    sampler.dispose();
    leave();
  }
}

/** How long the event loop has worked, ms; 0 where it does not count what it waits. */
function workedSince(before: EventLoopUtilization): number {
  const { idle, active } = performance.eventLoopUtilization(before);
  return idle > 0 ? active : 0;
}
