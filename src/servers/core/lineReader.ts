import { badServerAnswer } from "./serverErrors";

/** UTF-16 units of one line: more than any token brings, and little to hold. */
const MOST_LINE = 8 * 1024 * 1024;

/** JSON line by line from a text that comes in pieces. */
export class LineReader {
  private rest = "";

  /** @param server what it is called, for messages. */
  constructor(private readonly server: string) {}

  /**
   * @returns the lines that have ended, without those that are empty.
   * @throws PaddockError server/bad-answer for a line without end.
   */
  push(text: string): string[] {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    if (this.rest.length > MOST_LINE) throw badServerAnswer(this.server, "a line without end");
    return lines.filter((line) => line.trim() !== "");
  }
}
