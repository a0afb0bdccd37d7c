import type { EditorSnapshot } from "../../../src/completion/core/editorSnapshot";
import { Shaper } from "../../../src/completion/core/shape";
import type { SyntaxAt } from "../../../src/completion/core/syntaxAt";
import { reasonAgainst } from "../../../src/completion/core/when";
import { defaultSettings } from "../../../src/platform/core/settings";
import type { Rules } from "./assistant";

/** The product's own rules, which both sides keep to. */
export function productRules(seesSuffix: boolean, syntax: (snapshot: EditorSnapshot) => SyntaxAt | undefined): Rules {
  return {
    wanted: (snapshot) => reasonAgainst(snapshot, { explicit: false, suggestWidget: false, seesSuffix }) === undefined,
    // Asked with a line's end, at once and after some text: where neither ends the suggestion it may have more lines.
    multiLine: (snapshot) =>
      ["\n", "x\n"].some((text) => {
        const shaper = new Shaper({
          snapshot,
          syntax: syntax(snapshot),
          leastProbability: 0,
          maxLines: defaultSettings["completion.maxLines"],
        });
        return !shaper.push([{ text, probability: 1 }]).done;
      }),
  };
}
