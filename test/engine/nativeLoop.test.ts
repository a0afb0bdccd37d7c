import { getLlama, type LlamaContext, LlamaLogLevel, type LlamaModel, type Token } from "node-llama-cpp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { samplingOptions } from "../../src/engine/process/generate";
import { nativeLoop } from "../../src/engine/process/nativeLoop";
import type { Sampling } from "../../src/engine/protocol";
import { engineBundle, starterPath } from "../support/engineBundle";
import { ready, startEngine } from "../support/engineHarness";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let model: LlamaModel;
let context: LlamaContext;
beforeAll(async () => {
  bundle = await engineBundle();
  const llama = await getLlama({ gpu: false, build: "never", logLevel: LlamaLogLevel.error });
  model = await llama.loadModel({ modelPath: starterPath });
  context = await model.createContext({ contextSize: 512, sequences: 2, threads: 2 });
});
afterAll(async () => {
  await model.llama.dispose();
  await bundle.remove();
});

/** What one of the loops makes after the text, and the state it leaves the sequence in. */
async function made(which: "native" | "public", sampling: Sampling, text: string, count: number) {
  const sequence = context.getSequence();
  try {
    const prompt = model.tokenize(text);
    const last = prompt.at(-1);
    if (last === undefined) throw new Error("no prompt");
    await sequence.evaluateWithoutGeneratingNewTokens(prompt.slice(0, -1));
    const tokens: Token[] = [];
    const options = samplingOptions(sampling, tokens);
    const native = nativeLoop(context, sequence, options);
    // The pinned version is the one whose private members this was written for.
    if (native === undefined) throw new Error("There is no native loop: the binding's private members have changed.");
    const loop = which === "native" ? native.tokens(last) : sequence.evaluate([last], options);
    for await (const token of loop) {
      tokens.push(token);
      if (tokens.length === count) break;
    }
    native.dispose();
    const state = { next: sequence.nextTokenIndex, context: sequence.contextTokens };
    expect(state.context).toEqual([...prompt, ...tokens.slice(0, -1)]);
    // Turning back to the public side, the sequence goes on from there.
    await sequence.adaptStateToTokens(prompt.slice(0, 3), false);
    const again = [];
    for await (const token of sequence.evaluate(prompt.slice(3), { temperature: 0 })) {
      again.push(token);
      if (again.length === 5) break;
    }
    return { tokens, state, again };
  } finally {
    await sequence.dispose();
  }
}

const kinds: readonly (readonly [string, Sampling])[] = [
  ["greedy", { temperature: 0 }],
  ["a seed", { temperature: 0.8, topK: 40, topP: 0.95, minP: 0.05, seed: 42 }],
  ["a repeat penalty", { temperature: 0.4, topK: 40, seed: 7, repeatPenalty: { penalty: 1.3, lastTokens: 64 } }],
];
it.each(kinds)("makes the tokens that the binding's own loop makes: %s", async (_, sampling) => {
  const text = "Once upon a time a llama lived in a paddock. The llama";
  expect(await made("native", sampling, text, 60)).toEqual(await made("public", sampling, text, 60));
});

it.each(kinds)("says the same whether a choice is asked for with its batch or after it: %s", async (_, sampling) => {
  const said = async (poolThreads: number): Promise<string> => {
    const engine = await ready(await startEngine(bundle.enginePath, undefined, poolThreads), starterPath);
    try {
      const messages = [{ role: "user" as const, text: "Write a list of animals." }];
      const request = { job: "said", context: "main", messages, sampling, maxTokens: 60 };
      return JSON.stringify((await engine.peer.request("chat", request)).parts);
    } finally {
      await engine.stop();
    }
  };
  // Only a pool of one thread does the two in turn.
  const together = await said(1);
  expect(together.length).toBeGreaterThan(100);
  expect(together).toBe(await said(2));
});

it("is not there for what only looks like a context", async () => {
  const sequence = context.getSequence();
  expect(nativeLoop({ _ctx: { initBatch: () => undefined } } as unknown as LlamaContext, sequence, {})).toBeUndefined();
  await sequence.dispose();
});
