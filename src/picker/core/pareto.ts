import { areDistinct, type Figure } from "./figure";
import { qualitiesDiffer } from "./quality";
import type { Verdict } from "./verdict";

/**
 * "front": nothing is at least as good in quality, speed and memory and better in one. "near": something is, but not by
 * more than the figures may be off. "behind": something is, surely.
 */
export type Standing = "front" | "near" | "behind";

/** What nobody would choose a file for: a difference in memory of so small a share. */
const SAME_MEMORY = 0.02;

/** Negative: `one` is better; undefined: one of the two is not known, so that they cannot be compared. */
type Comparison = { readonly order: number; readonly isSure: boolean } | "both unknown" | undefined;

function compare(one: Figure | undefined, other: Figure | undefined, sign: 1 | -1): Comparison {
  if (one === undefined && other === undefined) return "both unknown";
  if (one === undefined || other === undefined) return undefined;
  return { order: sign * (one.value - other.value), isSure: areDistinct(one, other) };
}

function comparisons(one: Verdict, other: Verdict): Comparison[] {
  const quality = compare(one.quality?.kld, other.quality?.kld, 1);
  const memory = compare(one.totalMemory, other.totalMemory, 1);
  return [
    // Two estimates of one model share most of what they may be off by.
    typeof quality === "object" && one.quality !== undefined && other.quality !== undefined
      ? { ...quality, isSure: qualitiesDiffer(one.quality, other.quality) }
      : quality,
    compare(one.speed?.tg, other.speed?.tg, -1),
    // Files of one model differ in their weights alone, whose bytes are known; what the rest is off by is the same.
    typeof memory === "object"
      ? { ...memory, isSure: isLess(one.totalMemory?.value, other.totalMemory?.value) }
      : memory,
  ];
}

function isLess(one = 0, other = 0): boolean {
  return one < other * (1 - SAME_MEMORY);
}

/** At least as good in all that is known of both, and better in something. @param surely by more than the errors. */
export function dominates(one: Verdict, other: Verdict, surely = false): boolean {
  const all = comparisons(one, other);
  let isBetter = false;
  for (const found of all) {
    if (found === undefined) return false;
    if (found === "both unknown") continue;
    if (found.order > 0) return false;
    if (found.order < 0 && (!surely || found.isSure)) isBetter = true;
  }
  return isBetter;
}

/** Where each of the verdicts stands among them; those that do not fit stand behind and hide nothing. */
export function standings(verdicts: readonly Verdict[]): Map<Verdict, Standing> {
  const fitting = verdicts.filter(({ fit }) => fit?.place !== "none");
  return new Map(
    verdicts.map((verdict): [Verdict, Standing] => {
      if (!fitting.includes(verdict)) return [verdict, "behind"];
      const better = fitting.filter((other) => dominates(other, verdict));
      if (better.length === 0) return [verdict, "front"];
      return [verdict, better.some((other) => dominates(other, verdict, true)) ? "behind" : "near"];
    }),
  );
}
