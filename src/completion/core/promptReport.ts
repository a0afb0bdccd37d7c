import type { InfillPart, InfillPiece, InfillResult } from "../../engine/infill";
import { formatCount, formatMilliseconds, formatShare } from "../../platform/core/format";
import { markdownBlock, markdownCode } from "../../platform/core/markdownText";
import { visibleText } from "../../platform/core/visibleText";
import type { CompletionRecord } from "./completionRecord";
import type { ChunkKind, ContextChunk } from "./contextChunk";
import type { Reason } from "./reasons";

const partWords: Readonly<Record<InfillPart["part"], string>> = {
  beginning: "beginning of the text",
  repository: "name of the repository",
  file: "another place",
  fileName: "name of the file",
  prefix: "before the anchor",
  suffix: "after the cursor",
  typed: "typed since the anchor",
  mark: "mark",
};

const kindWords: Readonly<Record<ChunkKind, string>> = {
  imports: "imports of the file",
  enclosing: "around the cursor",
  definition: "imported definition",
  recentEdit: "edited lately",
  visible: "visible editor",
  openEditor: "open editor",
  cell: "earlier cell",
};

const stopWords: Readonly<Record<InfillResult["stopReason"], string>> = {
  end: "The model ended it.",
  maxTokens: "It had as many tokens as a suggestion may have.",
  contextFull: "The context was full.",
  cancelled: "It was stopped: there was enough, or nobody wanted it any more.",
};

/**
 * The last suggestion's prompt as Markdown: its parts with what each cost, the times, the exact text, and the answer
 * token by token. Whatever the texts hold stays text.
 * @param reasonWords why nothing was shown, in a sentence.
 */
export function promptReport(record: CompletionRecord | undefined, reasonWords: (reason: Reason) => string): string {
  if (record === undefined) {
    return "# Prompt of the last suggestion\n\nNo suggestion has been asked for in this window yet. Type in a file of code and look here again.\n";
  }
  const { document, model, layout, shown, reason } = record;
  const { line, character } = document.position;
  const place = `line ${line + 1}, column ${character + 1} of ${code(document.name) || "an unsaved file"}`;
  return [
    "# Prompt of the last suggestion",
    `At ${place} (${code(document.languageId)}), ${new Date(record.at).toISOString().slice(11, 19)} UTC, by ${code(model)}, layout ${layout.order}.`,
    "## Parts",
    ...partsTable(record),
    "## Times",
    timesTable(record),
    "## Prompt",
    ...promptText(record),
    "## Answer",
    ...answer(record),
    "## Shown",
    shown === "" ? "Nothing." : markdownBlock(visibleText(shown)),
    ...(reason === undefined ? [] : [reasonWords(reason)]),
    "",
  ].join("\n\n");
}

function code(text: string): string {
  return markdownCode(visibleText(text));
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(header), line(header.map(() => "---")), ...rows.map(line)].join("\n");
}

function partsTable({ parts, described, chunks, timings }: CompletionRecord): string[] {
  if (parts.length === 0 && described.length === 0) return ["The engine was not asked."];
  // Where it was stopped before it measured, the description still has the tokens.
  const isMeasured = parts.length > 0;
  const all: readonly InfillPart[] = isMeasured ? parts : described.map((part) => ({ ...part, cached: 0 }));
  const tokens = sum(all.map((part) => part.tokens));
  const cached = sum(all.map((part) => part.cached));
  const processed = tokens - cached;
  const cost = (count: number): string =>
    timings === undefined || !isMeasured
      ? "–"
      : formatMilliseconds(processed === 0 ? 0 : (timings.prompt_ms * count) / processed);
  const left = [...chunks];
  const rows = all.map((part) => {
    const chunk = part.part === "file" ? takeByName(left, part.name) : undefined;
    return [
      chunk === undefined ? partWords[part.part] : kindWords[chunk.kind],
      code(part.name ?? ""),
      chunk === undefined ? "" : linesOf(chunk),
      formatCount(part.tokens),
      isMeasured ? formatCount(part.cached) : "–",
      cost(part.tokens - part.cached),
    ];
  });
  const whole = isMeasured ? `${formatCount(cached)} (${formatShare(tokens === 0 ? 0 : cached / tokens)})` : "–";
  const total = ["**all**", "", "", formatCount(tokens), whole, cost(processed)];
  return [
    table(["what", "file", "lines", "tokens", "cached", "≈ processing"], [...rows, total]),
    "Tokens and what of them the KV cache held are measured; processing is estimated, as each part's share of prompt_ms by its tokens that were not cached.",
  ];
}

/** Files are in the prompt in the chunks' order; one file may give several. */
function takeByName(chunks: ContextChunk[], name: string | undefined): ContextChunk | undefined {
  const index = chunks.findIndex((chunk) => chunk.name === name);
  return index === -1 ? undefined : chunks.splice(index, 1)[0];
}

function linesOf({ kind, firstLine, text }: ContextChunk): string {
  const count = text.split("\n").length - 1;
  // Imports and heads come from different lines of their file.
  if (kind === "imports" || kind === "enclosing") return `from ${firstLine + 1}`;
  return count === 1 ? String(firstLine + 1) : `${firstLine + 1}-${firstLine + count}`;
}

function timesTable({ timings, waits }: CompletionRecord): string {
  const rows = [
    ["waited for typing to pause", formatMilliseconds(waits.debounce)],
    ["waited for the engine (queue_ms)", formatMilliseconds(timings?.queue_ms ?? null)],
    ["paused for other work (paused_ms)", formatMilliseconds(timings?.paused_ms ?? null)],
    ["prompt processing (prompt_ms)", formatMilliseconds(timings?.prompt_ms ?? null)],
    ["first token (TTFT)", formatMilliseconds(timings?.ttft_ms ?? null)],
    ["text generation (predicted_ms)", formatMilliseconds(timings?.predicted_ms ?? null)],
    ["from the key to what was shown", formatMilliseconds(waits.shown)],
    ["from the key to the end", formatMilliseconds(waits.ended)],
  ];
  return table(["measured", "time"], rows);
}

function promptText({ described }: CompletionRecord): string[] {
  if (described.length === 0) return ["The engine could not tell it."];
  return [
    "Exactly as the model got it; special tokens by their names, characters that cannot be seen as [U+…].",
    markdownBlock(visibleText(described.map(({ text }) => text).join("")), "text"),
  ];
}

function answer({ pieces, shown, stopReason }: CompletionRecord): string[] {
  const ending = stopReason === undefined ? "The engine did not get to an end." : stopWords[stopReason];
  if (pieces.length === 0) return ["No token came.", ending];
  return [
    "Each token with its probability among the whole vocabulary.",
    markdownBlock(tokenLines(pieces, shown)),
    ending,
  ];
}

/** One token a line, with a rule where what was shown ends. */
function tokenLines(pieces: readonly InfillPiece[], shown: string): string {
  const kept = commonLength(pieces.map(({ text }) => text).join(""), shown);
  const lines: string[] = [];
  let at = 0;
  for (const { text, probability } of pieces) {
    const before = Math.min(Math.max(0, kept - at), text.length);
    const isCutHere = at < kept ? before < text.length : at === kept;
    if (isCutHere && before === 0) lines.push("------  shown up to here");
    const cut = isCutHere && before > 0 ? `, shown up to ${quoted(text.slice(0, before))}` : "";
    lines.push(`${probability.toFixed(4)}  ${quoted(text)}${cut}`);
    at += text.length;
  }
  return lines.join("\n");
}

function quoted(text: string): string {
  return JSON.stringify(visibleText(text));
}

function commonLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) length++;
  return length;
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
