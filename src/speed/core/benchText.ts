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

/** llama-bench's own two, and the same at the depths that a model's context has room for. */
export function testsAtDepths(depths: readonly number[]): BenchTest[] {
  return [0, ...depths].flatMap((depth) => [
    { promptTokens: 512, generatedTokens: 0, depth },
    { promptTokens: 0, generatedTokens: 128, depth },
  ]);
}
