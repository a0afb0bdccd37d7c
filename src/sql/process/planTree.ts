import type { PlanStep } from "../core/database";
import { grouped } from "./grouped";

/** A tree of an engine's rows, each of which names its parent; 0 is nobody. */
export function planTree(
  rows: readonly { readonly id: number; readonly parent: number; readonly text: string }[],
): PlanStep[] {
  const under = grouped(rows, ({ parent }) => parent);
  const below = (parent: number): PlanStep[] =>
    (under.get(parent) ?? []).map(({ id, text }) => ({ text, steps: id === parent ? [] : below(id) }));
  return below(0);
}
