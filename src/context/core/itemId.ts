import * as v from "valibot";
import { PaddockError } from "../../platform/core/errors";

const symbolSchema = v.object({ uri: v.string(), name: v.string(), line: v.pipe(v.number(), v.integer()) });
export type SymbolAddress = v.InferOutput<typeof symbolSchema>;

const kinds = ["selection", "front", "editors", "problems", "ownProblems", "git"] as const;

/** What an id names. An address that is absent is for the person to choose. */
export type ItemId =
  | { readonly kind: (typeof kinds)[number] }
  | { readonly kind: "file" | "folder"; readonly uri?: string }
  | { readonly kind: "symbol"; readonly symbol?: SymbolAddress }
  | { readonly kind: "terminal"; readonly command?: number };

export function symbolId(symbol: SymbolAddress): string {
  return `symbol:${JSON.stringify(symbol)}`;
}

/** The id has been to a webview and back. @throws PaddockError `invalid-message` for one that was never offered. */
export function parseItemId(id: string): ItemId {
  const at = id.indexOf(":");
  const name = at < 0 ? id : id.slice(0, at);
  const rest = at < 0 ? undefined : id.slice(at + 1);
  const kind = kinds.find((one) => one === id);
  if (kind !== undefined) return { kind };
  if (name === "file" || name === "folder") return rest === undefined ? { kind: name } : { kind: name, uri: rest };
  if (name === "terminal") {
    if (rest === undefined) return { kind: name };
    if (/^\d{1,9}$/u.test(rest)) return { kind: name, command: Number(rest) };
  }
  if (name === "symbol") {
    if (rest === undefined) return { kind: name };
    const symbol = v.safeParse(v.pipe(v.string(), v.parseJson(), symbolSchema), rest);
    if (symbol.success) return { kind: name, symbol: symbol.output };
  }
  throw new PaddockError("invalid-message", "Nothing of that name was offered.", { detail: id.slice(0, 200) });
}
