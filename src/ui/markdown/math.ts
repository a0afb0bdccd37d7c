import type { default as markdownIt } from "markdown-it";

type MarkdownIt = InstanceType<typeof markdownIt>;

/** A formula is never longer than this; what looks like the begin of one in longer text is text. */
const maxFormula = 4_000;

/**
 * Math stays the source it was written as: nothing here draws formulas, and Markdown would take their backslashes,
 * underscores and stars for its own. Inline `$…$`, `$$…$$`, `\(…\)`, `\[…\]`; a dollar follows Pandoc's rule, so that
 * prices are no formulas.
 */
export function mathAsSource(markdown: MarkdownIt): void {
  markdown.inline.ruler.before("escape", "math", (state, silent) => {
    const length = formulaLength(state.src, state.pos, state.posMax);
    if (length === 0) return false;
    if (!silent) {
      const token = state.push("math", "span", 0);
      token.content = state.src.slice(state.pos, state.pos + length);
    }
    state.pos += length;
    return true;
  });
  markdown.renderer.rules.math = (tokens, index) =>
    `<span class="md-math">${markdown.utils.escapeHtml(tokens[index]?.content ?? "")}</span>`;
}

/** @returns how many characters the formula that begins at `from` has with its signs; 0 when none begins there. */
function formulaLength(source: string, from: number, end: number): number {
  const first = source[from];
  if (first === "\\") {
    const close = source[from + 1] === "(" ? "\\)" : source[from + 1] === "[" ? "\\]" : undefined;
    return close === undefined ? 0 : closedBy(source, from, from + 2, close, end);
  }
  if (first !== "$") return 0;
  if (source[from + 1] === "$") return closedBy(source, from, from + 2, "$$", end);
  if (/\s/.test(source[from + 1] ?? " ")) return 0;
  const length = closedBy(source, from, from + 1, "$", end);
  if (length <= 2) return 0;
  const last = from + length - 1;
  const fits = !/\s/.test(source[last - 1] ?? " ") && !/\d/.test(source[last + 1] ?? "");
  return fits ? length : 0;
}

function closedBy(source: string, from: number, inner: number, close: string, end: number): number {
  const limit = Math.min(end, inner + maxFormula);
  const at = source.slice(inner, limit).indexOf(close);
  return at === -1 ? 0 : inner + at + close.length - from;
}
