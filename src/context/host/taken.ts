import { isCancellation, toPaddockError } from "../../platform/core/errors";

/** Something of the workspace with its text as it is now. */
export interface WorkspaceReference {
  /** "src/app.ts", "src/app.ts:3-9", "Problems in src/app.ts". */
  readonly label: string;
  readonly uri: string;
  readonly text: string;
}

/** What came of the wish to attach something; the same shape as the chat takes. */
export interface Taken {
  readonly references: readonly WorkspaceReference[];
  /** Ignored by Git: the person is asked. */
  readonly ignored: readonly WorkspaceReference[];
  readonly refused: readonly { readonly label: string; readonly reason: string }[];
}

export const nothingTaken: Taken = { references: [], ignored: [], refused: [] };

export function taken(reference: WorkspaceReference, isIgnored = false): Taken {
  return isIgnored ? { ...nothingTaken, ignored: [reference] } : { ...nothingTaken, references: [reference] };
}

export function refusal(label: string, error: unknown): Taken {
  const { message, remedy } = toPaddockError(error);
  return { ...nothingTaken, refused: [{ label, reason: remedy === undefined ? message : `${message} ${remedy}` }] };
}

export function together(all: readonly Taken[]): Taken {
  return {
    references: all.flatMap(({ references }) => references),
    ignored: all.flatMap(({ ignored }) => ignored),
    refused: all.flatMap(({ refused }) => refused),
  };
}

/** One thing of several must not keep the others from being attached: what is wrong with it is said at its name. */
export async function orRefusal(label: string, take: () => Promise<Taken>): Promise<Taken> {
  try {
    return await take();
  } catch (error) {
    if (isCancellation(error)) throw error;
    return refusal(label, error);
  }
}
