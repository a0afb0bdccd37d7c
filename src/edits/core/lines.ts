/**
 * Text as the lines an editor shows: "a\n" is two lines, the second one empty. Which characters end a line in the file
 * is the document's own business; edits are written with its line end, so that nothing of that changes.
 */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\r|\n/);
}

/** Lines with letters or digits in them: a blank line or a lone bracket tells nobody where it belongs. */
export function isSignificant(line: string): boolean {
  return /[\p{L}\p{N}]/u.test(line);
}
