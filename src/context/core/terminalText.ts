/**
 * The text that a command's output leaves on a terminal: escape sequences are obeyed where they move the cursor within
 * what a program rewrites (progress bars, spinners), dropped elsewhere, and what full-screen programs draw is left out.
 */
export function terminalText(raw: string): string {
  const screen = new Screen();
  let from = 0;
  for (const found of raw.matchAll(sequences)) {
    screen.write(raw.slice(from, found.index));
    from = found.index + found[0].length;
    if (found[0] === "\r") screen.column = 0;
    else if (found[0] === "\n") screen.lineFeed();
    else if (found[0] === "\b") screen.column = Math.max(0, screen.column - 1);
    else if (found[0] === "\t") screen.tab();
    else if (found.groups?.csi !== undefined) screen.control(found.groups.parameters ?? "", found.groups.csi);
  }
  screen.write(raw.slice(from));
  return screen.text();
}

/**
 * CSI with its parameters; the strings (OSC, DCS, SOS, PM, APC) to their end, or to the end of a line where they have
 * none, so that a cut one cannot swallow what follows; every other escape; control characters, the 8-bit ones too.
 */
const sequences =
  /(?:\x1b\[|\x9b)(?<parameters>[0-?]*)[ -/]*(?:(?<csi>[@-~])|$)|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\r\n]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?|[\x00-\x1f\x7f-\x9f]/gu;

/** Lines further up than this are done: no program rewrites what has scrolled away. */
const maxRows = 200;
/** Where a terminal's line would long have wrapped; a program may ask for any column, on every line. */
const maxColumns = 1_000;
const tabSize = 8;

class Screen {
  private readonly done: string[] = [];
  /** The last lines, one string of UTF-16 units each: a terminal's cells are close enough to them. */
  private rows: string[] = [""];
  private row = 0;
  column = 0;
  /** Full-screen programs draw on a screen of their own, which is gone when they end. */
  private isAlternate = false;

  write(text: string): void {
    if (text === "" || this.isAlternate) return;
    const line = this.rows[this.row] ?? "";
    const before = line.length < this.column ? line.padEnd(this.column) : line.slice(0, this.column);
    this.column += text.length;
    this.rows[this.row] = before + text + line.slice(this.column);
  }

  tab(): void {
    this.write(" ".repeat(tabSize - (this.column % tabSize)));
  }

  lineFeed(): void {
    if (this.isAlternate) return;
    this.row++;
    // Output that was read without its carriage returns begins each line at its beginning all the same.
    this.column = 0;
    if (this.row < this.rows.length) return;
    this.rows.push("");
    if (this.rows.length <= maxRows) return;
    this.done.push(this.rows.shift() ?? "");
    this.row--;
  }

  /** @param final the character that says which sequence it is. */
  control(parameters: string, final: string): void {
    if (parameters.startsWith("?")) {
      const modes = parameters.slice(1).split(";");
      const isAboutScreen = modes.some((mode) => mode === "1049" || mode === "1047" || mode === "47");
      if (isAboutScreen && (final === "h" || final === "l")) this.isAlternate = final === "h";
      return;
    }
    if (this.isAlternate) return;
    const first = Number.parseInt(parameters, 10);
    const count = Number.isNaN(first) || first === 0 ? 1 : first;
    switch (final) {
      case "A":
        this.row = Math.max(0, this.row - count);
        break;
      case "B":
        this.row = Math.min(this.rows.length - 1, this.row + count);
        break;
      case "C":
        this.column = Math.min(maxColumns, this.column + count);
        break;
      case "D":
        this.column = Math.max(0, this.column - count);
        break;
      case "E":
      case "F":
        this.row = Math.min(this.rows.length - 1, Math.max(0, this.row + (final === "E" ? count : -count)));
        this.column = 0;
        break;
      case "G":
        this.column = Math.min(maxColumns, count - 1);
        break;
      case "J":
        this.eraseBelow(first);
        break;
      case "K":
        this.eraseLine(first);
        break;
      // Colours, and places on a screen whose size nobody knows here.
    }
  }

  text(): string {
    const lines = [...this.done, ...this.rows].map((line) => line.trimEnd());
    while (lines.at(-1) === "") lines.pop();
    return lines.join("\n");
  }

  private eraseLine(mode: number): void {
    const line = this.rows[this.row] ?? "";
    if (mode === 1)
      this.rows[this.row] = " ".repeat(Math.min(this.column + 1, line.length)) + line.slice(this.column + 1);
    else this.rows[this.row] = mode === 2 ? "" : line.slice(0, this.column);
  }

  /** Clearing all of the screen takes what was written before off it, as the person saw it. */
  private eraseBelow(mode: number): void {
    if (mode === 2 || mode === 3) {
      this.done.length = 0;
      this.rows = [""];
      this.row = 0;
      this.column = 0;
    } else if (mode !== 1) {
      this.eraseLine(0);
      this.rows.length = this.row + 1;
    }
  }
}
