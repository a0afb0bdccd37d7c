import type { ActionKind } from "./actionKinds";

/** What `npm run eval:actions` measured of an action with a model. */
export interface MeasuredUse {
  /** Cases whose check the answer passed, of `cases`. */
  readonly useful: number;
  readonly cases: number;
}

/** Below this share an action is more work to read than it saves. */
const leastShare = 0.25;

/**
 * By a model's id, as the manifest has it. Others were not measured, and nothing is said of them. The starter's figures
 * are of all 170 cases; an action with fewer than twelve there has none.
 */
const measured: Readonly<Record<string, Partial<Readonly<Record<ActionKind, MeasuredUse>>>>> = {
  "smollm2-135m-instruct-q4_1": {
    document: { useful: 19, cases: 21 },
    explain: { useful: 7, cases: 12 },
    simplify: { useful: 3, cases: 18 },
    translate: { useful: 2, cases: 12 },
    commit: { useful: 1, cases: 12 },
    fix: { useful: 3, cases: 35 },
    edit: { useful: 1, cases: 26 },
    name: { useful: 0, cases: 12 },
    tests: { useful: 0, cases: 12 },
  },
};

export function measuredUse(model: string, kind: ActionKind): MeasuredUse | undefined {
  return Object.hasOwn(measured, model) ? measured[model]?.[kind] : undefined;
}

/** An action that was measured and is of no use with this model: a better one is offered. */
export function isUseless(model: string, kind: ActionKind): boolean {
  const use = measuredUse(model, kind);
  return use !== undefined && use.cases > 0 && use.useful / use.cases < leastShare;
}

/** A model with its size. */
export interface SizedModel {
  readonly id: string;
  /** 0 where its file does not say. */
  readonly parameters: number;
}

/**
 * What is likely to do an action better than a model that is of no use with it: the one that measured best, else the
 * largest that nobody measured.
 * @param here models that this machine can run.
 */
export function betterModel<T extends SizedModel>(kind: ActionKind, model: string, here: readonly T[]): T | undefined {
  const size = here.find(({ id }) => id === model)?.parameters ?? 0;
  const share = ({ id }: T): number => {
    const use = measuredUse(id, kind);
    return use === undefined || use.cases === 0 ? 0 : use.useful / use.cases;
  };
  return here
    .filter((one) => one.id !== model && !isUseless(one.id, kind))
    .filter((one) => share(one) > 0 || one.parameters > size)
    .sort((a, b) => share(b) - share(a) || b.parameters - a.parameters)[0];
}
