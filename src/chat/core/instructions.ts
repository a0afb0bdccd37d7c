/** What a workspace asks of every model that works in it. */
export interface Instruction {
  /** Its path in the workspace, with the folder's name where there are several: "AGENTS.md". */
  readonly label: string;
  readonly uri: string;
  readonly text: string;
  /** It was longer than what is used of it. */
  readonly cut: boolean;
}

/** The files that hold instructions, as the tools that read them agreed on. */
export const instructionFiles = ["AGENTS.md", ".github/copilot-instructions.md"] as const;

/** Used of one file, UTF-16 units: some 2,000 tokens, since every question's prompt begins with them. */
export const maxInstruction = 8_000;

/** Short, because small models follow short instructions and every token of it is prompt processing. */
export const systemPrompt =
  "You are Paddock, a programming assistant inside a code editor. Answer briefly and to the point. " +
  "Format answers as Markdown and put code into fenced blocks with the language's name.";

/**
 * The system message: ours or the person's, then the workspace's instructions, each named and between marks. The same
 * instructions give the same text, so that the KV cache of it holds.
 */
export function systemText(own: string | undefined, instructions: readonly Instruction[]): string {
  const first = own ?? systemPrompt;
  return [first, ...instructions.map(marked)].filter((piece) => piece.trim() !== "").join("\n\n");
}

/** Marks that do not occur in the text, so that nothing in it can end it and pass for what follows. */
function marked({ label, text }: Instruction): string {
  const folded = text.toLowerCase();
  let mark = "workspace-instructions";
  for (let more = 2; folded.includes(mark); more++) mark = `workspace-instructions-${more}`;
  return `<${mark} file="${label.replace(/["<>\s]+/gu, " ")}">\n${text.trim()}\n</${mark}>`;
}

/** @param raw the file's text. @returns undefined for a file that says nothing. */
export function toInstruction(label: string, uri: string, raw: string): Instruction | undefined {
  const text = raw.replace(/^\uFEFF/u, "").trim();
  if (text === "") return undefined;
  const cut = text.length > maxInstruction;
  return { label, uri, text: cut ? text.slice(0, maxInstruction) : text, cut };
}
