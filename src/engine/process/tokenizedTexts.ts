import type { Token } from "node-llama-cpp";

/**
 * UTF-16 units of text whose tokens are kept: some 500,000 tokens in 4 MB, more than the context of any model that a
 * laptop runs.
 */
const kept = 2_000_000;

type Leading = "trimLeadingSpace" | undefined;

/**
 * The tokens of the texts that were tokenised last. Every turn of a conversation, and every count before it is sent,
 * has the texts of the turns before in it; tokenising 32k tokens takes llama.cpp 120 ms on two cores, in which the
 * engine answers nobody.
 */
export class TokenizedTexts {
  private readonly texts = new Map<string, readonly Token[]>();
  private units = 0;

  constructor(
    private readonly tokenize: (text: string, leading: Leading) => readonly Token[],
    private readonly most = kept,
  ) {}

  of(text: string, leading: Leading): readonly Token[] {
    // Only the very first piece of a prompt keeps its leading space, so both ways are rarely asked for.
    const key = `${leading === undefined ? " " : ""}\0${text}`;
    const known = this.texts.get(key);
    const tokens = known ?? this.tokenize(text, leading);
    this.texts.delete(key);
    this.texts.set(key, tokens);
    if (known === undefined) this.units += key.length;
    for (const [oldest] of this.texts) {
      if (this.units <= this.most || this.texts.size === 1) break;
      this.texts.delete(oldest);
      this.units -= oldest.length;
    }
    return tokens;
  }
}
