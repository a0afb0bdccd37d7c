import type { SpeedResult, TestProgress } from "../measuring";
import type { Place } from "./measureDivergence";
import { type BenchTokens, SpeedBench } from "./speedBench";

export interface SpeedRequest extends BenchTokens {
  readonly repetitions: number;
}

/**
 * pp and tg as llama-bench measures them, of random tokens: each repetition begins from the same KV cache, and prompts
 * are timed without generating. Both go the way that answers go here, slices and native loop included.
 * @throws PaddockError context/overflow; what the signal was aborted with.
 */
export async function measureSpeed(
  { context, slot, job }: Place,
  request: SpeedRequest,
  progress: (fraction: number) => void,
): Promise<SpeedResult> {
  const { promptTokens, generatedTokens, depth, repetitions } = request;
  const bench = new SpeedBench(context, slot, job, "slices");
  // A token generated takes a machine about as long as ten of a prompt.
  const work = (promptTokens + 10 * generatedTokens) * repetitions + depth + 1;
  let done = 0;
  const advance = (amount: number): void => progress(Math.min(1, (done += amount) / work));

  await bench.warmUp(request);
  const pp: number[] = [];
  const tg: number[] = [];
  for (let repetition = 0; promptTokens > 0 && repetition < repetitions; repetition++) {
    await bench.begin(depth);
    pp.push((promptTokens * 1000) / (await bench.process(promptTokens)));
    advance(promptTokens);
  }
  // The first tokens after a prompt take longer: a model of 65 MB needed 9 ms more for 16 of them, all in all.
  for (let repetition = 0; generatedTokens > 0 && repetition < repetitions; repetition++) {
    await bench.begin(depth);
    tg.push((generatedTokens * 1000) / (await bench.generate(generatedTokens)));
    advance(10 * generatedTokens);
  }
  progress(1);
  return { pp, tg, promptTokens, generatedTokens, depth };
}

/**
 * One test as llama-bench times it: prompts go in whole batches, and a repetition is the prompt and then the tokens generated, one after the other where
 * both are asked for, from the same KV cache each time.
 * @throws PaddockError context/overflow; what the signal was aborted with.
 */
export async function measureTest(
  { context, slot, job }: Place,
  request: SpeedRequest,
  progress: (soFar: TestProgress) => void,
): Promise<TestProgress> {
  const { promptTokens, generatedTokens, depth, repetitions } = request;
  const bench = new SpeedBench(context, slot, job, "batches");
  await bench.warmUp(request, true);
  const before = bench.pausedMs;
  const samplesNs: number[] = [];
  const soFar = (): TestProgress => ({ samplesNs: [...samplesNs], pausedMs: bench.pausedMs - before });
  while (samplesNs.length < repetitions) {
    await bench.begin(depth);
    let ms = 0;
    if (promptTokens > 0) ms += await bench.process(promptTokens);
    if (generatedTokens > 0) ms += await bench.generate(generatedTokens);
    samplesNs.push(Math.round(ms * 1e6));
    progress(soFar());
  }
  return soFar();
}
