/** Text from files and models in Markdown that we write ourselves: it stays text. */

/**
 * A name as code, on one line, in a table's cell too; nothing for nothing. Code because a reader makes links of whatever
 * looks like one elsewhere.
 */
export function markdownCode(text: string): string {
  const name = text.replace(/\s+/g, " ").replaceAll("`", "'").replaceAll("|", "\\|").trim();
  return name === "" ? "" : `\`${name}\``;
}

/** As a code block whose fence nothing in the text can end. */
export function markdownBlock(text: string, language = ""): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}${text.endsWith("\n") ? "" : "\n"}${fence}`;
}
