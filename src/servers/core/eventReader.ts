import { badServerAnswer } from "./serverErrors";

/** UTF-16 units of one event: more than any token brings, and little to hold. */
const MOST_EVENT = 8 * 1024 * 1024;

/** Server-sent events from a text that comes in pieces. Names, ids and comments are nothing to us. */
export class EventReader {
  private rest = "";
  private data: string[] = [];
  private held = 0;

  /** @param server what it is called, for messages. */
  constructor(private readonly server: string) {}

  /**
   * @returns the data of each event that has ended.
   * @throws PaddockError server/bad-answer for an event without end.
   */
  push(text: string): string[] {
    const events: string[] = [];
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.line(line.endsWith("\r") ? line.slice(0, -1) : line, events);
    if (this.held + this.rest.length > MOST_EVENT) throw badServerAnswer(this.server, "an event without end");
    return events;
  }

  private line(line: string, events: string[]): void {
    if (line === "") {
      if (this.data.length > 0) events.push(this.data.join("\n"));
      this.data = [];
      this.held = 0;
      return;
    }
    const [, value] = /^data: ?(.*)$/su.exec(line) ?? [];
    if (value === undefined) return;
    this.data.push(value);
    this.held += value.length;
  }
}
