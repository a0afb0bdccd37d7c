/** A symbol of the workspace as text names it. */
export interface SymbolLink {
  readonly name: string;
  /** The class or module that is written before it. */
  readonly container?: string | undefined;
}

/** Longer names are none that anybody wrote into a sentence. Characters. */
export const maxSymbolText = 120;
/** Of a request to the host: so many are looked for at once. Each is a question to every language's server. */
export const maxSymbols = 60;

/** Shorter names are too often another thing than the symbol of that name. */
const leastName = 3;
/** `name`, `Class.name`, `space::Class::name`, `Class#name`, `name()`, `Class.name(…)` where nothing but words is inside. */
const written = /^((?:[\p{L}_$][\p{L}\p{N}_$]*(?:\.|::|#))*)([\p{L}_$][\p{L}\p{N}_$]*)(?:\([\w\s,.…]*\))?$/u;

/** What the inline code of an answer may name. Anything that is no plain identifier is refused. */
export function symbolLinkOfCode(text: string): SymbolLink | undefined {
  if (text.length > maxSymbolText) return undefined;
  const [, before = "", name = ""] = written.exec(text) ?? [];
  if (name.length < leastName) return undefined;
  const container = before.split(/\.|::|#/).at(-2);
  // What an object calls itself names no class.
  return container === undefined || /^(?:this|self|super)$/.test(container) ? { name } : { name, container };
}

/** Whether a language's name for a symbol, which may have parameters behind it, and its container are the link's. */
export function isNamed(link: SymbolLink, name: string, container: string): boolean {
  if (name !== link.name && name.replace(/\s*[(<].*$/s, "") !== link.name) return false;
  return link.container === undefined || container.split(/[^\p{L}\p{N}_$]+/u).includes(link.container);
}
