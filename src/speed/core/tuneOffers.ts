import type { DivergenceResult } from "../../engine/measuring";
import type { EngineTuning, KvCacheType } from "../../engine/tuning";
import type { Gain } from "./gain";

/**
 * Settings that a person chooses by themselves, with what they cost: a smaller KV cache changes what the model says,
 * and how much lookup gains depends on the text. What could not be measured whole is not offered.
 */
export interface KvCacheOffer {
  readonly type: KvCacheType;
  /** Everything to apply: what the search found, and this. */
  readonly tuning: EngineTuning;
  /** Text generation behind `depth` tokens, against the same with the usual KV cache. */
  readonly token: Gain;
  readonly depth: number;
  /** From the same model with the usual KV cache. */
  readonly divergence: DivergenceResult;
}

export interface LookupText {
  /** "edit": a text that the prompt holds already, changed in one place; "prose": one that it does not. */
  readonly kind: "edit" | "prose";
  readonly token: Gain;
}
export interface LookupOffer {
  readonly lookupTokens: number;
  readonly tuning: EngineTuning;
  /** On each the text was the same to the last character, at temperature 0. */
  readonly texts: readonly LookupText[];
}

export type TuneOffer = "kvCache" | "lookup";
/** What was asked for and is not offered. */
export interface LeftOut {
  readonly what: TuneOffer;
  readonly setting: string;
  /** "time": there was none left; "text": the text was another one; "failed": the engine refused it. */
  readonly why: "time" | "text" | "failed";
  /** The engine's words. */
  readonly reason?: string;
}

/** What values below 16 bits are offered in: about half of the cache, and about a quarter. */
export const offeredKvTypes = ["Q8_0", "Q4_0"] as const satisfies readonly KvCacheType[];
/** More than that many are seldom right at once. */
export const LOOKUP_TOKENS = 6;

/** Values below F16 need flash attention. */
export function withKvCache(best: EngineTuning, type: KvCacheType): EngineTuning {
  return { ...best, flashAttention: true, kvCacheKeyType: type, kvCacheValueType: type };
}

/** What llama.cpp is asked to write, to see what lookup gains. */
export const lookupPrompts: readonly { readonly kind: LookupText["kind"]; readonly prompt: string }[] = [
  { kind: "edit", prompt: editPrompt() },
  {
    kind: "prose",
    prompt:
      "A letter from the harbour master to the council, about the winter storms and what the town should build before the next ones come.\n\nDear members of the council,\n\n",
  },
];

/** Code that is written once more: what follows stands in the prompt nearly word for word. */
function editPrompt(): string {
  const code = [
    "export class Shelf {",
    "  private readonly books: Book[] = [];",
    "",
    "  add(book: Book): void {",
    "    if (this.books.includes(book)) return;",
    "    this.books.push(book);",
    "    this.books.sort((one, other) => one.title.localeCompare(other.title));",
    "  }",
    "",
    "  find(title: string): Book | undefined {",
    "    return this.books.find((book) => book.title === title);",
    "  }",
    "}",
    "",
  ].join("\n");
  return `// Before:\n${code}\n// After, with "find" renamed to "search":\n${code.slice(0, code.indexOf("  add"))}`;
}
