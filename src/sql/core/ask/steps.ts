/**
 * How a model is asked, by measurement: `npm run eval:sql -- --ablate` prints what each step gives. What was measured is
 * in docs/ARCHITECTURE.md.
 */
export interface AskSteps {
  /** Decoding under the grammar of the live schema: at once, only after a free answer that cannot be used, or never. */
  readonly constrained: "always" | "on-failure" | "never";
  /** How many different answers at most, and for how long they are looked for, ms. */
  readonly answers: number;
  readonly budgetMs: number;
  /** Weighing the answers by how they fit question and schema, besides how probable the model finds them. */
  readonly weighed: boolean;
  /** Running the answers and counting which results agree. */
  readonly voted: boolean;
}

/** Layouts are known by name: an adapter's manifest entry says with which it was trained. */
export const promptLayouts = ["schema-lines", "chat"] as const;
export type PromptLayoutName = (typeof promptLayouts)[number];

export function isPromptLayout(name: string): name is PromptLayoutName {
  return promptLayouts.some((known) => known === name);
}

/** From so many parameters on a model writes SQL better freely than in the subset that the grammar has. */
const LARGE = 2e9;

/** The steps of models that were measured, by layout, and of others by their size. */
export function stepsFor(layout: PromptLayoutName, parameters: number): AskSteps {
  if (layout === "schema-lines")
    return { constrained: "always", answers: 5, budgetMs: 1200, weighed: true, voted: true };
  return parameters < LARGE
    ? { constrained: "always", answers: 3, budgetMs: 4000, weighed: true, voted: true }
    : { constrained: "on-failure", answers: 2, budgetMs: 8000, weighed: false, voted: true };
}
