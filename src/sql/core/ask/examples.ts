import type { ConfirmedPair } from "../asking";
import { tellingWords } from "./words";

/** More would push what matters out of a small model's mind. */
const MOST = 3;
/** Below this share of words in common a pair has nothing to do with the question. */
const LEAST = 0.2;

/** The confirmed pairs whose questions are most like this one, the most similar last, next to the question. */
export function similarPairs(question: string, pairs: readonly ConfirmedPair[]): ConfirmedPair[] {
  const asked = new Set(tellingWords(question));
  return pairs
    .map((pair) => ({ pair, share: inCommon(asked, new Set(tellingWords(pair.question))) }))
    .filter(({ share }) => share >= LEAST)
    .toSorted((a, b) => b.share - a.share)
    .slice(0, MOST)
    .toReversed()
    .map(({ pair }) => pair);
}

/** The confirmed answer to the same question, whatever its case and its spaces. */
export function samePair(question: string, pairs: readonly ConfirmedPair[]): ConfirmedPair | undefined {
  const plain = (text: string): string =>
    text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}%.]+/gu, " ")
      .trim();
  return pairs.findLast((pair) => plain(pair.question) === plain(question));
}

function inCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): number {
  const both = [...one].filter((word) => other.has(word)).length;
  const either = one.size + other.size - both;
  return either === 0 ? 0 : both / either;
}
