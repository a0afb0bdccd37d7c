/**
 * The header of a Markdown file, as prompt files have it: lines of `name: text` between two lines of `---`. Of YAML it
 * knows what such headers are written with (plain and quoted text, folded and literal blocks, comments); lists and
 * nested values are passed over. A whole YAML parser for three texts would be a sixth of the extension's program.
 */
export interface FrontMatter {
  /** Names in lower case; only values that are text. */
  readonly fields: ReadonlyMap<string, string>;
  /** What follows the header. */
  readonly body: string;
}

const header = /^\uFEFF?---[ \t]*\r?\n([\s\S]*?)(?<=\n)---[ \t]*(?:\r?\n|$)/u;
/** A longer one is no header that a person wrote; then it is text. UTF-16 units. */
const maxHeader = 16_000;
const entry = /^([A-Za-z][\w-]{0,60})[ \t]*:(?:[ \t]+(.*))?$/u;
const block = /^([|>])[+-]?(?:[ \t]+#.*)?$/u;

export function parseFrontMatter(text: string): FrontMatter {
  const found = header.exec(text.slice(0, maxHeader));
  if (found === null) return { fields: new Map(), body: text.replace(/^\uFEFF/u, "") };
  const fields = new Map<string, string>();
  const lines = (found[1] ?? "").split(/\r?\n/u);
  for (let at = 0; at < lines.length; at++) {
    const [, name, rest = ""] = entry.exec(lines[at] ?? "") ?? [];
    if (name === undefined) continue;
    const style = block.exec(rest.trim())?.[1];
    let value: string | undefined;
    if (style === undefined) value = scalar(rest.trim());
    else {
      const inside: string[] = [];
      while (at + 1 < lines.length && /^(?:[ \t]|$)/u.test(lines[at + 1] ?? "")) inside.push(lines[++at] ?? "");
      value = blockText(inside, style === ">");
    }
    // A name given twice is a slip; the first one is the one that is seen at the top.
    if (value !== undefined && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value);
  }
  return { fields, body: text.slice(found[0].length) };
}

/** @returns undefined for what is no single text: lists, maps, anchors, and quotes that do not end. */
function scalar(text: string): string | undefined {
  if (text.startsWith("'")) return /^'((?:[^']|'')*)'[ \t]*(?:#.*)?$/u.exec(text)?.[1]?.replaceAll("''", "'");
  if (text.startsWith('"')) {
    const inside = /^"((?:[^"\\]|\\.)*)"[ \t]*(?:#.*)?$/u.exec(text)?.[1];
    return inside?.replace(/\\(.)/gu, (_, escaped: string) => ({ n: "\n", t: "\t" })[escaped] ?? escaped);
  }
  const plain = text.replace(/(?:^|[ \t])#.*$/u, "").trim();
  return plain === "" || /^[[{&*!|>%@`]/u.test(plain) ? undefined : plain;
}

function blockText(lines: readonly string[], folded: boolean): string | undefined {
  const indents = lines.filter((line) => line.trim() !== "").map((line) => line.length - line.trimStart().length);
  if (indents.length === 0) return undefined;
  const indent = Math.min(...indents);
  const text = lines.map((line) => line.slice(indent)).join("\n");
  return (folded ? text.replace(/(\S)\n(?=\S)/gu, "$1 ") : text).trim();
}
