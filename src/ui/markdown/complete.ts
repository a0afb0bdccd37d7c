import remend from "remend";

/** Above this the end of a block is left as it is: completing looks at the whole text, again and again. */
const maxLength = 8_000;

/** Closes what the end of a growing text leaves open, so that half of an emphasis or a link is not shown as signs. */
export function completeMarkdown(source: string): string {
  if (source.length > maxLength) return source;
  return remend(source, { linkMode: "text-only", images: false, htmlTags: false, katex: false });
}
