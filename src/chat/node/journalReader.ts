import { type DecodedLine, decodeLine } from "../core/journal";
import type { StoreFiles } from "./storeFiles";

/** A message is at most 2,000,000 characters, which JSON can make six bytes each; anything longer is not ours. */
const maxLineBytes = 16 * 1024 * 1024;
/** More than any person writes; a file beyond it is damaged, and reading it would only fill the memory. */
export const maxJournalBytes = 512 * 1024 * 1024;

const newline = 0x0a;

/**
 * Reads the whole lines from `offset` on; a last line without its newline is left for the next time.
 * @returns the offset after the last whole line.
 */
export async function readJournal(
  files: StoreFiles,
  path: string,
  offset: number,
  onLine: (line: DecodedLine) => void,
): Promise<number> {
  let consumed = offset;
  let held: Buffer[] = [];
  let heldBytes = 0;
  let tooLong = false;
  await files.read(path, offset, (chunk) => {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const lineBytes = heldBytes + (end - start);
      if (tooLong || lineBytes > maxLineBytes) onLine({ kind: "unreadable" });
      else if (lineBytes > 0) onLine(decodeLine(Buffer.concat([...held, chunk.subarray(start, end)]).toString("utf8")));
      consumed += lineBytes + 1;
      held = [];
      heldBytes = 0;
      tooLong = false;
      start = end + 1;
    }
    heldBytes += chunk.byteLength - start;
    if (heldBytes > maxLineBytes) {
      tooLong = true;
      held = [];
    } else if (start < chunk.byteLength) {
      held.push(Buffer.from(chunk.subarray(start)));
    }
  });
  return consumed;
}
