import type { LlamaModel, Token } from "node-llama-cpp";

/** A half character: what a detokenizer makes of bytes that wait for more. */
const REPLACEMENT = "\uFFFD";
/** A UTF-8 character has at most 4 bytes, and byte-level vocabularies give a token a byte at worst. */
const LONGEST_CHARACTER = 4;
/** Tokens of context that a detokenizer needs to know whether a leading space is meant. */
const LOOKBACK = 4;

/** Turns tokens into text as they come, never showing half a character. */
export class TokenDecoder {
  private pending: Token[] = [];
  private recent: Token[];

  /**
   * @param before the tokens in front, for the detokenizer.
   * @param shown special tokens that stand for text all the same, such as the marks around reasoning.
   */
  constructor(
    private readonly model: LlamaModel,
    before: readonly Token[],
    private readonly shown: ReadonlyMap<Token, string> = new Map(),
  ) {
    this.recent = before.slice(-LOOKBACK);
  }

  /** @returns text that is complete with this token; empty while a character is half there. */
  push(token: Token): string {
    const special = this.shown.get(token);
    if (special !== undefined) {
      const before = this.flush();
      this.recent = [token];
      return before + special;
    }
    this.pending.push(token);
    const text = this.model.detokenize(this.pending, false, this.recent);
    if (text.endsWith(REPLACEMENT) && this.pending.length < LONGEST_CHARACTER) return "";
    this.settle();
    return text;
  }

  /** What is left at the end, broken characters included as U+FFFD. */
  flush(): string {
    if (this.pending.length === 0) return "";
    const text = this.model.detokenize(this.pending, false, this.recent);
    this.settle();
    return text;
  }

  private settle(): void {
    this.recent = [...this.recent, ...this.pending].slice(-LOOKBACK);
    this.pending = [];
  }
}

export interface StreamOutput {
  readonly text: string;
  readonly reasoning: string;
  /** A stop text was met: what stands before it is in `text`, nothing of it leaks. */
  readonly stopped: boolean;
}

export interface Markers {
  /** Texts that begin and end the model's reasoning; null where it has none. */
  readonly reasoning: { readonly open: string; readonly close: string; readonly startsOpen: boolean } | null;
  readonly stop: readonly string[];
}

/**
 * Splits what is generated into text and reasoning and ends it at a stop text. Whatever might be the beginning of a
 * marker is held back until that is decided.
 */
export class TextSplitter {
  private held = "";
  private inReasoning: boolean;
  /** A newline right after a marker belongs to the template. */
  private trimStart = false;

  constructor(private readonly markers: Markers) {
    this.inReasoning = markers.reasoning?.startsOpen ?? false;
  }

  /** What comes next is reasoning, as far as is decided. */
  get reasons(): boolean {
    return this.inReasoning;
  }

  push(piece: string): StreamOutput {
    this.held += piece;
    return this.drain(false);
  }

  end(): StreamOutput {
    return this.drain(true);
  }

  private drain(last: boolean): StreamOutput {
    let text = "";
    let reasoning = "";
    const put = (piece: string): void => {
      const kept = this.trimStart ? piece.replace(/^\s+/, "") : piece;
      if (kept.length > 0) this.trimStart = false;
      if (this.inReasoning) reasoning += kept;
      else text += kept;
    };
    for (;;) {
      const marker = this.nextMarker();
      const wanted = this.wanted();
      if (marker === null) {
        const hold = last ? 0 : heldBack(this.held, wanted);
        put(this.held.slice(0, this.held.length - hold));
        this.held = this.held.slice(this.held.length - hold);
        return { text, reasoning, stopped: false };
      }
      put(this.held.slice(0, marker.at));
      this.held = this.held.slice(marker.at + marker.text.length);
      if (marker.kind === "stop") {
        this.held = "";
        return { text, reasoning, stopped: true };
      }
      this.inReasoning = marker.kind === "open";
      this.trimStart = true;
    }
  }

  private wanted(): string[] {
    const { reasoning, stop } = this.markers;
    return [
      ...(reasoning === null ? [] : [this.inReasoning ? reasoning.close : reasoning.open]),
      ...(this.inReasoning ? [] : stop),
    ];
  }

  private nextMarker(): { at: number; text: string; kind: "open" | "close" | "stop" } | null {
    const { reasoning } = this.markers;
    let best: { at: number; text: string; kind: "open" | "close" | "stop" } | null = null;
    for (const text of this.wanted()) {
      const at = this.held.indexOf(text);
      if (at === -1 || (best !== null && best.at <= at)) continue;
      const kind =
        text === reasoning?.open && !this.inReasoning
          ? "open"
          : text === reasoning?.close && this.inReasoning
            ? "close"
            : "stop";
      best = { at, text, kind };
    }
    return best;
  }
}

/** Length of the longest end of `text` that begins one of the markers. */
export function heldBack(text: string, markers: readonly string[]): number {
  let longest = 0;
  for (const marker of markers) {
    for (let length = Math.min(marker.length - 1, text.length); length > longest; length--) {
      if (marker.startsWith(text.slice(text.length - length))) {
        longest = length;
        break;
      }
    }
  }
  return longest;
}
