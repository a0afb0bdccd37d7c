import { formatMilliseconds, formatRate } from "../../platform/core/format";
import type { PortableConversation } from "./conversationFile";
import { callFailure } from "./chatTools";
import type { Message, Part } from "./conversation";
import { cleanTitle } from "./title";

/** The words of the file, in the person's language. */
export interface MarkdownWords {
  readonly you: string;
  readonly answer: string;
  readonly attached: (label: string) => string;
  readonly image: string;
  readonly toolCall: (name: string) => string;
  readonly toolResult: (name: string) => string;
}

const mark = /^<!-- paddock:(user|assistant) -->$/;
const figuresMark = "<!-- paddock:figures -->";
/** What lies between these led to an answer and is no part of it. */
const toolMark = "<!-- paddock:tool -->";
const toolEnd = "<!-- paddock:tool-end -->";
const head = "<!-- paddock conversation -->";
/** Lines that would pass for ours. */
const lookalike = /^<!-- paddock(?= conversation|:)/gm;

/** The shown path as a document to read, in pieces. Comments mark where messages begin, so that it can be read back. */
export function* conversationMarkdown(
  title: string,
  messages: readonly Message[],
  words: MarkdownWords,
): Generator<string> {
  yield `# ${cleanTitle(title)}\n\n${head}\n`;
  for (const { role, at, model, parts, timings } of messages) {
    const who = role === "user" ? words.you : words.answer;
    const when = new Date(at).toISOString().replace("T", " ").slice(0, 16);
    const by = model === undefined ? "" : ` · \`${model.replace(/[`\s]+/gu, " ")}\``;
    const blocks = [`<!-- paddock:${role} -->`, `## ${who} · ${when}${by}`];
    for (const part of parts) blocks.push(...markdownOf(part, words));
    if (timings !== undefined) {
      const figures = [
        `TTFT ${formatMilliseconds(timings.ttft_ms)}`,
        `pp ${formatRate(timings.prompt_per_second)}`,
        `tg ${formatRate(timings.predicted_per_second)}`,
        `prompt_n ${timings.prompt_n}`,
        `cache_n ${timings.cache_n}`,
        `predicted_n ${timings.predicted_n}`,
      ];
      blocks.push(figuresMark, `*${figures.join(" · ")}*`);
    }
    yield `\n${blocks.join("\n\n")}\n`;
  }
}

function markdownOf(part: Part, words: MarkdownWords): string[] {
  switch (part.type) {
    case "text":
      return part.text.trim() === "" ? [] : [part.text.trim().replace(lookalike, "<!-- paddock ")];
    case "reference":
      return [words.attached(named(part.label)), fenced(part.text)];
    case "image":
      return [`*${words.image}*`];
    case "toolCall":
      return [toolMark, words.toolCall(named(part.name)), fenced(jsonText(part.arguments)), toolEnd];
    case "toolResult": {
      const text = callFailure(part.result) ?? (typeof part.result === "string" ? part.result : jsonText(part.result));
      return [toolMark, words.toolResult(named(part.name)), fenced(text), toolEnd];
    }
    // What the model thought before it answered is not part of the document.
    case "reasoning":
      return [];
  }
}

/** A name in one line, as code. */
function named(name: string): string {
  return `\`${cleanTitle(name).replace(/`/gu, "'")}\``;
}

function jsonText(value: unknown): string {
  return JSON.stringify(value ?? null, undefined, 2);
}

/** In a fence that nothing in the text can end. */
function fenced(text: string): string {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/gu), ([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}\n${text.replace(lookalike, "<!-- paddock ")}\n${fence}`;
}

/** Between conversations in one document. */
export const markdownRule = "\n---\n\n";
/** What stands between the end of one conversation and the next one's head, from there upwards. */
const nextHeading = [/^$/, /^# /, /^$/, /^---$/, /^$/];

/** Conversations from a document made by conversationMarkdown: their texts, one after the other. None for any other. */
export function readConversationMarkdown(text: string, now: number): PortableConversation[] {
  const lines = text.replace(/\r\n/gu, "\n").split("\n");
  const heads = lines.flatMap((line, index) => (line === head ? [index] : []));
  return heads.flatMap((at, index) => {
    const next = heads[index + 1];
    const body = lines.slice(at + 1, next);
    if (next !== undefined) for (const line of nextHeading) if (line.test(body.at(-1) ?? "-")) body.pop();
    return conversationOf(lines.slice(Math.max(0, at - 2), at), body, now) ?? [];
  });
}

function conversationOf(
  above: readonly string[],
  lines: readonly string[],
  now: number,
): PortableConversation | undefined {
  const heading = above.find((line) => line.startsWith("# "));
  const title = cleanTitle(heading?.slice(2) ?? "").slice(0, 200);
  const messages: Message[] = [];
  let role: Message["role"] | undefined;
  let body: string[] = [];
  /** Our own heading stands right after the mark; any other is the message's. */
  let headed = false;
  let inTool = false;
  const end = (): void => {
    if (role === undefined) return;
    const figures = body.lastIndexOf(figuresMark);
    const said = (figures === -1 ? body : body.slice(0, figures)).join("\n").trim();
    const number = messages.length;
    const parts: Part[] = said === "" ? [] : [{ type: "text", text: said }];
    const parent = number === 0 ? null : `m-${number - 1}`;
    messages.push({ id: `m-${number}`, parent, role, at: now + number, status: "complete", parts });
  };
  for (const line of lines) {
    const found = mark.exec(line)?.[1];
    if (found === "user" || found === "assistant") {
      end();
      role = found;
      body = [];
      headed = false;
      inTool = false;
    } else if (line === toolMark || line === toolEnd) {
      inTool = line === toolMark;
      // The blank lines before it go with it.
      while (inTool && body.at(-1) === "") body.pop();
    } else if (inTool) continue;
    else if (role !== undefined && !headed && line.startsWith("## ")) headed = true;
    else if (role !== undefined) body.push(line);
  }
  end();
  if (messages.length === 0) return undefined;
  return { messages, state: title === "" ? [] : [{ t: "title", at: now, title }] };
}
