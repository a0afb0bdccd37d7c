/** A code block as the fence that stands at it says. */
export interface Fence {
  /** As the fence names it; may be empty. */
  readonly language: string;
  /** All that stands at the fence; it may name a file. */
  readonly info: string;
  readonly code: string;
}

export interface FoundFence extends Fence {
  /** Where the line after the closing fence begins; the end of the text while it is open. */
  readonly end: number;
  readonly closed: boolean;
}

/** A path and a title fit in; what is longer names no file. */
const maxInfo = 400;
const opening = /( {0,3})(`{3,}(?=[^`\n]*(?:\n|$))|~{3,})([^\n]*)(?:\n|$)/y;

/**
 * The fence that begins with the line at `at`, by CommonMark's rules. Done without the parser, because code is most of
 * what is long, and the parser would look at each line of it again whenever it has grown.
 */
export function fenceAt(source: string, at: number): FoundFence | undefined {
  opening.lastIndex = at;
  const found = opening.exec(source);
  if (found === null) return undefined;
  const [line, indent = "", signs = "", written = ""] = found;
  const begin = at + line.length;
  // From the line's end on, so that the block may be empty. No `m`: its `$` takes more for line ends than Markdown does.
  const closing = new RegExp(`\\n {0,3}${signs.charAt(0)}{${signs.length},}[ \\t]*(?:\\n|$)`, "g");
  closing.lastIndex = begin - 1;
  const close = line.endsWith("\n") ? closing.exec(source) : null;
  const inner = source.slice(begin, close === null ? source.length : close.index + 1);
  const code = indent === "" ? inner : inner.replace(new RegExp(`(^|\\n) {1,${indent.length}}`, "g"), "$1");
  const end = close === null ? source.length : close.index + close[0].length;
  return { ...fenceInfo(written), code, end, closed: close !== null };
}

/** @param written what stands at the fence. */
export function fenceInfo(written: string): Omit<Fence, "code"> {
  const info = written.trim();
  return { language: (/^[\w+#.-]{1,30}/.exec(info)?.[0] ?? "").toLowerCase(), info: info.slice(0, maxInfo) };
}
