import { placeOf } from "../../../src/completion/core/place";
import type { SyntaxReader } from "../../../src/completion/core/syntaxAt";
import { reasonAgainst } from "../../../src/completion/core/when";
import type { Rules } from "./assistant";

/** The product's own rules, which both sides keep to. */
export function productRules(seesSuffix: boolean, syntax: SyntaxReader): Rules {
  return {
    wanted: (snapshot) => reasonAgainst(snapshot, { explicit: false, suggestWidget: false, seesSuffix }) === undefined,
    multiLine: (snapshot) => placeOf(snapshot, syntax.syntaxAt(snapshot)).body !== undefined,
  };
}
