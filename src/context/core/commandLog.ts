import { refusalOfPath, refusalOfText, type Refusal } from "./gate";
import { maxGathered } from "./limits";
import { terminalText } from "./terminalText";

/** What is kept of a command's raw output: its beginning, and as much of its end. */
const maxHead = 16 * 1024;
const maxTail = 64 * 1024;
/** Commands kept for each terminal, and in all. */
const maxPerTerminal = 5;
const maxCommands = 20;
/** Longer than the first line of any private key, so that one cut in two by its pieces is still seen. */
const overlap = 64;

/** One command that ran in a terminal, as much of its output as is kept. */
export class RecordedCommand {
  private head = "";
  private readonly tail: string[] = [];
  private tailLength = 0;
  private dropped = 0;
  private seam = "";
  private secret: Refusal | undefined;
  private state: { readonly ended: false } | { readonly ended: true; readonly exitCode: number | undefined } = {
    ended: false,
  };

  /** @param id names it, so that it can be chosen later. @param cwd as a person reads it. */
  constructor(
    readonly id: number,
    readonly terminal: object,
    readonly terminalName: string,
    public commandLine: string,
    readonly cwd: string | undefined,
  ) {}

  get isRunning(): boolean {
    return !this.state.ended;
  }

  get exitCode(): number | undefined {
    return this.state.ended ? this.state.exitCode : undefined;
  }

  /** Costs next to nothing: a program may write megabytes in a second, and most of it nobody will ask for. */
  write(data: string): void {
    const first = data.slice(0, maxHead - this.head.length);
    this.head += first;
    const rest = data.slice(first.length);
    if (rest === "") return;
    this.tail.push(rest);
    this.tailLength += rest.length;
    while (this.tailLength > maxTail) {
      const oldest = this.tail.shift() ?? "";
      const surplus = Math.min(oldest.length, this.tailLength - maxTail);
      this.drop(oldest.slice(0, surplus));
      if (surplus < oldest.length) this.tail.unshift(oldest.slice(surplus));
    }
  }

  end(exitCode: number | undefined): void {
    this.state = { ended: true, exitCode };
  }

  /**
   * Whether the first of what it wrote is missing. VS Code tells a command's output from the mark with which the shell
   * says that it begins (OSC 633 or 133, C); in a remote window it loses what arrives together with the news of the
   * command, which of one that ends at once is all.
   */
  get isBeginningLost(): boolean {
    if (this.isRunning && this.head === "") return false;
    return !/\x1b\][16]33;C/u.test(this.head);
  }

  /** By what the command names (`cat .env`), by what it wrote, and by what is no longer kept of that. */
  refusal(): Refusal | undefined {
    for (const word of this.commandLine.split(/[\s'"=<>|&;()]+/u)) {
      const refusal = word === "" ? undefined : refusalOfPath(word);
      if (refusal !== undefined) return refusal;
    }
    return this.secret ?? keyIn(this.head + this.tail.join("")) ?? keyIn(this.output().text);
  }

  /** The output without escape sequences, its middle left out where it is long. */
  output(): { readonly text: string; readonly leftOut: number } {
    const tail = this.tail.join("");
    // Where nothing was dropped the two are one text, and a sequence that lies across them is whole.
    const whole = this.dropped === 0 ? terminalText(this.head + tail) : undefined;
    const first = whole ?? terminalText(this.head);
    if (whole !== undefined && whole.length <= maxGathered) return { text: whole, leftOut: 0 };
    // The beginning says what ran, the end how it went; the end matters more.
    const begin = cutAfterLine(first, maxGathered / 8);
    const end = cutBeforeLine(whole ?? terminalText(tail), maxGathered - begin.length);
    const leftOut = (whole?.length ?? first.length + this.dropped + tail.length) - begin.length - end.length;
    return { text: `${begin}\n[…]\n${end}`, leftOut };
  }

  private drop(data: string): void {
    if (this.dropped === 0) this.seam = this.head.slice(-overlap);
    this.dropped += data.length;
    this.tailLength -= data.length;
    this.secret ??= keyIn(this.seam + data);
    this.seam = (this.seam + data).slice(-overlap);
  }
}

/** Raw output may hold anything, so that only a secret counts here. */
function keyIn(output: string): Refusal | undefined {
  const refusal = refusalOfText(output);
  return refusal?.why === "secret" ? refusal : undefined;
}

/** The last commands of all terminals. */
export class CommandLog {
  private commands: RecordedCommand[] = [];
  private nextId = 1;

  start(terminal: object, terminalName: string, commandLine: string, cwd: string | undefined): RecordedCommand {
    const command = new RecordedCommand(this.nextId++, terminal, terminalName, commandLine, cwd);
    const own = this.commands.filter((other) => other.terminal === terminal);
    const old = own.slice(0, Math.max(0, own.length - (maxPerTerminal - 1)));
    this.commands = [...this.commands.filter((other) => !old.includes(other)), command].slice(-maxCommands);
    return command;
  }

  /** The newest first. Shells report an empty command when somebody presses Enter at the prompt; it is none. */
  recent(): readonly RecordedCommand[] {
    return this.commands.filter(({ commandLine }) => commandLine.trim() !== "").reverse();
  }

  /** The last one of the terminal in front, or where it has none, of any. */
  last(terminal: object | undefined): RecordedCommand | undefined {
    const recent = this.recent();
    return recent.find((command) => command.terminal === terminal) ?? recent[0];
  }

  find(id: number): RecordedCommand | undefined {
    return this.commands.find((command) => command.id === id);
  }

  /** Keeps none of them; an id that was given out names no other command later. */
  clear(): void {
    this.commands = [];
  }
}

function cutAfterLine(text: string, most: number): string {
  const cut = text.slice(0, most);
  const end = cut.lastIndexOf("\n");
  return end > most / 2 ? cut.slice(0, end) : cut;
}

function cutBeforeLine(text: string, most: number): string {
  if (text.length <= most) return text;
  const cut = text.slice(-most);
  const begin = cut.indexOf("\n");
  return begin >= 0 && begin < most / 2 ? cut.slice(begin + 1) : cut;
}
