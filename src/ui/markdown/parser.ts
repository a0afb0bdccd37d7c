import MarkdownIt, { type Env, type Token } from "markdown-it";
import { fileLinkOfTarget } from "../../platform/core/fileLinks";
import { fileTargetsAsCode } from "./fileTargets";
import { fenceInfo } from "./fences";
import { mathAsSource } from "./math";

/** Link definitions seen so far; blocks of one text share it. */
export type MarkdownEnv = Env;

/** A top-level block. */
export interface BlockStart {
  /** Where its lines begin in the source, and where they end; blank lines behind it may count. */
  readonly offset: number;
  readonly end: number;
  /** markdown-it's name for it, such as "table_open". */
  readonly type: string;
  /** Of a list: what stands at its items. */
  readonly markup: string;
  /** Of a list: where its items begin. */
  readonly items: readonly number[];
}

/** Containers nest at most this deep; what is nested deeper would be lost, so such a block is shown as it was written. */
const maxNesting = 60;
/** More than this makes too many nodes for what a reader gets from them; such a block is shown as it was written. */
const maxTokens = 6_000;

const markdown = new MarkdownIt({ html: false, linkify: true, maxNesting });
markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false, fuzzyIP: false });
for (const schema of ["mailto:", "ftp:", "//"]) markdown.linkify.add(schema, null);
mathAsSource(markdown);
fileTargetsAsCode(markdown);
// What is neither a web address nor a file's relative path stays the text it was.
markdown.validateLink = (url) => isWebAddress(url) || fileLinkOfTarget(url) !== undefined;
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const { escapeHtml } = markdown.utils;
  return `<span class="md-image">${escapeHtml(token?.content ?? "")} (${escapeHtml(String(token?.attrGet("src") ?? ""))})</span>`;
};
markdown.renderer.rules.fence = (tokens, index) => code(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
markdown.renderer.rules.code_block = (tokens, index) => code(tokens[index]?.content ?? "", "");

export function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^/\s]/i.test(url.trim());
}

/** The top-level blocks of a text, without looking inside the lines. Collects link definitions into `env`. */
export function blockStarts(source: string, env: MarkdownEnv): BlockStart[] {
  const tokens: Token[] = [];
  markdown.block.parse(source, markdown, env, tokens);
  const lines = lineOffsets(source);
  const offsetOf = (line: number | undefined): number => lines[line ?? 0] ?? source.length;
  const starts: (BlockStart & { items: number[] })[] = [];
  for (const { level, nesting, map, type, markup } of tokens) {
    if (nesting < 0 || map === null) continue;
    if (level === 0) starts.push({ offset: offsetOf(map[0]), end: offsetOf(map[1]), type, markup, items: [] });
    else if (level === 1 && type === "list_item_open") starts.at(-1)?.items.push(offsetOf(map[0]));
  }
  return starts;
}

/** Link definitions that can be added to without the others' knowing. */
export function copyOf(env: MarkdownEnv): MarkdownEnv {
  return { ...env, ...(env.references === undefined ? {} : { references: { ...env.references } }) };
}

/** HTML of one block or a few, not yet safe: it goes through the sanitizer. Undefined: show the source as it is. */
export function renderHtml(source: string, env: MarkdownEnv): string | undefined {
  const tokens = markdown.parse(source, env);
  let count = tokens.length;
  for (const token of tokens) {
    if (token.level >= maxNesting - 1) return undefined;
    count += token.children?.length ?? 0;
    if (token.type === "heading_open" || token.type === "heading_close") token.tag = lowerHeading(token.tag);
    // The only attribute that markdown-it writes as inline style, which the page's policy forbids.
    const align = /^text-align:(left|center|right)$/.exec(String(token.attrGet("style") ?? ""))?.[1];
    if (align !== undefined) token.attrs = [["class", `md-${align}`]];
  }
  if (count > maxTokens) return undefined;
  return markdown.renderer.render(tokens, markdown.options, env);
}

/** HTML of a piece of a paragraph's text; as unsafe. Undefined: show the source as it is. */
export function renderInline(source: string, env: MarkdownEnv): string | undefined {
  const tokens = markdown.parseInline(source, env);
  if (tokens.some(({ children }) => (children?.length ?? 0) > maxTokens)) return undefined;
  return markdown.renderer.render(tokens, markdown.options, env);
}

/** An answer's headings stand below the page's own two levels. */
function lowerHeading(tag: string): string {
  return `h${Math.min(Number(tag.slice(1)) + 2, 6)}`;
}

/**
 * The info travels through the sanitizer as a class name, letter by letter in hex: no attribute that could mean
 * something to a browser has to be let through for it.
 */
export function readInfo(className: string): string {
  const codes = /(?:^|\s)info-([0-9a-f-]+)/.exec(className)?.[1]?.split("-") ?? [];
  return String.fromCharCode(...codes.map((code) => Number.parseInt(code, 16)));
}

function infoClass(info: string): string {
  const codes = Array.from({ length: info.length }, (_, at) => info.charCodeAt(at).toString(16));
  return info === "" ? "" : ` info-${codes.join("-")}`;
}

function code(text: string, written: string): string {
  const { language, info } = fenceInfo(written);
  return `<pre><code class="language-${language}${infoClass(info)}">${markdown.utils.escapeHtml(text)}</code></pre>`;
}

function lineOffsets(source: string): number[] {
  const offsets = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
