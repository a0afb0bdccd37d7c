import { seededRandom } from "../../support/random";
import { applyEvent, type EventLine, type TextState, type TraceEvent } from "./trace";

/** Types into a text as a person does in an editor that closes brackets and indents by itself; the rhythm is a model. */
export interface TypistOptions {
  readonly seed: number;
  /** What Enter and Tab indent by. */
  readonly unit: string;
  /** Quotes that the editor closes; brackets it closes everywhere. */
  readonly quotes: string;
  /** Enter indents after this besides after brackets, such as Python's colon. */
  readonly indentsAfter: string;
}

/** Median gaps before a key, ms, and their spread (sigma of the logarithm). Gaps of typists are about log-normal. */
const gaps = {
  letter: [135, 0.3],
  word: [200, 0.35],
  space: [150, 0.3],
  sign: [210, 0.35],
  enter: [330, 0.4],
  line: [480, 0.5],
  place: [850, 0.4],
  mistake: [430, 0.3],
  backspace: [130, 0.2],
  click: [1000, 0.3],
} as const satisfies Record<string, readonly [number, number]>;
type Gap = keyof typeof gaps;
const SHORTEST_GAP = 45;
/** A pause to think, ms. */
const PAUSE = [400, 3000] as const;

/** In a session's text: think, and text that is typed by mistake and deleted again. */
const PAUSE_MARK = "⏸";
const MISTAKE = ["⟦", "⟧"] as const;
const pairs: Readonly<Record<string, string>> = { "(": ")", "[": "]", "{": "}" };
const word = /[\p{L}\p{N}_]/u;
const comment = /^\s*(?:\/\/|#|--|\*|\/\*)/u;

export class Typist {
  readonly lines: EventLine[] = [];
  private time = 0;
  private state: TextState;
  /** Where brackets and quotes stand that the editor closed and the person has not typed over. */
  private closers: number[] = [];
  private next: Gap | undefined;
  private readonly random: () => number;

  constructor(
    text: string,
    private readonly options: TypistOptions,
  ) {
    this.state = { text, cursor: 0 };
    this.random = seededRandom(options.seed);
  }

  get text(): string {
    return this.state.text;
  }

  pause(ms?: number): void {
    this.time += ms ?? PAUSE[0] + this.random() * (PAUSE[1] - PAUSE[0]);
  }

  /** Puts the cursor behind the first such text. */
  goAfter(found: string): void {
    this.click(this.find(found) + found.length);
  }

  /** Selects the first such text and deletes it. */
  erase(found: string): void {
    const offset = this.find(found);
    this.click(offset + found.length);
    this.press("mistake", { at: 0, kind: "delete", offset, length: found.length });
  }

  type(text: string): void {
    for (let at = 0; at < text.length;) {
      const [open, close] = MISTAKE;
      if (text.startsWith(PAUSE_MARK, at)) {
        this.pause();
        at += PAUSE_MARK.length;
      } else if (text.startsWith(open, at)) {
        const end = text.indexOf(close, at);
        if (end < 0) throw new Error(`A mistake has no end: ${text.slice(at, at + 20)}`);
        this.mistake(text.slice(at + open.length, end));
        at = end + close.length;
      } else at += this.character(text, at);
    }
  }

  /** @returns how much of the text is there with it. */
  private character(text: string, at: number): number {
    const { text: document, cursor } = this.state;
    const character = text.charAt(at);
    if (character === "\n") return this.enter(text, at);
    if (document.charAt(cursor) === character && this.closers.includes(cursor)) {
      this.closers = this.closers.filter((closer) => closer !== cursor);
      this.insert("sign", cursor, character, { over: 1 });
      return 1;
    }
    const closer = this.closerOf(character);
    if (closer === undefined) {
      const before = document.charAt(cursor - 1);
      const gap = !word.test(character)
        ? character === " "
          ? "space"
          : "sign"
        : word.test(before)
          ? "letter"
          : "word";
      this.insert(gap, cursor, character);
    } else {
      this.insert("sign", cursor, character + closer, { cursor: cursor + 1 });
      this.closers.push(cursor + 1);
    }
    return 1;
  }

  /** What the editor puts behind an opening bracket or quote at the cursor. */
  private closerOf(character: string): string | undefined {
    const { text, cursor } = this.state;
    if (!/^(?:[\s;:.,=)\]}>]|$)/u.test(text.charAt(cursor))) return undefined;
    if (character in pairs) return pairs[character];
    const line = text.slice(text.lastIndexOf("\n", cursor - 1) + 1, cursor);
    const closes = this.options.quotes.includes(character) && !comment.test(line) && !word.test(line.slice(-1));
    return closes ? character : undefined;
  }

  /** Enter, and what brings the new line to the indentation that the text has. */
  private enter(text: string, at: number): number {
    const { text: document, cursor } = this.state;
    const [, wanted = "", first = ""] = /^\n([ \t]*)(.?)/u.exec(text.slice(at)) ?? [];
    const [closing = ""] = /^\n[ \t]*[)\]}]/u.exec(document.slice(cursor)) ?? [];
    if (closing !== "" && first === closing.at(-1) && this.closers.includes(cursor + closing.length - 1)) {
      // The closing bracket stands on the next line already.
      this.closers = this.closers.filter((closer) => closer !== cursor + closing.length - 1);
      this.press("enter", { at: 0, kind: "move", offset: cursor + closing.length });
      this.next = undefined;
      return closing.length;
    }
    const start = document.lastIndexOf("\n", cursor - 1) + 1;
    const line = document.slice(start, cursor);
    const [indent = ""] = /^[ \t]*/u.exec(line) ?? [];
    const last = line.trimEnd().slice(-1);
    const opens = last in pairs || (last !== "" && this.options.indentsAfter.includes(last));
    const inner = opens ? indent + this.options.unit : indent;
    const between = last in pairs && document.charAt(cursor) === pairs[last] ? `\n${indent}` : "";
    // Blanks that the editor itself put on a line go when nothing comes behind them.
    const from = line.trim() === "" ? start : cursor;
    this.insert("enter", from, `\n${inner}${between}`, { over: cursor - from, cursor: from + 1 + inner.length });
    const isBlank = first === "" || text.charAt(at + 1 + wanted.length) === "\n";
    if (!isBlank) this.indentTo(wanted);
    this.next = "line";
    return 1 + wanted.length;
  }

  private indentTo(wanted: string): void {
    const { unit } = this.options;
    for (;;) {
      const { text, cursor } = this.state;
      const has = text.slice(text.lastIndexOf("\n", cursor - 1) + 1, cursor);
      if (has === wanted) return;
      if (has.length > wanted.length && has.endsWith(unit)) {
        const offset = cursor - unit.length;
        this.press("backspace", { at: 0, kind: "delete", offset, length: unit.length });
      } else if (wanted.startsWith(has + unit)) this.insert("sign", cursor, unit);
      else throw new Error(`The indentation ${JSON.stringify(wanted)} cannot be reached by ${JSON.stringify(unit)}.`);
    }
  }

  private mistake(text: string): void {
    for (const character of text) {
      const letter = word.test(this.state.text.charAt(this.state.cursor - 1)) ? "letter" : "word";
      this.insert(word.test(character) ? letter : "sign", this.state.cursor, character);
    }
    for (let index = 0; index < text.length; index++) {
      const offset = this.state.cursor - 1;
      this.press(index === 0 ? "mistake" : "backspace", { at: 0, kind: "delete", offset, length: 1 });
    }
  }

  private insert(gap: Gap, offset: number, text: string, { over = 0, cursor = offset + text.length } = {}): void {
    this.press(gap, { at: 0, kind: "insert", offset, text, over, cursor });
  }

  private click(offset: number): void {
    if (offset === this.state.cursor) return;
    this.press("click", { at: 0, kind: "move", offset });
    this.closers = [];
    this.next = "place";
  }

  private press(gap: Gap, event: TraceEvent): void {
    const [median, sigma] = gaps[this.next ?? gap];
    this.next = undefined;
    this.time += Math.max(SHORTEST_GAP, median * Math.exp(sigma * this.normal()));
    const timed = { ...event, at: Math.round(this.time) };
    this.state = applyEvent(this.state, timed);
    this.lines.push(lineOf(timed));
    if (timed.kind === "move") return;
    const { offset } = timed;
    const removed = timed.kind === "delete" ? timed.length : timed.over;
    const added = timed.kind === "delete" ? 0 : timed.text.length;
    this.closers = this.closers
      .filter((closer) => closer < offset || closer >= offset + removed)
      .map((closer) => (closer < offset ? closer : closer - removed + added));
  }

  private find(text: string): number {
    const offset = this.state.text.indexOf(text);
    if (offset < 0) throw new Error(`The document has no ${JSON.stringify(text)}.`);
    return offset;
  }

  /** Box and Muller's. */
  private normal(): number {
    return Math.sqrt(-2 * Math.log(1 - this.random())) * Math.cos(2 * Math.PI * this.random());
  }
}

function lineOf(event: TraceEvent): EventLine {
  const { at, kind, offset } = event;
  if (kind === "delete") return [at, kind, offset, event.length];
  if (kind === "move") return [at, kind, offset];
  const options = {
    ...(event.cursor === offset + event.text.length ? {} : { cursor: event.cursor }),
    ...(event.over === 0 ? {} : { over: event.over }),
  };
  return Object.keys(options).length === 0 ? [at, kind, offset, event.text] : [at, kind, offset, event.text, options];
}
