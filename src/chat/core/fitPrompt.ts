import type { PromptMessage } from "../../engine/protocol";
import type { Message, Part } from "./conversation";
import { utf8Length } from "./tokenEstimate";

/**
 * What of a conversation goes into a prompt when not all of it fits.
 *
 * Never left out: the system prompt with the workspace's instructions, and the question that is to be answered with
 * what it attached. The rest goes in this order: the reasoning of older answers, then what older questions attached,
 * then older questions with their answers; within each the oldest first.
 *
 * Once something must go, enough goes to fill only three quarters of the room, or, where the question leaves less,
 * half of what it leaves; and the same is left out of the prompts after it: they only add to what the KV cache holds,
 * until the room is full again. A question that fills the room has no conversation before it; one that takes the room
 * of the answer too is answered as long as leastAnswer is left, and refused otherwise.
 */
const filledAfterCut = 0.75;
const filledBesideQuestion = 0.5;

/** Kept free for the answer: what it may take, but no more than this share of the context. */
const answerShare = 0.25;
/** Tokens; a question that leaves less for its answer is refused. */
const leastAnswer = 64;

/**
 * No tokenizer makes more tokens than the text has UTF-8 bytes; a template adds
 * marks to each message and some have words of their own. The bound is generous: when it fits, nothing is counted.
 */
const tokensPerMessage = 32;
const tokensPerTemplate = 512;

/** How many turns, from the first on, are without what each names. A turn is a question and what follows it. */
export interface Cut {
  readonly reasoning: number;
  readonly attachments: number;
  readonly turns: number;
}
export const noCut: Cut = { reasoning: 0, attachments: 0, turns: 0 };

export type FitResult =
  /** `tokens`: of the prompt; null where it was so small that nobody counted. */
  | {
      readonly fits: true;
      readonly messages: readonly PromptMessage[];
      readonly cut: Cut;
      readonly tokens: number | null;
    }
  /** Tokens of the least prompt there is, and how many it may have. */
  | { readonly fits: false; readonly tokens: number; readonly most: number };

export interface FitRequest {
  /** Root to the message that is to be answered or continued. */
  readonly path: readonly Message[];
  /** Of the last prompt of this conversation; see lastCut. */
  readonly cut: Cut;
  /** Tokens the context holds. */
  readonly size: number;
  /** Tokens the answer may have. */
  readonly maxTokens: number;
  readonly render: (path: readonly Message[]) => readonly PromptMessage[];
  /** Tokens at the very most of what `count` counts besides the messages, such as descriptions of tools. */
  readonly besides?: number;
  /** Tokens of a whole prompt, with the template's. */
  readonly count: (messages: readonly PromptMessage[]) => Promise<number>;
}

/** Tokens of a prompt: as a rule, and at the very most. */
export function roomFor(size: number, maxTokens: number): { full: number; answer: number; most: number } {
  const answer = Math.min(maxTokens, Math.floor(size * answerShare));
  return { full: size - answer, answer, most: size - Math.min(answer, leastAnswer) };
}

/** Tokens of a prompt after a cut, at most. @param least tokens of the prompt without any older turn. */
export function aimAfterCut(full: number, least: number): number {
  return Math.floor(Math.max(full * filledAfterCut, least + Math.max(0, full - least) * filledBesideQuestion));
}

/** Asks for a count only where it could matter. Rejects only with what `count` rejects with. */
export async function fitPrompt({
  path,
  cut,
  size,
  maxTokens,
  render,
  besides = 0,
  count,
}: FitRequest): Promise<FitResult> {
  const { full, most } = roomFor(size, maxTokens);
  const older = turnsOf(path).length - 1;
  const at = (of: Cut): readonly PromptMessage[] => render(withoutCut(path, of));
  const start = limited(cut, older);
  const whole = at(start);
  if (tokensAtMost(whole) + besides <= full) return { fits: true, messages: whole, cut: start, tokens: null };
  const needed = await count(whole);
  if (needed <= full) return { fits: true, messages: whole, cut: start, tokens: needed };
  const cuts = cutsAfter(start, older);
  const last = cuts.at(-1);
  const least = last === undefined ? needed : await count(at(last));
  if (least > most) return { fits: false, tokens: least, most };
  const aim = aimAfterCut(full, least);
  // The first that reaches the aim, which the last one does; each leaves out no less than the one before it.
  let chosen = { cut: last ?? start, tokens: least };
  let low = 0;
  let high = cuts.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    const candidate = cuts[middle] ?? chosen.cut;
    const tokens = await count(at(candidate));
    if (tokens <= aim) {
      chosen = { cut: candidate, tokens };
      high = middle;
    } else low = middle + 1;
  }
  return { fits: true, messages: at(chosen.cut), ...chosen };
}

/** What the last prompt of the path left out, when its context was of this size; with another one all begins anew. */
export function lastCut(path: readonly Message[], size: number): Cut {
  const fit = path.findLast(({ prompt }) => prompt?.fit !== undefined)?.prompt?.fit;
  return fit?.size === size ? fit.cut : noCut;
}

/** The path as the model is to see it. */
export function withoutCut(path: readonly Message[], cut: Cut): Message[] {
  return turnsOf(path).flatMap((turn, index) => {
    if (index < cut.turns) return [];
    return turn.map((message) => {
      if (message.role === "user") return index < cut.attachments ? withoutAttachments(message) : message;
      return index < cut.reasoning ? withoutReasoning(message) : message;
    });
  });
}

export interface LeftOut {
  readonly what: "reasoning" | "attachment" | "turns";
  /** An attachment's; empty for the others. */
  readonly label: string;
  /** Answers whose reasoning it is; messages of the turns; 1 for an attachment. */
  readonly count: number;
  readonly text: string;
}

/**
 * All that a prompt with this cut is without, for people to see, in the order in which it goes; what is in a turn that
 * is left out counts as that.
 */
export function leftOut(path: readonly Message[], cut: Cut): LeftOut[] {
  const turns = turnsOf(path);
  const items: LeftOut[] = [];
  const reasoning = turns
    .slice(cut.turns, cut.reasoning)
    .flat()
    .map(({ role, parts }) => (role === "user" ? "" : textOf(parts.filter(({ type }) => type === "reasoning"))))
    .filter((text) => text !== "");
  if (reasoning.length > 0)
    items.push({ what: "reasoning", label: "", count: reasoning.length, text: reasoning.join("\n") });
  for (const { role, parts } of turns.slice(cut.turns, cut.attachments).flat()) {
    if (role !== "user") continue;
    for (const part of parts)
      if (part.type === "reference") items.push({ what: "attachment", label: part.label, count: 1, text: part.text });
  }
  const gone = turns.slice(0, cut.turns).flat();
  const text = gone.map(({ parts }) => textOf(parts)).join("\n");
  if (gone.length > 0) items.push({ what: "turns", label: "", count: gone.length, text });
  return items;
}

/** Questions, each with what follows it. An answer without a question before it is a turn of its own. */
function turnsOf(path: readonly Message[]): Message[][] {
  const turns: Message[][] = [];
  for (const message of path) {
    const last = turns.at(-1);
    if (message.role === "user" || last === undefined) turns.push([message]);
    else last.push(message);
  }
  return turns;
}

function limited({ reasoning, attachments, turns }: Cut, older: number): Cut {
  const most = Math.max(0, older);
  return {
    reasoning: Math.min(reasoning, most),
    attachments: Math.min(attachments, most),
    turns: Math.min(turns, most),
  };
}

function cutsAfter(start: Cut, older: number): Cut[] {
  const cuts: Cut[] = [];
  let cut = start;
  for (const what of ["reasoning", "attachments", "turns"] as const) {
    while (cut[what] < older) {
      cut = { ...cut, [what]: cut[what] + 1 };
      cuts.push(cut);
    }
  }
  return cuts;
}

/** The model is told that something was there, since the question may speak of it. */
function withoutAttachments(message: Message): Message {
  const parts = message.parts.map((part): Part =>
    part.type === "reference" ? { type: "text", text: `[${part.label.slice(0, 100)}: no longer included]` } : part,
  );
  return { ...message, parts };
}

function withoutReasoning(message: Message): Message {
  return { ...message, parts: message.parts.filter(({ type }) => type !== "reasoning") };
}

/** More tokens than this no tokenizer makes of the prompt. */
export function tokensAtMost(messages: readonly PromptMessage[]): number {
  return messages.reduce((sum, message) => sum + tokensPerMessage + bytesOf(message), tokensPerTemplate);
}

function bytesOf(message: PromptMessage): number {
  return utf8Length(message.role === "system" || message.role === "user" ? message.text : JSON.stringify(message));
}

function textOf(parts: readonly Part[]): string {
  return parts
    .map((part) => {
      switch (part.type) {
        case "text":
        case "reasoning":
        case "reference":
          return part.text;
        case "toolCall":
          return JSON.stringify(part.arguments ?? null);
        case "toolResult":
          return JSON.stringify(part.result ?? null);
        case "image":
          return "";
      }
    })
    .filter((text) => text !== "")
    .join("\n");
}
