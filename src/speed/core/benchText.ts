import { type BenchTest, testName } from "./benchmark";

/**
 * Tests as people write them, by llama-bench's own names and separated by commas: "pp512, tg128 @ d4096, pp64+tg16".
 * @returns undefined where a part is no test.
 */
export function readTests(text: string): BenchTest[] | undefined {
  const tests = parts(text).map(readTest);
  return tests.length > 0 && tests.every((test) => test !== undefined) ? tests : undefined;
}

function readTest(text: string): BenchTest | undefined {
  const found = /^(?:pp\s*(\d{1,7}))?\s*\+?\s*(?:tg\s*(\d{1,7}))?\s*(?:@\s*d?\s*(\d{1,7}))?$/i.exec(text);
  const [promptTokens, generatedTokens, depth] = [found?.[1], found?.[2], found?.[3]].map((one) => Number(one ?? 0));
  const test = { promptTokens: promptTokens ?? 0, generatedTokens: generatedTokens ?? 0, depth: depth ?? 0 };
  return test.promptTokens + test.generatedTokens > 0 ? test : undefined;
}

export function writeTests(tests: readonly BenchTest[]): string {
  return tests.map(testName).join(", ");
}

/**
 * "1, 2, 4" and, as in llama-bench, ranges: "1-8". Each number once, in the order given.
 * @returns undefined where a part is no number from least to most; of an empty text an empty list.
 */
export function readNumbers(text: string, least: number, most: number): number[] | undefined {
  const found = new Set<number>();
  for (const part of parts(text)) {
    const range = /^(\d{1,7})(?:\s*[-–]\s*(\d{1,7}))?$/.exec(part);
    if (range === null) return undefined;
    const from = Number(range[1]);
    const to = Number(range[2] ?? range[1]);
    if (from < least || to > most || to < from || to - from >= MOST_IN_A_RANGE) return undefined;
    for (let number = from; number <= to; number++) found.add(number);
  }
  return found.size > MOST_IN_A_RANGE ? undefined : [...found];
}
const MOST_IN_A_RANGE = 32;

function parts(text: string): string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** Each four times as deep as the one before; deeper than the second they take hours on a slow machine. */
const DEPTHS = [512, 4096, 16_384, 65_536, 262_144];
const DEPTH_STEP = 512;
/** What the deepest test takes behind its depth: its prompt, and the token that ends it. */
const BEHIND = 513;
/** No test is asked for beyond that, whatever a file claims. */
const MOST_CONTEXT = 1_048_576;

/**
 * Depths that a context has room for, the last one as deep as it allows.
 * @param contextSize tokens.
 */
export function depthsWithin(contextSize: number): number[] {
  const deepest = Math.floor((Math.min(contextSize, MOST_CONTEXT) - BEHIND) / DEPTH_STEP) * DEPTH_STEP;
  const depths = DEPTHS.filter((depth) => depth <= deepest);
  // What is hardly deeper than the one before says nothing new.
  return deepest >= 1.5 * (depths.at(-1) ?? Infinity) ? [...depths, deepest] : depths;
}

/** llama-bench's own two, and the same at the depths that a model's context has room for. */
export function testsAtDepths(depths: readonly number[]): BenchTest[] {
  return [0, ...depths].flatMap((depth) => [
    { promptTokens: 512, generatedTokens: 0, depth },
    { promptTokens: 0, generatedTokens: 128, depth },
  ]);
}
