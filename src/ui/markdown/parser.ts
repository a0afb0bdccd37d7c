import MarkdownIt, { type Env, type Token } from "markdown-it";
import { fileLinkOfTarget } from "../../platform/core/fileLinks";
import { fileTargetsAsCode } from "./fileTargets";
import { highlight } from "./highlight";
import { mathAsSource } from "./math";

/** Link definitions seen so far; blocks of one text share it. */
export type MarkdownEnv = Env;

/** A top-level block: where its lines begin in the source, and whether it is a fence that has not been closed. */
export interface BlockStart {
  readonly offset: number;
  /** markdown-it's name for it, such as "table_open". */
  readonly type: string;
  readonly openFence?: { readonly language: string; readonly info: string; readonly code: string };
}

/** Containers nest at most this deep; what is nested deeper would be lost, so such a block is shown as it was written. */
const maxNesting = 60;
/** A path and a title fit in; what is longer names no file. */
const maxInfo = 400;
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
markdown.renderer.rules.fence = (tokens, index) =>
  code(tokens[index]?.content ?? "", languageOf(tokens[index]), infoOf(tokens[index]));
markdown.renderer.rules.code_block = (tokens, index) => code(tokens[index]?.content ?? "", "", "");

export function isWebAddress(url: string): boolean {
  return /^https?:\/\/[^/\s]/i.test(url.trim());
}

/** The top-level blocks of a text, without looking inside the lines. Collects link definitions into `env`. */
export function blockStarts(source: string, env: MarkdownEnv): BlockStart[] {
  const tokens: Token[] = [];
  markdown.block.parse(source, markdown, env, tokens);
  const tops = tokens.filter(({ level, nesting, map }) => level === 0 && nesting >= 0 && map !== null);
  if (tops.length === 0) return [];
  const lines = lineOffsets(source);
  return tops.map((token) => {
    const [from, to] = token.map ?? [0, 0];
    const offset = lines[from] ?? source.length;
    const { type } = token;
    if (type !== "fence" || isClosed(token.content, to - from)) return { offset, type };
    return { offset, type, openFence: { language: languageOf(token), info: infoOf(token), code: token.content } };
  });
}

/** The block as code, when it is a fence and nothing else. */
export function fenceOf(
  source: string,
): { readonly language: string; readonly info: string; readonly code: string } | undefined {
  if (!/^ {0,3}(```|~~~)/.test(source)) return undefined;
  const tokens: Token[] = [];
  markdown.block.parse(source, markdown, {}, tokens);
  const [token] = tokens;
  if (tokens.length !== 1 || token?.type !== "fence") return undefined;
  return { language: languageOf(token), info: infoOf(token), code: token.content };
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

/** An answer's headings stand below the page's own two levels. */
function lowerHeading(tag: string): string {
  return `h${Math.min(Number(tag.slice(1)) + 2, 6)}`;
}

function languageOf(token: Token | undefined): string {
  return (/^[\w+#.-]{1,30}/.exec(token?.info.trim() ?? "")?.[0] ?? "").toLowerCase();
}

/** All that stands at the fence; it may name a file. */
function infoOf(token: Token | undefined): string {
  return (token?.info.trim() ?? "").slice(0, maxInfo);
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

function code(text: string, language: string, info: string): string {
  const html = highlight(text, language) ?? markdown.utils.escapeHtml(text);
  return `<pre><code class="language-${language}${infoClass(info)}">${html}</code></pre>`;
}

/** A closed fence spans two lines more than its content, an open one only its first. */
function isClosed(content: string, lines: number): boolean {
  const inner = content === "" ? 0 : content.split("\n").length - (content.endsWith("\n") ? 1 : 0);
  return lines >= inner + 2;
}

function lineOffsets(source: string): number[] {
  const offsets = [0];
  for (let at = source.indexOf("\n"); at !== -1; at = source.indexOf("\n", at + 1)) offsets.push(at + 1);
  return offsets;
}
