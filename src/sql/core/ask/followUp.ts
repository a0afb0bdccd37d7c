import type { EarlierTurn } from "../asking";

const pointsBack =
  /^(?:and|but|also|now|then|only|just|instead|sort|order|same|what about|how about|which of|of (?:them|those|these))\b|\b(?:them|those|these|they|their|it|its|that one|the same|ones?)\b/i;
/** A question of so few words may rest on the one before. */
const SHORT = 4;

/** Whether a question can hardly be understood without the one before. */
export function isFollowUp(question: string): boolean {
  return pointsBack.test(question.trim()) || question.trim().split(/\s+/).length <= SHORT;
}

/** One question out of both, for a model that knows single questions only. */
export function merged(question: string, earlier: readonly EarlierTurn[]): string {
  const last = earlier.at(-1);
  if (last === undefined || !isFollowUp(question)) return question;
  return `${last.question.trim().replace(/[.?!\s]+$/, "")}, ${question.trim()}`;
}
