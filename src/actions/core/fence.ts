/** A fence that nothing in the text can close. */
export function fenceFor(text: string): string {
  const longest = [...text.matchAll(/`{3,}/gu)].reduce((most, [run]) => Math.max(most, run.length), 2);
  return "`".repeat(longest + 1);
}

export function fenced(text: string, info = ""): string {
  const fence = fenceFor(text);
  return `${fence}${info}\n${text.replace(/\n$/u, "")}\n${fence}`;
}

export interface FencedBlock {
  readonly info: string;
  readonly text: string;
  /** Its end was written too. */
  readonly closed: boolean;
}

const opening = /^ {0,3}(`{3,}|~{3,})([^`\n]*)$/u;

/** The fenced blocks of an answer, in its order; one that is open to the end included. */
export function fencedBlocks(text: string): FencedBlock[] {
  const blocks: FencedBlock[] = [];
  let fence: string | undefined;
  let info = "";
  let lines: string[] = [];
  for (const line of text.split("\n")) {
    const found = opening.exec(line);
    const mark = found?.[1];
    if (fence === undefined) {
      if (mark === undefined) continue;
      fence = mark;
      info = (found?.[2] ?? "").trim();
      lines = [];
    } else if (mark?.startsWith(fence) === true && (found?.[2] ?? "").trim() === "") {
      blocks.push({ info, text: lines.join("\n"), closed: true });
      fence = undefined;
    } else lines.push(line);
  }
  if (fence !== undefined) blocks.push({ info, text: lines.join("\n"), closed: false });
  return blocks;
}
