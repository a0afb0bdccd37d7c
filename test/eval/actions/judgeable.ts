import { type ActionCase, isCodeCase, languageOfCase } from "./actionCases";
import type { Language } from "./languages";
import { missingFor } from "./toolchains";

/** Those that can be judged here; what a language lacks is said once. */
export function judgeable(cases: readonly ActionCase[]): ActionCase[] {
  const said = new Set<Language>();
  return cases.filter((one) => {
    const missing = languagesOf(one).find((language) => missingFor(language) !== undefined);
    if (missing !== undefined && !said.has(missing)) {
      said.add(missing);
      console.error(`Cases in ${missing} are left out: ${missingFor(missing) ?? ""}`);
    }
    return missing === undefined;
  });
}

/** Whose tools it takes to judge a case. */
export function languagesOf(one: ActionCase): Language[] {
  if (!isCodeCase(one) || one.action === "name" || one.action === "explain") return [];
  return [one.action === "translate" ? one.target : languageOfCase(one)];
}
