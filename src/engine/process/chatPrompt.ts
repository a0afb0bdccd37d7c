import type {
  ChatHistoryItem,
  ChatModelFunctions,
  ChatModelResponse,
  ChatWrapper,
  LlamaModel,
  LlamaText,
  Token,
} from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { PromptMessage, Tool } from "../protocol";
import type { Markers } from "./textStream";
import { TokenizedTexts } from "./tokenizedTexts";

/** Remembered answers of a context; more than a long conversation has. */
const REMEMBERED = 500;

/**
 * Which tokens the model itself sampled for a text. Sampled tokens often differ from what the tokenizer makes of the
 * same text, and the KV cache holds the sampled ones: rendered history uses them, so that a turn only adds.
 */
export class SampledTokens {
  private readonly byText = new Map<string, readonly Token[]>();

  remember(text: string, tokens: readonly Token[]): void {
    if (text === "") return;
    this.byText.delete(text);
    this.byText.set(text, tokens);
    if (this.byText.size > REMEMBERED) {
      const oldest = this.byText.keys().next();
      if (oldest.done !== true) this.byText.delete(oldest.value);
    }
  }

  get(text: string): readonly Token[] | undefined {
    return this.byText.get(text);
  }

  /** Those that stand in a KV cache with these tokens; the last token of an answer that has just ended is not in it yet. */
  within(tokens: readonly Token[]): (readonly [text: string, tokens: readonly Token[]])[] {
    const starts = new Map<Token, number[]>();
    for (const [index, token] of tokens.entries()) {
      const known = starts.get(token);
      if (known === undefined) starts.set(token, [index]);
      else known.push(index);
    }
    return [...this.byText].filter(([, sampled]) => {
      const [first] = sampled;
      return first !== undefined && (starts.get(first) ?? []).some((start) => runsAt(tokens, start, sampled));
    });
  }
}

function runsAt(tokens: readonly Token[], start: number, run: readonly Token[]): boolean {
  const length = Math.min(run.length, tokens.length - start);
  if (length < run.length - 1) return false;
  for (let index = 0; index < length; index++) if (tokens[start + index] !== run[index]) return false;
  return true;
}

export interface RenderedChat {
  readonly tokens: Token[];
  readonly stopTokens: ReadonlySet<Token>;
  readonly markers: Markers;
  readonly shownTokens: ReadonlyMap<Token, string>;
  /** What ends the model's reasoning; empty for a model that has none. */
  readonly endOfReasoning: readonly Token[];
}

/** Renders messages through the model's own chat template and tokenises them. */
export class ChatRenderer {
  private readonly tokenized: TokenizedTexts;

  constructor(
    private readonly model: LlamaModel,
    private readonly wrapper: ChatWrapper,
  ) {
    this.tokenized = new TokenizedTexts((text, leading) => model.tokenize(text, false, leading));
  }

  get wrapperName(): string {
    return this.wrapper.wrapperName;
  }

  /**
   * @param continueLast leave the last assistant message open, to be continued.
   * @throws PaddockError invalid-message for an order of messages that no template can express.
   */
  render(
    messages: readonly PromptMessage[],
    sampled: SampledTokens | undefined,
    continueLast: boolean,
    tools: readonly Tool[] = [],
  ): RenderedChat {
    const chatHistory = toHistory(messages);
    const last = chatHistory.at(-1);
    if (continueLast && last?.type !== "model") {
      throw new PaddockError("invalid-message", "There is no answer to continue.");
    }
    const afterTool = messages.at(-1)?.role === "tool";
    if (!continueLast && last?.type !== "model") chatHistory.push({ type: "model", response: [] });
    else if (!continueLast && !afterTool) {
      throw new PaddockError("invalid-message", "The last message must be the user's or a tool's result.");
    }
    const state = this.wrapper.generateContextState({
      chatHistory,
      ...(tools.length === 0 ? {} : { availableFunctions: toFunctions(tools), documentFunctionParams: true }),
    });
    const opening = continueLast || afterTool ? [] : this.openingOfReasoning();
    return {
      tokens: [...this.tokens(state.contextText, sampled), ...opening],
      ...this.stops(state.stopGenerationTriggers),
      ...this.reasoning(state.contextText, opening.length > 0),
    };
  }

  private tokens(text: LlamaText, sampled: SampledTokens | undefined): Token[] {
    const tokens: Token[] = [];
    for (const value of text.values) {
      const leading = tokens.length > 0 ? "trimLeadingSpace" : undefined;
      if (typeof value === "string") {
        for (const token of sampled?.get(value) ?? this.tokenized.of(value, leading)) tokens.push(token);
      } else {
        for (const token of value.tokenize(this.model.tokenizer)) tokens.push(token);
      }
    }
    return tokens;
  }

  private stops(triggers: readonly LlamaText[]): { stopTokens: ReadonlySet<Token> } {
    const stopTokens = new Set<Token>();
    for (const trigger of triggers) {
      const [only, ...more] = trigger.tokenize(this.model.tokenizer);
      if (only !== undefined && more.length === 0) stopTokens.add(only);
    }
    return { stopTokens };
  }

  /** Templates that begin every answer with an open thought leave the mark to whoever generates. */
  private openingOfReasoning(): Token[] {
    const thought = this.wrapper.settings.segments?.thought;
    if (thought?.openOnResponseStart !== true) return [];
    const { prefix } = thought;
    if (typeof prefix === "string") return this.model.tokenize(prefix, true, "trimLeadingSpace");
    return "values" in prefix ? prefix.tokenize(this.model.tokenizer) : [];
  }

  private reasoning(
    contextText: LlamaText,
    opened: boolean,
  ): Pick<RenderedChat, "markers" | "shownTokens" | "endOfReasoning"> {
    const thought = this.wrapper.settings.segments?.thought;
    const shownTokens = new Map<Token, string>();
    if (thought === undefined) return { markers: { reasoning: null, stop: [] }, shownTokens, endOfReasoning: [] };
    const open = markText(thought.prefix, "<think>");
    const close = markText(thought.suffix ?? "</think>", "</think>");
    for (const mark of [open, close]) {
      const [only, ...more] = this.model.tokenize(mark, true);
      if (only !== undefined && more.length === 0 && this.model.isSpecialToken(only)) shownTokens.set(only, mark);
    }
    const startsOpen = opened || contextText.toString().trimEnd().endsWith(open);
    return {
      markers: { reasoning: { open, close, startsOpen }, stop: [] },
      shownTokens,
      endOfReasoning: this.model.tokenize(close, true, "trimLeadingSpace"),
    };
  }
}

/** The mark's text without the line breaks that templates put around it. */
function markText(mark: string | LlamaText | { readonly type: string }, fallback: string): string {
  // "openedOnStart" names no text of its own.
  const text = typeof mark === "string" ? mark.trim() : "values" in mark ? mark.toString().trim() : "";
  return text === "" ? fallback : text;
}

/** Assistant turns, tool calls and tool results in a row are one model turn for the template. */
export function toHistory(messages: readonly PromptMessage[]): ChatHistoryItem[] {
  const history: ChatHistoryItem[] = [];
  const results = new Map<string, unknown>();
  for (const message of messages) if (message.role === "tool") results.set(message.callId, message.result);
  for (const message of messages) {
    switch (message.role) {
      case "system":
        history.push({ type: "system", text: message.text });
        break;
      case "user":
        history.push({ type: "user", text: message.text });
        break;
      case "tool":
        // Its result stands in the call it answers.
        break;
      case "assistant": {
        const last = history.at(-1);
        const turn: ChatModelResponse = last?.type === "model" ? last : { type: "model", response: [] };
        if (turn !== last) history.push(turn);
        for (const part of message.parts) {
          if (part.type === "text") turn.response.push(part.text);
          else if (part.type === "reasoning") {
            turn.response.push({ type: "segment", segmentType: "thought", text: part.text, ended: true });
          } else {
            turn.response.push({
              type: "functionCall",
              name: part.name,
              params: part.arguments,
              result: results.get(part.id),
            });
          }
        }
        break;
      }
    }
  }
  const last = messages.at(-1);
  if (last?.role === "tool" && history.at(-1)?.type !== "model") {
    throw new PaddockError("invalid-message", "A tool's result must follow the call it answers.");
  }
  return history;
}

export function toFunctions(tools: readonly Tool[]): ChatModelFunctions {
  return Object.fromEntries(
    tools.map(({ name, description, parameters }) => [
      name,
      {
        description,
        ...(parameters === undefined
          ? {}
          : { params: parameters as unknown as NonNullable<ChatModelFunctions[string]["params"]> }),
      },
    ]),
  );
}
