import { afterAll, beforeAll, expect, test } from "vitest";
import type { ModelId } from "../../src/engine/backend";
import type { EmbeddedEngine } from "../../src/engine/client/embeddedEngine";
import { embeddedEngine, forever } from "../support/embedded";
import { engineBundle, starterPath } from "../support/engineBundle";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let plain: EmbeddedEngine;
let guessing: EmbeddedEngine;
const id = "starter" as ModelId;

beforeAll(async () => {
  bundle = await engineBundle();
  ({ engine: plain } = embeddedEngine(bundle.enginePath, { starter: starterPath }));
  ({ engine: guessing } = embeddedEngine(bundle.enginePath, { starter: starterPath }, {}, undefined, undefined, {
    lookupTokens: 6,
  }));
});
afterAll(async () => {
  await Promise.all([plain.close(), guessing.close()]);
  await bundle.remove();
});

const code = `function total(items) {
  let total = 0;
  for (const item of items) {
    total += item.price * item.count;
  }
  return total;
}
`;
const prompts = [
  `Repeat this code exactly:\n${code}\nHere it is again:\n`,
  `${code}\nfunction totalOfBooks(books) {\n`,
  "1, 2, 3, 4, 5, 6, 7, 8, 9, 10. Again: 1, 2, 3,",
  '[{"name": "a", "value": 1}, {"name": "b", "value": 2}, {"name": "c",',
];

const complete = (engine: EmbeddedEngine, prompt: string, seed?: number) =>
  engine.complete(
    {
      prompt,
      sampling: seed === undefined ? { temperature: 0 } : { temperature: 0.7, topK: 40, topP: 0.95, seed },
      maxTokens: 48,
    },
    { model: id, feature: "chat", priority: "chat", signal: forever },
  );

test("guessing ahead changes no answer at temperature 0, and saves steps", async () => {
  let [offered, accepted, tokens] = [0, 0, 0];
  for (const prompt of prompts) {
    const [expected, found] = [await complete(plain, prompt), await complete(guessing, prompt)];
    expect(found.parts).toEqual(expected.parts);
    expect(found.stopReason).toBe(expected.stopReason);
    expect(found.timings.predicted_n).toBe(expected.timings.predicted_n);
    expect(expected.timings.draft_n).toBe(0);
    offered += found.timings.draft_n;
    accepted += found.timings.draft_n_accepted;
    tokens += found.timings.predicted_n;
  }
  expect(accepted).toBeGreaterThan(tokens / 10);
  expect(accepted).toBeLessThanOrEqual(offered);
});

test("with a seed, too, the answer is the seed's own", async () => {
  const prompt = prompts[1] ?? "";
  const expected = await complete(plain, prompt, 7);
  const found = await complete(guessing, prompt, 7);
  expect(found.parts).toEqual(expected.parts);
});

test("a pause in the middle of a guess loses and doubles nothing", async () => {
  const prompt = prompts[0] ?? "";
  const expected = await complete(plain, prompt);
  const running = complete(guessing, prompt);
  const urgent = async (): Promise<void> => {
    for (let times = 0; times < 5; times++) {
      await guessing.complete(
        { prompt: "A, B, C,", sampling: { temperature: 0 }, maxTokens: 3 },
        { model: id, feature: "completion", priority: "completion", signal: forever },
      );
    }
  };
  await Promise.all([running, urgent()]);
  expect((await running).parts).toEqual(expected.parts);
});
