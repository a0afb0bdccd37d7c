/** How code is indented: by tabs, or by so many spaces. */
export type IndentUnit = "\t" | number;

export function leadOf(line: string): string {
  return /^[ \t]*/u.exec(line)?.[0] ?? "";
}

export function isBlank(line: string): boolean {
  return line.trim() === "";
}

/** What one level is in these lines; undefined where nothing is indented. */
export function indentUnit(lines: readonly string[]): IndentUnit | undefined {
  const steps = new Map<number, number>();
  let tabs = 0;
  let spaces = 0;
  let last = 0;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const lead = leadOf(line);
    // The second line of a block comment is one space further in than the code.
    if (/^\s+\*/u.test(line)) continue;
    if (lead.startsWith("\t")) tabs++;
    else if (lead.length > 1) spaces++;
    const step = lead.length - last;
    last = lead.length;
    if (step > 1 && step <= 8) steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  if (tabs + spaces === 0) return undefined;
  if (tabs > spaces) return "\t";
  return [...steps].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0]?.[0];
}

/** Indentation in another unit; lines whose indentation is no whole number of levels keep what is over. */
export function withUnit(lines: readonly string[], from: IndentUnit, to: IndentUnit): string[] {
  if (from === to) return [...lines];
  return lines.map((line) => {
    const lead = leadOf(line);
    if (lead === "") return line;
    const rest = line.slice(lead.length);
    const width = from === "\t" ? 1 : from;
    const levels = from === "\t" ? lead.lastIndexOf("\t") + 1 : Math.floor(lead.length / width);
    const over = lead.slice(levels * width);
    return (to === "\t" ? "\t".repeat(levels) : " ".repeat(levels * to)) + over + rest;
  });
}

/** The indentation that all lines have in common; blank ones do not count. */
export function commonLead(lines: readonly string[]): string {
  let common: string | undefined;
  for (const line of lines) {
    if (isBlank(line)) continue;
    const lead = leadOf(line);
    common ??= lead;
    while (!lead.startsWith(common)) common = common.slice(0, -1);
  }
  return common ?? "";
}

export function withoutLead(lines: readonly string[], lead: string): string[] {
  return lines.map((line) => (line.startsWith(lead) ? line.slice(lead.length) : line.trimStart()));
}

export function withLead(lines: readonly string[], lead: string): string[] {
  return lines.map((line) => (isBlank(line) ? "" : lead + line));
}
